package db_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
)

func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	if fault.Of(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), "try again") {
		t.Errorf("%v: %v; want Unavailable and what to do", fault.Of(err), err)
	}
}

func TestAFullDiskIsAnOutageAndLosesNothing(t *testing.T) {
	d, ctx := dbtest.Open(t), t.Context()
	if err := note(ctx, d, "before", "kept"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(ctx, `pragma max_page_count = 1`); err != nil { // SQLite takes what the file has now as the limit
		t.Fatal(err)
	}
	big := strings.Repeat("x", 1<<20)
	wantUnavailable(t, note(ctx, d, "big", big))
	wantUnavailable(t, d.Tx(ctx, func(tx *db.DB) error { return note(ctx, tx, "big", big) }))
	if _, err := d.Exec(ctx, `pragma max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if err := note(ctx, d, "big", big); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if value(t, d, "before") != "kept" || len(value(t, d, "big")) != len(big) {
		t.Error("something was lost")
	}
}

func TestAnotherProcessHoldingTheFileIsAnOutage(t *testing.T) {
	ctx := t.Context()
	at := "sqlite:" + filepath.Join(t.TempDir(), "kept.db")
	open := func() *db.DB {
		d, err := db.Open(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	mine, theirs := open(), open()
	if err := mine.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := mine.Exec(ctx, `pragma busy_timeout = 1`); err != nil {
		t.Fatal(err)
	}
	err := theirs.Tx(ctx, func(tx *db.DB) error {
		wantUnavailable(t, note(ctx, mine, "lamp", "mine"))
		wantUnavailable(t, mine.Tx(ctx, func(*db.DB) error { t.Error("it began"); return nil }))
		return note(ctx, tx, "lamp", "theirs")
	})
	if err != nil || value(t, mine, "lamp") != "theirs" {
		t.Errorf("lamp is %q, %v", value(t, mine, "lamp"), err)
	}
}

// a wire stands between the desk and PostgreSQL and can be cut.
type wire struct {
	to  string
	at  string // where it listens, the same again after mend
	mu  sync.Mutex
	in  net.Listener
	all []net.Conn
}

func (w *wire) mend(t *testing.T) {
	t.Helper()
	in, err := net.Listen("tcp", w.at)
	if err != nil {
		t.Fatal(err)
	}
	w.at, w.in = in.Addr().String(), in
	go func() {
		for {
			near, err := in.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", w.to)
			if err != nil {
				near.Close()
				continue
			}
			w.mu.Lock()
			w.all = append(w.all, near, far)
			w.mu.Unlock()
			go func() { io.Copy(far, near); far.Close() }()
			go func() { io.Copy(near, far); near.Close() }()
		}
	}()
}

func (w *wire) cut() {
	w.in.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		c.Close()
	}
	w.all = nil
}

func TestALostServerIsAnOutageAndComesBack(t *testing.T) {
	server := os.Getenv("KEPT_TEST_POSTGRES")
	if server == "" {
		t.Skip("KEPT_TEST_POSTGRES names no server")
	}
	ctx := t.Context()
	u, err := url.Parse(dbtest.PostgresURL(t, server))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: u.Host, at: "127.0.0.1:0"}
	w.mend(t)
	u.Host = w.at
	d, err := db.Open(ctx, u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, d.Tx(ctx, func(tx *db.DB) error {
		if err := note(ctx, tx, "lamp", "half"); err != nil {
			t.Fatal(err)
		}
		w.cut()
		wantUnavailable(t, note(ctx, tx, "shade", "half"))
		return note(ctx, tx, "bulb", "half") // by now the driver itself knows that the connection is closed
	}))
	outages(t, ctx, d)
	w.mend(t)
	if got := value(t, d, "lamp"); got != "" {
		t.Errorf("a transaction cut in half left %q", got)
	}
	if err := note(ctx, d, "lamp", "whole"); err != nil {
		t.Errorf("with the server back: %v", err)
	}
}

// outages asks everything of a database that is not there.
func outages(t *testing.T, ctx context.Context, d *db.DB) {
	t.Helper()
	wantUnavailable(t, note(ctx, d, "lamp", "lost"))
	wantUnavailable(t, d.Tx(ctx, func(*db.DB) error { t.Error("it began"); return nil }))
	_, err := db.One(ctx, d, db.Value[string], `select value from setting where key = 'lamp'`)
	wantUnavailable(t, err)
	_, err = db.Collect(ctx, d, db.Value[string], `select value from setting`)
	wantUnavailable(t, err)
	_, err = db.Insert(ctx, d, `insert into team (name, created_at) values ('Repairs', 1) returning id`)
	wantUnavailable(t, err)
}

func TestAConnectionThatTheServerEndsIsAnOutageAtMost(t *testing.T) {
	server := os.Getenv("KEPT_TEST_POSTGRES")
	if server == "" {
		t.Skip("KEPT_TEST_POSTGRES names no server")
	}
	ctx := t.Context()
	d := dbtest.OpenPostgres(t, server)
	other := dbtest.OpenPostgres(t, server)
	err := d.Tx(ctx, func(tx *db.DB) error {
		pid, err := db.One(ctx, tx, db.Value[int64], `select pg_backend_pid()`)
		if err != nil {
			return err
		}
		if ended, err := db.One(ctx, other, db.Value[bool], `select pg_terminate_backend($1, 5000)`, pid); err != nil || !ended {
			t.Fatal(ended, err)
		}
		return note(ctx, tx, "lamp", "half")
	})
	wantUnavailable(t, err)
	if err := note(ctx, d, "lamp", "whole"); err != nil {
		t.Errorf("the next one: %v", err)
	}
}
