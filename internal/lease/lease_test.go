package lease

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func take(t *testing.T, d *db.DB, holder string, now time.Time) (Lease, bool) {
	t.Helper()
	l, ok, err := Take(context.Background(), d, "mailbox 1", holder, now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return l, ok
}

func TestOneHolderAtATime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		oslo, ok := take(t, d, "oslo", noon)
		if !ok {
			t.Fatal("Oslo could not take a free lease")
		}
		if _, ok := take(t, d, "riga", noon.Add(30*time.Second)); ok {
			t.Error("Riga took a lease that Oslo holds")
		}
		if err := oslo.Renew(ctx, d, noon.Add(50*time.Second), time.Minute); err != nil {
			t.Error(err)
		}
		if _, ok := take(t, d, "riga", noon.Add(70*time.Second)); ok {
			t.Error("Riga took a lease that Oslo renewed")
		}
		riga, ok := take(t, d, "riga", noon.Add(111*time.Second))
		if !ok || riga.Fence <= oslo.Fence {
			t.Errorf("Riga got %v, %v; want the ended lease with a higher fence than %d", riga, ok, oslo.Fence)
		}
		if err := d.Tx(ctx, func(tx *db.DB) error { return oslo.Hold(ctx, tx) }); fault.Of(err) != fault.Conflict {
			t.Errorf("Oslo worked on after Riga took over: %v", err)
		}
		if err := oslo.Renew(ctx, d, noon.Add(112*time.Second), time.Minute); fault.Of(err) != fault.Conflict {
			t.Errorf("Oslo renewed what Riga holds: %v", err)
		}
		if err := oslo.Release(ctx, d); err != nil {
			t.Error(err)
		}
		if err := d.Tx(ctx, func(tx *db.DB) error { return riga.Hold(ctx, tx) }); err != nil {
			t.Errorf("Oslo's late release took the lease from Riga: %v", err)
		}
	})
}

func TestTheSameHolderTakesOverAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		before, _ := take(t, d, "oslo", noon)
		after, ok := take(t, d, "oslo", noon.Add(time.Second))
		if !ok || after.Fence <= before.Fence {
			t.Errorf("started again: %v, %v", after, ok)
		}
		if err := after.Release(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		if _, ok := take(t, d, "riga", noon.Add(2*time.Second)); !ok {
			t.Error("Riga had to wait for a lease that was given back")
		}
	})
}

func TestManyTakersOneWinner(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var won atomic.Int32
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				if _, ok, err := Take(context.Background(), d, "clock", string(rune('a'+i)), noon, time.Minute); err != nil {
					t.Error(err)
				} else if ok {
					won.Add(1)
				}
			})
		}
		wait.Wait()
		if won.Load() != 1 {
			t.Errorf("%d holders", won.Load())
		}
	})
}

func TestNode(t *testing.T) {
	dir := t.TempDir()
	first, release, err := Node(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, releaseSecond, err := Node(dir)
	if err != nil || second == first {
		t.Errorf("two living processes share the identity %s (%v)", second, err)
	}
	releaseSecond()
	release()
	third, release, err := Node(dir)
	if err != nil || third != first {
		t.Errorf("started again as %s, was %s (%v)", third, first, err)
	}
	release()
	if err := os.WriteFile(filepath.Join(dir, "node"), []byte("HALF"), 0o600); err != nil {
		t.Fatal(err)
	}
	fourth, release, err := Node(dir)
	defer release()
	if err != nil || len(fourth) != len(first) {
		t.Errorf("after a damaged file: %q, %v", fourth, err)
	}
	if one, _, _ := Node(""); one == "" {
		t.Error("no identity without a folder")
	}
}

func TestATermEndsWhenTheLeaseIsLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		clock := func() time.Time { return noon }
		working := make(chan Lease)
		over := make(chan error)
		go func() {
			over <- Term(ctx, d, "mailbox 1", "oslo", clock, func(ctx context.Context, l Lease) error {
				working <- l
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		l := <-working
		later := func() time.Time { return noon.Add(time.Hour) }
		if err := Term(ctx, d, "mailbox 1", "riga", later, func(ctx context.Context, l Lease) error { return l.Hold(ctx, d) }); err != nil {
			t.Errorf("Riga's term: %v", err)
		}
		if err := l.Hold(ctx, d); fault.Of(err) != fault.Conflict {
			t.Errorf("Oslo still holds: %v", err)
		}
		if err := <-over; err != context.Canceled {
			t.Errorf("Oslo's term ended with %v", err)
		}
	})
}

func TestATermIsOverWithItsContext(t *testing.T) {
	d := dbtest.Open(t)
	take(t, d, "oslo", noon)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := Term(ctx, d, "mailbox 1", "riga", func() time.Time { return noon }, func(context.Context, Lease) error {
		t.Error("worked without the lease")
		return nil
	})
	if err != nil && ctx.Err() == nil {
		t.Error(err)
	}
}
