// Package seed fills a desk with invented conversations, as many as asked for, to
// see how Kept behaves when it has grown.
//
// The same numbers and the same now always give the same rows. A run has two
// passes. The first draws every conversation's course (who wrote when) and sorts all
// messages by time, so that ids grow with time and the messages of one conversation
// lie far apart, as they do after years of real mail. The second writes them in that
// order, a few thousand messages to a transaction, in statements of many rows.
//
// What it writes obeys the rules that the verbs of the domain obey, and `kept check`
// finds nothing in it: about 11 in 100 conversations are open, a quarter of those wait
// on us with an open promise, due by the desk's own calendar.
package seed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kept/internal/blob"
	"kept/internal/db"
	"kept/internal/fault"
)

// Options say how much to invent.
type Options struct {
	Conversations int
	Messages      int // 0: five for each conversation
	Seed          int64
	Now           time.Time
	Blobs         blob.Store         // nil: no attachments
	Progress      func(done, of int) // nil: silent; counts messages
	Password      string             // of the owner, where the desk has no people yet
}

// A Result says what was written.
type Result struct {
	Conversations int           `json:"conversations"`
	Messages      int           `json:"messages"`
	Customers     int           `json:"customers"`
	Open          int           `json:"open"`
	Took          time.Duration `json:"-"`
	Email         string        `json:"email"` // of an owner
}

// chunk is how many messages go into one transaction.
const chunk = 20_000

// Run writes the conversations into d, beside whatever is there.
func Run(ctx context.Context, d *db.DB, o Options) (Result, error) {
	started := time.Now()
	if o.Messages == 0 {
		o.Messages = 5 * o.Conversations
	}
	if o.Conversations < 1 || o.Messages < o.Conversations {
		return Result{}, fault.New(fault.Invalid, "Ask for at least one conversation, and at least one message for each.")
	}
	house, err := furnish(ctx, d, o)
	if err != nil {
		return Result{}, fmt.Errorf("furnish the desk: %w", err)
	}
	p, err := newPlan(ctx, d, o, house)
	if err != nil {
		return Result{}, err
	}
	if d.Dialect.Name() == "sqlite" { // random keys need more of the indexes at hand than everyday work does
		if _, err := d.Exec(ctx, `pragma cache_size = -400000`); err != nil {
			return Result{}, err
		}
	}
	w, err := newWriter(ctx, p)
	if err != nil {
		return Result{}, err
	}
	if err := w.all(ctx, d); err != nil {
		return Result{}, err
	}
	if err := finish(ctx, d); err != nil {
		return Result{}, err
	}
	return Result{o.Conversations, len(p.order), p.customers, p.open, time.Since(started), house.owner}, nil
}

// all draws a part while the part before is being stored.
func (w *writer) all(ctx context.Context, d *db.DB) error {
	of := len(w.p.order)
	var storing errgroup.Group
	for done := 0; done < of; done += chunk {
		end := min(done+chunk, of)
		rows := w.write(done, end)
		if err := storing.Wait(); err != nil {
			return err
		}
		storing = errgroup.Group{}
		storing.Go(func() error {
			if err := store(ctx, d, rows); err != nil {
				return fmt.Errorf("store messages %d to %d: %w", done, end, err)
			}
			if w.p.o.Progress != nil {
				w.p.o.Progress(end, of)
			}
			return nil
		})
	}
	return storing.Wait()
}

// finish lets the engine know what it holds: where ids go on, and what to expect.
func finish(ctx context.Context, d *db.DB) error {
	if d.Dialect.Name() != "postgres" {
		return nil
	}
	for _, table := range []string{"customer", "handle", "organisation", "conversation", "message", "promise", "attachment"} {
		if _, err := d.Exec(ctx, `select setval(pg_get_serial_sequence('`+table+`', 'id'), (select coalesce(max(id), 1) from `+table+`))`); err != nil {
			return err
		}
	}
	_, err := d.Exec(ctx, `analyze`)
	return err
}

// A plan is every conversation's course in short, and the order of all messages.
type plan struct {
	o     Options
	house house
	first ids // what the new ids come after

	steps     []moment
	start     []int32 // where each conversation's moments begin in steps
	order     []int32 // indexes into steps by time
	id        []int32 // message number of each moment, from 1
	who       []int32 // customer number of each conversation, from 0
	customers int
	open      int
}

// A moment is one message of a conversation.
type moment struct {
	at           int64
	conversation int32
	n            int16
}

type ids struct{ customer, handle, organisation, conversation, message, promise, attachment int64 }

func newPlan(ctx context.Context, d *db.DB, o Options, h house) (*plan, error) {
	p := &plan{o: o, house: h, start: make([]int32, o.Conversations+1), who: make([]int32, o.Conversations), steps: make([]moment, 0, o.Messages)}
	for table, into := range map[string]*int64{"customer": &p.first.customer, "handle": &p.first.handle, "organisation": &p.first.organisation,
		"conversation": &p.first.conversation, "message": &p.first.message, "promise": &p.first.promise, "attachment": &p.first.attachment} {
		var err error
		if *into, err = db.One(ctx, d, db.Value[int64], `select coalesce(max(id), 0) from `+table); err != nil {
			return nil, err
		}
	}
	p.draw()
	p.order = make([]int32, len(p.steps))
	for i := range p.order {
		p.order[i] = int32(i)
	}
	slices.SortFunc(p.order, func(a, b int32) int {
		if c := p.steps[a].at - p.steps[b].at; c != 0 {
			return int(max(min(c, 1), -1))
		}
		return int(a - b)
	})
	p.id = make([]int32, len(p.steps))
	for n, i := range p.order {
		p.id[i] = int32(n + 1)
	}
	return p, nil
}

// draw makes every conversation's course, spreading the messages over them so that their
// sum is what was asked for.
func (p *plan) draw() {
	r := newRand(p.o.Seed, -1)
	mean := float64(p.o.Messages) / float64(p.o.Conversations)
	for i := range p.o.Conversations {
		left, after := p.o.Messages-len(p.steps), p.o.Conversations-i-1
		length := 1 + int(r.exp(mean-1)+.5)
		if after == 0 {
			length = left
		}
		drift := len(p.steps) + length - int(mean*float64(i+1))
		length = max(1, min(length-max(drift-40, 0)+max(-40-drift, 0), left-after))
		p.start[i] = int32(len(p.steps))
		c := p.course(i, length)
		if c.state == "open" {
			p.open++
		}
		for n, s := range c.steps {
			p.steps = append(p.steps, moment{s.at, int32(i), int16(n)})
		}
		p.who[i] = p.customer(&r)
	}
	p.start[p.o.Conversations] = int32(len(p.steps))
}

// customer draws who writes: somebody new, or somebody who wrote before, rather recently.
func (p *plan) customer(r *rnd) int32 {
	if p.customers == 0 || r.chance(.4) {
		p.customers++
		return int32(p.customers - 1)
	}
	back := int(r.exp(float64(p.customers) / 4))
	return int32(max(0, p.customers-1-back))
}

// course draws conversation i again, exactly as before.
func (p *plan) again(i int32) course {
	return p.course(int(i), int(p.start[i+1]-p.start[i]))
}

// messageID is the id of the n-th message of conversation i.
func (p *plan) messageID(i int32, n int) int64 {
	return p.first.message + int64(p.id[int(p.start[i])+n])
}
