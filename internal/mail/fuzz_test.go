package mail

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// seeds are mails of our own making, one per kind of trouble.
var seeds = []string{
	"From: Mara Lind <mara@example.org>\r\nTo: help@example.com\r\nSubject: Lamp\r\nDate: Tue, 3 Mar 2026 09:00:00 +0100\r\nMessage-ID: <1@example.org>\r\n\r\nThe lamp flickers.\r\n",
	"From: =?utf-8?q?Ren=C3=A9?= <rene@example.org>\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1; format=flowed; delsp=yes\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe \nall\n--b\nContent-Type: text/html\n\n<p>Hi</p>\n--b--\n--a\nContent-Type: image/png; name*0*=utf-8''%C3%A4; name*1=b.png\nContent-Transfer-Encoding: base64\nContent-ID: <x@y>\n\niVBORw0KGgo=\n--a--\n",
	"From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail Returned to Sender\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\nSorry.\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; tom@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n--r\nContent-Type: message/rfc822\n\nMessage-ID: <kept.1@example.org>\n\n--r--\n",
	"Subject: Out of office\nAuto-Submitted: auto-replied\n\nBack on Monday.\n",
	"Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nDTSTART;TZID=Europe/Paris:20260305T090000\nDURATION:PT1H\nSUMMARY:Fitting\\, part 2\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n",
	"Subject: files\n\nbegin 644 note.txt\n#0V%T\n`\nend\n=ybegin line=128 size=3 name=a.bin\n+,-\n=yend size=3\n",
	"Content-Type: text/plain; charset=utf-7\n\nHi Mom +Jjo-!\n",
	"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+IgAA\n",
	"\xff\xfeF\x00r\x00o\x00m\x00:\x00 \x00a\x00\n\x00\n\x00h\x00i\x00",
	"From a@example.org Tue Mar  3 09:00:00 2026\rFrom: a@example.org\rSubject: old\r\rCR only\r",
}

// FuzzParse: any bytes give a message in finite time, with text that can be stored.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		begin := time.Now()
		m := Parse(raw)
		if took := time.Since(begin); took > 10*time.Second {
			t.Fatalf("took %v for %d bytes", took, len(raw))
		}
		if strings.Contains(m.Quarantine, "runtime error") || strings.Contains(m.Quarantine, "could not read this mail (") {
			t.Fatalf("panicked: %s", m.Quarantine)
		}
		stored := []string{m.Subject, m.Text, m.HTML, m.MessageID, m.Sender.Name, m.Sender.Address, m.Auto.ListID}
		stored = append(append(stored, m.References...), m.InReplyTo...)
		for _, list := range [][]Address{m.From, m.To, m.Cc, m.Bcc, m.ReplyTo} {
			for _, a := range list {
				stored = append(stored, a.Name, a.Address)
			}
		}
		for _, a := range m.Attachments {
			stored = append(stored, a.Name, a.Type, a.ContentID, a.FileName())
			if a.Size != len(a.Content) {
				t.Fatalf("%s says %d bytes and has %d", a.Name, a.Size, len(a.Content))
			}
		}
		if m.Calendar != nil {
			stored = append(stored, m.Calendar.Summary, m.Calendar.Location, m.Calendar.RRule)
		}
		storable(t, stored)
	})
}

func storable(t *testing.T, texts []string) {
	t.Helper()
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Fatalf("%q cannot be stored", s)
		}
	}
}

// FuzzBounce: a report in any state gives codes that it really holds, and recipients that can be stored.
func FuzzBounce(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Add("550 5.1.1 <tom@example.com>... User unknown")
	f.Fuzz(func(t *testing.T, body string) {
		for _, head := range []string{"", "From: MAILER-DAEMON@example.net\nSubject: Returned mail\n\n", "From: postmaster@example.net\nContent-Type: message/delivery-status\n\n"} {
			m := Parse([]byte(head + body))
			if m.Quarantine != "" && strings.Contains(m.Quarantine, "(") {
				t.Fatal(m.Quarantine)
			}
			if m.Bounce == nil {
				continue
			}
			b := m.Bounce
			storable(t, append([]string{b.Status, b.ReplyCode, b.Reason, b.Recipient, b.OriginalMessageID, b.Said}, b.Recipients...))
			if b.Reason == "" || b.Hard && b.Delivered {
				t.Fatalf("%+v", b)
			}
			if m.MayAutoReply() {
				t.Fatal("a report would be answered by machine")
			}
		}
	})
}

// FuzzCompose: what is refused is refused with a sentence; what is written reads back, and no value breaks out of its field.
func FuzzCompose(f *testing.F) {
	f.Add("Mara", "mara@example.org", "Lamp", "Hello\n", "a.txt", "<p>x</p>")
	f.Add("Évi\r\nBcc: x@example.org", "a b@example.org", "=?utf-8?q?x?=", "\x00", "ä\".png", "")
	f.Fuzz(func(t *testing.T, name, address, subject, text, file, html string) {
		raw, err := Compose(Outgoing{
			From: Address{Name: "Desk", Address: "desk@example.com"}, To: []Address{{Name: name, Address: address}}, Subject: subject, Text: text, HTML: html,
			MessageID: "kept.1@example.com", Attachments: []Attachment{{Name: file, Type: "text/plain", Content: []byte(text)}},
		})
		if err != nil {
			if len(err.Error()) < 10 {
				t.Fatal("no sentence:", err)
			}
			return
		}
		for _, line := range strings.Split(string(raw), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("bad line %q", line)
			}
		}
		m := Parse(raw)
		if len(m.Bcc) != 0 || len(m.To) != 1 || len(m.From) != 1 || len(m.Attachments) != 1 {
			t.Fatalf("came back as %+v from %q", m, raw)
		}
		if m.To[0].Address != address {
			t.Fatalf("sent to %q, reads %q", address, m.To[0].Address)
		}
	})
}
