package customer

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

var now = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

func resolve(t *testing.T, d *db.DB, address, name string) (Customer, bool) {
	t.Helper()
	c, isNew, err := Resolve(t.Context(), d, Email, address, name, now)
	if err != nil {
		t.Fatal(err)
	}
	return c, isNew
}

func TestResolve(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, _, err := Resolve(t.Context(), d, Email, "undisclosed-recipients:;", "", now); fault.Of(err) != fault.Invalid {
			t.Errorf("what is no address makes no customer: %v", err)
		}
		tom, isNew := resolve(t, d, "Tom@Example.COM", "")
		if !isNew || tom.Address() != "tom@example.com" || tom.OrganisationID == 0 {
			t.Errorf("Tom is new: %+v", tom)
		}
		again, isNew := resolve(t, d, "<tom@example.com>", "Berger, Tom")
		if isNew || again.ID != tom.ID || again.Name != "Tom Berger" {
			t.Errorf("Tom is known, and now by name: %+v", again)
		}
		if third, _ := resolve(t, d, "tom@example.com", "Thomas B."); third.Name != "Tom Berger" {
			t.Errorf("a name we know stays: %+v", third)
		}
		if plus, isNew := resolve(t, d, "tom+shop@example.com", ""); !isNew || plus.OrganisationID != tom.OrganisationID {
			t.Errorf("a plus address is another one at the same firm: %+v", plus)
		}
		if free, _ := resolve(t, d, "tom@gmail.com", ""); free.OrganisationID != 0 {
			t.Errorf("free mail is no firm: %+v", free)
		}
		anna, _ := resolve(t, d, "anna@bücher.example", "Anna")
		if same, isNew := resolve(t, d, "anna@xn--bcher-kva.example", ""); isNew || same.ID != anna.ID {
			t.Errorf("punycode and Unicode are one address: %+v", same)
		}
		firm, err := OrganisationByID(t.Context(), d, anna.OrganisationID)
		if err != nil || firm.Domain != "bücher.example" || firm.Name != "bücher.example" {
			t.Errorf("Anna's firm: %+v, %v", firm, err)
		}
	})
}

func TestBouncing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		tom, _ := resolve(t, d, "tom@example.com", "Tom")
		if _, err := AddHandle(ctx, d, team.System, tom.ID, Email, "tom@example.net", event.System, now); err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Time{now, now.Add(time.Hour)} {
			if err := Bounced(ctx, d, Email, "TOM@example.net", at); err != nil {
				t.Fatal(err)
			}
		}
		tom, err := ByID(ctx, d, tom.ID)
		if err != nil || !tom.Handles[1].BouncingSince.Equal(now) || tom.Address() != "tom@example.com" {
			t.Errorf("the second address bounces since the first time, so the first one is used: %+v, %v", tom, err)
		}
		resolve(t, d, "tom@example.net", "")
		if tom, _ = ByID(ctx, d, tom.ID); !tom.Handles[1].BouncingSince.IsZero() || tom.Address() != "tom@example.net" {
			t.Errorf("he wrote from it, so it works: %+v", tom)
		}
	})
}

// TestResolveAtOnce: many first messages from the same people at the same moment.
func TestResolveAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const people, times = 4, 6
		ids := make([][times]int64, people)
		var wait sync.WaitGroup
		for p := range people {
			for n := range times {
				wait.Go(func() {
					err := d.Tx(t.Context(), func(tx *db.DB) error {
						c, _, err := Resolve(t.Context(), tx, Email, fmt.Sprintf("person%d@fernandclay.example", p), "", now)
						ids[p][n] = c.ID
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
		for p := range people {
			for n := range times {
				if ids[p][n] != ids[p][0] || ids[p][n] == 0 {
					t.Errorf("person %d is several customers: %v", p, ids[p])
				}
			}
		}
		for _, table := range []string{"customer", "handle"} {
			if n, err := db.One(t.Context(), d, db.Value[int], `select count(*) from `+table); err != nil || n != people {
				t.Errorf("%d rows in %s for %d people (%v)", n, table, people, err)
			}
		}
		if n, _ := db.One(t.Context(), d, db.Value[int], `select count(*) from organisation`); n != 1 {
			t.Errorf("%d organisations for one domain", n)
		}
	})
}

// desk makes a desk with a team and calendar of its own and returns its id.
func desk(t *testing.T, d *db.DB, name string) int64 {
	t.Helper()
	ctx := t.Context()
	teamID, err := db.Insert(ctx, d, `insert into team (name, created_at) values ($1, 0) returning id`, name)
	if err != nil {
		t.Fatal(err)
	}
	calendarID, err := db.Insert(ctx, d, `insert into calendar (name, zone, hours) values ($1, 'UTC', '[]') returning id`, name)
	if err != nil {
		t.Fatal(err)
	}
	id, err := db.Insert(ctx, d, `insert into desk (name, address, team_id, calendar_id, created_at) values ($1, $2, $3, $4, 0) returning id`,
		name, name+"@fernandclay.example", teamID, calendarID)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// talk gives a customer a conversation at a desk.
func talk(t *testing.T, d *db.DB, deskID, customerID int64) {
	t.Helper()
	_, err := d.Exec(t.Context(), `insert into conversation (desk_id, customer_id, token, state, waiting_on, team_id, last_activity_at, created_at)
		select id, $2, $3, 'closed', 'nobody', team_id, 0, 0 from desk where id = $1`, deskID, customerID, fmt.Sprintf("t%d-%d", deskID, customerID))
	if err != nil {
		t.Fatal(err)
	}
}

func TestSeenThroughDesksOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		shop, legal := desk(t, d, "shop"), desk(t, d, "legal")
		tom, _ := resolve(t, d, "tom@example.com", "Tom Berger")
		anna, _ := resolve(t, d, "anna@example.net", "Anna 100%_Okafor")
		both, _ := resolve(t, d, "lena@example.org", "Lena Berger")
		talk(t, d, shop, tom.ID)
		talk(t, d, legal, anna.ID)
		talk(t, d, shop, both.ID)
		talk(t, d, legal, both.ID)
		maya := team.Access{PersonID: 1, Role: team.Agent, DeskIDs: []int64{shop}}

		if _, err := Visible(ctx, d, maya, anna.ID); fault.Of(err) != fault.NotFound {
			t.Errorf("Maya does not see legal's Anna: %v", err)
		}
		if _, err := Update(ctx, d, maya, anna.ID, Change{}, event.Person(1), now); fault.Of(err) != fault.NotFound {
			t.Errorf("nor change her: %v", err)
		}
		if _, err := AddHandle(ctx, d, maya, anna.ID, Email, "x@example.com", event.Person(1), now); fault.Of(err) != fault.NotFound {
			t.Errorf("nor give her an address: %v", err)
		}
		for _, c := range []struct {
			name  string
			acc   team.Access
			q     string
			after int64
			want  []int64
		}{
			{"nobody sees nobody", team.Access{}, "", 0, nil},
			{"Maya sees the shop's", maya, "", 0, []int64{both.ID, tom.ID}},
			{"the second page", maya, "", both.ID, []int64{tom.ID}},
			{"by name in any case", maya, "bERGER", 0, []int64{both.ID, tom.ID}},
			{"by address", maya, "Tom@EXAMPLE", 0, []int64{tom.ID}},
			{"not Anna by name", maya, "Okafor", 0, nil},
			{"a percent sign is one", team.System, "100%_", 0, []int64{anna.ID}},
			{"and no wildcard", team.System, "%", 0, []int64{anna.ID}},
			{"a backslash is one", team.System, `\`, 0, nil},
			{"a quote is harmless", team.System, `' or 1=1 --`, 0, nil},
			{"the machine sees all", team.System, "", 0, []int64{both.ID, anna.ID, tom.ID}},
		} {
			got, err := List(ctx, d, c.acc, c.q, c.after, 10)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			var ids []int64
			for _, g := range got {
				ids = append(ids, g.ID)
				if len(g.Handles) != 1 {
					t.Errorf("%s: %s has handles %v", c.name, g.Name, g.Handles)
				}
			}
			if fmt.Sprint(ids) != fmt.Sprint(c.want) {
				t.Errorf("%s: got %v, want %v", c.name, ids, c.want)
			}
		}
	})
}

func TestUpdateAndHandles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		tom, _ := resolve(t, d, "tom@example.com", "Tom")
		anna, _ := resolve(t, d, "anna@example.com", "Anna")
		text := func(s string) *string { return &s }
		for name, ch := range map[string]Change{
			"a zone that is nowhere": {Zone: text("Mars/Olympus")},
			"an address as a name":   {Name: text("tom@example.com")},
			"a language too long":    {Language: text("this is certainly not the code of a language")},
		} {
			if _, err := Update(ctx, d, team.System, tom.ID, ch, event.System, now); fault.Of(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		got, err := Update(ctx, d, team.System, tom.ID, Change{Name: text("Tom Berger"), Language: text("de"), Zone: text("Europe/Vienna")}, event.Person(7), now)
		if err != nil || got.Name != "Tom Berger" || got.Language != "de" || got.Zone != "Europe/Vienna" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := AddHandle(ctx, d, team.System, tom.ID, Email, "Anna@example.com", event.System, now); fault.Of(err) != fault.Conflict {
			t.Errorf("Anna's address stays hers: %v", err)
		}
		if _, err := AddHandle(ctx, d, team.System, tom.ID, Email, "no address", event.System, now); fault.Of(err) != fault.Invalid {
			t.Errorf("no address: %v", err)
		}
		for range 2 { // the second time changes nothing
			if _, err := AddHandle(ctx, d, team.System, tom.ID, Email, "Tom.Berger@example.net", event.Person(7), now); err != nil {
				t.Fatal(err)
			}
		}
		found, err := ByHandle(ctx, d, Email, "tom.berger@EXAMPLE.net")
		if err != nil || found.ID != tom.ID {
			t.Errorf("found by the second address: %+v, %v", found, err)
		}
		if back, isNew := resolve(t, d, "anna@example.com", ""); isNew || back.ID != anna.ID {
			t.Errorf("Anna is still Anna: %+v", back)
		}
		if n, err := db.One(ctx, d, db.Value[int], `select count(*) from event where kind = 'customer.updated' and customer_id = $1`, tom.ID); err != nil || n != 2 {
			t.Errorf("two changes, %d events (%v)", n, err)
		}
	})
}

func TestRenameOrganisation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		tom, _ := resolve(t, d, "tom@fernandclay.example", "Tom")
		if _, err := RenameOrganisation(ctx, d, team.Access{Role: team.Agent, Scopes: []string{team.ScopeRead}}, tom.OrganisationID, "X"); fault.Of(err) != fault.Forbidden {
			t.Errorf("a reading token: %v", err)
		}
		if _, err := RenameOrganisation(ctx, d, team.System, tom.OrganisationID, "  "); fault.Of(err) != fault.Invalid {
			t.Errorf("no name: %v", err)
		}
		if _, err := RenameOrganisation(ctx, d, team.System, 999, "Nobody"); fault.Of(err) != fault.NotFound {
			t.Errorf("not there: %v", err)
		}
		if o, err := RenameOrganisation(ctx, d, team.System, tom.OrganisationID, "Fern & Clay"); err != nil || o.Name != "Fern & Clay" {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

// TestTwoChangeACustomerAtOnce lets Tom's first mail with his name, and Rob's note of his zone, come while Dana's name for him is being written.
func TestTwoChangeACustomerAtOnce(t *testing.T) {
	berger, vienna := "Thomas Berger", "Europe/Vienna"
	for _, c := range []struct {
		what  string
		other func(t *testing.T, d *db.DB, id int64) error
		zone  string
	}{
		{"his mail", func(t *testing.T, d *db.DB, id int64) error {
			return d.Tx(t.Context(), func(tx *db.DB) error {
				_, _, err := Resolve(t.Context(), tx, Email, "tom@example.com", "Tommy", now)
				return err
			})
		}, ""},
		{"his zone", func(t *testing.T, d *db.DB, id int64) error {
			_, err := Update(t.Context(), d, team.System, id, Change{Zone: &vienna}, event.Person(2), now)
			return err
		}, vienna},
	} {
		t.Run(c.what, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				tom, _ := resolve(t, d, "tom@example.com", "")
				late := make(chan error, 1)
				err := d.Tx(t.Context(), func(tx *db.DB) error {
					_, err := Update(t.Context(), tx, team.System, tom.ID, Change{Name: &berger}, event.Person(1), now)
					go func() { late <- c.other(t, d, tom.ID) }()
					dbtest.UntilBlocked(t, tx)
					return err
				})
				if err := errors.Join(err, <-late); err != nil {
					t.Fatal(err)
				}
				if got, err := ByID(t.Context(), d, tom.ID); err != nil || got.Name != berger || got.Zone != c.zone {
					t.Errorf("he is %q in %q, %v", got.Name, got.Zone, err)
				}
			})
		})
	}
}
