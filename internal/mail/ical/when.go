package ical

import (
	"strings"
	"time"
)

// When reads a DTSTART, DTEND, UNTIL, … property (RFC 5545 3.3.4, 3.3.5); nil gives the empty Moment.
func When(p *Property) Moment {
	if p == nil {
		return Moment{}
	}
	m := Moment{Written: strings.TrimSpace(p.Value), Zone: p.Params["TZID"]}
	m.AllDay = strings.EqualFold(p.Params["VALUE"], "DATE") || len(m.Written) == 8 && !strings.Contains(m.Written, "T")
	digits := strings.NewReplacer("-", "", ":", "").Replace(m.Written)
	switch {
	case m.AllDay:
		m.Time, _ = time.Parse("20060102", digits[:min(8, len(digits))])
	case strings.HasSuffix(strings.ToUpper(digits), "Z"):
		m.Time, _ = time.Parse("20060102T150405", strings.ToUpper(digits[:len(digits)-1]))
		m.Zone = "UTC"
	default:
		m.Time = inZone(strings.ToUpper(digits), m.Zone)
	}
	return m
}

func inZone(written, zone string) time.Time {
	loc := time.UTC
	if zone != "" && !strings.HasPrefix(zone, ".") {
		if l, err := time.LoadLocation(strings.TrimPrefix(zone, "/")); err == nil {
			loc = l
		}
	}
	t, _ := time.ParseInLocation("20060102T150405", written, loc)
	return t.UTC()
}

// afterDuration is the end of an event that gives a length instead (RFC 5545 3.3.6): "P1DT2H30M".
func afterDuration(start Moment, d string) Moment {
	if d == "" || start.Time.IsZero() {
		return Moment{}
	}
	total, ok := Duration(d)
	if !ok {
		return Moment{}
	}
	return Moment{Time: start.Time.Add(total), Zone: start.Zone, AllDay: start.AllDay}
}

var units = map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}

// Duration reads an RFC 5545 duration; days are 24 hours. ok is false where it is none.
func Duration(s string) (total time.Duration, ok bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	sign := time.Duration(1)
	if strings.HasPrefix(s, "-") {
		sign = -1
	}
	s = strings.TrimLeft(s, "+-")
	if !strings.HasPrefix(s, "P") {
		return 0, false
	}
	n := time.Duration(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if n = n*10 + time.Duration(c-'0'); n > 1e6 {
				return 0, false
			}
		case c == 'T':
		case units[c] > 0:
			total += n * units[c]
			n, ok = 0, true
		default:
			return 0, false
		}
	}
	return sign * total, ok
}
