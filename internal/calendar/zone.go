package calendar

import (
	"sync"
	"time"
)

var zones sync.Map // name → *time.Location; LoadLocation reads its file on every call

// Zone returns the zone of that IANA name, UTC where there is none: a due time in the
// wrong zone can be mended, a message that was not stored cannot.
func Zone(name string) *time.Location {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, zone)
	return zone
}

// opening returns when the minute of date d begins to be reached in zone: the first of
// two, or the change of clocks that skips it. Only the year, month and day of d count.
func opening(zone *time.Location, d time.Time, minute int) time.Time {
	first, _ := reached(zone, d, minute)
	return first
}

// closing returns when the minute of date d was last reached in zone.
func closing(zone *time.Location, d time.Time, minute int) time.Time {
	_, last := reached(zone, d, minute)
	return last
}

// reached returns the first and the last instant at which clocks in zone show the
// minute of date d. They differ when clocks went back over it; both are the moment of
// the change when clocks went forward over it.
func reached(zone *time.Location, d time.Time, minute int) (first, last time.Time) {
	t := time.Date(d.Year(), d.Month(), d.Day(), 0, minute, 0, 0, zone)
	start, end := t.ZoneBounds()
	if far(start, t) && far(end, t) {
		return t, t
	}
	wall := time.Date(d.Year(), d.Month(), d.Day(), 0, minute, 0, 0, time.UTC)
	var shown []time.Time
	for _, around := range [...]time.Time{start.Add(-time.Second), t, end} {
		_, offset := around.In(zone).Zone()
		candidate := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, real := candidate.Zone(); real == offset {
			shown = append(shown, candidate)
		}
	}
	if len(shown) == 0 {
		return skipped(t, start, end)
	}
	first, last = shown[0], shown[0]
	for _, s := range shown[1:] {
		first, last = earlier(first, s), later(last, s)
	}
	return first, last
}

// far reports that a change of clocks (zero for none) cannot touch the time t: none moves
// clocks by more than a day.
func far(change, t time.Time) bool {
	return change.IsZero() || change.Sub(t).Abs() > 26*time.Hour
}

// skipped returns the change of clocks nearest to t, which is the one that skips the
// time t was made from: Date answers such a time in one of the two zones around it.
func skipped(t, start, end time.Time) (time.Time, time.Time) {
	if end.IsZero() || (!start.IsZero() && t.Sub(start) < end.Sub(t)) {
		return start, start
	}
	return end, end
}
