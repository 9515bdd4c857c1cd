package db_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
)

// note writes one row; the table of settings is the plainest there is.
func note(ctx context.Context, d *db.DB, key, value string) error {
	_, err := d.Exec(ctx, `insert into setting (key, value) values ($1, $2)`, key, value)
	return err
}

func value(t *testing.T, d *db.DB, key string) string {
	t.Helper()
	v, err := db.One(t.Context(), d, db.Value[string], `select value from setting where key = $1`, key)
	if fault.Of(err) == fault.NotFound {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOpenRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	for _, c := range []struct {
		name, at string
		kind     fault.Kind
		says     string
	}{
		{"an engine nobody knows", "mysql://localhost/kept", fault.Invalid, "sqlite:FILE or postgres://"},
		{"nothing at all", "", fault.Invalid, "sqlite:FILE or postgres://"},
		{"a file in a folder that is not there", "sqlite:" + filepath.Join(t.TempDir(), "none", "kept.db"), fault.Unavailable, "Check that the folder exists"},
		{"a server nobody runs", "postgres://kept@" + closed + "/kept", fault.Unavailable, "does not answer"},
		{"an address that is none", "postgres://kept@127.0.0.1:none/kept", fault.Invalid, "Write it as postgres://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := db.Open(t.Context(), c.at)
			if err == nil {
				d.Close()
				t.Fatal("it was opened")
			}
			if fault.Of(err) != c.kind || !strings.Contains(fault.Sentence(err), c.says) {
				t.Errorf("%v: %q, want %v saying %q", fault.Of(err), fault.Sentence(err), c.kind, c.says)
			}
		})
	}
}

func TestOpenTakesAnyFileName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a desk.db", "100%.db", "who?.db", "grüße#1.db"} {
		d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(dir, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := d.Migrate(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d.Close()
		if found, _ := filepath.Glob(filepath.Join(dir, "*")); !contains(found, filepath.Join(dir, name)) {
			t.Errorf("%s is kept under another name: %q", name, found)
		}
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func TestTx(t *testing.T) {
	stop := errors.New("Maya thought better of it")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for _, c := range []struct {
			name string
			run  func(tx *db.DB) error
			kept string // what is left under "outer" and "inner"
			told string // who was called after the commit
			err  error
		}{
			{"a failure leaves nothing and tells nobody", func(tx *db.DB) error { return stop }, "", "", stop},
			{"a nested failure that is passed on leaves nothing", func(tx *db.DB) error {
				return tx.Tx(ctx, func(inner *db.DB) error {
					inner.After(func() { t.Error("called although nothing was committed") })
					return errors.Join(note(ctx, inner, "inner", "x"), stop)
				})
			}, "", "", stop},
			{"a failure after a nested success takes that with it", func(tx *db.DB) error {
				return errors.Join(tx.Tx(ctx, func(inner *db.DB) error { return note(ctx, inner, "inner", "x") }), stop)
			}, "", "", stop},
			{"both are kept, and After waits for the outermost", func(tx *db.DB) error {
				return tx.Tx(ctx, func(inner *db.DB) error { return note(ctx, inner, "inner", "x") })
			}, "ox", "outer", nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				told := ""
				err := d.Tx(ctx, func(tx *db.DB) error {
					if !tx.InTx() || d.InTx() {
						t.Error("InTx does not know where it is")
					}
					tx.After(func() { told += "outer" })
					if err := note(ctx, tx, "outer", "o"); err != nil {
						return err
					}
					err := c.run(tx)
					if told != "" {
						t.Error("After ran before the commit")
					}
					return err
				})
				if !errors.Is(err, c.err) {
					t.Fatalf("err = %v, want %v", err, c.err)
				}
				if got := value(t, d, "outer") + value(t, d, "inner"); got != c.kept || told != c.told {
					t.Errorf("kept %q, told %q; want %q, %q", got, told, c.kept, c.told)
				}
			})
		}
	})
}

func TestAfterSeesWhatWasCommitted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var order []string
		d.After(func() { order = append(order, "outside: at once") })
		err := d.Tx(t.Context(), func(tx *db.DB) error {
			tx.After(func() { order = append(order, value(t, d, "lamp")) })
			tx.After(func() { order = append(order, "second") })
			return note(t.Context(), tx, "lamp", "repaired")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(order, ", "); got != "outside: at once, repaired, second" {
			t.Errorf("order %q", got)
		}
	})
}

func TestAPanicDoesNotLockTheWriter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			d.Tx(t.Context(), func(tx *db.DB) error {
				if err := note(t.Context(), tx, "lamp", "broken"); err != nil {
					return err
				}
				panic("a bug")
			})
		}()
		if err := note(t.Context(), d, "lamp", "whole"); err != nil {
			t.Fatalf("the next writer: %v", err)
		}
		if got := value(t, d, "lamp"); got != "whole" {
			t.Errorf("lamp is %q", got)
		}
	})
}

func TestACancelledTransactionLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Tx(ctx, func(tx *db.DB) error {
			tx.After(func() { t.Error("called although nothing was committed") })
			if err := note(ctx, tx, "lamp", "sent"); err != nil {
				return err
			}
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
		if got := value(t, d, "lamp"); got != "" {
			t.Errorf("kept %q", got)
		}
	})
}

func TestOneAndCollect(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		_, err := db.One(ctx, d, db.Value[string], `select value from setting where key = $1`, "nobody")
		if fault.Of(err) != fault.NotFound || !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("a missing row: %v", err)
		}
		none, err := db.Collect(ctx, d, db.Value[string], `select value from setting`)
		if err != nil || none == nil || len(none) != 0 {
			t.Errorf("no rows: %v, %v; want an empty list, which JSON writes as []", none, err)
		}
		for _, name := range []string{"Tom", "Amina", "Zoë"} {
			if err := note(ctx, d, name, strings.ToUpper(name)); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"Tom", "Zoë", "nobody"}
		some, err := db.Collect(ctx, d, db.Value[string], `select value from setting where key in (`+db.In(len(want), 1)+`) order by value`, db.Args(want)...)
		if err != nil || strings.Join(some, " ") != "TOM ZOË" {
			t.Errorf("some = %q, %v", some, err)
		}
		if got, err := db.Collect(ctx, d, db.Value[string], `select value from setting where key in (`+db.In(0, 1)+`)`); err != nil || len(got) != 0 {
			t.Errorf("nobody asked for: %q, %v", got, err)
		}
		if _, err := db.Collect(ctx, d, db.Value[int], `select value from setting`); err == nil || fault.Of(err) != fault.Internal {
			t.Errorf("a text read as a number: %v", err)
		}
	})
}

func TestIn(t *testing.T) {
	for _, c := range []struct {
		n, from int
		want    string
	}{{0, 1, "null"}, {1, 1, "$1"}, {3, 3, "$3,$4,$5"}, {2, 9, "$9,$10"}} {
		if got := db.In(c.n, c.from); got != c.want {
			t.Errorf("In(%d, %d) = %q, want %q", c.n, c.from, got, c.want)
		}
	}
}

func TestPlaceholdersAreBoundByNumber(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type pair struct{ a, b string }
		got, err := db.One(t.Context(), d, func(s db.Scanner) (p pair, err error) { return p, s.Scan(&p.a, &p.b) },
			`select cast($2 as text), cast($1 as text)`, "first", "second")
		if err != nil || got.a != "second" || got.b != "first" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestInsertReturnsTheID(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		add := func(d *db.DB) int64 {
			id, err := db.Insert(t.Context(), d, `insert into team (name, created_at) values ($1, $2) returning id`, "Repairs", 1)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		first, second := add(d), int64(0)
		d.Tx(t.Context(), func(tx *db.DB) error { second = add(tx); return nil })
		if first < 1 || second <= first {
			t.Errorf("ids %d, %d", first, second)
		}
	})
}

func TestAnIDIsNeverUsedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var ids [2]int64
		for i := range ids {
			id, err := db.Insert(t.Context(), d, `insert into team (name, created_at) values ('Repairs', 1) returning id`)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := d.Exec(t.Context(), `delete from team where id = $1`, id); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			ids[i] = id
		}
		if ids[0] == ids[1] {
			t.Errorf("%d names two teams in history", ids[0])
		}
	})
}

func TestBrokenRules(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := note(ctx, d, "zone", "Europe/Berlin"); err != nil {
			t.Fatal(err)
		}
		twice := note(ctx, d, "zone", "Europe/Paris")
		if !db.IsUnique(twice) || !db.IsUnique(errors.Join(errors.New("save zone"), twice)) {
			t.Errorf("the same key twice: %v", twice)
		}
		if fault.Of(twice) != fault.Internal {
			t.Errorf("a broken rule is no outage: %v", twice)
		}
		_, orphan := d.Exec(ctx, `insert into team_member (team_id, person_id) values (77, 78)`)
		if orphan == nil || db.IsUnique(orphan) {
			t.Errorf("a member of no team: %v", orphan)
		}
		if db.IsUnique(nil) || db.IsUnique(errors.New("unique")) {
			t.Error("IsUnique sees what is not there")
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	d := dbtest.Open(t)
	if rows, err := d.Query(t.Context(), `insert into setting (key, value) values ('a', 'b') returning key`); err == nil {
		for rows.Next() {
		}
		err = rows.Err()
		rows.Close()
		if err == nil {
			t.Error("a query outside a transaction wrote")
		}
	}
	if got := value(t, d, "a"); got != "" {
		t.Errorf("kept %q", got)
	}
}

func TestReadersSeeACommitAtOnceAndNothingBefore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.DB) error {
			if err := note(t.Context(), tx, "lamp", "repaired"); err != nil {
				return err
			}
			if in, out := value(t, tx, "lamp"), value(t, d, "lamp"); in != "repaired" || out != "" {
				t.Errorf("inside %q, outside %q", in, out)
			}
			return nil
		})
		if err != nil || value(t, d, "lamp") != "repaired" {
			t.Errorf("after the commit %q, %v", value(t, d, "lamp"), err)
		}
	})
}

func TestTimesAreMicrosecondsInUTC(t *testing.T) {
	tokyo := time.FixedZone("Tokyo", 9*3600)
	for _, c := range []struct {
		in, out time.Time
	}{
		{time.Time{}, time.Time{}},
		{time.Date(2026, 3, 1, 9, 0, 0, 1999, tokyo), time.Date(2026, 3, 1, 0, 0, 0, 1000, time.UTC)},
		{time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		if got := db.Time(db.Micros(c.in)); !got.Equal(c.out) || got.Location() != time.UTC {
			t.Errorf("%v came back as %v", c.in, got)
		}
	}
	if db.Null(0) != nil || db.Null(7) != int64(7) {
		t.Error("Null stores 0 as null and nothing else")
	}
}
