package mailbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"kept/internal/alarm"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/lease"
	"kept/internal/team"
)

// A Supervisor keeps every enabled mailbox being read, by one node each.
type Supervisor struct {
	Boxes *Boxes
	Spool *intake.Spool
	Book  *conversation.Book
	Node  string
	Limit int64         // largest mail that is fetched whole, in bytes
	Poll  time.Duration // between looks at folders that are not watched live; default 30 s
	Look  time.Duration // between looks for changed settings; default 2 s
	Round time.Duration // longest time in IDLE; default 2 min
}

// firstPause is how long a reader waits after its first failure; every further one doubles it.
var firstPause = 2 * time.Second

const (
	longPause  = 5 * time.Minute
	ourPause   = 10 * time.Second
	refusedFor = time.Minute      // after a refused password: providers lock accounts that are tried too often
	silence    = 10 * time.Minute // without a successful look, from which a mailbox is worth an alarm
)

func (v *Supervisor) defaults() {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&v.Poll, 30*time.Second)
	set(&v.Look, 2*time.Second)
	set(&v.Round, 2*time.Minute)
	if v.Limit == 0 {
		v.Limit = 100 << 20
	}
}

// Run reads mailboxes until ctx ends. Changed settings take effect within seconds.
func (v *Supervisor) Run(ctx context.Context) error {
	v.defaults()
	var wait sync.WaitGroup
	defer wait.Wait()
	running := map[int64]running{}
	for ctx.Err() == nil {
		all, err := v.Boxes.List(ctx, team.System)
		if err != nil {
			slog.Warn("the mailboxes cannot be listed; will look again", "error", err)
		} else {
			v.adjust(ctx, &wait, running, all)
		}
		pause(ctx, v.Look)
	}
	return nil
}

// running is a mailbox being read with some settings.
type running struct {
	settings string
	stop     context.CancelFunc
	done     <-chan struct{}
}

// adjust starts, restarts and stops readers so that they match the mailboxes.
func (v *Supervisor) adjust(ctx context.Context, wait *sync.WaitGroup, now map[int64]running, all []Mailbox) {
	wanted := map[int64]Mailbox{}
	for _, m := range all {
		if m.Enabled {
			wanted[m.ID] = m
		}
	}
	for id, r := range now {
		if m, ok := wanted[id]; !ok || r.settings != fmt.Sprint(settings(m)...) {
			r.stop()
			<-r.done
			delete(now, id)
		}
	}
	for id, m := range wanted {
		if _, ok := now[id]; ok {
			continue
		}
		own, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		now[id] = running{fmt.Sprint(settings(m)...), stop, done}
		wait.Go(func() {
			defer close(done)
			v.keepReading(own, m)
		})
	}
}

// keepReading reads m, term after term, until ctx ends.
func (v *Supervisor) keepReading(ctx context.Context, m Mailbox) {
	for ctx.Err() == nil {
		err := lease.Term(ctx, v.Boxes.db, "mailbox "+boxKey(m.ID), v.Node, v.Boxes.now, func(ctx context.Context, l lease.Lease) (err error) {
			r := &reader{Supervisor: v, boxes: v.Boxes, spool: v.Spool, hold: l.Hold, limit: v.Limit, cares: map[string]*care{}}
			if r.box, err = byID(ctx, v.Boxes.db, m.ID); err != nil {
				return err
			}
			return r.run(ctx)
		})
		if err != nil && ctx.Err() == nil {
			slog.Warn("reading a mailbox paused; will go on", "mailbox", m.ID, "error", err)
			pause(ctx, firstPause)
		}
	}
}

// A reader reads one mailbox while it holds the lease.
type reader struct {
	*Supervisor
	boxes *Boxes
	spool *intake.Spool
	box   Mailbox
	hold  func(context.Context, *db.DB) error
	limit int64

	cares    map[string]*care // by folder
	progress bool             // something was stored since the last failure
}

// run connects again and again, with growing pauses. It returns only with ctx or the lease.
func (r *reader) run(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; failures++ {
		worked, err := r.visit(ctx)
		if ctx.Err() != nil || fault.Of(err) == fault.Conflict {
			return err
		}
		if worked || r.progress {
			failures, r.progress = 0, false
		}
		if err := r.note(ctx, err); err != nil {
			slog.Warn("a mailbox's trouble could not be noted", "mailbox", r.box.ID, "error", err)
		}
		pause(ctx, backoff(failures, err))
	}
	return nil
}

// backoff is 2 s, 4 s … 5 min, spread by a half; a refused login waits a minute at least, and for our own disk and database it is never long.
func backoff(failures int, err error) time.Duration {
	p := min(firstPause<<min(failures, 10), longPause)
	switch {
	case fault.Of(err) == fault.Forbidden:
		p = max(p, refusedFor)
	case errors.Is(err, errOurs):
		p = min(p, ourPause)
	}
	return p/2 + rand.N(p/2+1)
}

// visit reads over one connection until it ends. worked says whether anything could be read.
func (r *reader) visit(ctx context.Context) (worked bool, err error) {
	s, err := r.boxes.open(ctx, r.box)
	if err != nil {
		return false, err
	}
	defer s.end()
	for {
		if err := r.round(ctx, s); err != nil {
			return worked, err
		}
		worked = true
		if err := r.await(ctx, s); err != nil {
			return worked, err
		}
	}
}

// round looks at every folder once, the watched one last, so that it stays open.
func (r *reader) round(ctx context.Context, s *session) error {
	if r.box.SentFolder != "" {
		if err := r.learn(ctx, s); err != nil {
			return err
		}
	}
	for i := len(r.box.Folders) - 1; i >= 0; i-- {
		if err := r.read(ctx, s, r.box.Folders[i]); err != nil {
			return err
		}
	}
	now := r.boxes.now()
	return r.commit(ctx, func(tx *db.DB) error {
		if err := setFetched(ctx, tx, r.box.ID, db.Micros(now)); err != nil {
			return err
		}
		r.box.LastFetchedAt = now
		return alarm.Clear(ctx, tx, alarm.MailboxSilent, boxKey(r.box.ID), now)
	})
}

// await waits until there may be something new: told by the server where it can tell (IDLE, RFC 2177), else for a while.
func (r *reader) await(ctx context.Context, s *session) error {
	last := r.Round
	if len(r.box.Folders) > 1 || r.box.SentFolder != "" {
		last = r.Poll
	}
	if s.State() != imap.ConnStateSelected || !s.Caps().Has(imap.CapIdle) && !s.Caps().Has(imap.CapIMAP4rev2) {
		return r.doze(ctx, s, r.Poll)
	}
	s.wire.expect(last + working)
	defer s.wire.expect(working)
	idle, err := s.Idle()
	if err != nil {
		return s.explain(err)
	}
	timer := time.NewTimer(last)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.news:
	case <-s.Closed():
	case <-timer.C:
	}
	if err := idle.Close(); err != nil {
		return s.explain(err)
	}
	if err := idle.Wait(); err != nil {
		return s.explain(err)
	}
	return ctx.Err()
}

// doze waits without the server's help and makes sure that it is still there.
func (r *reader) doze(ctx context.Context, s *session, d time.Duration) error {
	s.wire.expect(d + working)
	defer s.wire.expect(working)
	pause(ctx, d)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.explain(s.Noop().Wait())
}

// note records why the mailbox cannot be read. Alarm is raised at once where somebody must act, else after a silence.
func (r *reader) note(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	sentence := fault.Sentence(err)
	if sentence == "" {
		sentence = "The mailbox cannot be read just now. We will try again; the log has the cause."
		slog.Error("a mailbox cannot be read", "mailbox", r.box.ID, "error", err)
	} else {
		slog.Warn("a mailbox cannot be read", "mailbox", r.box.ID, "error", err)
	}
	now := r.boxes.now()
	since := r.box.LastFetchedAt
	if since.IsZero() {
		since = r.box.CreatedAt
	}
	return r.commit(ctx, func(tx *db.DB) error {
		if err := setFailed(ctx, tx, r.box.ID, db.Micros(now), sentence); err != nil {
			return err
		}
		if fault.Of(err) != fault.Forbidden && now.Sub(since) < silence {
			return nil
		}
		text := fmt.Sprintf("Nothing could be fetched from %s since %s UTC. %s", r.box.User, since.UTC().Format("2006-01-02 15:04"), sentence)
		return alarm.Raise(ctx, tx, alarm.MailboxSilent, boxKey(r.box.ID), r.box.DeskID, text, now)
	})
}

func (r *reader) careFor(folder string) *care {
	if r.cares[folder] == nil {
		r.cares[folder] = &care{}
	}
	return r.cares[folder]
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
