package email

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kept/internal/blob"
	"kept/internal/channel/email/emailtest"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/mail"
	"kept/internal/team"
)

var (
	ctx  = context.Background()
	free = func(context.Context, *db.DB) error { return nil }
)

// An office is a world with a desk and a worker.
type office struct {
	*emailtest.World
	book   *conversation.Book
	worker *Worker
	desk   team.Desk
}

func newOffice(w *emailtest.World) *office {
	o := &office{World: w, book: conversation.New(w.DB, w.Now), desk: w.Desk("support@example.com")}
	o.worker = NewWorker(w.DB, w.Spool, w.Blobs, o.book, w.Now, "oslo", unchecked)
	return o
}

func unchecked(context.Context, intake.Arrival, []byte, *mail.Message, string) json.RawMessage {
	return json.RawMessage(`{"dkim":"none","spf":"none","dmarc":"none"}`)
}

func each(t *testing.T, fn func(o *office)) {
	t.Helper()
	emailtest.Each(t, func(w *emailtest.World) { fn(newOffice(w)) })
}

func (o *office) arrive(src intake.Source, mails ...string) {
	o.T.Helper()
	src.DeskID = o.desk.ID
	if src.Kind == "" {
		src.Kind = "smtp"
	}
	if src.At.IsZero() {
		src.At = o.Now()
	}
	for _, m := range mails {
		raw, err := o.Spool.Keep(ctx, nil, strings.NewReader(m), 0)
		if err != nil {
			o.T.Fatal(err)
		}
		if _, err := o.Spool.Commit(ctx, intake.Entry{Raw: raw, Source: src}); err != nil {
			o.T.Fatal(err)
		}
	}
}

// work works until nothing is due.
func (o *office) work() {
	o.T.Helper()
	for {
		n, err := o.worker.Once(ctx, free)
		if err != nil {
			o.T.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (o *office) threads() []conversation.Thread {
	o.T.Helper()
	ids, err := db.Collect(ctx, o.DB, db.Value[int64], `select id from conversation order by id`)
	if err != nil {
		o.T.Fatal(err)
	}
	var all []conversation.Thread
	for _, id := range ids {
		c, err := o.book.Get(ctx, team.System, id)
		if err != nil {
			o.T.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func (o *office) noNakedWait() {
	o.T.Helper()
	if naked, err := conversation.Naked(ctx, o.DB); err != nil || len(naked) > 0 {
		o.T.Errorf("naked waits: %v, %v", naked, err)
	}
}

func TestOneBadMailNeverBlocksTheNext(t *testing.T) {
	for name, bad := range map[string]func([]byte) *mail.Message{
		"it panics":        func([]byte) *mail.Message { panic("odd boundary") },
		"it is unreadable": func([]byte) *mail.Message { return &mail.Message{Quarantine: "This mail is empty."} },
		"it gives nothing": func([]byte) *mail.Message { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(o *office) {
				o.worker.parse = func(raw []byte) *mail.Message {
					if strings.Contains(string(raw), "evil") {
						return bad(raw)
					}
					return mail.Parse(raw)
				}
				o.arrive(intake.Source{}, emailtest.Mail("Tom", "wheel"), emailtest.Mail("Eve", "evil"), emailtest.Mail("Maya", "brakes"))
				for range intake.MaxAttempts {
					o.work()
					o.Pass(time.Minute)
				}
				if n := len(o.threads()); n != 2 {
					o.T.Errorf("%d conversations, want Tom's and Maya's", n)
				}
				if q := o.Arrivals(intake.Quarantined); len(q) != 1 || q[0].From != "eve@example.org" || q[0].Reason == "" {
					o.T.Errorf("quarantine: %+v", q)
				}
				o.noNakedWait()
			})
		})
	}
}

func TestAMailBecomesAConversation(t *testing.T) {
	each(t, func(o *office) {
		photo := "\x89PNG\r\n\x1a\n"
		multi := strings.Replace(emailtest.Mail("Tom", "broken wheel", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`), "Hello,", "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMy wheel is broken.\r\n\r\n> On Monday you wrote:\r\n> All good.\r\n--b\r\nContent-Type: image/png; name=\"wheel.png\"\r\nContent-Disposition: attachment; filename=\"wheel.png\"\r\n\r\n"+photo+"\r\n--b--\r\n", 1)
		o.arrive(intake.Source{EnvelopeTo: "support@example.com"}, multi)
		o.work()
		all := o.threads()
		if len(all) != 1 || len(all[0].Messages) == 0 {
			o.T.Fatalf("conversations: %+v", all)
		}
		c, m := all[0].Conversation, all[0].Messages[0]
		if c.Subject != "broken wheel" || c.CustomerAddress != "tom@example.org" || c.WaitingOn != conversation.Us || c.DueAt.IsZero() {
			o.T.Errorf("conversation %+v", c)
		}
		if m.VisibleText != "My wheel is broken." || !strings.Contains(m.Text, "On Monday you wrote") || m.RawKey == "" || m.Auth == "" {
			o.T.Errorf("message %+v", m)
		}
		if len(m.Attachments) != 1 || m.Attachments[0].Name != "wheel.png" {
			o.T.Fatalf("files %+v", m.Attachments)
		}
		if got, err := blob.Read(ctx, o.Blobs, m.Attachments[0].Key); err != nil || !strings.HasPrefix(string(got), "\x89PNG") {
			o.T.Errorf("the photo: %q, %v", got, err)
		}
		if a := o.Arrivals(intake.Stored); len(a) != 1 || a[0].ConversationID != c.ID || a[0].MessageID != m.ID {
			o.T.Errorf("the arrival %+v", a)
		}
		o.noNakedWait()
	})
}

func TestAnAnswerNeverOvertakesWhatItAnswers(t *testing.T) {
	each(t, func(o *office) {
		mails := []string{emailtest.Mail("Tom", "part 0")}
		for i := 1; i < 40; i++ {
			mails = append(mails, emailtest.Mail("Tom", fmt.Sprint("part ", i), fmt.Sprintf("In-Reply-To: <tom.part-%d@example.org>", i-1)))
		}
		o.arrive(intake.Source{}, mails...)
		o.work()
		if all := o.threads(); len(all) != 1 || all[0].Conversation.MessageCount < 40 {
			o.T.Errorf("%d conversations, want one with 40 messages", len(all))
		}
	})
}

func TestAReplyTokenFindsTheConversation(t *testing.T) {
	for name, headers := range map[string][]string{
		"in the envelope":  nil,
		"in Delivered-To":  {"Delivered-To: support+%s@example.com"},
		"in a second Copy": {"Cc: x@example.net, Support <support+%s@example.com>"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(o *office) {
				o.arrive(intake.Source{}, emailtest.Mail("Tom", "wheel"))
				o.work()
				token := o.threads()[0].Conversation.Token
				src := intake.Source{}
				if headers == nil {
					src.EnvelopeTo = "support+" + token + "@example.com"
				}
				for i, h := range headers {
					headers[i] = fmt.Sprintf(h, token)
				}
				o.arrive(src, emailtest.Mail("Tom", "no headers at all", headers...))
				o.work()
				if all := o.threads(); len(all) != 1 {
					o.T.Errorf("%d conversations, want the one named by the token", len(all))
				}
				for i, h := range headers {
					headers[i] = strings.Replace(h, token, "%s", 1)
				}
			})
		})
	}
}

func TestAnArchiveIsNotAnswered(t *testing.T) {
	each(t, func(o *office) {
		if _, err := o.DB.Exec(ctx, `update desk set acknowledge = true`); err != nil {
			o.T.Fatal(err)
		}
		o.arrive(intake.Source{Kind: "import", Options: intake.Options{History: true}}, emailtest.Mail("Tom", "long ago"))
		o.arrive(intake.Source{Kind: "import", Options: intake.Options{Quiet: true}}, emailtest.Mail("Maya", "still open"))
		o.work()
		all := o.threads()
		if len(all) != 2 || len(all[0].Messages) != 1 || len(all[1].Messages) != 1 {
			o.T.Fatalf("an archive was acknowledged: %+v", all)
		}
		if c := all[0].Conversation; c.State != conversation.Closed || c.WaitingOn == conversation.Us {
			o.T.Errorf("history waits: %+v", c)
		}
		if c := all[1].Conversation; c.WaitingOn != conversation.Us || !all[1].Messages[0].At.Equal(time.Date(2026, 3, 2, 8, 55, 0, 0, time.UTC)) {
			o.T.Errorf("what is open does not wait since it was written: %+v", c)
		}
		o.noNakedWait()
	})
}

func TestWhenAMailCountsAsReceived(t *testing.T) {
	w := &Worker{now: func() time.Time { return emailtest.Start }}
	hour := func(n int) time.Time { return emailtest.Start.Add(time.Duration(n) * time.Hour) }
	for name, c := range map[string]struct {
		kind          string
		arrived, date time.Time
		want          time.Time
	}{
		"when it came in, whatever it says":      {"smtp", hour(-1), hour(-50), hour(-1)},
		"when it reached its mailbox":            {"imap", hour(-72), hour(-73), hour(-72)},
		"an archive: when it was written":        {"import", hour(0), hour(-5000), hour(-5000)},
		"an archive without a date":              {"import", hour(-1), time.Time{}, hour(-1)},
		"never in the future":                    {"imap", hour(9), hour(9), hour(0)},
		"a mailbox that knows no date says 1970": {"imap", time.Unix(0, 0), hour(-1), hour(0)},
	} {
		if got := w.at(intake.Arrival{Source: intake.Source{Kind: c.kind, At: c.arrived}}, &mail.Message{Date: c.date}); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestBouncesOfOthersAreSetAside(t *testing.T) {
	each(t, func(o *office) {
		bounce := "From: MAILER-DAEMON@mx.example.net\r\nTo: support@example.com\r\nSubject: Undelivered\r\nMessage-ID: <b1@mx.example.net>\r\nMIME-Version: 1.0\r\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" +
			"Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; nobody@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
		o.arrive(intake.Source{}, bounce)
		o.work()
		if len(o.threads()) != 0 {
			o.T.Error("a bounce opened a conversation")
		}
		if a := o.Arrivals(intake.SetAside); len(a) != 1 || a[0].Reason == "" {
			o.T.Errorf("set aside: %+v", a)
		}
	})
}

func TestAMissingSourceIsQuarantined(t *testing.T) {
	each(t, func(o *office) {
		o.arrive(intake.Source{}, emailtest.Mail("Tom", "lost file"))
		if err := o.Blobs.Delete(ctx, o.Arrivals(intake.Pending)[0].Key); err != nil {
			o.T.Fatal(err)
		}
		o.work()
		if q := o.Arrivals(intake.Quarantined); len(q) != 1 {
			o.T.Errorf("quarantine: %+v", q)
		}
	})
}

func TestADiskThatRefusesFilesIsWaitedFor(t *testing.T) {
	each(t, func(o *office) {
		file := strings.Replace(emailtest.Mail("Tom", "file", `Content-Type: text/csv; name="a.csv"`, "Content-Disposition: attachment"), "Hello", "a;b", 1)
		o.arrive(intake.Source{}, file)
		temp := filepath.Join(o.Dir, "blobs", "tmp")
		if err := os.Rename(temp, temp+".away"); err != nil {
			o.T.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := o.worker.Once(ctx, free)
			done <- err
		}()
		o.Until("the attempt to begin", func() bool { return o.Arrivals(intake.Pending)[0].Attempts == 1 })
		if err := os.Rename(temp+".away", temp); err != nil {
			o.T.Fatal(err)
		}
		if err := <-done; err != nil {
			o.T.Fatal(err)
		}
		if a := o.Arrivals(intake.Stored); len(a) != 1 || a[0].Attempts != 1 {
			o.T.Errorf("after the outage: %+v", a)
		}
	})
}

func TestOneWorkerAtATime(t *testing.T) {
	each(t, func(o *office) {
		stop, cancel := context.WithCancel(ctx)
		other := NewWorker(o.DB, o.Spool, o.Blobs, o.book, o.Now, "riga", unchecked)
		done := make(chan struct{}, 2)
		for _, w := range []*Worker{o.worker, other} {
			go func() {
				w.Run(stop)
				done <- struct{}{}
			}()
		}
		for i := range 30 {
			o.arrive(intake.Source{}, emailtest.Mail("Tom", fmt.Sprint("mail ", i)))
		}
		o.Until("everything to be stored", func() bool { return len(o.Arrivals(intake.Stored)) == 30 })
		for _, a := range o.Arrivals(intake.Stored) {
			if a.Attempts != 1 {
				o.T.Errorf("arrival %d took %d attempts", a.ID, a.Attempts)
			}
		}
		cancel()
		<-done
		<-done
		o.noNakedWait()
	})
}

func TestAnOvertakenWorkerChangesNothing(t *testing.T) {
	each(t, func(o *office) {
		o.arrive(intake.Source{}, emailtest.Mail("Tom", "wheel"))
		slow, err := o.Spool.Claim(ctx, free, 1)
		if err != nil {
			o.T.Fatal(err)
		}
		late := o.worker.read(ctx, slow[0])
		o.work() // another node takes over and finishes
		if err := o.worker.settle(ctx, []reading{late}); err != nil {
			o.T.Errorf("the slow one: %v", err)
		}
		n, err := db.One(ctx, o.DB, db.Value[int64], `select count(*) from message where direction = 'in'`)
		if err != nil || n != 1 {
			o.T.Errorf("%d messages (%v), want 1", n, err)
		}
	})
}

func TestAFailureOfOursIsASentence(t *testing.T) {
	if got := sentence(fmt.Errorf("pq: column x")); strings.Contains(got, "pq") || got == "" {
		t.Errorf("got %q", got)
	}
	if got := sentence(fault.New(fault.Invalid, "Ask for a smaller one.")); got != "Ask for a smaller one." {
		t.Errorf("got %q", got)
	}
}
