package alarm

import (
	"context"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/team"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func events(t *testing.T, d *db.DB, kind string) int64 {
	t.Helper()
	n, err := db.One(context.Background(), d, db.Value[int64], `select count(*) from event where kind = $1`, kind)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnAlarmIsRaisedOnceAndCleared(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		for i := range 5 {
			if err := Raise(ctx, d, MailboxSilent, "3", 0, "Nothing was fetched since nine.", monday.Add(time.Duration(i)*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		open, err := Open(ctx, d, team.System)
		if err != nil || len(open) != 1 {
			t.Fatalf("open: %v, %v; want one", open, err)
		}
		if got := open[0]; !got.RaisedAt.Equal(monday) || !got.SeenAt.Equal(monday.Add(4*time.Minute)) || !got.ClearedAt.IsZero() {
			t.Errorf("got %+v", got)
		}
		for range 2 {
			if err := Clear(ctx, d, MailboxSilent, "3", monday.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if open, _ := Open(ctx, d, team.System); len(open) != 0 {
			t.Errorf("still open: %v", open)
		}
		if r, c := events(t, d, "alarm.raised"), events(t, d, "alarm.cleared"); r != 1 || c != 1 {
			t.Errorf("%d raised and %d cleared in the log, want one each", r, c)
		}
		if err := Raise(ctx, d, MailboxSilent, "3", 0, "Again.", monday.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if r := events(t, d, "alarm.raised"); r != 2 {
			t.Errorf("a second outage is %d alarms in the log, want 2", r)
		}
	})
}

func TestAnAlarmIsSeenByThoseItConcerns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		for key, desk := range map[string]int64{"bikes": 1, "boats": 2, "": 0} {
			if err := Raise(ctx, d, Quarantine, key, desk, "Look.", monday); err != nil {
				t.Fatal(err)
			}
		}
		for name, want := range map[string]struct {
			acc   team.Access
			count int
		}{
			"the owner":             {team.System, 3},
			"Maya of the bike desk": {team.Access{DeskIDs: []int64{1}}, 2},
			"Noor without a desk":   {team.Access{}, 1},
		} {
			if open, err := Open(ctx, d, want.acc); err != nil || len(open) != want.count {
				t.Errorf("%s sees %v (%v), want %d", name, open, err, want.count)
			}
			if n, err := Count(ctx, d, want.acc); err != nil || n != int64(want.count) {
				t.Errorf("%s counts %d (%v), want %d", name, n, err, want.count)
			}
		}
	})
}

func TestAnAlarmIsPartOfTheTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		d.Tx(ctx, func(tx *db.DB) error {
			if err := Raise(ctx, tx, MailGap, "1", 0, "Look.", monday); err != nil {
				t.Fatal(err)
			}
			return context.Canceled
		})
		if open, _ := Open(ctx, d, team.System); len(open) != 0 {
			t.Errorf("an alarm outlived its transaction: %v", open)
		}
	})
}
