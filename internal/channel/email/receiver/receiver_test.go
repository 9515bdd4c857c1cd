package receiver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"kept/internal/alarm"
	"kept/internal/channel/email/emailtest"
	"kept/internal/db/dbtest"
	"kept/internal/intake"
	"kept/internal/team"
)

// serve starts the door of world w and gives its address.
func serve(w *emailtest.World, cfg Config, lmtp bool) (*Receiver, string) {
	w.T.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.T.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := New(w.DB, w.Spool, w.Now, cfg)
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, l, lmtp) }()
	w.T.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.T.Error(err)
		}
	})
	return r, l.Addr().String()
}

// post sends a mail as any mail program would.
func post(t testing.TB, at, from string, to []string, mail string) error {
	t.Helper()
	c, err := smtp.Dial(at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return send(c, from, to, mail)
}

func send(c *smtp.Client, from string, to []string, mail string) error {
	if err := c.Mail(from, nil); err != nil {
		return err
	}
	for _, a := range to {
		if err := c.Rcpt(a, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(mail)); err != nil {
		return err
	}
	return w.Close()
}

func code(err error) int {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return -1
	}
	return 250
}

func TestWhatIsRefused(t *testing.T) {
	emailtest.Each(t, func(w *emailtest.World) {
		w.Desk("support@example.com")
		_, at := serve(w, Config{MaxBytes: 2000, MaxRecipients: 3}, false)
		loop := strings.Repeat("Received: from a by b; Mon, 2 Mar 2026 08:00:00 +0000\r\n", 25)
		for name, c := range map[string]struct {
			to   []string
			mail string
			want int
		}{
			"an address that is no desk's":    {[]string{"nobody@example.com"}, "", 550},
			"another domain: we do not relay": {[]string{"support@example.net"}, "", 550},
			"one unknown among known":         {[]string{"support@example.com", "tom@example.com"}, "", 550},
			"a mail over the limit":           {[]string{"support@example.com"}, emailtest.Mail("Tom", "film") + strings.Repeat("film\r\n", 400), 552},
			"one line over the limit":         {[]string{"support@example.com"}, strings.Repeat("x", 2001), 552},
			"too many recipients at once":     {[]string{"support@example.com", "support+a@example.com", "support+b@example.com", "support+c@example.com"}, "", 452},
			"a small loop is no loop":         {[]string{"support@example.com"}, loop, 250},
		} {
			if got := code(post(w.T, at, "tom@example.org", c.to, c.mail)); got != c.want {
				w.T.Errorf("%s: %d, want %d", name, got, c.want)
			}
		}
		if n := len(w.Arrivals(intake.Pending)); n != 1 {
			w.T.Errorf("%d arrivals, want only the last one", n)
		}
	})
}

func TestAMailInCirclesIsRefused(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	loop := strings.Repeat("Received: from a by b; Mon, 2 Mar 2026 08:00:00 +0000\r\n", maxHops+1) + emailtest.Mail("Tom", "loop")
	if got := code(post(t, at, "tom@example.org", []string{"support@example.com"}, loop)); got != 554 {
		t.Errorf("got %d, want 554", got)
	}
}

func TestASizeToldBeforehandIsRefusedBeforehand(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{MaxBytes: 2000}, false)
	c, err := smtp.Dial(at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := code(c.Mail("tom@example.org", &smtp.MailOptions{Size: 200 << 20})); got != 552 {
		t.Errorf("got %d, want 552", got)
	}
}

func TestAMailIsStoredPerDesk(t *testing.T) {
	emailtest.Each(t, func(w *emailtest.World) {
		bikes, boats := w.Desk("bikes@example.com"), w.Desk("boats@example.com")
		r, at := serve(w, Config{Domain: "mx.example.com"}, false)
		to := []string{"bikes@example.com", "BIKES+abcdefghijkl@example.com", "boats@example.com"}
		if err := post(w.T, at, "tom@example.org", to, emailtest.Mail("Tom", "wheel")); err != nil {
			w.T.Fatal(err)
		}
		got := w.Arrivals(intake.Pending)
		if len(got) != 2 || got[0].DeskID != bikes.ID || got[1].DeskID != boats.ID {
			w.T.Fatalf("arrivals %+v", got)
		}
		a := got[0]
		if a.EnvelopeTo != "BIKES+abcdefghijkl@example.com" || a.EnvelopeFrom != "tom@example.org" || a.Peer != "127.0.0.1" || a.HELO != "localhost" || a.Kind != "smtp" || !a.At.Equal(emailtest.Start) {
			w.T.Errorf("the envelope: %+v", a.Source)
		}
		source := w.Source(a)
		trace := "Received: from localhost (127.0.0.1)\r\n\tby mx.example.com (Kept) with ESMTP;\r\n\tMon, 02 Mar 2026 09:00:00 +0000\r\n"
		if source != trace+emailtest.Mail("Tom", "wheel") {
			w.T.Errorf("the source:\n%s", source)
		}
		if !r.LastReceived().Equal(emailtest.Start) {
			w.T.Errorf("last received %v", r.LastReceived())
		}
		if err := post(w.T, at, "tom@example.org", to, emailtest.Mail("Tom", "wheel")); err != nil {
			w.T.Fatal(err)
		}
		if n := len(w.Arrivals(intake.Pending)); n != 2 {
			w.T.Errorf("sent again after a lost answer: %d arrivals", n)
		}
	})
}

func TestOddMailsAreTakenAsTheyAre(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	mails := map[string]string{
		"a bounce, from nobody":      emailtest.Mail("Daemon", "undelivered"),
		"a line of 100,000 bytes":    emailtest.Mail("Tom", "long") + strings.Repeat("y", 100000) + "\r\n",
		"dots at line starts":        emailtest.Mail("Tom", "dots") + ".\r\n..\r\n.hidden\r\n",
		"8 bit, NUL and broken utf8": emailtest.Mail("Tom", "bits") + "\xff\x00\xfe ü\r\n",
		"no header at all":           "hello\r\n",
		"nothing at all":             "",
	}
	for name, mail := range mails {
		from := "tom@example.org"
		if strings.Contains(name, "nobody") {
			from = ""
		}
		if err := post(t, at, from, []string{"support@example.com"}, mail); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	sources := map[string]bool{}
	for _, a := range w.Arrivals(intake.Pending) {
		_, mail, _ := strings.Cut(w.Source(a), "+0000\r\n")
		sources[mail] = true
	}
	for name, mail := range mails {
		if mail == "" {
			mail = "\r\n" // the client ends a line before the dot
		}
		if !sources[mail] && !sources[mail+"\r\n"] && !sources[strings.TrimSuffix(mail, "\r\n")] {
			t.Errorf("%s: stored otherwise than sent", name)
		}
	}
}

func TestSTARTTLS(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	own, err := Certificate("", "", w.Dir, "mx.example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, at := serve(w, Config{TLS: own}, false)
	c, err := smtp.DialStartTLS(at, &tls.Config{InsecureSkipVerify: true, ServerName: "mx.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, ext := range []string{"8BITMIME", "SMTPUTF8", "PIPELINING", "SIZE"} {
		if ok, _ := c.Extension(ext); !ok {
			t.Errorf("%s is not offered", ext)
		}
	}
	if err := c.Mail("jörg@example.org", &smtp.MailOptions{UTF8: true, Body: smtp.Body8BitMIME}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("support@example.com", nil); err != nil {
		t.Fatal(err)
	}
	d, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	d.Write([]byte(emailtest.Mail("Maya", "encrypted") + strings.Repeat("long line ", 50000)))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if a := w.Arrivals(intake.Pending); len(a) != 1 || !strings.Contains(w.Source(a[0]), "with UTF8SMTPS;") || a[0].EnvelopeFrom != "jörg@example.org" {
		t.Errorf("arrivals %+v", a)
	}
}

func TestOwnCertificateIsKeptAndRenewed(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	if _, err := Certificate("", "only.key", dir, "mx", now); err == nil {
		t.Error("a key without a certificate was taken")
	}
	if _, err := Certificate("", "", dir, "mx.example.com", now); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(filepath.Join(dir, "smtp.crt"))
	cfg, err := Certificate("", "", dir, "mx.example.com", now.AddDate(4, 0, 0))
	second, _ := os.ReadFile(filepath.Join(dir, "smtp.crt"))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("a good certificate was replaced (%v)", err)
	}
	before, _ := cfg.GetCertificate(nil)
	if _, err := Certificate("", "", dir, "mx.example.com", now.AddDate(4, 11, 15)); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	os.Chtimes(filepath.Join(dir, "smtp.crt"), later, later)
	after, err := cfg.GetCertificate(nil)
	if err != nil || bytes.Equal(before.Certificate[0], after.Certificate[0]) {
		t.Errorf("a renewed certificate is not used (%v)", err)
	}
	os.WriteFile(filepath.Join(dir, "smtp.crt"), []byte("half"), 0o600)
	if kept, err := cfg.GetCertificate(nil); err != nil || !bytes.Equal(kept.Certificate[0], after.Certificate[0]) {
		t.Errorf("half a renewal stopped encryption: %v", err)
	}
}

func TestLMTPAnswersPerRecipient(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("bikes@example.com")
	w.Desk("boats@example.com")
	_, at := serve(w, Config{}, true)
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	defer c.Close()
	if err := c.Mail("tom@example.org", nil); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"bikes@example.com", "boats@example.com"} {
		if err := c.Rcpt(to, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := code(c.Rcpt("nobody@example.com", nil)); got != 550 {
		t.Errorf("nobody: %d", got)
	}
	d, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	d.Write([]byte(emailtest.Mail("Tom", "both")))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if a := w.Arrivals(intake.Pending); len(a) != 2 || a[0].Kind != "lmtp" {
		t.Errorf("arrivals %+v", a)
	}
}

func TestADatabaseThatRefusesIsATemporaryAnswer(t *testing.T) {
	emailtest.Each(t, func(w *emailtest.World) {
		w.Desk("support@example.com")
		_, at := serve(w, Config{}, false)
		c, err := smtp.Dial(at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Mail("tom@example.org", nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt("support@example.com", nil); err != nil {
			t.Fatal(err)
		}
		w.DB.Close()
		d, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		d.Write([]byte(emailtest.Mail("Tom", "outage")))
		if got := code(d.Close()); got != 451 {
			w.T.Errorf("after the mail: %d, want 451", got)
		}
		if got := code(send(c, "tom@example.org", []string{"support@example.com"}, "")); got != 451 {
			w.T.Errorf("at the recipient: %d, want 451", got)
		}
	})
}

func TestADiskThatRefusesIsATemporaryAnswer(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	if err := os.RemoveAll(filepath.Join(w.Dir, "blobs", "tmp")); err != nil {
		t.Fatal(err)
	}
	if got := code(post(t, at, "tom@example.org", []string{"support@example.com"}, emailtest.Mail("Tom", "full disk"))); got != 452 {
		t.Errorf("got %d, want 452", got)
	}
	if n := len(w.Arrivals(intake.Pending)); n != 0 {
		t.Errorf("%d arrivals without a source", n)
	}
	if a := alarms(w); len(a) != 1 || a[0].Kind != alarm.StorageFails {
		t.Errorf("alarms %v", a)
	}
	if err := os.Mkdir(filepath.Join(w.Dir, "blobs", "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := post(t, at, "tom@example.org", []string{"support@example.com"}, emailtest.Mail("Tom", "full disk")); err != nil {
		t.Error(err)
	}
	if a := alarms(w); len(a) != 0 {
		t.Errorf("the alarm stays: %v", a)
	}
}

func alarms(w *emailtest.World) []alarm.Alarm {
	w.T.Helper()
	open, err := alarm.Open(context.Background(), w.DB, team.System)
	if err != nil {
		w.T.Fatal(err)
	}
	return open
}

func TestABrokenConnectionLeavesNothing(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	talk := dial(t, at)
	talk.say("EHLO tom", "MAIL FROM:<tom@example.org>", "RCPT TO:<support@example.com>", "DATA")
	fmt.Fprint(talk.Conn, "Subject: half a mail\r\n\r\nand then the line we")
	talk.Close()
	if err := post(t, at, "tom@example.org", []string{"support@example.com"}, emailtest.Mail("Tom", "whole")); err != nil {
		t.Fatal(err)
	}
	if a := w.Arrivals(intake.Pending); len(a) != 1 || a[0].Subject != "whole" {
		t.Errorf("arrivals %+v", a)
	}
}

// A talk is SMTP by hand.
type talk struct {
	net.Conn
	in *bufio.Reader
	t  testing.TB
}

func dial(t testing.TB, at string) *talk {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	k := &talk{c, bufio.NewReader(c), t}
	k.answer()
	return k
}

// say sends lines and gives the last answer.
func (k *talk) say(lines ...string) string {
	last := ""
	for _, l := range lines {
		fmt.Fprint(k.Conn, l+"\r\n")
		last = k.answer()
	}
	return last
}

func (k *talk) answer() string {
	for {
		line, err := k.in.ReadString('\n')
		if err != nil {
			return "closed"
		}
		if len(line) > 3 && line[3] == ' ' {
			return strings.TrimSpace(line)
		}
	}
}

func TestACommandWithoutEndIsCutOff(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	k := dial(t, at)
	junk := bytes.Repeat([]byte("A"), 64<<10)
	cut := false
	for range 200 {
		if _, err := k.Write(junk); err != nil {
			cut = true
			break
		}
	}
	if got := k.answer(); !cut && got != "closed" && !strings.HasPrefix(got, "421") {
		t.Errorf("12 MB of one command: %q", got)
	}
}

func TestACommandWithoutEndIsCutOffBetweenChunks(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	k := dial(t, at)
	k.say("EHLO tom", "MAIL FROM:<tom@example.org>", "RCPT TO:<support@example.com>")
	if got := k.say("BDAT 3\r\nF"); !strings.HasPrefix(got, "250") {
		t.Fatalf("a first chunk was answered %q", got)
	}
	sent := 0
	for piece := strings.Repeat("x", 64<<10); sent < 16<<20; sent += len(piece) {
		if _, err := fmt.Fprint(k.Conn, piece); err != nil {
			break
		}
	}
	if sent >= 16<<20 {
		t.Errorf("%d bytes of one command were taken", sent)
	}
}

// TestAMailInChunksIsTaken sends far more than a command may have, in chunks.
func TestAMailInChunksIsTaken(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	k := dial(t, at)
	k.say("EHLO tom", "MAIL FROM:<tom@example.org>", "RCPT TO:<support@example.com>")
	chunks := []string{emailtest.Mail("Tom", "wheel")}
	for range 10 {
		chunks = append(chunks, strings.Repeat(strings.Repeat("y", 62)+"\r\n", 32<<10)) // 2 MB
	}
	for _, chunk := range chunks {
		fmt.Fprintf(k.Conn, "BDAT %d\r\n%s", len(chunk), chunk)
		if got := k.answer(); !strings.HasPrefix(got, "250") {
			t.Fatalf("a chunk was answered %q", got)
		}
	}
	if got := k.say("BDAT 0 LAST"); !strings.HasPrefix(got, "250") {
		t.Errorf("the last chunk was answered %q", got)
	}
	if n := len(w.Arrivals(intake.Pending)); n != 1 {
		t.Errorf("%d arrivals, want 1", n)
	}
}

// TestAMailOverTheLimitHearsSo sends without a size told beforehand: the refusal must reach the sender, who otherwise tries again for days.
func TestAMailOverTheLimitHearsSo(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{MaxBytes: 100 << 10}, false)
	k := dial(t, at)
	k.say("EHLO tom", "MAIL FROM:<tom@example.org>", "RCPT TO:<support@example.com>", "DATA")
	if got := k.say(strings.Repeat(strings.Repeat("y", 62)+"\r\n", 64<<10) + "."); !strings.HasPrefix(got, "552") {
		t.Errorf("a mail of 4 MB was answered %q, want 552", got)
	}
	if got := k.say("NOOP"); !strings.HasPrefix(got, "250") {
		t.Errorf("afterwards: %q", got)
	}
}

func TestGuessingAddressesEnds(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{}, false)
	k := dial(t, at)
	k.say("EHLO spammer", "MAIL FROM:<x@example.net>")
	last := ""
	for i := range maxRefused + 1 {
		last = k.say(fmt.Sprintf("RCPT TO:<guess%d@example.com>", i))
	}
	if !strings.HasPrefix(last, "421") {
		t.Errorf("after %d guesses: %q", maxRefused+1, last)
	}
	w.Until("the connection to end", func() bool { return k.say("NOOP") == "closed" })
}

func TestConnectionsAreCapped(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	_, at := serve(w, Config{Connections: 3}, false)
	first := dial(t, at)
	dial(t, at)
	dial(t, at)
	over, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer over.Close()
	if line, _ := bufio.NewReader(over).ReadString('\n'); !strings.HasPrefix(line, "421") {
		t.Errorf("the fourth was greeted with %q", line)
	}
	first.say("QUIT")
	w.Until("a place to become free", func() bool {
		c, err := net.Dial("tcp", at)
		if err != nil {
			return false
		}
		defer c.Close()
		line, _ := bufio.NewReader(c).ReadString('\n')
		return strings.HasPrefix(line, "220")
	})
}

func TestAPeerIsWhoItsAddressSays(t *testing.T) {
	now := emailtest.Start
	p := newPeers(Config{PerMinute: 3, PerPeer: 2, Connections: 100, Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}.withDefaults(), func() time.Time { return now })
	peer := netip.MustParseAddr
	sent := func(from ...string) (n int) {
		for _, a := range from {
			if p.mayMail(peer(a)) {
				n++
			}
		}
		return n
	}
	if n := sent("198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100.7"); n != 3 {
		t.Errorf("one address sent %d at once, want 3", n)
	}
	if n := sent("198.51.100.8"); n != 1 {
		t.Error("its neighbour was held up")
	}
	if n := sent("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8:0:1::1"); n != 4 {
		t.Errorf("one IPv6 network and another sent %d, want 3 and 1", n)
	}
	if n := sent("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", "192.0.2.9", "192.0.2.9", "192.0.2.9", "192.0.2.9"); n != 8 {
		t.Errorf("trusted peers sent %d of 8", n)
	}
	now = now.Add(20 * time.Second)
	if n := sent("198.51.100.7", "198.51.100.7"); n != 1 {
		t.Errorf("after 20 s it may send %d, want 1", n)
	}
	now = now.Add(time.Hour)
	sent("198.51.100.9")
	if len(p.rates) != 1 {
		t.Errorf("%d peers are remembered for ever", len(p.rates))
	}
	for n, want := range []bool{true, true, false} {
		if p.enter(peer("198.51.100.7")) != want {
			t.Errorf("connection %d: one address may have two", n+1)
		}
	}
	p.leave(peer("198.51.100.7"))
	if !p.enter(peer("198.51.100.7")) {
		t.Error("a place that became free is not given")
	}
}

func TestManySendersAtOnce(t *testing.T) {
	emailtest.Each(t, func(w *emailtest.World) {
		w.Desk("support@example.com")
		_, at := serve(w, Config{}, false)
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				c, err := smtp.Dial(at)
				if err != nil {
					w.T.Error(err)
					return
				}
				defer c.Close()
				for j := range 10 {
					if err := send(c, "tom@example.org", []string{"support@example.com"}, emailtest.Mail("Tom", fmt.Sprintf("mail %d of %d", j, i))); err != nil {
						w.T.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if n := len(w.Arrivals(intake.Pending)); n != 80 {
			w.T.Errorf("%d arrivals, want 80", n)
		}
	})
}

func TestStoppingLetsASessionFinish(t *testing.T) {
	w := emailtest.New(t, dbtest.Open(t))
	w.Desk("support@example.com")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(w.DB, w.Spool, w.Now, Config{}).Serve(ctx, l, false) }()
	k := dial(t, l.Addr().String())
	k.say("EHLO tom", "MAIL FROM:<tom@example.org>", "RCPT TO:<support@example.com>", "DATA")
	cancel()
	if got := k.say(emailtest.Mail("Tom", "last") + "\r\n."); !strings.HasPrefix(got, "250") {
		t.Errorf("the mail in hand was answered %q", got)
	}
	k.say("QUIT")
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := len(w.Arrivals(intake.Pending)); n != 1 {
		t.Errorf("%d arrivals, want 1", n)
	}
}
