package event

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"kept/internal/db"
	"kept/internal/fault"
)

// channel is the PostgreSQL notification that says "look at the log".
const channel = "kept_event"

// poll is how long a lost wake-up can delay a reader.
const poll = 2 * time.Second

// Log reads the events of one database and tells followers when to look.
type Log struct {
	db *db.DB

	mu          sync.Mutex
	subscribers map[chan struct{}]struct{}
}

// logs finds the logs to wake when this process commits, by database.
var logs struct {
	sync.Mutex
	of map[*sql.DB][]*Log
}

func wake(pool *sql.DB) {
	logs.Lock()
	here := logs.of[pool]
	logs.Unlock()
	for _, l := range here {
		l.wake()
	}
}

// New returns the log of d. Close it when done.
func New(d *db.DB) *Log {
	l := &Log{db: d, subscribers: map[chan struct{}]struct{}{}}
	logs.Lock()
	defer logs.Unlock()
	if logs.of == nil {
		logs.of = map[*sql.DB][]*Log{}
	}
	logs.of[d.Pool()] = append(logs.of[d.Pool()], l)
	return l
}

// Close forgets the log.
func (l *Log) Close() {
	logs.Lock()
	defer logs.Unlock()
	var rest []*Log
	for _, other := range logs.of[l.db.Pool()] {
		if other != l {
			rest = append(rest, other)
		}
	}
	logs.of[l.db.Pool()] = rest
	if len(rest) == 0 {
		delete(logs.of, l.db.Pool())
	}
}

// Read returns up to limit events after a position, in order, and never skips
// one that another transaction is still about to commit.
func (l *Log) Read(ctx context.Context, after Position, limit int) ([]Event, error) {
	return db.Collect(ctx, l.db, scan, `select `+columns+` from event where (txn, id) > ($1, $2)`+l.db.Dialect.Settled()+` order by txn, id limit $3`,
		after.Txn, after.ID, limit)
}

// Head returns the position of the newest event that Read would return.
func (l *Log) Head(ctx context.Context) (Position, error) {
	p, err := db.One(ctx, l.db, scanPosition, `select txn, id from event where id > 0`+l.db.Dialect.Settled()+` order by txn desc, id desc limit 1`)
	if fault.Of(err) == fault.NotFound {
		return Position{}, nil
	}
	return p, err
}

func scanPosition(s db.Scanner) (Position, error) {
	var p Position
	err := s.Scan(&p.Txn, &p.ID)
	return p, err
}

// Subscribe returns a channel that says "look at the log", coalesced: however
// much happened, one token waits. Stop it when done.
func (l *Log) Subscribe() (look <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	l.mu.Lock()
	l.subscribers[c] = struct{}{}
	l.mu.Unlock()
	return c, func() {
		l.mu.Lock()
		delete(l.subscribers, c)
		l.mu.Unlock()
	}
}

func (l *Log) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.subscribers {
		select {
		case c <- struct{}{}:
		default: // it already has something to look at
		}
	}
}

// Run keeps followers awake until ctx ends: with every notification of another
// node on PostgreSQL, and on both engines every two seconds as a net.
func (l *Log) Run(ctx context.Context) error {
	if err := l.repair(ctx); err != nil {
		return fmt.Errorf("repair the log: %w", err)
	}
	if l.db.Dialect.Name() == "postgres" {
		var nodes sync.WaitGroup
		defer nodes.Wait()
		nodes.Go(func() { l.listen(ctx) })
		nodes.Go(func() { l.notify(ctx) })
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			l.wake()
		}
	}
}

// notify tells other nodes, at most fifty times a second, that this one committed.
func (l *Log) notify(ctx context.Context) {
	look, stop := l.Subscribe()
	defer stop()
	var told Position
	for {
		select {
		case <-ctx.Done():
			return
		case <-look:
		}
		told = l.announce(ctx, told)
		sleep(ctx, shortest)
	}
}

// announce tells everybody of what is in the log after told, and returns up to
// where. What an older transaction still holds back it waits for, so that its
// readers, who looked too early, need not wait for the net.
func (l *Log) announce(ctx context.Context, told Position) Position {
	for pause := shortest; ; pause = min(2*pause, poll) {
		held, err := l.heldBack(ctx) // before the head: what is not held back now is not behind it either
		if err != nil {
			return told
		}
		head, err := l.Head(ctx)
		if err == nil && told.Less(head) {
			told = head
			l.wake()
			if _, err = l.db.Exec(ctx, `select pg_notify($1, $2)`, channel, head.String()); err != nil {
				slog.Debug("other nodes were not woken; they look by themselves soon", "error", err)
			}
		}
		if !held || ctx.Err() != nil {
			return told
		}
		sleep(ctx, pause)
	}
}

// shortest is the pause between two looks at the log for other nodes' sake.
const shortest = 20 * time.Millisecond

// heldBack reports whether something committed waits for an older transaction to end.
func (l *Log) heldBack(ctx context.Context) (bool, error) {
	return db.One(ctx, l.db, db.Value[bool], `select exists (select 1 from event where txn >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint)`)
}

// listen wakes this node's followers when another node committed.
func (l *Log) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := l.listenOnce(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("listening for other nodes stopped; will try again", "error", err)
		}
		sleep(ctx, poll)
	}
}

func (l *Log) listenOnce(ctx context.Context) error {
	conn, err := l.db.Pool().Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		pg := driver.(*stdlib.Conn).Conn()
		if _, err := pg.Exec(ctx, "listen "+channel); err != nil {
			return err
		}
		for {
			if _, err := pg.WaitForNotification(ctx); err != nil {
				return err
			}
			l.wake()
		}
	})
}

// Follow calls handle for every event, in order, exactly once as far as the
// database is concerned: the position moves in the transaction that handle
// writes in. It returns when ctx ends. A failing handle is tried again, and
// holds back nothing that came before it; a follower that starts for the first
// time starts at the beginning.
func (l *Log) Follow(ctx context.Context, name string, handle func(ctx context.Context, tx *db.DB, e Event) error) error {
	look, stop := l.Subscribe()
	defer stop()
	limit := batch
	for wait := time.Duration(0); ; {
		n, err := l.step(ctx, name, limit, handle)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errOvertaken):
			continue
		case err != nil && n > 0:
			limit = n
			continue
		case err != nil:
			wait = min(max(2*wait, 100*time.Millisecond), 30*time.Second)
			slog.Error("a follower of the log stumbled and will try again", "follower", name, "in", wait, "error", err)
			sleep(ctx, wait)
			continue
		}
		wait, limit = 0, batch
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look:
		}
	}
}

// batch is how many events a follower handles in one transaction.
const batch = 100

// step handles up to limit events in one transaction and says how many went
// well; where one did not, none of them counts.
func (l *Log) step(ctx context.Context, name string, limit int, handle func(ctx context.Context, tx *db.DB, e Event) error) (n int, err error) {
	at, err := l.Position(ctx, name)
	if err != nil {
		return 0, err
	}
	events, err := l.Read(ctx, at, limit)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	err = l.db.Tx(ctx, func(tx *db.DB) error {
		if err := advance(ctx, tx, name, at, events[len(events)-1].Position); err != nil {
			return err
		}
		for _, e := range events {
			if err := handle(ctx, tx, e); err != nil {
				return fmt.Errorf("%s at %s: %w", e.Kind, e.Position, err)
			}
			n++
		}
		return nil
	})
	if err != nil && n == len(events) { // handled, but not committed
		n = 0
	}
	return n, err
}

// Position returns how far the follower name came.
func (l *Log) Position(ctx context.Context, name string) (Position, error) {
	p, err := db.One(ctx, l.db, scanPosition, `select txn, id from consumer where name = $1`, name)
	if fault.Of(err) == fault.NotFound {
		return Position{}, nil
	}
	return p, err
}

var errOvertaken = errors.New("another node handled these events first")

// advance moves a follower, refusing where another node already moved it.
func advance(ctx context.Context, tx *db.DB, name string, from, to Position) error {
	if from == (Position{}) {
		if _, err := tx.Exec(ctx, `insert into consumer (name, txn, id) values ($1, 0, 0) on conflict (name) do nothing`, name); err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `update consumer set txn = $1, id = $2 where name = $3 and txn = $4 and id = $5`, to.Txn, to.ID, name, from.Txn, from.ID)
	if err == nil && n == 0 {
		return errOvertaken
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
