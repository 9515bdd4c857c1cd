package event

import (
	"fmt"
	"strings"
	"testing"

	"kept/internal/db"
	"kept/internal/db/dbtest"
)

// restored makes the log of d look like one whose server had counted far more transactions.
func restored(t *testing.T, d *db.DB) {
	t.Helper()
	for _, text := range []string{`update event set txn = txn + 1000000000000`, `update consumer set txn = txn + 1000000000000 where txn > 0`} {
		if _, err := d.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
}

// interleave writes two events whose ids are not in the order of their transactions: "late" has the smaller id and the greater position.
func interleave(t *testing.T, d *db.DB, early, late string) {
	t.Helper()
	err := d.Tx(t.Context(), func(first *db.DB) error {
		if _, err := db.One(t.Context(), first, db.Value[int64], `select pg_current_xact_id()::text::bigint`); err != nil {
			return err
		}
		mustTell(t, d, late)
		return Append(t.Context(), first, Event{At: noon, Kind: early})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARestoredLogKeepsItsOrderAndItsFollowers(t *testing.T) {
	at := server(t)
	for handled := range 5 {
		t.Run(fmt.Sprintf("%d handled before the restore", handled), func(t *testing.T) {
			d := dbtest.OpenPostgres(t, at)
			l := open(t, d)
			mustTell(t, d, "a")
			interleave(t, d, "b", "c")
			mustTell(t, d, "d")
			settled(t, l, 4)
			for range handled {
				if _, err := l.step(t.Context(), "report", 1, count); err != nil {
					t.Fatal(err)
				}
			}
			restored(t, d)
			mustTell(t, d, "e") // a program that wrote before anybody looked

			for range 2 { // the second time there is nothing left to mend
				if err := l.repair(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			mustTell(t, d, "f")
			after := settled(t, l, 6)
			for i := range after[1:] {
				if !after[i].Position.Less(after[i+1].Position) {
					t.Errorf("%v stands before %v", after[i], after[i+1])
				}
			}
			stop := follow(t, l, "report", count)
			defer stop()
			eventually(t, "each is handled", func() bool { return len(strings.Fields(counted(t, d))) == 6 })
			if got := counted(t, d); got != "a b c d e f" {
				t.Errorf("handled %q", got)
			}
			if got := kinds(after); got != "a b c d e f" {
				t.Errorf("the log reads %q", got)
			}
		})
	}
}

func TestALogInUseIsNotRepaired(t *testing.T) {
	d := dbtest.OpenPostgres(t, server(t))
	l := open(t, d)
	mustTell(t, d, "a")
	before := settled(t, l, 1)
	err := d.Tx(t.Context(), func(tx *db.DB) error {
		// This transaction has its number before another one takes the next and commits.
		if _, err := db.One(t.Context(), tx, db.Value[int64], `select pg_current_xact_id()::text::bigint`); err != nil {
			return err
		}
		mustTell(t, d, "b")
		last, err := lastAhead(t.Context(), tx)
		if last.ID != 0 {
			t.Errorf("event %d looks as if it came from a restored log", last.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if after := settled(t, l, 2); after[0].Position != before[0].Position {
		t.Errorf("a moved from %v to %v", before[0].Position, after[0].Position)
	}
}
