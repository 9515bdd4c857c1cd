package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var someZones = []string{"UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham", "America/Santiago", "Africa/Cairo", "Pacific/Apia", "nowhere"}

// anyCalendar draws calendars of every kind, among them empty and senseless ones.
func anyCalendar() *rapid.Generator[Calendar] {
	span := rapid.Custom(func(t *rapid.T) Span {
		from := rapid.IntRange(-10, 1500).Draw(t, "from")
		return Span{from, from + rapid.IntRange(-30, 1500).Draw(t, "length")}
	})
	return rapid.Custom(func(t *rapid.T) Calendar {
		c := Calendar{Zone: rapid.SampledFrom(someZones).Draw(t, "zone")}
		for d := range c.Hours {
			c.Hours[d] = rapid.SliceOfN(span, 0, 3).Draw(t, "spans")
		}
		for range rapid.IntRange(0, 20).Draw(t, "holidays") {
			c.Holidays = append(c.Holidays, Holiday{Date: anyTime().Draw(t, "holiday").Format(time.DateOnly)})
		}
		return c
	})
}

func anyTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(1_300_000_000, 1_900_000_000).Draw(t, "seconds"), 0).UTC()
	})
}

func anyWork() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(-10, 30*24*3600).Draw(t, "work")) * time.Second
	})
}

// sometimes there is no working time at all for ten years; then nothing can be inverted.
func reachable(c Calendar, from time.Time, due time.Time) bool {
	return due.Before(from.AddDate(horizon, 0, 0))
}

func TestAddIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar().Draw(t, "calendar")
		a, work := anyTime().Draw(t, "from"), anyWork().Draw(t, "work")
		b := a.Add(time.Duration(rapid.Int64Range(0, 100*24*3600).Draw(t, "later")) * time.Second)
		more := work + time.Duration(rapid.Int64Range(0, 48*3600).Draw(t, "more"))*time.Second
		due := c.Add(a, work)
		if due.Before(a) {
			t.Fatalf("due %v before %v", due, a)
		}
		if due.After(c.Add(b, work)) {
			t.Fatalf("asked later, due earlier: %v, %v", due, c.Add(b, work))
		}
		if due.After(c.Add(a, more)) {
			t.Fatalf("more work, due earlier: %v, %v", due, c.Add(a, more))
		}
	})
}

func TestBetweenIsMonotoneAndAdds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar().Draw(t, "calendar")
		x, y, z := anyTime().Draw(t, "x"), anyTime().Draw(t, "y"), anyTime().Draw(t, "z")
		if y.Before(z) && c.Between(x, y) > c.Between(x, z) {
			t.Fatal("a later end makes it shorter")
		}
		if y.Before(z) && c.Between(y, x) < c.Between(z, x) {
			t.Fatal("a later start makes it longer")
		}
		if c.Between(x, y)+c.Between(y, z) != c.Between(x, z) {
			t.Fatalf("%v + %v is not %v", c.Between(x, y), c.Between(y, z), c.Between(x, z))
		}
		if elapsed := y.Sub(x); c.Between(x, y).Abs() > elapsed.Abs() {
			t.Fatalf("worked %v in %v", c.Between(x, y), elapsed)
		}
	})
}

func TestAddInvertsBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar().Draw(t, "calendar")
		from, work := anyTime().Draw(t, "from"), anyWork().Draw(t, "work")
		due := c.Add(from, work)
		if !reachable(c, from, due) {
			return
		}
		if got := c.Between(from, due); got != max(work, 0) {
			t.Fatalf("worked %v until %v, want %v", got, due, work)
		}
		if work > 0 && c.Between(from, due.Add(-time.Second)) >= work {
			t.Fatalf("%v is not the earliest time", due)
		}
	})
}

func TestNextIsTheFirstOpenInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar().Draw(t, "calendar")
		at := anyTime().Draw(t, "at")
		next := c.Next(at)
		if next.Before(at) || c.Between(at, next) != 0 {
			t.Fatalf("next after %v is %v with %v of work before it", at, next, c.Between(at, next))
		}
		if reachable(c, at, next) && !c.Open(next) {
			t.Fatalf("next is %v, but that is closed", next)
		}
	})
}
