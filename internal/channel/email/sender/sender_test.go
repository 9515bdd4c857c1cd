package sender

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"kept/internal/alarm"
	"kept/internal/blob"
	"kept/internal/channel/email/account"
	"kept/internal/channel/email/emailtest"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/mail"
	"kept/internal/secret"
	"kept/internal/team"
)

var ctx = context.Background()

// An office has a desk, a sender and a conversation in which Tom asked something.
type office struct {
	*emailtest.World
	s    *Sender
	book *conversation.Book
	desk team.Desk
	tom  conversation.Conversation
}

func newOffice(w *emailtest.World) *office {
	w.T.Helper()
	o := &office{World: w, book: conversation.New(w.DB, w.Now), desk: w.Desk("support@example.com")}
	box, err := secret.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		w.T.Fatal(err)
	}
	o.s = &Sender{DB: w.DB, Blobs: w.Blobs, Book: o.book, Secrets: box, Now: w.Now, Dialer: account.Dialer{Private: true, Timeout: 5 * time.Second}, Tokens: &account.Tokens{Dialer: account.Dialer{Private: true}, Now: w.Now}}
	o.s.Login = func(_ context.Context, d team.Desk) (account.Login, error) {
		return account.Login{User: d.SMTPUser, Password: "open sesame"}, nil
	}
	o.set(`acknowledge = false`)
	o.tom = o.asks("Tom", "wheel")
	return o
}

func each(t *testing.T, fn func(o *office)) {
	t.Helper()
	emailtest.Each(t, func(w *emailtest.World) { fn(newOffice(w)) })
}

func (o *office) set(change string, args ...any) {
	o.T.Helper()
	if _, err := o.DB.Exec(ctx, `update desk set `+change, args...); err != nil {
		o.T.Fatal(err)
	}
}

func (o *office) relay(r *relay, security string) {
	o.T.Helper()
	o.set(`transport = 'smtp', smtp_host = $1, smtp_port = $2, smtp_security = $3`, r.host, r.port, security)
}

func (o *office) asks(name, subject string) conversation.Conversation {
	o.T.Helper()
	m := mail.Parse([]byte(emailtest.Mail(name, subject, "References: <first@example.org>")))
	var out conversation.Outcome
	err := o.DB.Tx(ctx, func(tx *db.DB) (err error) {
		out, err = o.book.Receive(ctx, tx, conversation.Received{DeskID: o.desk.ID, Channel: "email", From: m.From[0], To: m.To, Subject: m.Subject, Text: m.Text, Visible: m.Text, At: o.Now(), MessageID: m.MessageID, References: m.References, Kind: m.Kind, MayAutoReply: true, Auth: "{}"})
		return err
	})
	if err != nil {
		o.T.Fatal(err)
	}
	t, err := o.book.Get(ctx, team.System, out.ConversationID)
	if err != nil {
		o.T.Fatal(err)
	}
	return t.Conversation
}

func (o *office) answer(r conversation.Reply) conversation.Message {
	o.T.Helper()
	r.ConversationID = o.tom.ID
	if r.Text == "" {
		r.Text = "We will mend it."
	}
	m, err := o.book.Send(ctx, team.System, event.System, r)
	if err != nil {
		o.T.Fatal(err)
	}
	return m
}

// try hands a message over once, as the job would.
func (o *office) try(m conversation.Message, attempt int) error {
	return o.s.work(ctx, fmt.Appendf(nil, `{"message_id":%d}`, m.ID), attempt)
}

func (o *office) message(id int64) conversation.Message {
	o.T.Helper()
	t, err := o.book.Get(ctx, team.System, o.tom.ID)
	if err != nil {
		o.T.Fatal(err)
	}
	for _, m := range t.Messages {
		if m.ID == id {
			return m
		}
	}
	o.T.Fatalf("message %d is gone", id)
	return conversation.Message{}
}

func (o *office) waitsOn() string {
	t, _ := o.book.Get(ctx, team.System, o.tom.ID)
	return t.Conversation.WaitingOn
}

func (o *office) alarms() []alarm.Alarm {
	open, err := alarm.Open(ctx, o.DB, team.System)
	if err != nil {
		o.T.Fatal(err)
	}
	return open
}

func TestWhatTheRelayRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(r *relay)
		forGood bool
		want    string // in the sentence on the message
	}{
		"a recipient, for good":          {func(r *relay) { r.onRcpt["kim@example.net"] = says(550, "No such user") }, true, "refuses kim@example.net: 550 No such user"},
		"a recipient, for now":           {func(r *relay) { r.onRcpt["kim@example.net"] = says(450, "Greylisted") }, false, "just now (450 Greylisted)"},
		"the mail, for good":             {func(r *relay) { r.onData = says(554, "Looks like spam") }, true, "554 Looks like spam"},
		"the mail, for now":              {func(r *relay) { r.onData = says(451, "Try later") }, false, "451 Try later"},
		"the user name and the password": {func(r *relay) { r.password = "something else" }, false, "user name and password"},
		"everything, by hanging up":      {func(r *relay) { r.onData = errHangUp }, false, "closed the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(o *office) {
				r := newRelay(t, nil, nil)
				r.set(c.prepare)
				o.relay(r, "none")
				o.set(`smtp_user = 'desk'`)
				if r.password == "" {
					o.set(`smtp_user = ''`)
				}
				m := o.answer(conversation.Reply{Cc: []mail.Address{{Address: "kim@example.net"}}})
				err := o.try(m, 1)
				got := o.message(m.ID)
				if c.forGood && (err != nil || got.State != conversation.StateFailed) || !c.forGood && (err == nil || got.State != conversation.StateQueued) {
					o.T.Errorf("%v; the message is %s", err, got.State)
				}
				if !strings.Contains(got.Error, c.want) {
					o.T.Errorf("the message says %q", got.Error)
				}
				if len(r.mails()) != 0 {
					o.T.Error("somebody got it nevertheless")
				}
				if o.waitsOn() != conversation.Us {
					o.T.Errorf("Tom has no answer, but waits on %s", o.waitsOn())
				}
			})
		})
	}
}

func TestAnAnswerGoesToAllOrToNone(t *testing.T) {
	each(t, func(o *office) {
		r := newRelay(t, nil, nil)
		o.relay(r, "none")
		m := o.answer(conversation.Reply{Cc: []mail.Address{{Address: "kim@example.net"}}, Bcc: []mail.Address{{Address: "boss@example.net"}, {Address: "KIM@example.net"}}})
		r.set(func(r *relay) { r.onRcpt["kim@example.net"] = says(451, "Wait") })
		if o.try(m, 1) == nil {
			o.T.Fatal("sent although Kim's system said wait")
		}
		r.set(func(r *relay) { delete(r.onRcpt, "kim@example.net") })
		if err := o.try(m, 2); err != nil {
			o.T.Fatal(err)
		}
		got := r.mails()
		if len(got) != 1 || !slices.Contains(got[0].to, "tom@example.org") || !slices.Contains(got[0].to, "kim@example.net") || !slices.Contains(got[0].to, "boss@example.net") {
			o.T.Fatalf("the relay took %+v", got)
		}
		if strings.Contains(got[0].raw, "boss@") {
			o.T.Error("the blind copy can be seen")
		}
		if s := o.message(m.ID); s.State != conversation.StateSent || s.Error != "" || o.waitsOn() != conversation.Customer {
			o.T.Errorf("message %s %q, waits on %s", s.State, s.Error, o.waitsOn())
		}
		if err := o.try(m, 3); err != nil || len(r.mails()) != 1 {
			o.T.Errorf("a job that ran again sent again (%v)", err)
		}
	})
}

func TestAnAnswerIsThreadedInTheCustomersProgram(t *testing.T) {
	each(t, func(o *office) {
		r := newRelay(t, nil, nil)
		o.relay(r, "none")
		m := o.answer(conversation.Reply{})
		if err := o.try(m, 1); err != nil {
			o.T.Fatal(err)
		}
		sent := r.mails()[0]
		got := mail.Parse([]byte(sent.raw))
		if got.MessageID != m.MessageID || !slices.Equal(got.InReplyTo, []string{"tom.wheel@example.org"}) || !slices.Equal(got.References, []string{"first@example.org", "tom.wheel@example.org"}) {
			o.T.Errorf("ids: %q, in reply to %q, references %q", got.MessageID, got.InReplyTo, got.References)
		}
		with := mail.PlusAddress("support@example.com", o.tom.Token)
		if len(got.ReplyTo) != 1 || got.ReplyTo[0].Address != with || sent.from != with {
			o.T.Errorf("answers go to %v, reports to %s; want %s", got.ReplyTo, sent.from, with)
		}
		if got.Subject != "Re: wheel" || got.From[0].Address != "support@example.com" || got.Date.IsZero() || got.Header.Get("Auto-Submitted") != "" {
			o.T.Errorf("mail %+v", got)
		}
		kept, err := blob.Read(ctx, o.Blobs, o.message(m.ID).RawKey)
		if err != nil || strings.TrimSpace(string(kept)) != strings.TrimSpace(sent.raw) {
			o.T.Errorf("the kept mail differs from the sent one (%v)", err)
		}
	})
}

// TestOddMessageIDsDoNotKeepUsFromAnswering answers a mail whose ids no header takes.
func TestOddMessageIDsDoNotKeepUsFromAnswering(t *testing.T) {
	each(t, func(o *office) {
		r := newRelay(t, nil, nil)
		o.relay(r, "none")
		if _, err := o.DB.Exec(ctx, `update message set message_id = $1, refs = $2 where direction = 'in'`, "grüße 1@example.org", `["first@example.org","b c","é@x"]`); err != nil {
			o.T.Fatal(err)
		}
		if err := o.try(o.answer(conversation.Reply{}), 1); err != nil || len(r.mails()) != 1 {
			o.T.Fatalf("%d mails left, %v", len(r.mails()), err)
		}
		if got := mail.Parse([]byte(r.mails()[0].raw)); len(got.InReplyTo) != 0 || !slices.Equal(got.References, []string{"first@example.org"}) {
			o.T.Errorf("in reply to %q, references %q", got.InReplyTo, got.References)
		}
	})
}

func TestTryingAgainKeepsTheMessageID(t *testing.T) {
	each(t, func(o *office) {
		m := o.answer(conversation.Reply{})
		one, err := o.book.Outgoing(ctx, m.ID)
		if err != nil {
			o.T.Fatal(err)
		}
		first, key1, err := o.s.compose(ctx, one)
		if err != nil {
			o.T.Fatal(err)
		}
		o.Pass(time.Hour)
		again, key2, err := o.s.compose(ctx, one)
		if err != nil || string(first) != string(again) || key1 != key2 {
			o.T.Errorf("composed twice differently (%v)", err)
		}
	})
}

func TestADeskThatHoldsSendsNothing(t *testing.T) {
	each(t, func(o *office) {
		m := o.answer(conversation.Reply{})
		if err := o.try(m, 1); err != nil {
			o.T.Fatal(err)
		}
		got := o.message(m.ID)
		if got.State != conversation.StateSent || got.RawKey == "" || o.waitsOn() != conversation.Customer {
			o.T.Errorf("held message %+v", got)
		}
	})
}

func TestAnUndoneAnswerIsNotSent(t *testing.T) {
	each(t, func(o *office) {
		r := newRelay(t, nil, nil)
		o.relay(r, "none")
		m := o.answer(conversation.Reply{UndoFor: 10 * time.Second})
		if _, err := o.book.Undo(ctx, team.System, event.System, m.ID); err != nil {
			o.T.Fatal(err)
		}
		if err := o.try(m, 1); err != nil || len(r.mails()) != 0 {
			o.T.Errorf("%d mails, %v", len(r.mails()), err)
		}
	})
}

func TestAnAcknowledgementSaysThatItIsAutomatic(t *testing.T) {
	each(t, func(o *office) {
		r := newRelay(t, nil, nil)
		o.relay(r, "none")
		o.set(`acknowledge = true`)
		o.tom = o.asks("Maya", "new here")
		th, err := o.book.Get(ctx, team.System, o.tom.ID)
		if err != nil {
			o.T.Fatal(err)
		}
		last := th.Messages[len(th.Messages)-1]
		if last.Direction != conversation.Out || !last.Auto {
			o.T.Fatalf("no acknowledgement: %+v", last)
		}
		if err := o.try(last, 1); err != nil {
			o.T.Fatal(err)
		}
		got := mail.Parse([]byte(r.mails()[0].raw))
		if got.Auto.Submitted != "auto-replied" || got.MayAutoReply() {
			o.T.Errorf("another machine would answer it: %+v", got.Auto)
		}
		if o.waitsOn() != conversation.Us {
			o.T.Error("an acknowledgement was taken for an answer")
		}
	})
}

func TestSignatureAndHistory(t *testing.T) {
	maya := conversation.Message{Text: "Dear Tom,\n\nwe will mend it.", HTML: `<p>Dear Tom, <b>we</b> will <script>x()</script>mend it. <img src="cid:plan"></p>`}
	before := &conversation.Message{Author: conversation.Author{Name: "Tom"}, At: emailtest.Start, Text: "It squeaks.\nBadly.", HTML: "<p>It squeaks.</p>"}
	desk := team.Desk{SignatureText: "Wheel Works\nMain Street 1", Language: "de", QuoteHistory: true}
	text, rich := bodies(conversation.Outgoing{Desk: desk, Message: maya, Before: before})
	if want := "Dear Tom,\n\nwe will mend it.\n\n-- \nWheel Works\nMain Street 1\n\nAm 2026-03-02 09:00 UTC schrieb Tom:\n> It squeaks.\n> Badly.\n"; text != want {
		t.Errorf("text %q, want %q", text, want)
	}
	for _, want := range []string{"<b>we</b>", "cid:plan", "Wheel Works<br", "schrieb Tom:", "<blockquote", "It squeaks."} {
		if !strings.Contains(rich, want) {
			t.Errorf("%q is missing in %q", want, rich)
		}
	}
	if strings.Contains(rich, "x()") {
		t.Errorf("a script goes out: %q", rich)
	}
	maya.Auto = true
	if text, _ := bodies(conversation.Outgoing{Desk: desk, Message: maya, Before: before}); strings.Contains(text, "schrieb") {
		t.Error("an automatic answer quotes")
	}
	desk = team.Desk{SignatureHTML: "<b>Wheel</b> Works", Language: "xx"}
	if text, rich := bodies(conversation.Outgoing{Desk: desk, Message: conversation.Message{Text: "Hi"}, Before: before}); text != "Hi\n\n-- \nWheel Works" && !strings.Contains(text, "Wheel") || rich != "" {
		t.Errorf("plain mail: %q, %q", text, rich)
	}
	if got := introduction("pt-BR"); got != introductions["pt"] {
		t.Errorf("pt-BR: %q", got)
	}
}

func TestFiles(t *testing.T) {
	each(t, func(o *office) {
		key, size, err := o.Blobs.Put(ctx, strings.NewReader("a;b\n1;2\n"))
		if err != nil {
			o.T.Fatal(err)
		}
		files := []conversation.Attachment{{Name: "Größen.csv", Type: "text/csv", Size: size, Key: key}, {Name: "plan.png", Type: "image/png", Inline: true, ContentID: "plan", Key: key}}
		out := mail.Outgoing{From: mail.Address{Address: "support@example.com"}, To: []mail.Address{{Address: "tom@example.org"}}, HTML: `<img src="cid:plan">`, MessageID: "x@example.com"}
		if err := o.s.enclose(ctx, &out, files); err != nil {
			o.T.Fatal(err)
		}
		raw, err := mail.Compose(out)
		if err != nil {
			o.T.Fatal(err)
		}
		got := mail.Parse(raw).Attachments
		if len(got) != 2 || !slices.ContainsFunc(got, func(a mail.Attachment) bool {
			return a.Name == "Größen.csv" && string(a.Content) == "a;b\n1;2\n" && !a.Inline
		}) ||
			!slices.ContainsFunc(got, func(a mail.Attachment) bool { return a.ContentID == "plan" && a.Inline }) {
			o.T.Errorf("files %+v", got)
		}
		files[0].Key = strings.Repeat("0", 64)
		if err := o.s.enclose(ctx, &out, files); !isPermanent(err) || !strings.Contains(fault.Sentence(err), "Größen.csv") {
			o.T.Errorf("a file that is gone: %v", err)
		}
	})
}

func TestRelaysThatWantALogin(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	own := &tls.Config{Certificates: server.TLS.Certificates}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"access_token":"acc","expires_in":60}`) }))
	defer tokens.Close()
	for name, c := range map[string]struct {
		security string
		login    account.Login
		used     string
	}{
		"STARTTLS and a password": {"starttls", account.Login{User: "desk", Password: "open sesame"}, "PLAIN"},
		"an access token":         {"starttls", account.Login{User: "desk", OAuth: &account.OAuth{TokenURL: tokens.URL, RefreshToken: "r"}}, "XOAUTH2"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(o *office) {
				r := newRelay(t, own, func(s *smtp.Server) { s.AllowInsecureAuth = false })
				r.set(func(r *relay) { r.password, r.token = "open sesame", "acc" })
				o.relay(r, c.security)
				o.set(`smtp_user = 'desk'`)
				o.s.Dialer.Roots = roots
				o.s.Login = func(context.Context, team.Desk) (account.Login, error) { return c.login, nil }
				if err := o.try(o.answer(conversation.Reply{}), 1); err != nil {
					o.T.Fatal(err)
				}
				if got := r.mails(); len(got) != 1 || !got[0].tls || !slices.Contains(r.loginsBy, c.used) {
					o.T.Errorf("took %+v after %v", got, r.loginsBy)
				}
			})
		})
	}
}

func TestAServerWithoutTLSGetsNoPassword(t *testing.T) {
	o := newOffice(emailtest.New(t, dbtest.Open(t)))
	r := newRelay(t, nil, nil)
	r.set(func(r *relay) { r.password = "open sesame" })
	o.relay(r, "starttls")
	o.set(`smtp_user = 'desk'`)
	if err := o.try(o.answer(conversation.Reply{}), 1); err == nil || len(r.loginsBy) != 0 {
		t.Errorf("%v; logins %v", err, r.loginsBy)
	}
}

func TestARelayThatRefusesRaisesAnAlarm(t *testing.T) {
	each(t, func(o *office) {
		r := newRelay(t, nil, nil)
		r.set(func(r *relay) { r.onData = says(451, "Queue full") })
		o.relay(r, "none")
		m := o.answer(conversation.Reply{})
		for attempt := 1; attempt <= alarmAfter; attempt++ {
			if len(o.alarms()) != 0 {
				o.T.Errorf("an alarm before attempt %d", attempt)
			}
			if o.try(m, attempt) == nil {
				o.T.Fatal("sent")
			}
		}
		if a := o.alarms(); len(a) != 1 || a[0].Kind != alarm.RelayRefuses || !strings.Contains(a[0].Text, "Queue full") {
			o.T.Errorf("alarms %v", a)
		}
		r.set(func(r *relay) { r.onData = nil })
		if err := o.try(m, 4); err != nil || len(o.alarms()) != 0 {
			o.T.Errorf("after the relay came back: %v, %v", err, o.alarms())
		}
	})
}

func TestGivingUpGivesTheMessageBack(t *testing.T) {
	each(t, func(o *office) {
		m := o.answer(conversation.Reply{})
		if err := o.s.dead(ctx, fmt.Appendf(nil, `{"message_id":%d}`, m.ID), fault.New(fault.Unavailable, "Nothing answers at the relay.")); err != nil {
			o.T.Fatal(err)
		}
		if got := o.message(m.ID); got.State != conversation.StateFailed || !strings.Contains(got.Error, "stopped trying") || o.waitsOn() != conversation.Us {
			o.T.Errorf("message %s %q, waits on %s", got.State, got.Error, o.waitsOn())
		}
	})
}

func TestAddressesInOtherScripts(t *testing.T) {
	o := newOffice(emailtest.New(t, dbtest.Open(t)))
	r := newRelay(t, nil, nil)
	o.relay(r, "none")
	m := o.answer(conversation.Reply{To: []mail.Address{{Address: "kim@bücher.example"}}})
	if err := o.try(m, 1); err != nil {
		t.Fatal(err)
	}
	if got := r.mails()[0]; got.to[0] != "kim@xn--bcher-kva.example" || got.utf8 {
		t.Errorf("sent to %v", got.to)
	}
	m = o.answer(conversation.Reply{To: []mail.Address{{Address: "用户@example.net"}}})
	if err := o.try(m, 1); err != nil {
		t.Fatal(err)
	}
	if got := r.mails()[1]; got.to[0] != "用户@example.net" || !got.utf8 {
		t.Errorf("sent to %v, utf8 %v", got.to, got.utf8)
	}
	old := newRelay(t, nil, func(s *smtp.Server) { s.EnableSMTPUTF8 = false })
	o.relay(old, "none")
	m = o.answer(conversation.Reply{To: []mail.Address{{Address: "用户@example.net"}}})
	if err := o.try(m, 1); err != nil || o.message(m.ID).State != conversation.StateFailed {
		t.Errorf("through a relay that cannot: %v, %s", err, o.message(m.ID).State)
	}
}

func TestDKIM(t *testing.T) {
	o := newOffice(emailtest.New(t, dbtest.Open(t)))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	o.set(`dkim_domain = 'example.com', dkim_selector = 'kept', dkim_key = $1`, o.s.Secrets.Seal(team.SecretDKIM, string(text)))
	m := o.answer(conversation.Reply{})
	if err := o.try(m, 1); err != nil {
		t.Fatal(err)
	}
	raw, err := blob.Read(ctx, o.Blobs, o.message(m.ID).RawKey)
	if err != nil || !strings.Contains(string(raw), "DKIM-Signature:") || !strings.Contains(string(raw), "d=example.com") {
		t.Errorf("no signature (%v)", err)
	}
	o.set(`dkim_key = 'v1.AAAA'`)
	m = o.answer(conversation.Reply{})
	if err := o.try(m, 1); err == nil || o.message(m.ID).State != conversation.StateQueued {
		t.Errorf("sent unsigned, or lost: %v, %s", err, o.message(m.ID).State)
	}
}

func TestRelaysThatRenameOurMail(t *testing.T) {
	for name, c := range map[string]struct {
		host, said string
		want       []string
	}{
		"Amazon":             {"email-smtp.eu-west-1.amazonaws.com", "Ok 0102018f-1a2b-000000", []string{"0102018f-1a2b-000000@email.amazonses.com", "0102018f-1a2b-000000@eu-west-1.amazonses.com"}},
		"Amazon says little": {"email-smtp.eu-west-1.amazonaws.com", "", nil},
		"anybody else":       {"smtp.example.net", "Ok queued as 4711", nil},
	} {
		if got := renamed(c.host, c.said); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
