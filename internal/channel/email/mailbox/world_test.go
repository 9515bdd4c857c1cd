package mailbox

import (
	"context"
	"strings"
	"testing"
	"time"

	"kept/internal/alarm"
	"kept/internal/channel/email/account"
	"kept/internal/channel/email/emailtest"
	"kept/internal/conversation"
	"kept/internal/event"
	"kept/internal/intake"
	"kept/internal/secret"
	"kept/internal/team"
)

var (
	ctx   = context.Background()
	owner = event.Person(1)
)

// An office has a desk and a mail server with the desk's mailbox.
type office struct {
	*emailtest.World
	imap  *emailtest.IMAP
	boxes *Boxes
	book  *conversation.Book
	desk  team.Desk
}

func newOffice(w *emailtest.World, imap *emailtest.IMAP) *office {
	w.T.Helper()
	box, err := secret.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		w.T.Fatal(err)
	}
	o := &office{World: w, imap: imap, book: conversation.New(w.DB, w.Now), desk: w.Desk("support@example.com")}
	o.boxes = NewBoxes(w.DB, box, w.Now, account.Dialer{Private: true, Timeout: 3 * time.Second}, false)
	return o
}

func each(t *testing.T, fn func(o *office)) {
	t.Helper()
	emailtest.Each(t, func(w *emailtest.World) { fn(newOffice(w, emailtest.NewIMAP(w.T, nil))) })
}

// settings are the right ones for the office's server.
func (o *office) settings(folders ...string) Settings {
	return Settings{DeskID: o.desk.ID, Host: o.imap.Host, Port: o.imap.Port, Security: account.Plain, User: emailtest.IMAPUser, Secret: emailtest.IMAPPassword, Folders: folders, Enabled: true}
}

func (o *office) create(s Settings) Mailbox {
	o.T.Helper()
	m, err := o.boxes.Create(ctx, team.System, owner, s)
	if err != nil {
		o.T.Fatal(err)
	}
	return m
}

func (o *office) supervisor(node string) *Supervisor {
	return &Supervisor{Boxes: o.boxes, Spool: o.Spool, Book: o.book, Node: node, Limit: 10000, Poll: 30 * time.Millisecond, Look: 20 * time.Millisecond, Round: 300 * time.Millisecond}
}

// read keeps reading until the test, or the function it returns, ends it.
func (o *office) read(node string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		o.supervisor(node).Run(ctx)
		close(done)
	}()
	stop = func() {
		cancel()
		<-done
	}
	o.T.Cleanup(stop)
	return stop
}

func (o *office) mailbox(id int64) Mailbox {
	o.T.Helper()
	m, err := o.boxes.Get(ctx, team.System, id)
	if err != nil {
		o.T.Fatal(err)
	}
	return m
}

// pending waits until n arrivals are there.
func (o *office) pending(n int) []intake.Arrival {
	o.T.Helper()
	o.Until("arrivals to come", func() bool { return len(o.Arrivals(intake.Pending)) >= n })
	got := o.Arrivals(intake.Pending)
	if len(got) != n {
		o.T.Fatalf("%d arrivals, want %d", len(got), n)
	}
	return got
}

func (o *office) alarm(kind string) *alarm.Alarm {
	o.T.Helper()
	open, err := alarm.Open(ctx, o.DB, team.System)
	if err != nil {
		o.T.Fatal(err)
	}
	for _, a := range open {
		if a.Kind == kind {
			return &a
		}
	}
	return nil
}

// failing waits until a mailbox says what is wrong, and gives the sentence.
func (o *office) failing(id int64) string {
	o.T.Helper()
	o.Until("the mailbox to say what is wrong", func() bool { return o.mailbox(id).LastError != "" })
	return o.mailbox(id).LastError
}

func subjects(all []intake.Arrival) string {
	var s []string
	for _, a := range all {
		s = append(s, a.Subject)
	}
	return strings.Join(s, ",")
}
