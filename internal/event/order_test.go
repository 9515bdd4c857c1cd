package event

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
)

// server returns the PostgreSQL to test with, or skips.
func server(t *testing.T) string {
	t.Helper()
	at := os.Getenv("KEPT_TEST_POSTGRES")
	if at == "" {
		t.Skip("KEPT_TEST_POSTGRES names no server")
	}
	return at
}

func TestAReaderNeverSkipsWhatCommitsLate(t *testing.T) {
	d := dbtest.OpenPostgres(t, server(t))
	l := open(t, d)
	mustTell(t, d, "before")
	settled(t, l, 1)
	at, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = d.Tx(t.Context(), func(slow *db.DB) error { // Amina's long import
		if err := Append(t.Context(), slow, Event{At: noon, Kind: "slow"}); err != nil {
			return err
		}
		mustTell(t, d, "fast", "faster") // Tom's answers, committed meanwhile
		for range 3 {
			if got, err := l.Read(t.Context(), at, 10); err != nil || len(got) > 0 {
				t.Errorf("read %q past a running transaction, %v", kinds(got), err)
			}
			if head, err := l.Head(t.Context()); err != nil || head != at {
				t.Errorf("head moved to %v, %v", head, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(settled(t, l, 4)); got != "before slow fast faster" {
		t.Errorf("read %q", got)
	}
}

func TestARolledBackTransactionHoldsNobodyBack(t *testing.T) {
	d := dbtest.OpenPostgres(t, server(t))
	l := open(t, d)
	d.Tx(t.Context(), func(slow *db.DB) error {
		if err := Append(t.Context(), slow, Event{At: noon, Kind: "never"}); err != nil {
			return err
		}
		mustTell(t, d, "fast")
		return fmt.Errorf("the disk was full")
	})
	if got := kinds(settled(t, l, 1)); got != "fast" {
		t.Errorf("read %q", got)
	}
}

// writers appends total events in transactions of one to four, many at a time, and returns when all are committed.
func writers(t *testing.T, d *db.DB, total int) {
	var wg sync.WaitGroup
	for w := range 8 {
		random := rand.New(rand.NewPCG(uint64(w), 7))
		wg.Go(func() {
			for from := 0; from < total/8; {
				n := min(1+random.IntN(4), total/8-from)
				err := d.Tx(t.Context(), func(tx *db.DB) error {
					for i := range n {
						if err := Append(t.Context(), tx, Event{At: noon, Kind: fmt.Sprintf("w%d.%d", w, from+i)}); err != nil {
							return err
						}
						for range random.IntN(20) {
							runtime.Gosched() // so that others commit in between
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				from += n
			}
		})
	}
	wg.Wait()
}

// readAll reads by position as events appear until it has total of them or ctx ends.
func readAll(ctx context.Context, t *testing.T, l *Log, total int) []Event {
	look, stop := l.Subscribe()
	defer stop()
	var at Position
	var seen []Event
	for len(seen) < total {
		page, err := l.Read(ctx, at, 7)
		if err != nil {
			t.Error(err)
			return seen
		}
		if len(page) > 0 {
			seen, at = append(seen, page...), page[len(page)-1].Position
			continue
		}
		select {
		case <-look:
		case <-ctx.Done():
			return seen
		}
	}
	return seen
}

func TestReadersSeeEveryEventOnceInOneOrder(t *testing.T) {
	const total = 800
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var readers sync.WaitGroup
		seen := make([][]Event, 3)
		for r := range seen {
			readers.Go(func() { seen[r] = readAll(ctx, t, l, total) })
		}
		run, stop := context.WithCancel(ctx)
		ran := make(chan error, 1)
		go func() { ran <- l.Run(run) }()
		writers(t, d, total)
		readers.Wait()
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		want := settled(t, l, total)
		for r, got := range seen {
			for i := range want {
				if len(got) != total || got[i].Position != want[i].Position || i > 0 && !got[i-1].Position.Less(got[i].Position) {
					t.Fatalf("reader %d saw %d of %d events, not as they stand in the log", r, len(got), total)
				}
			}
		}
		next := map[byte]int{}
		for _, e := range want {
			if w := e.Kind[1]; e.Kind != fmt.Sprintf("w%c.%d", w, next[w]) {
				t.Fatalf("%s where event %d of writer %c was due", e.Kind, next[w], w)
			}
			next[e.Kind[1]]++
		}
	})
}
