package job

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
)

func TestTwoNodesShareTheWork(t *testing.T) {
	const jobs, workers = 200, 3
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		var mu sync.Mutex
		done := map[int]int{}
		var busy [2]atomic.Int64
		for node := range busy {
			q := New(d, now.now)
			q.Handle("email.send", workers, func(_ context.Context, payload []byte, _ int) error {
				if busy[node].Add(1) > workers {
					t.Errorf("node %d has more than %d at a time", node, workers)
				}
				defer busy[node].Add(-1)
				var n int
				if err := json.Unmarshal(payload, &n); err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				done[n]++
				return nil
			})
			run(t, q)
		}
		for n := range jobs {
			enqueue(t, d, Job{Kind: "email.send", Payload: n})
		}
		eventually(t, "all is done", func() bool { return counts(t, d, "email.send") == Counts{} })
		mu.Lock()
		defer mu.Unlock()
		if len(done) != jobs {
			t.Errorf("%d of %d were done", len(done), jobs)
		}
		for n, times := range done {
			if times != 1 {
				t.Errorf("job %d was done %d times", n, times)
			}
		}
	})
}

func TestACrashedWorkersJobIsTakenOverWhenItsLeaseEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := newClock()
		q := New(d, now.now)
		enqueue(t, d, Job{Kind: "email.send"})
		first := must[*taken](t)(q.take(t.Context(), "email.send")) // and then the power fails
		now.pass(lease - time.Microsecond)
		if early := must[*taken](t)(q.take(t.Context(), "email.send")); early != nil {
			t.Error("taken over within the lease")
		}
		now.pass(time.Microsecond)
		second := must[*taken](t)(q.take(t.Context(), "email.send"))
		if second == nil || second.attempt != 2 || second.fence <= first.fence {
			t.Fatalf("first %+v, second %+v", first, second)
		}
	})
}

func TestAWorkerThatOutlivedItsLeaseSettlesNothing(t *testing.T) {
	for name, outcome := range map[string]error{
		"it says done":      nil,
		"it wants a retry":  errors.New("451 try later"),
		"it failed forever": Permanent(errors.New("550 no such person")),
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				now := newClock()
				q := New(d, now.now)
				q.Handle("email.send", 1, nil)
				q.OnDead("email.send", func(context.Context, []byte, error) error {
					t.Error("told that it failed while another still works on it")
					return nil
				})
				h := q.handlers["email.send"]
				enqueue(t, d, Job{Kind: "email.send"})
				slow := must[*taken](t)(q.take(t.Context(), "email.send"))
				now.pass(lease)
				quick := must[*taken](t)(q.take(t.Context(), "email.send"))
				if err := q.settle(t.Context(), "email.send", h, *slow, outcome); err != nil {
					t.Fatal(err)
				}
				due := must[int64](t)(db.One(t.Context(), d, db.Value[int64], `select run_at from job where state = 'pending' and error = ''`))
				if want := db.Micros(now.now().Add(lease)); due != want {
					t.Errorf("the lease of the other ends at %v, want %v", db.Time(due), db.Time(want))
				}
				if err := q.settle(t.Context(), "email.send", h, *quick, nil); err != nil {
					t.Fatal(err)
				}
				if got := counts(t, d, "email.send"); got != (Counts{}) {
					t.Errorf("left %+v", got)
				}
			})
		})
	}
}

func TestStoppingWaitsForTheJobInHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := New(d, newClock().now)
		begun, finish := make(chan struct{}), make(chan struct{})
		var after error
		q.Handle("email.send", 1, func(ctx context.Context, _ []byte, _ int) error {
			close(begun)
			<-finish
			after = ctx.Err()
			return nil
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- q.Run(ctx) }()
		enqueue(t, d, Job{Kind: "email.send"})
		<-begun
		stop()
		select {
		case <-ended:
			t.Error("stopped with a job in hand")
		default:
		}
		close(finish)
		if err := <-ended; err != nil || after != nil {
			t.Errorf("ended with %v; the job's context with %v", err, after)
		}
		if got := counts(t, d, "email.send"); got != (Counts{}) {
			t.Errorf("its outcome was not recorded: %+v", got)
		}
	})
}

func TestASlotIsRunOnceOverAllNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var runs atomic.Int64
		tick := periodic{time.Minute, func(context.Context) error { runs.Add(1); return nil }}
		begin := newClock().now().Truncate(time.Minute)
		nodes := []*Queue{New(d, nil), New(d, nil)}
		for _, c := range []struct {
			name string
			at   time.Time
			want int64
		}{
			{"the first minute", begin, 1},
			{"the same minute", begin, 1},
			{"the next", begin.Add(time.Minute), 2},
			{"a node whose clock is a little behind", begin, 2},
			{"after a long pause, one run and not a hundred", begin.Add(100 * time.Minute), 3},
			{"a clock that jumped to the next year", begin.AddDate(1, 0, 0), 4},
			{"and was set right: the desk does not wait a year", begin.Add(101 * time.Minute), 5},
			{"once", begin.Add(101 * time.Minute), 5},
		} {
			var wg sync.WaitGroup
			for _, q := range nodes {
				wg.Go(func() {
					if err := q.slot(t.Context(), "promise.tick", tick, c.at); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got := runs.Load(); got != c.want {
				t.Errorf("%s: %d runs so far, want %d", c.name, got, c.want)
			}
		}
	})
}

func TestAFailingSlotDoesNotStopTheClock(t *testing.T) {
	d := dbtest.Open(t)
	ran := make(chan struct{}, 100)
	q := New(d, time.Now)
	q.Every("promise.tick", time.Millisecond, func(context.Context) error {
		ran <- struct{}{}
		if len(ran)%2 == 0 {
			panic("a bug")
		}
		return errors.New("the database is away")
	})
	run(t, q)
	for range 5 {
		<-ran
	}
}
