package calendar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
)

func TestCreateUpdateSeed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := t.Context(), time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
		if _, err := Create(ctx, d, Calendar{Zone: "Europe/Vienna"}, now); fault.Of(err) != fault.Invalid {
			t.Fatalf("a calendar without a name: %v", err)
		}
		if _, err := ByID(ctx, d, 99); fault.Of(err) != fault.NotFound {
			t.Fatalf("a calendar that is not there: %v", err)
		}
		if _, err := Update(ctx, d, Calendar{ID: 99, Name: "Office", Zone: "UTC"}, now); fault.Of(err) != fault.NotFound {
			t.Fatalf("changing a calendar that is not there: %v", err)
		}

		c, err := Create(ctx, d, Calendar{Name: "Office", Zone: "Europe/Vienna", Country: "AT", Hours: Office()}, now)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := ByID(ctx, d, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(stored.Holidays) < 39 || stored.Open(time.Date(2026, 10, 26, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("three years of Austrian holidays, among them 26 October: %v", stored.Holidays)
		}

		stored.Hours[5], stored.Country = []Span{{540, 720}}, "DE"
		changed, err := Update(ctx, d, stored, now)
		if err != nil {
			t.Fatal(err)
		}
		if changed.Open(time.Date(2026, 10, 26, 10, 0, 0, 0, time.UTC)) == false {
			t.Error("Germany works on 26 October")
		}
		if err := SeedAll(ctx, d, now.AddDate(2, 0, 0)); err != nil {
			t.Fatal(err)
		}
		all, err := List(ctx, d)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		if diff := cmp.Diff(changed.Hours[5], all[0].Hours[5]); diff != "" {
			t.Error(diff)
		}
		if all[0].Open(time.Date(2030, 10, 3, 10, 0, 0, 0, time.UTC)) {
			t.Error("two years on, the holidays of 2030 are known")
		}
	})
}
