package bench

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kept/internal/blob"
	"kept/internal/channel/email"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/mail"
	"kept/internal/team"
)

// together is how many mails arrive at once where many do.
const together = 32

// Database measures a desk in this process, below HTTP.
type Database struct {
	DB    *db.DB
	Blobs blob.Store
	Now   func() time.Time

	book   *conversation.Book
	spool  *intake.Spool
	worker *email.Worker
	desk   team.Desk
	owner  team.Access // sees everything
	agent  team.Access // sees one desk
	unique string
	any    []int64 // conversations, drawn evenly
	ours   []int64 // those that wait on us
}

// Operations returns what is measured of an area.
func (s *Database) Operations(ctx context.Context, area string) ([]Operation, error) {
	if s.book == nil {
		if err := s.open(ctx); err != nil {
			return nil, err
		}
	}
	if area == "ingest" {
		return s.ingest(), nil
	}
	return s.inbox(ctx)
}

func (s *Database) open(ctx context.Context) error {
	s.book, s.spool, s.unique = conversation.New(s.DB, s.Now), intake.New(s.DB, s.Blobs, s.Now), crand.Text()
	s.worker = email.NewWorker(s.DB, s.spool, s.Blobs, s.book, s.Now, "bench", unchecked)
	id, err := db.One(ctx, s.DB, db.Value[int64], `select id from desk where archived_at = 0 order by id limit 1`)
	if fault.Of(err) == fault.NotFound {
		return fault.Wrap(err, fault.NotFound, "There is no desk here to measure. Make one with `kept seed`.")
	}
	if err != nil {
		return err
	}
	if s.desk, err = team.DeskByID(ctx, s.DB, id); err != nil {
		return err
	}
	person, err := db.One(ctx, s.DB, db.Value[int64], `select coalesce(min(id), 0) from person where state = 'active'`)
	if err != nil {
		return err
	}
	s.owner = team.Access{PersonID: person, Role: team.Owner, All: true}
	s.agent = team.Access{PersonID: person, Role: team.Agent, DeskIDs: []int64{id}}
	return s.draw(ctx)
}

// draw chooses the conversations to open, evenly over all there are.
func (s *Database) draw(ctx context.Context) error {
	most, err := db.One(ctx, s.DB, db.Value[int64], `select coalesce(max(id), 0) from conversation`)
	if err != nil {
		return err
	}
	if most == 0 {
		return fault.New(fault.NotFound, "There are no conversations here to measure. Make some with `kept seed`.")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		s.any = append(s.any, 1+r.Int64N(most))
	}
	s.ours, err = db.Collect(ctx, s.DB, db.Value[int64], `select id from conversation where waiting_on = 'us' and state = 'open' order by id desc limit 3000`)
	return err
}

// unchecked says nothing about where a mail comes from: looking that up would measure the network.
func unchecked(context.Context, intake.Arrival, []byte, *mail.Message, string) json.RawMessage {
	return json.RawMessage(`{}`)
}

func (s *Database) ingest() []Operation {
	number := 0
	next := func() []byte {
		number++
		return invented(s.desk.Address, s.unique, number, s.Now())
	}
	return []Operation{
		// a mail is durable: raw on the disk, its row committed; what a peer waits for
		{Name: "accept", Do: func(ctx context.Context, _ int) error { return s.accept(ctx, next()) }},
		// a mail is read, threaded and owed an answer; one alone, from its first byte
		{Name: "receive", Do: func(ctx context.Context, _ int) error {
			if err := s.drain(ctx); err != nil { // those of the operation before
				return err
			}
			if err := s.accept(ctx, next()); err != nil {
				return err
			}
			return s.drain(ctx)
		}},
		// many come at once and share commits; the time is one mail's share
		{Name: "receive_many", Each: together, Do: func(ctx context.Context, _ int) error {
			var g errgroup.Group
			for range together {
				raw := next()
				g.Go(func() error { return s.accept(ctx, raw) })
			}
			if err := g.Wait(); err != nil {
				return err
			}
			return s.drain(ctx)
		}},
	}
}

func (s *Database) accept(ctx context.Context, raw []byte) error {
	kept, err := s.spool.Keep(ctx, nil, bytes.NewReader(raw), 0)
	if err != nil {
		return err
	}
	_, err = s.spool.Commit(ctx, intake.Entry{Raw: kept, Source: intake.Source{Kind: "smtp", DeskID: s.desk.ID, EnvelopeFrom: kept.From, EnvelopeTo: s.desk.Address, At: s.Now()}})
	return err
}

func (s *Database) drain(ctx context.Context) error {
	for {
		n, err := s.worker.Once(ctx, func(context.Context, *db.DB) error { return nil })
		if err != nil || n == 0 {
			return err
		}
	}
}

func (s *Database) inbox(ctx context.Context) ([]Operation, error) {
	deep, err := s.deep(ctx)
	if err != nil {
		return nil, err
	}
	list := func(name string, acc team.Access, f conversation.Filter) Operation {
		return Operation{Name: name, Do: func(ctx context.Context, _ int) error {
			_, err := s.book.List(ctx, acc, f)
			return err
		}}
	}
	operations := []Operation{
		list("list_open", s.owner, conversation.Filter{State: conversation.Open}),
		list("list_all", s.owner, conversation.Filter{}),
		list("list_all_deep", s.owner, conversation.Filter{Cursor: deep}),
		list("list_waiting_on_us", s.owner, conversation.Filter{View: conversation.ViewTeam}),
		list("list_due", s.owner, conversation.Filter{View: conversation.ViewDue}),
		list("list_mine", s.owner, conversation.Filter{View: conversation.ViewMine}),
		list("list_closed", s.owner, conversation.Filter{View: conversation.ViewClosed}),
		list("list_open_one_desk", s.agent, conversation.Filter{State: conversation.Open}),
		{Name: "counts", Do: func(ctx context.Context, _ int) error { _, err := s.book.Counts(ctx, s.owner); return err }},
		{Name: "counts_one_desk", Do: func(ctx context.Context, _ int) error { _, err := s.book.Counts(ctx, s.agent); return err }},
		{Name: "open", Do: func(ctx context.Context, i int) error {
			_, err := s.book.Get(ctx, s.owner, s.any[i%len(s.any)])
			return err
		}},
	}
	if len(s.ours) > 0 {
		operations = append(operations, Operation{Name: "reply", Do: s.reply})
	}
	return operations, nil
}

// deep is a cursor in the middle of everything.
func (s *Database) deep(ctx context.Context) (string, error) {
	return db.One(ctx, s.DB, func(r db.Scanner) (string, error) {
		var at, id int64
		err := r.Scan(&at, &id)
		return strconv.FormatInt(at, 36) + "." + strconv.FormatInt(id, 36), err
	}, `select last_activity_at, id from conversation where id >= (select max(id) / 2 from conversation) order by id limit 1`)
}

func (s *Database) reply(ctx context.Context, i int) error {
	_, err := s.book.Send(ctx, s.owner, event.Person(s.owner.PersonID), conversation.Reply{
		ConversationID: s.ours[i%len(s.ours)], Text: "Thank you for telling us. Any bicycle grease will do; a thin layer is enough.", HTML: "<p>Thank you for telling us. Any bicycle grease will do; a thin layer is enough.</p>",
	})
	return err
}

// CPU is this process's.
func (s *Database) CPU(context.Context) (time.Duration, error) { return spent() }

// MemoryMiB is this process's resident memory, as Linux tells it; 0 elsewhere.
func (s *Database) MemoryMiB(context.Context) (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, nil
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0, nil
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return round(kib / 1024), err
}
