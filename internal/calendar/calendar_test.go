package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/internal/fault"
)

// office is the calendar of Nadia's desk in Vienna: nine to five with a lunch hour, and
// Christmas Eve off.
var office = Calendar{Name: "Office", Zone: "Europe/Vienna", Hours: splitWeek(), Holidays: []Holiday{{Date: "2026-12-24", Name: "Christmas Eve"}}}

func splitWeek() (hours [7][]Span) {
	for d := range 5 {
		hours[d] = []Span{{13 * 60, 17 * 60}, {9 * 60, 12 * 60}} // out of order on purpose
	}
	return hours
}

// every is a week with the same spans each day.
func every(zone string, spans ...Span) Calendar {
	c := Calendar{Name: "Every day", Zone: zone}
	for d := range c.Hours {
		c.Hours[d] = spans
	}
	return c
}

// local reads "2026-03-29 03:30" in a zone; a trailing "*" means the second of two.
func local(t *testing.T, zone, text string) time.Time {
	t.Helper()
	second := strings.HasSuffix(text, "*")
	at, err := time.Parse("2006-01-02 15:04", strings.TrimSuffix(text, "*"))
	if err != nil {
		t.Fatal(err)
	}
	first, last := reached(Zone(zone), at, at.Hour()*60+at.Minute())
	if second {
		return last
	}
	return first
}

func TestAdd(t *testing.T) {
	for _, c := range []struct {
		name string
		cal  Calendar
		from string
		add  time.Duration
		want string
	}{
		{"nothing asked, nothing added", office, "2026-03-04 11:00", 0, "2026-03-04 11:00"},
		{"less than nothing is nothing", office, "2026-03-04 11:00", -time.Hour, "2026-03-04 11:00"},
		{"nothing at night stays at night", office, "2026-03-04 23:00", 0, "2026-03-04 23:00"},
		{"within a shift", office, "2026-03-04 09:00", 2 * time.Hour, "2026-03-04 11:00"},
		{"to the end of a shift, not to the start of the next", office, "2026-03-04 09:00", 3 * time.Hour, "2026-03-04 12:00"},
		{"over lunch", office, "2026-03-04 11:00", 2 * time.Hour, "2026-03-04 14:00"},
		{"from lunch", office, "2026-03-04 12:30", time.Hour, "2026-03-04 14:00"},
		{"before opening", office, "2026-03-04 05:00", time.Hour, "2026-03-04 10:00"},
		{"after closing", office, "2026-03-04 17:00", time.Hour, "2026-03-05 10:00"},
		{"a whole day", office, "2026-03-04 09:00", 7 * time.Hour, "2026-03-04 17:00"},
		{"a day and a minute", office, "2026-03-04 09:00", 7*time.Hour + time.Minute, "2026-03-05 09:01"},
		{"over the weekend", office, "2026-03-06 16:00", 2 * time.Hour, "2026-03-09 10:00"},
		{"written on Saturday", office, "2026-03-07 10:00", 4 * time.Hour, "2026-03-09 14:00"},
		{"over Christmas Eve and a weekend", office, "2026-12-23 16:00", 2 * time.Hour, "2026-12-25 10:00"},
		{"over the end of the year", office, "2026-12-31 16:30", time.Hour, "2027-01-01 09:30"},
		{"a week", office, "2026-03-04 10:00", 35 * time.Hour, "2026-03-11 10:00"},
		{"28 February of a common year", office, "2027-02-26 16:00", 2 * time.Hour, "2027-03-01 10:00"},
		{"29 February is a day like others", office, "2028-02-28 16:00", 8 * time.Hour, "2028-02-29 17:00"},
		{"no 29 February in 2100", every("UTC", Span{540, 1020}), "2100-02-28 16:00", 2 * time.Hour, "2100-03-01 10:00"},

		{"spring: the weekend with the change is still two days", office, "2026-03-27 16:00", 2 * time.Hour, "2026-03-30 10:00"},
		{"spring: a night shift is an hour shorter", every("Europe/Vienna", Span{60, 300}), "2026-03-29 01:00", 2 * time.Hour, "2026-03-29 04:00"},
		{"spring: opening in the skipped hour means at the change", every("Europe/Vienna", Span{150, 300}), "2026-03-29 00:00", time.Hour, "2026-03-29 04:00"},
		{"spring: a shift that is skipped does not exist", every("Europe/Vienna", Span{120, 180}), "2026-03-28 23:00", time.Hour, "2026-03-30 03:00"},
		{"autumn: a night shift is an hour longer", every("Europe/Vienna", Span{60, 300}), "2026-10-25 01:00", 5 * time.Hour, "2026-10-25 05:00"},
		{"autumn: the first half past two", every("Europe/Vienna", Span{60, 300}), "2026-10-25 01:00", 90 * time.Minute, "2026-10-25 02:30"},
		{"autumn: the second half past two", every("Europe/Vienna", Span{60, 300}), "2026-10-25 01:00", 150 * time.Minute, "2026-10-25 02:30*"},
		{"autumn: opening at the doubled hour means the first", every("Europe/Vienna", Span{150, 300}), "2026-10-25 00:00", time.Hour, "2026-10-25 02:30*"},
		{"autumn: closing at the doubled hour means the last", every("Europe/Vienna", Span{60, 150}), "2026-10-25 01:00", 150 * time.Minute, "2026-10-25 02:30*"},
		{"autumn: shifts that meet in the doubled hour are counted once", every("Europe/Vienna", Span{60, 150}, Span{150, 300}), "2026-10-25 01:00", 5 * time.Hour, "2026-10-25 05:00"},
		{"New York in spring", every("America/New_York", Span{0, 480}), "2026-03-08 00:00", 3 * time.Hour, "2026-03-08 04:00"},
		{"New York in autumn", every("America/New_York", Span{0, 480}), "2026-11-01 00:00", 3 * time.Hour, "2026-11-01 02:00"},
		{"Santiago skips midnight", every("America/Santiago", Span{0, 60}), "2026-09-05 23:00", 30 * time.Minute, "2026-09-07 00:30"},
		{"Cairo doubles the hour before midnight", every("Africa/Cairo", Span{1380, 1440}), "2026-10-29 22:00", 90 * time.Minute, "2026-10-29 23:30*"},
		{"Lord Howe moves by half an hour", every("Australia/Lord_Howe", Span{0, 480}), "2026-10-04 00:00", 3 * time.Hour, "2026-10-04 03:30"},
		{"Samoa had no 30 December 2011", every("Pacific/Apia", Span{540, 1020}), "2011-12-29 16:00", 2 * time.Hour, "2011-12-31 10:00"},

		{"India is half an hour off", every("Asia/Kolkata", Span{570, 1080}), "2026-03-04 17:30", time.Hour, "2026-03-05 10:00"},
		{"Nepal is three quarters off", every("Asia/Kathmandu", Span{600, 1020}), "2026-03-04 16:45", 30 * time.Minute, "2026-03-05 10:15"},
		{"Chatham is 12:45 ahead", every("Pacific/Chatham", Span{540, 1020}), "2026-03-04 16:45", 30 * time.Minute, "2026-03-05 09:15"},
		{"a shift over midnight", every("Europe/Vienna", Span{1320, 1800}), "2026-03-04 21:00", 4 * time.Hour, "2026-03-05 02:00"},
		{"from the middle of one", every("Europe/Vienna", Span{1320, 1800}), "2026-03-05 05:00", 2 * time.Hour, "2026-03-05 23:00"},
		{"over midnight and the spring change", every("Europe/Vienna", Span{1320, 1800}), "2026-03-28 22:00", 7 * time.Hour, "2026-03-29 06:00"},
		{"over midnight and the autumn change", every("Europe/Vienna", Span{1320, 1800}), "2026-10-24 22:00", 9 * time.Hour, "2026-10-25 06:00"},
		{"overlapping shifts of two days count once", every("Europe/Vienna", Span{540, 1980}), "2026-03-04 09:00", 48 * time.Hour, "2026-03-06 09:00"},
		{"round the clock", every("Europe/Vienna", Span{0, 1440}), "2026-03-04 09:00", 100 * time.Hour, "2026-03-08 13:00"},
		{"an empty calendar is elapsed time", every("Europe/Vienna"), "2026-03-04 23:00", 8 * time.Hour, "2026-03-05 07:00"},
		{"an empty calendar over the spring change", every("Europe/Vienna"), "2026-03-29 01:00", 8 * time.Hour, "2026-03-29 10:00"},
		{"senseless spans are left out", every("Europe/Vienna", Span{600, 540}, Span{-60, 60}, Span{1500, 1600}, Span{540, 600}), "2026-03-04 09:00", 2 * time.Hour, "2026-03-05 10:00"},
		{"an unknown zone is UTC", every("Mars/Olympus", Span{540, 1020}), "2026-03-04 16:00", 2 * time.Hour, "2026-03-05 10:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, want := local(t, c.cal.Zone, c.from), local(t, c.cal.Zone, c.want)
			got := c.cal.Add(from, c.add)
			if !got.Equal(want) {
				t.Fatalf("from %v plus %v is %v, want %v", from, c.add, got.In(Zone(c.cal.Zone)), want)
			}
			if back := c.cal.Between(from, got); back != max(c.add, 0) {
				t.Errorf("between is %v, want %v", back, c.add)
			}
		})
	}
}

// TestEveryChangeOfClocks works one hour around every change of clocks of these zones over
// ten years: whatever the clocks do, the time counted is the time that passed.
func TestEveryChangeOfClocks(t *testing.T) {
	zones := []string{"Europe/Vienna", "Europe/Dublin", "America/New_York", "America/Santiago", "America/St_Johns", "Africa/Cairo", "Africa/Casablanca",
		"Asia/Jerusalem", "Asia/Kolkata", "Asia/Tehran", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Asia/Gaza", "America/Havana"}
	situations := 0
	for _, zone := range zones {
		loc := Zone(zone)
		at := time.Date(2020, 1, 1, 0, 0, 0, 0, loc)
		for {
			_, change := at.ZoneBounds()
			if change.IsZero() || change.Year() > 2030 {
				break
			}
			at = change
			for _, spans := range [][]Span{{{0, 1440}}, {{0, 720}, {720, 1440}}, {{1200, 2640}}} {
				situations++
				c := every(zone, spans...)
				from := change.Add(-3 * time.Hour)
				if got := c.Between(from, from.Add(6*time.Hour)); got != 6*time.Hour {
					t.Errorf("%s %v, spans %v: six hours around the change count as %v", zone, change, spans, got)
				}
				if got := c.Add(from, 6*time.Hour); !got.Equal(from.Add(6 * time.Hour)) {
					t.Errorf("%s %v, spans %v: six hours later is %v", zone, change, spans, got)
				}
			}
			checkEdges(t, loc, change)
		}
	}
	if situations < 300 {
		t.Errorf("only %d situations: the zone data must be missing", situations)
	}
}

// checkEdges looks at the wall-clock quarter hours around a change: their first and last
// instants must be in order and show that time, unless it was skipped.
func checkEdges(t *testing.T, loc *time.Location, change time.Time) {
	t.Helper()
	y, m, d := change.Add(-12 * time.Hour).In(loc).Date()
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	var before time.Time
	for minute := 0; minute <= 2880; minute += 15 {
		first, last := reached(loc, date, minute)
		if last.Before(first) || first.Before(before) {
			t.Fatalf("%s %s minute %d: first %v, last %v, before %v", loc, date.Format(time.DateOnly), minute, first, last, before)
		}
		shown := date.Add(time.Duration(minute) * time.Minute).Format("02 15:04")
		if first.In(loc).Format("02 15:04") != shown && !first.Equal(change) {
			t.Fatalf("%s minute %d: shows %v, and is not the change at %v", loc, minute, first.In(loc), change)
		}
		before = first
	}
}

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		name string
		cal  Calendar
		a, b string
		want time.Duration
	}{
		{"the same instant", office, "2026-03-04 10:00", "2026-03-04 10:00", 0},
		{"backwards is negative", office, "2026-03-04 11:00", "2026-03-04 10:00", -time.Hour},
		{"lunch does not count", office, "2026-03-04 12:00", "2026-03-04 13:00", 0},
		{"a night does not count", office, "2026-03-04 16:00", "2026-03-05 10:00", 2 * time.Hour},
		{"a week is 35 hours", office, "2026-03-02 00:00", "2026-03-09 00:00", 35 * time.Hour},
		{"with Christmas Eve 28", office, "2026-12-21 00:00", "2026-12-28 00:00", 28 * time.Hour},
		{"an empty calendar counts all", every("UTC"), "2026-03-04 00:00", "2026-03-06 00:00", 48 * time.Hour},
		{"a holiday cancels the night shift that starts on it", withHoliday("2026-03-04"), "2026-03-04 12:00", "2026-03-05 12:00", 0},
		{"not the one that ends on it", withHoliday("2026-03-05"), "2026-03-04 12:00", "2026-03-05 12:00", 8 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.cal.Between(local(t, c.cal.Zone, c.a), local(t, c.cal.Zone, c.b)); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func withHoliday(date string) Calendar {
	c := every("Europe/Vienna", Span{1320, 1800})
	c.Holidays = []Holiday{{Date: date, Name: "Day of rest"}}
	return c
}

func TestOpenAndNext(t *testing.T) {
	for _, c := range []struct {
		at, next string
	}{
		{"2026-03-04 09:00", "2026-03-04 09:00"}, {"2026-03-04 11:59", "2026-03-04 11:59"}, {"2026-03-04 12:00", "2026-03-04 13:00"},
		{"2026-03-04 17:00", "2026-03-05 09:00"}, {"2026-03-06 18:00", "2026-03-09 09:00"}, {"2026-12-24 10:00", "2026-12-25 09:00"},
	} {
		at, next := local(t, office.Zone, c.at), local(t, office.Zone, c.next)
		if got := office.Next(at); !got.Equal(next) {
			t.Errorf("%s: next is %v, want %v", c.at, got, next)
		}
		if got := office.Open(at); got != at.Equal(next) {
			t.Errorf("%s: open is %v", c.at, got)
		}
	}
	if empty := every("UTC"); !empty.AlwaysOpen() || !empty.Open(time.Now()) || office.AlwaysOpen() {
		t.Error("a calendar without hours is open round the clock and says so; one with hours is not")
	}
}

// TestNeverHangs asks for what can never be: every answer comes at once.
func TestNeverHangs(t *testing.T) {
	var shut Calendar = every("Europe/Vienna", Span{540, 541})
	for d := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2045; d = d.AddDate(0, 0, 1) {
		shut.Holidays = append(shut.Holidays, Holiday{Date: d.Format(time.DateOnly)})
	}
	now := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	cals := map[string]Calendar{"holidays for decades": shut, "a minute a week": {Zone: "UTC", Hours: [7][]Span{0: {{0, 1}}}}, "empty": {}}
	for name, c := range cals {
		for _, from := range []time.Time{{}, now, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
			for _, add := range []time.Duration{-1 << 63, 0, 1, time.Hour, 1<<63 - 1} {
				started := time.Now()
				due := c.Add(from, add)
				if due.Before(from) || due.After(from.AddDate(horizon, 0, 0)) {
					t.Errorf("%s: %v plus %v is %v", name, from, add, due)
				}
				c.Between(time.Time{}, due)
				c.Next(from)
				if took := time.Since(started); took > 5*time.Second {
					t.Errorf("%s: %v plus %v took %v", name, from, add, took)
				}
			}
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	good := func() Calendar {
		return Calendar{Name: "Office", Zone: "Europe/Vienna", Country: "AT", Hours: Office()}
	}
	for _, c := range []struct {
		name  string
		spoil func(*Calendar)
		field string
	}{
		{"no name", func(c *Calendar) { c.Name = "" }, "name"},
		{"no zone", func(c *Calendar) { c.Zone = "" }, "zone"},
		{"a zone that is nowhere", func(c *Calendar) { c.Zone = "Mars/Olympus" }, "zone"},
		{"the zone of the machine", func(c *Calendar) { c.Zone = "Local" }, "zone"},
		{"a path for a zone", func(c *Calendar) { c.Zone = "../../etc/passwd" }, "zone"},
		{"a country we do not know", func(c *Calendar) { c.Country = "XX" }, "country"},
		{"a shift that ends before it starts", func(c *Calendar) { c.Hours[0] = []Span{{600, 540}} }, "hours"},
		{"a shift of no length", func(c *Calendar) { c.Hours[0] = []Span{{600, 600}} }, "hours"},
		{"a shift that starts yesterday", func(c *Calendar) { c.Hours[0] = []Span{{-10, 600}} }, "hours"},
		{"a shift that starts tomorrow", func(c *Calendar) { c.Hours[0] = []Span{{1440, 1500}} }, "hours"},
		{"a shift of two days", func(c *Calendar) { c.Hours[0] = []Span{{0, 2000}} }, "hours"},
		{"shifts that overlap", func(c *Calendar) { c.Hours[0] = []Span{{700, 900}, {540, 720}} }, "hours"},
		{"a date that is none", func(c *Calendar) { c.Holidays = []Holiday{{Date: "2027-02-29"}} }, "holidays"},
		{"a date twice", func(c *Calendar) { c.Holidays = []Holiday{{Date: "2027-02-28"}, {Date: "2027-02-28"}} }, "holidays"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cal := good()
			c.spoil(&cal)
			err := cal.Check()
			if fault.Of(err) != fault.Invalid || !slices.ContainsFunc(fault.Fields(err), func(f fault.Field) bool { return f.Name == c.field }) {
				t.Errorf("got %v with fields %v, want one about %s", err, fault.Fields(err), c.field)
			}
		})
	}
	if err := good().Check(); err != nil {
		t.Errorf("a good calendar: %v %v", err, fault.Fields(err))
	}
}

func TestPublicHolidays(t *testing.T) {
	for _, c := range []struct {
		country string
		year    int
		date    string
		off     bool
	}{
		{"DE-BY", 2026, "2026-01-06", true},  // Epiphany in Bavaria
		{"DE-BE", 2026, "2026-01-06", false}, // not in Berlin
		{"US", 2026, "2026-07-03", true},     // the fourth is a Saturday
		{"US", 2027, "2027-12-31", true},     // New Year's Day 2028 is a Saturday
		{"GB", 2027, "2027-12-28", true},     // Boxing Day moves from Sunday
		{"NL", 2025, "2025-04-26", true},     // King's Day moves from Sunday
		{"NL", 2025, "2025-04-27", false},
		{"PL", 2024, "2024-12-24", false}, // before the act
		{"PL", 2025, "2025-12-24", true},
		{"XX", 2025, "2025-01-01", false},
	} {
		got := slices.ContainsFunc(Public(c.country, c.year), func(h Holiday) bool { return h.Date == c.date })
		if got != c.off {
			t.Errorf("%s on %s: off is %v", c.country, c.date, got)
		}
	}
	for _, country := range Countries() {
		for _, h := range Public(country, 2026) {
			if d, err := time.Parse(time.DateOnly, h.Date); err != nil || d.Year() != 2026 || h.Name == "" {
				t.Errorf("%s: %+v", country, h)
			}
		}
	}
}

// TestSeedKeepsEdits: Amira's desk works on Epiphany and closes for its own summer day.
func TestSeedKeepsEdits(t *testing.T) {
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	c := Calendar{Name: "Office", Zone: "Europe/Vienna", Country: "AT", Hours: Office()}.Seed(now)
	c.Holidays = slices.DeleteFunc(c.Holidays, func(h Holiday) bool { return h.Date == "2027-01-06" })
	c.Holidays = append(c.Holidays, Holiday{Date: "2031-08-14", Name: "Summer day", Own: true}, Holiday{Date: "2029-01-06", Name: "Ours anyway", Own: true})
	c = c.Seed(now.AddDate(1, 0, 0))

	dates := map[string]string{}
	for _, h := range c.Holidays {
		dates[h.Date] = h.Name
	}
	if _, back := dates["2027-01-06"]; back {
		t.Error("a day that was taken out came back")
	}
	if dates["2031-08-14"] == "" || dates["2029-01-06"] != "Ours anyway" || dates["2029-12-25"] == "" {
		t.Errorf("own days stay and the next year comes: %v", dates)
	}
	if again := c.Seed(now.AddDate(1, 0, 0)); len(again.Holidays) != len(c.Holidays) {
		t.Error("seeding twice changed something")
	}

	moved := c.Follow("DE-BY", now)
	text := fmt.Sprint(moved.Holidays)
	if strings.Contains(text, "2026-10-26") || !strings.Contains(text, "2026-10-03") || !strings.Contains(text, "Summer day") {
		t.Errorf("after moving to Bavaria: %v", text)
	}
}

func BenchmarkAdd(b *testing.B) {
	c := Calendar{Zone: "Europe/Vienna", Country: "AT", Hours: Office()}.Seed(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	from := time.Date(2026, 3, 6, 15, 30, 0, 0, time.UTC)
	for b.Loop() {
		c.Add(from, 4*time.Hour)
	}
}
