package demo

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"kept/internal/calendar"
)

// A When is a point in time told the way people tell it. Working days are Monday to Friday; clock times are the desk's.
//
//	-42m  -2h10m        that long before now
//	-3h50m work         that much of the desk's working time before now
//	-3d 09:14           09:14 on the third working day before today
//	-2sat 18:30         18:30 on the second Saturday before today (mon to sun)
//	+25m  +1h           that long after the step before
//	+2h work            that much working time after the step before
//	+0d 16:00           16:00 on the day of the step before
//	+2d 09:10           09:10 on the second working day after the step before
type When string

var whenForm = regexp.MustCompile(`^([+-])(?:(\d+)d (\d\d):(\d\d)|(\d+)(mon|tue|wed|thu|fri|sat|sun) (\d\d):(\d\d)|((?:\d+h)?(?:\d+m)?)( work)?)`)

var weekdays = map[string]time.Weekday{"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}

// cutWhen takes a When off the front of s.
func cutWhen(s string) (When, string, error) {
	found := whenForm.FindString(s)
	if len(found) < 2 || (len(found) < len(s) && !strings.ContainsRune(" :", rune(s[len(found)]))) {
		return "", s, fmt.Errorf("%q does not begin with a time such as -3d 09:14, -42m or +25m", s)
	}
	return When(found), strings.TrimSpace(s[len(found):]), nil
}

// at resolves w on a desk: counted from now when it looks back, from the step before when it looks ahead.
func (w When) at(now, before time.Time, h hours) (time.Time, error) {
	p := whenForm.FindStringSubmatch(string(w))
	if p == nil || len(p[0]) < 2 || p[0] != string(w) {
		return time.Time{}, fmt.Errorf("%q is not a time", w)
	}
	from, step := now.In(h.zone), -1
	if p[1] == "+" {
		from, step = before.In(h.zone), 1
	}
	switch {
	case p[2] != "":
		return clockOn(workingDays(from, step*number(p[2])), p[3], p[4])
	case p[5] != "" && step < 0:
		return clockOn(weekdayBefore(from, weekdays[p[6]], number(p[5])), p[7], p[8])
	case p[5] != "":
		return time.Time{}, fmt.Errorf("%q counts weekdays ahead, they can only be counted back", w)
	}
	long, err := time.ParseDuration(p[9])
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a length of time: %w", w, err)
	}
	if p[10] != "" {
		return h.walk(from, step, long), nil
	}
	return from.Add(time.Duration(step) * long), nil
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the form allows digits only
	return n
}

func clockOn(day time.Time, hour, minute string) (time.Time, error) {
	h, m := number(hour), number(minute)
	if h > 23 || m > 59 {
		return time.Time{}, fmt.Errorf("%s:%s is not a time of day", hour, minute)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), h, m, 0, 0, day.Location()), nil
}

// workingDays moves n working days from day, back when n is negative; no days is the day itself, even a Sunday.
func workingDays(day time.Time, n int) time.Time {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		day = day.AddDate(0, 0, step)
		if isWorkingDay(day) {
			n--
		}
	}
	return day
}

func isWorkingDay(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

func weekdayBefore(day time.Time, wanted time.Weekday, n int) time.Time {
	back := (int(day.Weekday()) - int(wanted) + 7) % 7
	if back == 0 {
		back = 7
	}
	return day.AddDate(0, 0, -back-7*(n-1))
}

// hours is a desk's working time and the zone its clocks show.
type hours struct {
	zone *time.Location
	work calendar.Calendar
}

// Calendar is the desk's working time: its hours from Monday to Friday, no holidays.
func (d *Desk) Calendar() (calendar.Calendar, error) {
	var day []calendar.Span
	last := 0
	for _, span := range d.Hours {
		from, err := minuteOfDay(span[0])
		if err != nil {
			return calendar.Calendar{}, fmt.Errorf("desk %s: %w", d.ID, err)
		}
		to, err := minuteOfDay(span[1])
		if err != nil {
			return calendar.Calendar{}, fmt.Errorf("desk %s: %w", d.ID, err)
		}
		if from < last || to <= from {
			return calendar.Calendar{}, fmt.Errorf("desk %s: its hours are not in order at %s to %s", d.ID, span[0], span[1])
		}
		day, last = append(day, calendar.Span{From: from, To: to}), to
	}
	if len(day) == 0 {
		return calendar.Calendar{}, fmt.Errorf("desk %s is never open", d.ID)
	}
	return calendar.Calendar{Name: d.Name, Zone: d.Zone, Hours: [7][]calendar.Span{day, day, day, day, day}}, nil
}

func minuteOfDay(clock string) (int, error) {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time of day", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

func (d *Desk) hours() (hours, error) {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return hours{}, fmt.Errorf("desk %s: %w", d.ID, err)
	}
	work, err := d.Calendar()
	return hours{zone, work}, err
}

// walk passes so much working time. Looking back it finds the latest minute since which that much has passed.
func (h hours) walk(from time.Time, step int, long time.Duration) time.Time {
	if step > 0 {
		return h.work.Add(from, long)
	}
	const month = 31 * 24 * 60
	back := sort.Search(month, func(minutes int) bool {
		return h.work.Between(from.Add(-time.Duration(minutes)*time.Minute), from) >= long
	})
	return from.Add(-time.Duration(back) * time.Minute)
}
