package event

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"kept/internal/db"
	"kept/internal/db/dbtest"
)

// count is a consumer whose whole effect is in the database: how often each event was handled.
func count(ctx context.Context, tx *db.DB, e Event) error {
	_, err := tx.Exec(ctx, `insert into setting (key, value) values ($1, 'x') on conflict (key) do update set value = setting.value || 'x'`, e.Kind)
	return err
}

// counted returns what count left behind: "a b!" where a was handled once and b more often.
func counted(t *testing.T, d *db.DB) string {
	t.Helper()
	rows, err := db.Collect(t.Context(), d, db.Value[string], `select key || case when value = 'x' then '' else '!' end from setting order by key`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, " ")
}

// follow runs a follower until stop, which waits for it.
func follow(t *testing.T, l *Log, name string, handle func(context.Context, *db.DB, Event) error) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Follow(ctx, name, handle) }()
	go func() { // stands for Run, whose net this test does not want to wait for
		for ctx.Err() == nil {
			l.wake()
			sleep(ctx, shortest)
		}
	}()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the follower ended with %v", err)
		}
	})
}

func TestFollowHandlesEachEventOnceAcrossACrash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		mustTell(t, d, "a", "b", "c", "d")
		settled(t, l, 4)

		ctx, crash := context.WithCancel(t.Context())
		err := l.Follow(ctx, "report", func(ctx context.Context, tx *db.DB, e Event) error {
			err := count(ctx, tx, e)
			if e.Kind == "c" {
				crash() // between the effect and the commit
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := counted(t, d); got != "" {
			t.Errorf("the crash left %q", got)
		}

		stop := follow(t, l, "report", count)
		mustTell(t, d, "e")
		eventually(t, "all five are handled", func() bool { return counted(t, d) == "a b c d e" })
		stop()

		stop = follow(t, l, "report", count)
		mustTell(t, d, "f")
		eventually(t, "only the sixth is new", func() bool { return counted(t, d) == "a b c d e f" })
		stop()
	})
}

func TestTwoNodesFollowingUnderOneNameShare(t *testing.T) {
	const total = 240
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		one, two := follow(t, l, "report", count), follow(t, l, "report", count)
		defer one()
		defer two()
		writers(t, d, total)
		eventually(t, "everything is handled", func() bool { return len(strings.Fields(counted(t, d))) == total })
		if strings.Contains(counted(t, d), "!") {
			t.Error("something was handled twice")
		}
	})
}

func TestFollowersDoNotMindEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		mustTell(t, d, "a", "b")
		under := func(prefix string) func(context.Context, *db.DB, Event) error {
			return func(ctx context.Context, tx *db.DB, e Event) error {
				e.Kind = prefix + e.Kind
				return count(ctx, tx, e)
			}
		}
		one, two := follow(t, l, "report", under("1")), follow(t, l, "webhook", under("2"))
		defer one()
		defer two()
		eventually(t, "both saw both", func() bool { return counted(t, d) == "1a 1b 2a 2b" })
	})
}

func TestAStumblingBlockHoldsBackOnlyWhatComesAfterIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		mustTell(t, d, "a", "b", "c", "d")
		settled(t, l, 4)
		var mu sync.Mutex
		broken := true
		stop := follow(t, l, "report", func(ctx context.Context, tx *db.DB, e Event) error {
			mu.Lock()
			defer mu.Unlock()
			if e.Kind == "c" && broken {
				return errors.Join(count(ctx, tx, Event{Kind: "half"}), errors.New("the rule cannot be read"))
			}
			return count(ctx, tx, e)
		})
		defer stop()
		eventually(t, "what came before is done", func() bool { return counted(t, d) == "a b" })
		mu.Lock()
		broken = false
		mu.Unlock()
		eventually(t, "mended, it goes on", func() bool { return counted(t, d) == "a b c d" })
	})
}

func TestAFollowerKnowsHowFarItCame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		if p, err := l.Position(t.Context(), "report"); err != nil || p != (Position{}) {
			t.Errorf("a new one is at %v, %v", p, err)
		}
		mustTell(t, d, "a", "b")
		stop := follow(t, l, "report", count)
		eventually(t, "both are handled", func() bool { return counted(t, d) == "a b" })
		stop()
		p, err := l.Position(t.Context(), "report")
		if want := settled(t, l, 2)[1].Position; err != nil || p != want {
			t.Errorf("it is at %v, %v; want %v", p, err, want)
		}
	})
}
