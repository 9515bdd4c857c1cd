package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"kept/internal/alarm"
	"kept/internal/channel/email/emailtest"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/mail"
	"kept/internal/team"
)

func TestReadMarksDoNotHideMail(t *testing.T) {
	each(t, func(o *office) {
		o.create(o.settings())
		o.imap.PutAt("INBOX", emailtest.Mail("Tom", "read by somebody"), time.Now(), imap.FlagSeen)
		o.imap.PutAt("INBOX", emailtest.Mail("Maya", "flagged"), time.Now(), imap.FlagSeen, imap.FlagFlagged, imap.FlagDeleted)
		o.imap.Put("INBOX", emailtest.Mail("Noor", "new"))
		o.read("oslo")
		if got := subjects(o.pending(3)); got != "read by somebody,flagged,new" {
			o.T.Errorf("arrived: %s", got)
		}
		if n := o.imap.Unseen("INBOX"); n != 1 {
			o.T.Errorf("%d unseen on the server, want 1: reading must leave no trace", n)
		}
	})
}

func TestNewMailComesAtOnce(t *testing.T) {
	for name, caps := range map[string][]imap.Cap{"told by the server": {imap.CapIdle}, "by looking": {imap.CapUIDPlus}} {
		t.Run(name, func(t *testing.T) {
			emailtest.Each(t, func(w *emailtest.World) {
				o := newOffice(w, emailtest.NewIMAP(w.T, nil, caps...))
				m := o.create(o.settings())
				o.read("oslo")
				o.Until("the mailbox to be on", func() bool { return o.mailbox(m.ID).State == On })
				for i := range 5 {
					o.imap.Put("INBOX", emailtest.Mail("Tom", fmt.Sprint("mail ", i)))
					o.pending(i + 1)
				}
				if n := o.imap.Opens(); n != 1 {
					o.T.Errorf("%d sign-ins, want one connection for all", n)
				}
			})
		})
	}
}

func TestNothingIsMissedInAnOutage(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		o.imap.Put("INBOX", emailtest.Mail("Tom", "before"))
		o.read("oslo")
		o.pending(1)
		o.imap.Stop()
		for i := range 70 { // more than a batch, some of them days old
			o.imap.PutAt("INBOX", emailtest.Mail("Tom", fmt.Sprint("during ", i)), time.Now().Add(-time.Duration(i)*time.Hour))
		}
		if said := o.failing(m.ID); !strings.Contains(said, "closed the connection") && !strings.Contains(said, "Nothing answers") {
			o.T.Errorf("the mailbox says %q", said)
		}
		if got := o.mailbox(m.ID); got.State != Degraded || got.LastErrorAt.IsZero() {
			o.T.Errorf("the mailbox is %s", got.State)
		}
		o.imap.Start()
		o.pending(71)
		o.Until("the mailbox to be on again", func() bool { m := o.mailbox(m.ID); return m.State == On && m.LastError == "" })
	})
}

func TestSilenceIsAnAlarm(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		o.imap.Stop()
		stop := o.read("oslo")
		o.failing(m.ID)
		if a := o.alarm(alarm.MailboxSilent); a != nil {
			o.T.Errorf("an alarm at once: %s", a.Text)
		}
		stop()
		o.Pass(silence)
		o.read("oslo")
		o.Until("an alarm", func() bool { return o.alarm(alarm.MailboxSilent) != nil })
		if a := o.alarm(alarm.MailboxSilent); !strings.Contains(a.Text, "Nothing could be fetched from support since 2026-03-02 09:00 UTC.") {
			o.T.Errorf("the alarm says %q", a.Text)
		}
		o.imap.Start()
		o.Until("the alarm to clear", func() bool { return o.alarm(alarm.MailboxSilent) == nil })
	})
}

func TestARefusedPasswordIsAnAlarmAtOnce(t *testing.T) {
	each(t, func(o *office) {
		s := o.settings()
		s.Secret = "guess"
		m := o.create(s)
		o.imap.Put("INBOX", emailtest.Mail("Tom", "wheel"))
		o.read("oslo")
		o.Until("an alarm", func() bool { return o.alarm(alarm.MailboxSilent) != nil })
		if said := o.mailbox(m.ID).LastError; !strings.Contains(said, "Check both") {
			o.T.Errorf("the mailbox says %q", said)
		}
		s.Secret = emailtest.IMAPPassword
		if _, err := o.boxes.Change(ctx, team.System, owner, m.ID, s); err != nil {
			o.T.Fatal(err)
		}
		o.pending(1) // the new password is tried without waiting for the pause to end
		o.Until("the alarm to clear", func() bool { return o.alarm(alarm.MailboxSilent) == nil })
	})
}

func TestRefusalsAreNotHurried(t *testing.T) {
	for range 100 {
		if p := backoff(0, fault.New(fault.Forbidden, "no")); p < refusedFor/2 {
			t.Fatalf("a refused password is tried again after %v", p)
		}
		if p := backoff(50, nil); p > longPause || p < longPause/2 {
			t.Fatalf("after fifty failures it waits %v", p)
		}
		if p := backoff(50, errors.Join(errOurs, fault.New(fault.Unavailable, "full"))); p > ourPause {
			t.Fatalf("after our disk was full it waits %v", p)
		}
		if p := backoff(0, nil); p > firstPause {
			t.Fatalf("after one failure it waits %v", p)
		}
	}
}

func TestARenumberedFolderComesOnce(t *testing.T) {
	each(t, func(o *office) {
		o.imap.Create("Support")
		m := o.create(o.settings("Support"))
		for i := range 3 {
			o.imap.Put("Support", emailtest.Mail("Tom", fmt.Sprint("old ", i)))
		}
		stop := o.read("oslo")
		o.pending(3)
		stop()
		o.imap.Delete("Support")
		o.imap.Create("Support")
		o.imap.Put("Support", emailtest.Mail("Tom", "new"))
		for i := range 3 {
			o.imap.Put("Support", emailtest.Mail("Tom", fmt.Sprint("old ", 2-i)))
		}
		o.read("oslo")
		o.pending(4)
		if a := o.alarm(alarm.FolderRenewed); a == nil || !strings.Contains(a.Text, "numbered the folder Support anew") {
			o.T.Errorf("alarm %v", a)
		}
		o.Until("the old ones to get their new numbers", func() bool {
			n, err := db.One(ctx, o.DB, db.Value[int64], `select count(*) from intake where uidvalidity > 2 and state = 'pending'`)
			return err == nil && n == 4
		})
		r, err := o.supervisor("oslo").Reconcile(ctx, m)
		if err != nil || !r.OK() || r.OnServer != 4 || r.Stored != 4 {
			o.T.Errorf("reconciliation %+v, %v", r, err)
		}
		if o.alarm(alarm.FolderRenewed) != nil {
			o.T.Error("the alarm stays although nothing is missing")
		}
	})
}

func TestAVanishedFolderDoesNotStopTheOthers(t *testing.T) {
	each(t, func(o *office) {
		o.imap.Create("Support")
		m := o.create(o.settings("Support", "INBOX"))
		o.imap.Put("Support", emailtest.Mail("Tom", "one"))
		o.read("oslo")
		o.pending(1)
		o.imap.Delete("Support")
		o.Until("an alarm", func() bool { return o.alarm(alarm.FolderGone) != nil })
		o.imap.Put("INBOX", emailtest.Mail("Maya", "two"))
		o.pending(2)
		if s := o.mailbox(m.ID).State; s != On {
			o.T.Errorf("the mailbox is %s", s)
		}
		o.imap.Create("Support")
		o.imap.Put("Support", emailtest.Mail("Noor", "three"))
		o.pending(3)
		o.Until("the alarm to clear", func() bool { return o.alarm(alarm.FolderGone) == nil })
	})
}

func TestAMailOverTheLimitLeavesItsHeader(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		film := emailtest.Mail("Tom", "film") + strings.Repeat("0123456789\r\n", 2000)
		o.imap.Put("INBOX", film)
		o.imap.Put("INBOX", emailtest.Mail("Maya", "after it"))
		stop := o.read("oslo")
		if got := subjects(o.pending(1)); got != "after it" {
			o.T.Errorf("arrived: %s", got)
		}
		stop()
		q := o.Arrivals(intake.Quarantined)
		if len(q) != 1 || q[0].Subject != "film" || q[0].Options.FullSize != int64(len(film)) || !strings.Contains(q[0].Reason, "still in the mailbox") {
			o.T.Fatalf("quarantine: %+v", q)
		}
		v := o.supervisor("oslo")
		v.Limit = 1 << 20
		if r, err := v.Reconcile(ctx, m); err != nil || !r.OK() {
			o.T.Fatal(r, err)
		}
		all := o.Arrivals(intake.Pending)
		if len(all) != 2 || all[1].Subject != "film" || o.Source(all[1]) != film || len(o.Arrivals(intake.Quarantined)) != 0 {
			o.T.Errorf("after the limit was raised: %+v", all)
		}
	})
}

func TestOneBadMailDoesNotStopTheMailbox(t *testing.T) {
	for name, trouble := range map[string]error{
		"the server cannot read it":         &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeServerBug, Text: "Corrupted message"},
		"it ends the connection every time": emailtest.ErrHangUp,
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(o *office) {
				if errors.Is(trouble, emailtest.ErrHangUp) {
					fast(t)
				}
				m := o.create(o.settings())
				for i := range 8 {
					o.imap.Put("INBOX", emailtest.Mail("Tom", fmt.Sprint("mail ", i)))
				}
				o.imap.Fault(func(uid imap.UID) error {
					if uid == 4 {
						return trouble
					}
					return nil
				})
				stop := o.read("oslo")
				o.Until("all but one to arrive", func() bool { return len(o.Arrivals(intake.Pending)) == 7 })
				if q := o.Arrivals(intake.Quarantined); len(q) != 1 || q[0].UID != 4 || !strings.Contains(q[0].Reason, "read it there") {
					o.T.Errorf("quarantine: %+v", q)
				}
				stop()
				o.imap.Fault(nil)
				if _, err := o.supervisor("oslo").Reconcile(ctx, m); err != nil {
					o.T.Fatal(err)
				}
				if n := len(o.Arrivals(intake.Pending)); n != 8 || len(o.Arrivals(intake.Quarantined)) != 0 {
					o.T.Errorf("after the server recovered: %d arrived, want 8", n)
				}
			})
		})
	}
}

// fast makes pauses short for a test.
func fast(t *testing.T) {
	before := firstPause
	firstPause = 5 * time.Millisecond
	t.Cleanup(func() { firstPause = before })
}

func TestWhatLayThereBeforeIsNotAnsweredByMachine(t *testing.T) {
	each(t, func(o *office) {
		o.create(o.settings())
		day := 24 * time.Hour
		at := func(ago time.Duration) time.Time { return emailtest.Start.Add(-ago) }
		o.imap.PutAt("INBOX", emailtest.Mail("Tom", "last year"), at(300*day))
		o.imap.PutAt("INBOX", emailtest.Mail("Tom", "answered there"), at(2*day), imap.FlagAnswered)
		o.imap.PutAt("INBOX", emailtest.Mail("Tom", "read there"), at(2*day), imap.FlagSeen)
		o.imap.PutAt("INBOX", emailtest.Mail("Tom", "new"), at(-time.Minute))
		o.read("oslo")
		all := o.pending(4)
		for i, want := range []intake.Options{{History: true, Quiet: true}, {History: true, Quiet: true}, {Quiet: true}, {}} {
			if all[i].Options != want {
				o.T.Errorf("%s: %+v, want %+v", all[i].Subject, all[i].Options, want)
			}
		}
		if !all[2].At.Equal(at(2 * day)) {
			o.T.Errorf("it counts as received %v", all[2].At)
		}
	})
}

func TestOneNodeReadsAMailbox(t *testing.T) {
	each(t, func(o *office) {
		o.create(o.settings())
		o.read("oslo")
		o.read("riga")
		for i := range 20 {
			o.imap.Put("INBOX", emailtest.Mail("Tom", fmt.Sprint("mail ", i)))
		}
		o.pending(20)
		if n := o.imap.Opens(); n != 1 {
			o.T.Errorf("%d nodes signed in", n)
		}
	})
}

func TestANodeThatLostTheMailboxStoresNothing(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		o.imap.Put("INBOX", emailtest.Mail("Tom", "wheel"))
		lost := func(context.Context, *db.DB) error { return fault.New(fault.Conflict, "Riga has it.") }
		r := &reader{Supervisor: o.supervisor("oslo"), boxes: o.boxes, spool: o.Spool, box: m, hold: lost, limit: 1000, cares: map[string]*care{}}
		if err := r.run(ctx); fault.Of(err) != fault.Conflict {
			o.T.Errorf("it went on: %v", err)
		}
		if n := len(o.Arrivals(intake.Pending)); n != 0 {
			o.T.Errorf("%d arrivals", n)
		}
		if c, err := cursorOf(ctx, o.DB, m.ID, "INBOX"); err != nil || c.known {
			o.T.Errorf("cursor %+v, %v", c, err)
		}
	})
}

func TestAMailboxSwitchedOffIsLeftAlone(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		o.read("oslo")
		o.Until("the mailbox to be on", func() bool { return o.mailbox(m.ID).State == On })
		s := o.settings()
		s.Enabled = false
		if _, err := o.boxes.Change(ctx, team.System, owner, m.ID, s); err != nil {
			o.T.Fatal(err)
		}
		before := o.imap.Opens()
		time.Sleep(100 * time.Millisecond) // nothing to wait for: we look for what must not happen
		o.imap.Put("INBOX", emailtest.Mail("Tom", "wheel"))
		if got := o.mailbox(m.ID); got.State != Off || o.imap.Opens() != before || len(o.Arrivals(intake.Pending)) != 0 {
			o.T.Errorf("it is %s and read", got.State)
		}
		s.Enabled = true
		if _, err := o.boxes.Change(ctx, team.System, owner, m.ID, s); err != nil {
			o.T.Fatal(err)
		}
		o.pending(1)
	})
}

func TestTheSentFolderTellsWhatARelayRenamed(t *testing.T) {
	each(t, func(o *office) {
		o.imap.Create("Sent")
		s := o.settings()
		s.SentFolder = "Sent"
		o.create(s)
		ours := o.start("tom@example.org")
		o.imap.Put("Sent", "Message-ID: <renamed@relay.example.net>\r\n"+OurID+": <"+ours.MessageID+">\r\nSubject: x\r\n\r\nx")
		o.imap.Put("Sent", "Message-ID: <of.somebody@example.net>\r\nSubject: no mail of ours\r\n\r\nx")
		o.read("oslo")
		o.Until("the new name to be learnt", func() bool {
			id, err := db.One(ctx, o.DB, db.Value[int64], `select conversation_id from message_ref where ref = 'renamed@relay.example.net'`)
			return err == nil && id == ours.ConversationID
		})
		if n := len(o.Arrivals(intake.Pending)); n != 0 {
			o.T.Errorf("%d of our own mails arrived", n)
		}
	})
}

// start begins a conversation and gives its first message.
func (o *office) start(to string) conversation.Message {
	o.T.Helper()
	_, m, err := o.book.Start(ctx, team.System, event.System, conversation.Beginning{DeskID: o.desk.ID, To: []mail.Address{{Address: to}}, Subject: "Your wheel", Text: "It is ready."})
	if err != nil {
		o.T.Fatal(err)
	}
	return m
}

func TestReconciliationFindsAndFillsGaps(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		for i := range 6 {
			o.imap.Put("INBOX", emailtest.Mail("Tom", fmt.Sprint("mail ", i)))
		}
		stop := o.read("oslo")
		o.pending(6)
		stop()
		if _, err := o.DB.Exec(ctx, `delete from intake where uid in (2, 5)`); err != nil { // as a restored backup would
			o.T.Fatal(err)
		}
		o.imap.Put("INBOX", emailtest.Mail("Tom", "not read yet"))
		r, err := o.supervisor("oslo").Reconcile(ctx, m)
		if err != nil || r.OnServer != 6 || r.Stored != 4 || len(r.Missing) != 2 || r.Refetched != 2 || !r.OK() {
			o.T.Fatalf("%+v, %v", r, err)
		}
		if r.Missing[0] != (Gap{"INBOX", 2, "tom.mail-1@example.org"}) {
			o.T.Errorf("first gap %+v", r.Missing[0])
		}
		if n := len(o.Arrivals(intake.Pending)); n != 6 {
			o.T.Errorf("%d arrivals, want 6", n)
		}
		if _, err := o.DB.Exec(ctx, `delete from intake where uid = 3`); err != nil {
			o.T.Fatal(err)
		}
		o.imap.Fault(func(imap.UID) error { return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "Corrupted"} })
		if r, err = o.supervisor("oslo").Reconcile(ctx, m); err != nil || r.OK() || o.alarm(alarm.MailGap) == nil {
			o.T.Errorf("a gap that cannot be filled: %+v, %v", r, err)
		}
		latest, err := o.boxes.Reconciliations(ctx, team.System)
		if err != nil || len(latest) != 1 || latest[0].ID != r.ID || len(latest[0].Missing) != 1 {
			o.T.Errorf("latest %+v, %v", latest, err)
		}
		if none, _ := o.boxes.Reconciliations(ctx, team.Access{}); len(none) != 0 {
			o.T.Error("another desk sees it")
		}
		o.imap.Fault(nil)
		if err := o.supervisor("oslo").ReconcileAll(ctx); err != nil || o.alarm(alarm.MailGap) != nil {
			o.T.Errorf("after the server recovered: %v", err)
		}
	})
}

func TestReconciliationOfASilentServerSaysSo(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		o.imap.Stop()
		r, err := o.supervisor("oslo").Reconcile(ctx, m)
		if err != nil || r.OK() || !strings.Contains(r.Error, "Nothing answers") {
			o.T.Errorf("%+v, %v", r, err)
		}
	})
}

func TestADatabaseThatRefusesLosesNothing(t *testing.T) {
	o := newOffice(emailtest.New(t, dbtest.Open(t)), emailtest.NewIMAP(t, nil))
	m := o.create(o.settings())
	o.imap.Put("INBOX", emailtest.Mail("Tom", "wheel"))
	refusals := 3
	hold := func(context.Context, *db.DB) error {
		if refusals--; refusals >= 0 {
			return fault.New(fault.Unavailable, "The database does not answer.")
		}
		return nil
	}
	fast(t)
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &reader{Supervisor: o.supervisor("oslo"), boxes: o.boxes, spool: o.Spool, box: m, hold: hold, limit: 10000, cares: map[string]*care{}}
	done := make(chan struct{})
	go func() { r.run(stop); close(done) }()
	o.pending(1)
	cancel()
	<-done
	if q := o.Arrivals(intake.Quarantined); len(q) != 0 {
		t.Errorf("a mail was blamed for the database: %+v", q)
	}
}
