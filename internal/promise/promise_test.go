package promise

import (
	"context"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	maya  = event.Person(1)
	ctx   = context.Background()
	reply = Promise{ConversationID: 1, CustomerID: 1, DeskID: 1, Kind: Reply, What: "An answer to “Lamp”", TeamID: 1, DueAt: noon.Add(4 * time.Hour), MadeAt: noon, SourceMessageID: 9}
)

func made(t *testing.T, d *db.DB, p Promise) Promise {
	t.Helper()
	var out Promise
	if err := d.Tx(ctx, func(tx *db.DB) (err error) { out, err = Make(ctx, tx, p, event.System); return err }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSettling(t *testing.T) {
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	keep := func(h int) func(*db.DB, int64) error {
		return func(d *db.DB, id int64) error { return Keep(ctx, d, id, 7, at(h), maya) }
	}
	miss := func(h int) func(*db.DB, int64) error {
		return func(d *db.DB, id int64) error { _, err := Miss(ctx, d, id, at(h)); return err }
	}
	dismiss := func(why string) func(*db.DB, int64) error {
		return func(d *db.DB, id int64) error { return Dismiss(ctx, d, id, why, at(1), maya) }
	}
	for _, c := range []struct {
		name    string
		acts    []func(*db.DB, int64) error
		state   string
		refused fault.Kind // of the last act
	}{
		{"dismissed without a reason", []func(*db.DB, int64) error{dismiss("")}, Active, fault.Invalid},
		{"kept twice", []func(*db.DB, int64) error{keep(1), keep(2)}, Kept, fault.Conflict},
		{"kept after it was dismissed", []func(*db.DB, int64) error{dismiss("Spam."), keep(1)}, Dismissed, fault.Conflict},
		{"kept in time", []func(*db.DB, int64) error{keep(1)}, Kept, 0},
		{"kept at the very moment", []func(*db.DB, int64) error{keep(4)}, Kept, 0},
		{"kept late before the clock came round", []func(*db.DB, int64) error{keep(5)}, KeptLate, 0},
		{"missed too early", []func(*db.DB, int64) error{miss(4)}, Active, 0},
		{"missed", []func(*db.DB, int64) error{miss(5)}, Missed, 0},
		{"missed twice", []func(*db.DB, int64) error{miss(5), miss(6)}, Missed, 0},
		{"missed and then kept late", []func(*db.DB, int64) error{miss(5), keep(6)}, KeptLate, 0},
		{"missed after it was kept", []func(*db.DB, int64) error{keep(1), miss(5)}, Kept, 0},
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			p := made(t, d, reply)
			var err error
			for _, act := range c.acts {
				err = d.Tx(ctx, func(tx *db.DB) error { return act(tx, p.ID) })
			}
			if fault.Of(err) != c.refused {
				t.Errorf("%s: %v", c.name, err)
			}
			got, err := ByID(ctx, d, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got.State != c.state || !got.DueAt.Equal(p.DueAt) {
				t.Errorf("%s: it is %s and due %v", c.name, got.State, got.DueAt)
			}
			if settled := !got.SettledAt.IsZero(); settled == got.Open() {
				t.Errorf("%s: open %v and settled %v", c.name, got.Open(), got.SettledAt)
			}
			if late := got.State == Missed || got.State == KeptLate; late == got.MissedAt.IsZero() {
				t.Errorf("%s: %s but missed at %v", c.name, got.State, got.MissedAt)
			}
			if kept := got.State == Kept || got.State == KeptLate; kept != (got.EvidenceMessageID == 7) {
				t.Errorf("%s: %s with evidence %d", c.name, got.State, got.EvidenceMessageID)
			}
		})
	}
}

func TestMakeRefuses(t *testing.T) {
	d := dbtest.Open(t)
	for name, change := range map[string]func(*Promise){
		"no owner": func(p *Promise) { p.TeamID = 0 },
		"no time":  func(p *Promise) { p.DueAt = time.Time{} },
	} {
		p := reply
		change(&p)
		if _, err := Make(ctx, d, p, event.System); fault.Of(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOneOpenReplyPerConversation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		made(t, d, reply)
		err := d.Tx(ctx, func(tx *db.DB) error { _, err := Make(ctx, tx, reply, event.System); return err })
		if !db.IsUnique(err) {
			t.Errorf("a second open reply promise: %v", err)
		}
	})
}

func TestEveryChangeIsInTheLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := made(t, d, reply)
		if err := d.Tx(ctx, func(tx *db.DB) error {
			if _, err := Miss(ctx, tx, p.ID, noon.Add(5*time.Hour)); err != nil {
				return err
			}
			return Keep(ctx, tx, p.ID, 7, noon.Add(6*time.Hour), maya)
		}); err != nil {
			t.Fatal(err)
		}
		log, err := event.OfConversation(ctx, d, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"promise.made", "promise.missed", "promise.kept"}
		for i, e := range log {
			if e.Kind != want[i] {
				t.Errorf("event %d is %s, want %s", i, e.Kind, want[i])
			}
		}
		if len(log) != 3 || log[2].Actor != maya {
			t.Errorf("log = %+v", log)
		}
	})
}

func TestLedgerPagesByDueTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, hours := range []int{5, 3, 3, 9} {
			p := reply
			p.ConversationID, p.DeskID, p.DueAt = int64(i+1), int64(i%2+1), noon.Add(time.Duration(hours)*time.Hour)
			made(t, d, p)
		}
		first, err := Ledger(ctx, d, team.System, true, time.Time{}, 0, 2)
		if err != nil || len(first) != 2 || first[0].ConversationID != 2 || first[1].ConversationID != 3 {
			t.Fatalf("first page %+v, %v", first, err)
		}
		rest, err := Ledger(ctx, d, team.System, true, first[1].DueAt, first[1].ID, 9)
		if err != nil || len(rest) != 2 || rest[0].ConversationID != 1 {
			t.Errorf("the rest %+v, %v", rest, err)
		}
		mine, err := Ledger(ctx, d, team.Access{DeskIDs: []int64{2}}, true, time.Time{}, 0, 9)
		if err != nil || len(mine) != 2 {
			t.Errorf("one desk's %+v, %v", mine, err)
		}
		if none, err := Ledger(ctx, d, team.Access{}, true, time.Time{}, 0, 9); err != nil || len(none) != 0 {
			t.Errorf("nobody's %+v, %v", none, err)
		}
	})
}
