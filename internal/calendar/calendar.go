// Package calendar knows when a desk is open and when a number of working hours
// has passed.
//
// A calendar is a week of spans in wall-clock time, a zone and a list of days on
// which nobody works. Together they describe one set of instants, the working
// time: for every date that is not a holiday, each span from its opening to its
// closing instant, overlaps counted once. A span belongs to the date on which it
// starts: the night shift of the 24th still ends on the morning of the 25th.
//
// Wall-clock times become instants so that nothing is lost when clocks change: an
// opening time that happens twice means the first, a closing time that happens
// twice means the last, and one that is skipped means the moment of the change.
//
// Everything else is measured on that set. Between is its size from a to b, and
// Add the earliest instant by which enough of it has passed, so that both are
// monotone in both arguments and each is the inverse of the other. A calendar
// without any hours would make every answer "never"; it counts as open round the
// clock, and AlwaysOpen says so. Working time lies between 1970 and 2200, and
// nothing looks further ahead than ten years, so every call ends.
package calendar

import (
	"iter"
	"slices"
	"time"
	_ "time/tzdata" // a machine without zone files must not change what was promised

	"kept/internal/fault"
)

// A Calendar says when the people of a desk work.
type Calendar struct {
	ID       int64
	Name     string
	Zone     string // IANA, such as "Europe/Vienna"; unknown or empty means UTC
	Hours    [7][]Span
	Country  string // whose public holidays it follows: "AT", "DE-BY", or "" for none
	Holidays []Holiday
}

// A Span is a stretch of work in minutes from midnight, such as {540, 1020} for nine
// to five. A shift that passes midnight ends above 1440: {1320, 1800} is ten in the
// evening to six in the morning.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// A Holiday is a date on which no shift starts.
type Holiday struct {
	Date string `json:"date"` // "2026-12-24"
	Name string `json:"name"`
	// Own marks a date the desk added; the others came with the country.
	Own bool `json:"own"`
}

const (
	day     = 24 * 60 // minutes
	horizon = 10      // years that Add and Next look ahead
)

var (
	firstWork = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	lastWork  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// AlwaysOpen reports that the calendar has no hours at all, so that time on it is
// simply elapsed time.
func (c Calendar) AlwaysOpen() bool {
	for _, spans := range c.Hours {
		for _, s := range spans {
			if s.To > s.From {
				return false
			}
		}
	}
	return true
}

// Add returns the earliest instant by which working has passed since from. Nothing
// or less than nothing has passed at once. Where ten years do not suffice it returns
// from plus ten years.
func (c Calendar) Add(from time.Time, working time.Duration) time.Time {
	limit := from.AddDate(horizon, 0, 0)
	if working <= 0 {
		return from
	}
	if c.AlwaysOpen() {
		return earlier(from.Add(working), limit)
	}
	for work := range c.workFrom(from, limit) {
		if length := work.to.Sub(work.from); length < working {
			working -= length
			continue
		}
		return earlier(work.from.Add(working).In(from.Location()), limit)
	}
	return limit
}

// Between returns the working time from a to b, negative where b comes first.
func (c Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	if c.AlwaysOpen() {
		return b.Sub(a)
	}
	var sum time.Duration
	for work := range c.workFrom(a, b) {
		sum += earlier(work.to, b).Sub(work.from)
	}
	return sum
}

// Open reports whether t is working time.
func (c Calendar) Open(t time.Time) bool {
	return c.Next(t).Equal(t)
}

// Next returns the first instant of working time at or after t, and t plus ten years
// where there is none before.
func (c Calendar) Next(t time.Time) time.Time {
	if c.AlwaysOpen() {
		return t
	}
	limit := t.AddDate(horizon, 0, 0)
	for work := range c.workFrom(t, limit) {
		return work.from.In(t.Location())
	}
	return limit
}

// stretch is an uninterrupted piece of working time, its end not included.
type stretch struct{ from, to time.Time }

// workFrom yields the working time at or after from in order, without overlaps, up to
// the stretch that passes until. The last one may end after it.
func (c Calendar) workFrom(from, until time.Time) iter.Seq[stretch] {
	week, closed, zone := c.week(), c.closed(), Zone(c.Zone)
	cursor := later(from, firstWork)
	until = earlier(until, lastWork)
	return func(yield func(stretch) bool) {
		year, month, date := cursor.In(zone).Date()
		for n := -2; ; n++ { // a shift may have started the day before, and a zone may skip a day
			d := time.Date(year, month, date+n, 0, 0, 0, 0, time.UTC)
			if d.Add(-day * time.Minute).After(until) {
				return
			}
			spans := week[weekday(d)]
			if len(spans) > 0 && closed(d) {
				continue
			}
			for _, s := range spans {
				work := stretch{opening(zone, d, s.From), closing(zone, d, s.To)}
				if !work.to.After(cursor) {
					continue
				}
				work.from = later(work.from, cursor)
				if !work.from.Before(until) {
					return
				}
				cursor = work.to
				if !yield(work) {
					return
				}
			}
		}
	}
}

// week returns the hours with every day's spans in order and senseless ones left out.
func (c Calendar) week() (week [7][]Span) {
	for d, spans := range c.Hours {
		for _, s := range spans {
			if s.From >= 0 && s.From < day && s.To > s.From && s.To <= s.From+day {
				week[d] = append(week[d], s)
			}
		}
		slices.SortFunc(week[d], func(a, b Span) int { return a.From - b.From })
	}
	return week
}

// closed returns the dates on which no shift starts. It counts on Holidays being few: a
// set is only made where comparing with each of them would be slower.
func (c Calendar) closed() func(d time.Time) bool {
	if len(c.Holidays) < 100 {
		return func(d time.Time) bool {
			date := d.Format(time.DateOnly)
			return slices.ContainsFunc(c.Holidays, func(h Holiday) bool { return h.Date == date })
		}
	}
	dates := make(map[string]bool, len(c.Holidays))
	for _, h := range c.Holidays {
		dates[h.Date] = true
	}
	return func(d time.Time) bool { return dates[d.Format(time.DateOnly)] }
}

// weekday counts from Monday, as Hours does.
func weekday(d time.Time) int { return (int(d.Weekday()) + 6) % 7 }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

var days = [7]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// Check returns what a person must mend before the calendar can be saved.
func (c Calendar) Check() error {
	problem := fault.New(fault.Invalid, "Please look at the marked fields of the calendar.")
	if c.Name == "" {
		problem.With("name", "Give the calendar a name, such as \"Office hours\".")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		problem.With("zone", "Choose a time zone such as \"Europe/Vienna\".")
	}
	if c.Country != "" && !Known(c.Country) {
		problem.With("country", "We know no holidays for \""+c.Country+"\". Leave it empty and add your own dates.")
	}
	c.checkHours(problem)
	c.checkHolidays(problem)
	if len(fault.Fields(problem)) > 0 {
		return problem
	}
	return nil
}

func (c Calendar) checkHours(problem *fault.Error) {
	for d, spans := range c.Hours {
		sorted := slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return a.From - b.From })
		for i, s := range sorted {
			switch {
			case s.From < 0 || s.From >= day:
				problem.With("hours", days[d]+": a shift starts between 00:00 and 23:59.")
			case s.To <= s.From:
				problem.With("hours", days[d]+": a shift ends after it starts. For one that passes midnight, add 24 hours to its end.")
			case s.To > s.From+day:
				problem.With("hours", days[d]+": a shift lasts 24 hours at most.")
			case i > 0 && s.From < sorted[i-1].To:
				problem.With("hours", days[d]+": two shifts overlap. Make one of them, or leave a gap.")
			}
		}
	}
}

func (c Calendar) checkHolidays(problem *fault.Error) {
	seen := map[string]bool{}
	for _, h := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, h.Date); err != nil {
			problem.With("holidays", "Write the date \""+h.Date+"\" as year-month-day, such as 2026-12-24.")
		} else if seen[h.Date] {
			problem.With("holidays", "The date "+h.Date+" is there twice. Keep one of them.")
		}
		seen[h.Date] = true
	}
}
