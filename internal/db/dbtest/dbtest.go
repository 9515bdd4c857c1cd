// Package dbtest gives a test a fresh, migrated database on every engine.
//
// SQLite is always there. PostgreSQL is used where KEPT_TEST_POSTGRES names a
// server (postgres://…) on which the test may create schemas; the complete
// checks set it, so that neither engine can be forgotten.
package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kept/internal/db"
)

// Each runs fn once per engine, as a subtest named after it.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, Open(t)) })
	if at := os.Getenv("KEPT_TEST_POSTGRES"); at != "" {
		t.Run("postgres", func(t *testing.T) { fn(t, OpenPostgres(t, at)) })
	}
}

// Open returns a fresh SQLite desk in the test's own folder.
func Open(t testing.TB) *db.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "kept.db"))
}

// OpenPostgres returns a fresh desk in a schema of its own on the server at.
func OpenPostgres(t testing.TB, at string) *db.DB {
	t.Helper()
	return open(t, PostgresURL(t, at))
}

// UntilBlocked waits until another transaction waits for what tx holds. On SQLite,
// where everybody else waits from the beginning, it returns at once.
func UntilBlocked(t testing.TB, tx *db.DB) {
	t.Helper()
	if tx.Dialect.Name() != "postgres" {
		return
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		blocked, err := db.One(t.Context(), tx, db.Value[bool], `select exists (select 1 from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid)))`)
		if err != nil || time.Now().After(end) {
			t.Fatalf("nobody waits for what this transaction holds: %v", err)
		}
		if blocked {
			return
		}
	}
}

// PostgresURL creates a schema that goes with the test, and returns the address
// that makes it the default one.
func PostgresURL(t testing.TB, at string) string {
	t.Helper()
	ctx := context.Background()
	schema := "t_" + rand.Text()
	server, err := db.Open(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Exec(ctx, fmt.Sprintf("create schema %q", schema)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Exec(ctx, fmt.Sprintf("drop schema %q cascade", schema))
		server.Close()
	})
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", fmt.Sprintf("%q", schema))
	q.Set("synchronous_commit", "off") // a test's data need not survive a power failure
	u.RawQuery = q.Encode()
	return u.String()
}

func open(t testing.TB, at string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d
}
