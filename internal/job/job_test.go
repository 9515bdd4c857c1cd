package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
)

// a clock that stands still until the test moves it.
type clock struct{ us atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.us.Store(time.Date(2026, 3, 2, 9, 0, 30, 0, time.UTC).UnixMicro())
	return c
}

func (c *clock) now() time.Time { return time.UnixMicro(c.us.Load()).UTC() }

func (c *clock) pass(d time.Duration) {
	c.us.Add(d.Microseconds())
	added.ring()
}

func enqueue(t *testing.T, d *db.DB, jobs ...Job) {
	t.Helper()
	for _, j := range jobs {
		if err := Enqueue(t.Context(), d, j); err != nil {
			t.Fatal(err)
		}
	}
}

func counts(t *testing.T, d *db.DB, kind string) Counts {
	t.Helper()
	c, err := Count(t.Context(), d, kind)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run works until stop, which waits for the jobs in hand.
func run(t *testing.T, q *Queue) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the queue ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within two minutes: %s", what)
		}
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestEnqueueRefusesWhatCannotBeWrittenDown(t *testing.T) {
	d := dbtest.Open(t)
	err := Enqueue(t.Context(), d, Job{Kind: "email.send", Payload: func() {}})
	if err == nil || !strings.Contains(err.Error(), "email.send") {
		t.Errorf("err = %v", err)
	}
}

func TestAJobExistsExactlyWhenItsTransactionDoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		undone := errors.New("Maya pressed undo")
		for _, outcome := range []error{undone, nil} {
			err := d.Tx(t.Context(), func(tx *db.DB) error {
				if err := Enqueue(t.Context(), tx, Job{Kind: "email.send"}); err != nil {
					return err
				}
				return outcome
			})
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
		}
		if got := counts(t, d, "email.send").Pending; got != 1 {
			t.Errorf("%d jobs of one commit and one rollback", got)
		}
	})
}

func TestAKeyIsUniqueWhilePending(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		q := New(d, now.now)
		q.Handle("reconcile", 1, func(context.Context, []byte, int) error { return nil })
		enqueue(t, d,
			Job{Kind: "reconcile", Key: "mailbox 1", Payload: "first"}, Job{Kind: "reconcile", Key: "mailbox 1", Payload: "second"},
			Job{Kind: "reconcile", Key: "mailbox 2"}, Job{Kind: "import", Key: "mailbox 1"},
			Job{Kind: "reconcile"}, Job{Kind: "reconcile"})
		if got := counts(t, d, "reconcile").Pending; got != 4 {
			t.Errorf("%d pending; two keys and two without one make 4", got)
		}
		j := must[*taken](t)(q.take(t.Context(), "reconcile"))
		if string(j.payload) != `"first"` {
			t.Errorf("took %s", j.payload)
		}
		if err := q.settle(t.Context(), "reconcile", q.handlers["reconcile"], *j, nil); err != nil {
			t.Fatal(err)
		}
		enqueue(t, d, Job{Kind: "reconcile", Key: "mailbox 1"})
		if got := counts(t, d, "reconcile").Pending; got != 4 {
			t.Errorf("%d pending; once it is done the key is free", got)
		}
	})
}

func TestJobsAreDoneOnceWhenDueWithTheirPayload(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		q := New(d, now.now)
		did := make(chan string, 10)
		q.Handle("email.send", 2, func(_ context.Context, payload []byte, attempt int) error {
			var p struct{ To string }
			err := json.Unmarshal(payload, &p)
			did <- fmt.Sprintf("%s %d", p.To, attempt)
			return err
		})
		run(t, q)
		enqueue(t, d,
			Job{Kind: "email.send", Payload: map[string]string{"To": "tom@example.com"}, RunAt: now.now().Add(10 * time.Second)},
			Job{Kind: "email.send", Payload: map[string]string{"To": "amina@example.com"}})
		if got := <-did; got != "amina@example.com 1" {
			t.Errorf("did %q", got)
		}
		if early := must[*taken](t)(q.take(t.Context(), "email.send")); early != nil {
			t.Error("the second can be taken before its time")
		}
		now.pass(10 * time.Second)
		if got := <-did; got != "tom@example.com 1" {
			t.Errorf("did %q", got)
		}
		eventually(t, "nothing is left", func() bool { return counts(t, d, "email.send") == Counts{} })
	})
}

func TestAFailureIsTriedAgainAfterAPause(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		q := New(d, now.now)
		tried := make(chan int)
		q.Handle("email.send", 1, func(_ context.Context, _ []byte, attempt int) error {
			tried <- attempt
			switch attempt {
			case 1:
				return errors.New("451 try later, \x00gr\xfc\xdfe")
			case 2:
				panic("a bug")
			}
			return nil
		})
		q.OnDead("email.send", func(context.Context, []byte, error) error {
			t.Error("given up")
			return nil
		})
		run(t, q)
		enqueue(t, d, Job{Kind: "email.send", MaxAttempts: 3})
		for attempt, reason := range []string{"451 try later, gr\uFFFDe", "panic: a bug"} {
			if got := <-tried; got != attempt+1 {
				t.Errorf("attempt %d, want %d", got, attempt+1)
			}
			var at int64
			eventually(t, "the reason is written down", func() bool {
				text := must[string](t)(db.One(t.Context(), d, func(s db.Scanner) (text string, err error) { return text, s.Scan(&text, &at) }, `select error, run_at from job`))
				return text == reason
			})
			pause := db.Time(at).Sub(now.now())
			if want := firstPause << attempt; pause < want*9/10 || pause > want*11/10 {
				t.Errorf("pause %v after attempt %d, want about %v", pause, attempt+1, want)
			}
			now.pass(pause)
		}
		if got := <-tried; got != 3 {
			t.Errorf("attempt %d, want 3", got)
		}
		eventually(t, "it is done", func() bool { return counts(t, d, "email.send") == Counts{} })
	})
}

func TestWhatFailsForGoodIsKeptAndTold(t *testing.T) {
	for _, c := range []struct {
		name    string
		failure error
		allowed int
		tries   int
	}{
		{"a permanent failure stops at once", Permanent(errors.New("550 no such person")), 5, 1},
		{"one that was wrapped on its way up, too", fmt.Errorf("send: %w", Permanent(errors.New("550 no such person"))), 5, 1},
		{"the last attempt that was allowed", errors.New("451 try later"), 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				now := newClock()
				q := New(d, now.now)
				var tries atomic.Int64
				q.Handle("email.send", 1, func(context.Context, []byte, int) error { tries.Add(1); return c.failure })
				told := make(chan string, 2)
				q.OnDead("email.send", func(_ context.Context, payload []byte, cause error) error {
					told <- string(payload)
					if !errors.Is(cause, c.failure) {
						t.Errorf("cause %v", cause)
					}
					return nil
				})
				stop := run(t, q)
				enqueue(t, d, Job{Kind: "email.send", Key: "message 7", Payload: 7, MaxAttempts: c.allowed})
				eventually(t, "it is dead", func() bool { now.pass(time.Minute); return counts(t, d, "email.send") == Counts{Dead: 1} })
				stop()
				if tries.Load() != int64(c.tries) || len(told) != 1 || <-told != "7" {
					t.Errorf("%d tries, want %d; told %d times", tries.Load(), c.tries, len(told))
				}
				if again, err := q.take(t.Context(), "email.send"); again != nil || err != nil {
					t.Errorf("a dead job was taken: %v, %v", again, err)
				}
				enqueue(t, d, Job{Kind: "email.send", Key: "message 7"})
				if got := counts(t, d, "email.send").Pending; got != 1 {
					t.Errorf("%d pending: a dead job must not hold its key", got)
				}
			})
		})
	}
}

func TestWhoCouldNotBeToldIsToldAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		q := New(d, now.now)
		q.Handle("email.send", 1, func(context.Context, []byte, int) error { return Permanent(errors.New("550 no such person")) })
		var told atomic.Int64
		q.OnDead("email.send", func(context.Context, []byte, error) error {
			switch told.Add(1) {
			case 1:
				return errors.New("the database is away")
			case 2:
				panic("a bug")
			}
			return nil
		})
		run(t, q)
		enqueue(t, d, Job{Kind: "email.send"})
		eventually(t, "it is dead", func() bool { now.pass(lease); return counts(t, d, "email.send").Dead == 1 })
		if told.Load() != 3 {
			t.Errorf("told %d times", told.Load())
		}
	})
}

// TestAgainBeforeTheOldOneEnded lets somebody try again in the moment between hearing of a failure and its job's end.
func TestAgainBeforeTheOldOneEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		q := New(d, now.now)
		tried := make(chan string, 2)
		again := func(payload string) error {
			return d.Tx(t.Context(), func(tx *db.DB) error {
				return Again(t.Context(), tx, Job{Kind: "email.send", Key: "message 7", Payload: payload, RunAt: now.now()})
			})
		}
		q.Handle("email.send", 1, func(_ context.Context, payload []byte, _ int) error {
			tried <- string(payload)
			switch string(payload) {
			case `"first"`:
				return Permanent(errors.New("550 no such person"))
			case `"second"`:
				return again("third")
			}
			return nil
		})
		q.OnDead("email.send", func(context.Context, []byte, error) error { return again("second") })
		run(t, q)
		enqueue(t, d, Job{Kind: "email.send", Key: "message 7", Payload: "first"})
		for _, want := range []string{`"first"`, `"second"`, `"third"`} {
			if got := <-tried; got != want {
				t.Errorf("tried %s, want %s", got, want)
			}
		}
		eventually(t, "all is done", func() bool { return counts(t, d, "email.send") == Counts{} })
	})
}

func TestWithdrawOnlyBeforeItBegan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := New(d, newClock().now)
		q.Handle("email.send", 1, nil)
		withdraw := func(key string) bool { return must[bool](t)(Withdraw(t.Context(), d, "email.send", key)) }
		enqueue(t, d, Job{Kind: "email.send", Key: "message 7"}, Job{Kind: "email.send", Key: "message 8"})
		if withdraw("message 9") {
			t.Error("withdrew what never was")
		}
		if !withdraw("message 7") || withdraw("message 7") {
			t.Error("a waiting job can be withdrawn, once")
		}
		j := must[*taken](t)(q.take(t.Context(), "email.send"))
		if withdraw("message 8") {
			t.Error("withdrew a job in hand")
		}
		if err := q.settle(t.Context(), "email.send", q.handlers["email.send"], *j, errors.New("451 try later")); err != nil {
			t.Fatal(err)
		}
		if withdraw("message 8") {
			t.Error("withdrew a job that was tried: part of it may have happened")
		}
	})
}

func TestPauseGrowsToAnHour(t *testing.T) {
	for attempt, want := range map[int]time.Duration{1: 15 * time.Second, 2: 30 * time.Second, 3: time.Minute, 8: 32 * time.Minute, 9: time.Hour, 12: time.Hour, 1000: time.Hour} {
		for range 200 {
			if p := Pause(attempt); p < want*9/10 || p > want*11/10 {
				t.Errorf("after attempt %d: %v, want %v give or take a tenth", attempt, p, want)
			}
		}
	}
}

func TestCount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		enqueue(t, d, Job{Kind: "email.send", RunAt: now.now().Add(time.Minute)}, Job{Kind: "email.send", RunAt: now.now()}, Job{Kind: "import"})
		if got, want := counts(t, d, "email.send"), (Counts{Pending: 2, OldestDue: now.now()}); got != want {
			t.Errorf("counts %+v, want %+v", got, want)
		}
		if got := counts(t, d, "nothing"); got != (Counts{}) {
			t.Errorf("counts of nothing %+v", got)
		}
	})
}
