package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// typical is a mail as customers send them: two bodies and a picture, about 20 KB.
func typical() []byte {
	text := strings.Repeat("The delivery came today, but the left shelf is scratched and one screw is missing.\r\n", 40)
	picture := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x89, 'P', 'N', 'G', 1, 2, 3, 4}, 900))
	var lines strings.Builder
	for len(picture) > 0 {
		n := min(76, len(picture))
		lines.WriteString(picture[:n] + "\r\n")
		picture = picture[n:]
	}
	return []byte("Received: from mx.example.net by mx.example.com; Tue, 3 Mar 2026 09:00:02 +0100\r\nFrom: =?utf-8?q?Jos=C3=A9_Prado?= <jose@example.org>\r\nTo: Help <help@example.com>\r\nSubject: =?utf-8?b?UmVnYWwg4oCTIFNjaHJhdWJlIGZlaGx0?=\r\nDate: Tue, 3 Mar 2026 09:00:00 +0100\r\nMessage-ID: <m1@example.org>\r\nReferences: <a@example.com> <b@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=\"inner\"\r\n\r\n--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		text + "\r\n--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>" + text + "</p>\r\n--inner--\r\n--outer\r\nContent-Type: image/png; name=\"shelf.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines.String() + "--outer--\r\n")
}

func BenchmarkParse(b *testing.B) {
	raw := typical()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(raw)
	}
}

// within fails when reading takes longer than a mail may take, or keeps far more than the mail is large.
func within(t *testing.T, raw []byte, limit time.Duration) *Message {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := time.Now()
	m := Parse(raw)
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	if took > limit {
		t.Errorf("reading %d KB took %v", len(raw)>>10, took)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
		t.Errorf("reading %d KB took %d MiB of memory", len(raw)>>10, used>>20)
	}
	return m
}

// TestLargeMails: sizes that a customer's program can produce, none of which may cost more than its size suggests.
func TestLargeMails(t *testing.T) {
	t.Run("five thousand recipients", func(t *testing.T) {
		var to []string
		for i := range 5000 {
			to = append(to, fmt.Sprintf("\"Guest, Number %d\" <guest%d@example.org>", i, i))
		}
		m := within(t, []byte("From: a@example.org\r\nTo: "+strings.Join(to, ",\r\n ")+"\r\nSubject: all\r\n\r\nhi\r\n"), 2*time.Second)
		if len(m.To) != 5000 || m.To[4999] != (Address{Name: "Guest, Number 4999", Address: "guest4999@example.org"}) {
			t.Fatalf("read %d recipients, the last is %v", len(m.To), m.To[len(m.To)-1])
		}
	})
	t.Run("a thousand parts inside each other", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("From: a@example.org\n")
		for i := range 1000 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		b.WriteString("\nat the bottom\n")
		if m := within(t, []byte(b.String()), 2*time.Second); !strings.Contains(m.Text, "at the bottom") {
			t.Fatalf("the innermost text is lost: %.100q", m.Text)
		}
	})
	t.Run("more parts inside each other than are opened", func(t *testing.T) {
		var b strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		b.WriteString("\nat the bottom\n")
		if m := within(t, []byte(b.String()), 5*time.Second); !strings.Contains(m.Text, "at the bottom") {
			t.Fatal("what lies deeper than we look must still be shown as it is")
		}
	})
	t.Run("twenty thousand parts side by side", func(t *testing.T) {
		raw := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 30000) + "--b--\n"
		within(t, []byte(raw), 5*time.Second)
	})
	t.Run("an attachment of thirty megabytes", func(t *testing.T) {
		content := bytes.Repeat([]byte("0123456789abcde\n"), 30<<16)
		raw, err := Compose(Outgoing{From: Address{Address: "a@example.org"}, To: []Address{{Address: "b@example.com"}}, Text: "see file", Attachments: []Attachment{{Name: "big.bin", Content: content}}})
		if err != nil {
			t.Fatal(err)
		}
		m := within(t, raw, 5*time.Second)
		if len(m.Attachments) != 1 || !bytes.Equal(m.Attachments[0].Content, content) {
			t.Fatal("the attachment did not come through whole")
		}
	})
	t.Run("messages inside messages", func(t *testing.T) {
		raw := strings.Repeat("Content-Type: message/rfc822\n\n", 20000) + "Subject: core\n\nhello\n"
		within(t, []byte(raw), 5*time.Second)
	})
	t.Run("boundaries that nearly match on every line", func(t *testing.T) {
		raw := "Content-Type: multipart/mixed; boundary=aaaa\n\n" + strings.Repeat("--aaaaa\n--aaa\n--\n", 200000) + "--aaaa\n\nend\n--aaaa--\n"
		if m := within(t, []byte(raw), 5*time.Second); !strings.Contains(m.Text, "end") {
			t.Fatal("the part behind them is lost")
		}
	})
	t.Run("a report on five thousand recipients", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail\n\nYour message could not be delivered:\n\n")
		for i := range 5000 {
			fmt.Fprintf(&b, "<guest%d@example.org>: 550 5.1.1 no such user\n\n", i)
		}
		if m := within(t, []byte(b.String()), 5*time.Second); m.Bounce == nil || len(m.Bounce.Recipients) < 1000 || m.Bounce.Recipient != "guest0@example.org" {
			t.Fatalf("%+v", m.Bounce)
		}
	})
	t.Run("a header of encoded words", func(t *testing.T) {
		within(t, []byte("Subject: "+strings.Repeat("=?utf-8?q?=C3=A4?= ", 100000)+"\n\nx\n"), 5*time.Second)
		within(t, []byte("Subject: "+strings.Repeat("=?", 500000)+"\nTo: "+strings.Repeat("(", 200000)+"\nCc: "+strings.Repeat("<", 200000)+"\n\nx\n"), 5*time.Second)
		within(t, []byte("To: "+strings.Repeat("\"a", 300000)+"\nContent-Type: text/plain; "+strings.Repeat("a=(", 100000)+"\n\nx\n"), 5*time.Second)
	})
}
