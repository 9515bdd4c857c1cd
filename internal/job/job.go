// Package job does work later: a mail to send, a mailbox to compare.
//
// A job is enqueued in the caller's transaction, so it exists exactly when the
// state that asked for it does. A worker leases a job by moving its run_at into
// the future and raising its fence; a worker that was slow or dead finds its
// fence outdated and may not settle the job. So a job runs at least once, and
// never on two nodes at the same time unless one outlived its lease. Failures
// are tried again with growing pauses; what keeps failing, or fails for good, is
// kept as dead, with its reason, until somebody deals with it.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
)

const (
	lease      = 5 * time.Minute // how long a worker may take before another may try
	firstPause = 15 * time.Second
	longest    = time.Hour
	attempts   = 12 // about 7 hours in all
	poll       = time.Second
)

// A Job is work to do later.
type Job struct {
	Kind        string
	Payload     any       // encoded as JSON
	RunAt       time.Time // not before; zero: now
	Key         string    // while a job with this kind and key is pending, another is not added
	MaxAttempts int       // 0: 12, spread over about seven hours
}

// Enqueue adds j in the caller's transaction.
func Enqueue(ctx context.Context, tx *db.DB, j Job) error {
	payload, err := json.Marshal(j.Payload)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	if j.MaxAttempts == 0 {
		j.MaxAttempts = attempts
	}
	var key any
	if j.Key != "" {
		key = j.Key
	}
	_, err = tx.Exec(ctx, `insert into job (kind, key, payload, state, run_at, max_attempts) values ($1, $2, $3, 'pending', $4, $5)
		on conflict (kind, key) where state = 'pending' and key is not null do nothing`,
		j.Kind, key, string(payload), db.Micros(j.RunAt), j.MaxAttempts)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	tx.After(added.ring)
	return nil
}

// Again adds j in place of a pending job with its kind and key, so that the worker
// who may still have that one in hand cannot end what begins anew.
func Again(ctx context.Context, tx *db.DB, j Job) error {
	if _, err := tx.Exec(ctx, `delete from job where kind = $1 and key = $2 and state = 'pending'`, j.Kind, j.Key); err != nil {
		return fmt.Errorf("replace %s: %w", j.Kind, err)
	}
	return Enqueue(ctx, tx, j)
}

// Withdraw removes the pending job with this kind and key, if it has not begun.
// It reports whether there was one.
func Withdraw(ctx context.Context, tx *db.DB, kind, key string) (bool, error) {
	n, err := tx.Exec(ctx, `delete from job where kind = $1 and key = $2 and state = 'pending' and fence = 0`, kind, key)
	return n > 0, err
}

// Permanent marks a failure that trying again cannot mend.
func Permanent(err error) error { return permanent{err} }

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// IsPermanent reports whether err was marked by Permanent.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

// Work does one job. The payload is the JSON that was enqueued; attempt counts
// from 1.
type Work func(ctx context.Context, payload []byte, attempt int) error

type handler struct {
	workers int
	work    Work
	dead    func(ctx context.Context, payload []byte, cause error) error
}

type periodic struct {
	every time.Duration
	work  func(ctx context.Context) error
}

// Queue runs the jobs of one database.
type Queue struct {
	db       *db.DB
	now      func() time.Time
	handlers map[string]*handler
	periodic map[string]periodic
}

// New returns a queue without handlers.
func New(d *db.DB, now func() time.Time) *Queue {
	return &Queue{db: d, now: now, handlers: map[string]*handler{}, periodic: map[string]periodic{}}
}

// Handle names who does jobs of a kind, at most workers at a time on this node.
func (q *Queue) Handle(kind string, workers int, work Work) {
	q.handlers[kind] = &handler{workers: workers, work: work}
}

// OnDead names what happens when a job of a kind has failed for good.
func (q *Queue) OnDead(kind string, dead func(ctx context.Context, payload []byte, cause error) error) {
	q.handlers[kind].dead = dead
}

// Every runs work once per slot of time over all nodes: with every = 1m, once
// in each minute, by whichever node comes first.
func (q *Queue) Every(kind string, every time.Duration, work func(ctx context.Context) error) {
	q.periodic[kind] = periodic{every, work}
}

// Run works until ctx ends, then waits for the jobs in hand.
func (q *Queue) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for kind, h := range q.handlers {
		wg.Go(func() { q.dispatch(ctx, kind, h) })
	}
	for kind, p := range q.periodic {
		wg.Go(func() { q.slots(ctx, kind, p) })
	}
	wg.Wait()
	return nil
}

// dispatch leases jobs of one kind as its workers become free.
func (q *Queue) dispatch(ctx context.Context, kind string, h *handler) {
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, h.workers)
	for {
		look := added.wait()
		select {
		case <-ctx.Done():
			return
		case free <- struct{}{}:
		}
		j, err := q.take(ctx, kind)
		if err == nil && j != nil {
			wg.Go(func() {
				defer func() { <-free }()
				q.do(ctx, kind, h, *j)
			})
			continue
		}
		<-free
		if err != nil && ctx.Err() == nil {
			slog.Warn("looking for work failed; will look again", "kind", kind, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-look:
		case <-time.After(poll):
		}
	}
}

// taken is a leased job.
type taken struct {
	id, fence        int64
	attempt, allowed int
	payload          []byte
}

func scanTaken(s db.Scanner) (taken, error) {
	var j taken
	err := s.Scan(&j.id, &j.fence, &j.attempt, &j.allowed, &j.payload)
	return j, err
}

// take leases the job of a kind that has waited longest, nil where none is due.
func (q *Queue) take(ctx context.Context, kind string) (*taken, error) {
	const due = `select id, fence + 1, attempts + 1, max_attempts, payload from job where kind = $1 and state = 'pending' and run_at <= $2 order by run_at, id limit 1`
	now := q.now()
	if q.db.Dialect.Name() == "sqlite" { // look with a reader first: an idle queue must not take the one write lock each second
		if _, err := db.One(ctx, q.db, scanTaken, due, kind, db.Micros(now)); err != nil {
			return nil, none(err)
		}
	}
	var j taken
	err := q.db.Tx(ctx, func(tx *db.DB) (err error) {
		if j, err = db.One(ctx, tx, scanTaken, due+tx.Dialect.SkipLocked(), kind, db.Micros(now)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update job set fence = $1, attempts = $2, run_at = $3 where id = $4`, j.fence, j.attempt, db.Micros(now.Add(lease)), j.id)
		return err
	})
	if err != nil {
		return nil, none(err)
	}
	return &j, nil
}

func none(err error) error {
	if fault.Of(err) == fault.NotFound {
		return nil
	}
	return err
}

// do runs one job and settles it. What is in hand when the process is asked to
// stop may finish.
func (q *Queue) do(ctx context.Context, kind string, h *handler, j taken) {
	ctx = context.WithoutCancel(ctx)
	work, cancel := context.WithTimeout(ctx, lease-10*time.Second)
	defer cancel()
	err := guard(func() error { return h.work(work, j.payload, j.attempt) })
	if err := q.settle(ctx, kind, h, j, err); err != nil {
		slog.Error("a job's outcome was not recorded; it will run again", "kind", kind, "job", j.id, "error", err)
	}
}

func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			slog.Error("a job panicked", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return f()
}

func (q *Queue) settle(ctx context.Context, kind string, h *handler, j taken, failure error) error {
	if failure == nil {
		_, err := q.db.Exec(ctx, `delete from job where id = $1 and fence = $2`, j.id, j.fence)
		return err
	}
	if j.attempt < j.allowed && !IsPermanent(failure) {
		pause := Pause(j.attempt)
		slog.Warn("a job failed and will be tried again", "kind", kind, "job", j.id, "attempt", j.attempt, "in", pause, "error", failure)
		_, err := q.db.Exec(ctx, `update job set run_at = $1, error = $2 where id = $3 and fence = $4`, db.Micros(q.now().Add(pause)), reason(failure), j.id, j.fence)
		return err
	}
	n, err := q.db.Exec(ctx, `update job set run_at = $1 where id = $2 and fence = $3`, db.Micros(q.now().Add(lease)), j.id, j.fence)
	if err != nil || n == 0 {
		return err // outlived its lease: whoever has the job now will tell
	}
	slog.Error("a job failed for good", "kind", kind, "job", j.id, "attempt", j.attempt, "error", failure)
	if h.dead != nil { // first, so that a crash in between asks again rather than forgetting to tell
		if err := guard(func() error { return h.dead(ctx, j.payload, failure) }); err != nil {
			return fmt.Errorf("say that it failed for good: %w", err)
		}
	}
	_, err = q.db.Exec(ctx, `update job set state = 'dead', error = $1 where id = $2 and fence = $3`, reason(failure), j.id, j.fence)
	return err
}

// reason is a failure as text that any database takes: other people's servers
// answer in whatever bytes they like.
func reason(failure error) string {
	return strings.ReplaceAll(strings.ToValidUTF8(failure.Error(), "\uFFFD"), "\x00", "")
}

// Pause is how long to wait after a failed attempt (counted from 1): 15 s, 30 s,
// 1 min … up to an hour, spread by a fifth so that many do not come back at once.
func Pause(attempt int) time.Duration {
	p := min(firstPause<<min(attempt-1, 10), longest)
	return p - p/10 + rand.N(p/5)
}

// slots runs a periodic job once per slot.
func (q *Queue) slots(ctx context.Context, kind string, p periodic) {
	for {
		now := q.now()
		if err := q.slot(ctx, kind, p, now.Truncate(p.every)); err != nil && ctx.Err() == nil {
			slog.Error("a periodic job failed", "kind", kind, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(now.Truncate(p.every).Add(p.every).Sub(q.now()), 10*time.Millisecond)):
		}
	}
}

// skew is how far apart the clocks of two nodes may be.
const skew = 5 * time.Minute

// slot runs the slot that begins at start, unless somebody has it. A slot taken
// in the far future was taken by a clock that was wrong; it must not stop the
// desk's clocks until that day.
func (q *Queue) slot(ctx context.Context, kind string, p periodic, start time.Time) error {
	n, err := q.db.Exec(ctx, `insert into slot (kind, ran_at) values ($1, $2) on conflict (kind) do update set ran_at = excluded.ran_at
		where slot.ran_at < excluded.ran_at or slot.ran_at > $3`, kind, db.Micros(start), db.Micros(start.Add(p.every+skew)))
	if err != nil || n == 0 {
		return err // another node has this slot
	}
	return guard(func() error { return p.work(ctx) })
}

// Counts says how many jobs of a kind are pending and dead, and since when the
// oldest pending one is due (zero where none is).
type Counts struct {
	Pending, Dead int
	OldestDue     time.Time
}

// Count counts the jobs of a kind.
func Count(ctx context.Context, d *db.DB, kind string) (Counts, error) {
	return db.One(ctx, d, func(s db.Scanner) (c Counts, err error) {
		var oldest int64
		err = s.Scan(&c.Pending, &c.Dead, &oldest)
		c.OldestDue = db.Time(oldest)
		return c, err
	}, `select coalesce(sum(case when state = 'pending' then 1 else 0 end), 0), coalesce(sum(case when state = 'dead' then 1 else 0 end), 0),
		coalesce(min(case when state = 'pending' and fence = 0 then run_at end), 0) from job where kind = $1`, kind)
}

// added wakes every dispatcher of this process when a job was committed.
var added = newBell()

// A bell wakes all who wait, and forgets.
type bell struct {
	mu sync.Mutex
	c  chan struct{}
}

func newBell() *bell { return &bell{c: make(chan struct{})} }

func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.c
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.c)
	b.c = make(chan struct{})
}
