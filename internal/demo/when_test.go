package demo

import (
	"strings"
	"testing"
	"time"
)

// lübeck is open from nine to half past five with a lunch hour, the way the Werkstatt is.
func lübeck(t *testing.T) hours {
	t.Helper()
	d := Desk{ID: "repairs", Zone: "Europe/Berlin", Hours: [][2]string{{"09:00", "12:30"}, {"13:30", "17:30"}}}
	h, err := d.hours()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTimesThatCannotBeTold(t *testing.T) {
	now := time.Date(2026, 7, 15, 10, 0, 0, 0, time.UTC)
	for _, w := range []When{"", "+", "-", "soon", "3d 09:14", "-3d", "-3d 9:14", "-3d 25:00", "-3d 09:60", "-2sat", "+2sat 10:00", "-5m later", "-3h50m works"} {
		if at, err := w.at(now, now, lübeck(t)); err == nil {
			t.Errorf("%q was read as %v", w, at)
		}
	}
}

func TestTimesAreToldFromNowOrFromTheStepBefore(t *testing.T) {
	const layout = "Mon 2006-01-02 15:04"
	cases := []struct {
		why, now, before string
		when             When
		want             string
	}{
		{"minutes ago", "Wed 2026-07-15 12:00", "", "-42m", "Wed 2026-07-15 11:18"},
		{"hours ago crosses midnight", "Wed 2026-07-15 00:05", "", "-2h10m", "Tue 2026-07-14 21:55"},
		{"working days ago skip the weekend", "Tue 2026-07-14 08:00", "", "-3d 09:14", "Thu 2026-07-09 09:14"},
		{"one working day before a Sunday is Friday", "Sun 2026-07-19 23:00", "", "-1d 16:00", "Fri 2026-07-17 16:00"},
		{"the last Saturday on a Saturday is a week ago", "Sat 2026-07-18 12:00", "", "-1sat 10:00", "Sat 2026-07-11 10:00"},
		{"the second Wednesday back", "Thu 2026-07-16 12:00", "", "-2wed 20:41", "Wed 2026-07-08 20:41"},
		{"working time ago within a morning", "Wed 2026-07-15 12:00", "", "-2h work", "Wed 2026-07-15 10:00"},
		{"working time ago leaves out lunch", "Wed 2026-07-15 14:00", "", "-1h30m work", "Wed 2026-07-15 11:30"},
		{"working time ago from a Sunday night ends on Friday", "Sun 2026-07-19 23:00", "", "-1h work", "Fri 2026-07-17 16:30"},
		{"minutes after", "Wed 2026-07-15 12:00", "Mon 2026-07-13 09:00", "+25m", "Mon 2026-07-13 09:25"},
		{"the same day", "Wed 2026-07-15 12:00", "Mon 2026-07-13 09:00", "+0d 16:00", "Mon 2026-07-13 16:00"},
		{"the next working day after a Friday", "Wed 2026-07-15 12:00", "Fri 2026-07-10 18:00", "+1d 09:10", "Mon 2026-07-13 09:10"},
		{"the next working day after a Sunday", "Wed 2026-07-15 12:00", "Sun 2026-07-12 20:00", "+1d 09:10", "Mon 2026-07-13 09:10"},
		{"working time after leaves out lunch", "Wed 2026-07-15 18:00", "Mon 2026-07-13 12:00", "+1h work", "Mon 2026-07-13 14:00"},
		{"a wall clock stays put when clocks change", "Tue 2026-03-31 12:00", "", "-2d 09:14", "Fri 2026-03-27 09:14"},
	}
	h := lübeck(t)
	for _, c := range cases {
		now, err := time.ParseInLocation(layout, c.now, h.zone)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := time.ParseInLocation(layout, c.before, h.zone)
		at, err := c.when.at(now, before, h)
		if err != nil || at.Format(layout) != c.want {
			t.Errorf("%s: %q told on %s is %s (%v), want %s", c.why, c.when, c.now, at.Format(layout), err, c.want)
		}
	}
}

func TestDesksThatCannotOpen(t *testing.T) {
	cases := []struct {
		desk Desk
		says string
	}{
		{Desk{ID: "a", Zone: "Europe/Atlantis", Hours: [][2]string{{"09:00", "17:00"}}}, "Atlantis"},
		{Desk{ID: "b", Zone: "Europe/Berlin"}, "never open"},
		{Desk{ID: "c", Zone: "Europe/Berlin", Hours: [][2]string{{"nine", "17:00"}}}, "not a time of day"},
		{Desk{ID: "d", Zone: "Europe/Berlin", Hours: [][2]string{{"09:00", "five"}}}, "not a time of day"},
		{Desk{ID: "e", Zone: "Europe/Berlin", Hours: [][2]string{{"13:00", "17:00"}, {"09:00", "12:00"}}}, "not in order"},
		{Desk{ID: "f", Zone: "Europe/Berlin", Hours: [][2]string{{"09:00", "09:00"}}}, "not in order"},
	}
	for _, c := range cases {
		if _, err := c.desk.hours(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("desk %s: got %v, want a sentence with %q", c.desk.ID, err, c.says)
		}
	}
}
