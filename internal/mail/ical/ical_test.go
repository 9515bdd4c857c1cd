package ical

import (
	"strings"
	"testing"
	"time"
)

const invite = `BEGIN:VCALENDAR
VERSION:2.0
METHOD:request
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1@example.org
SUMMARY:Fitting of the lamp\, part 2\; kitch
 en
LOCATION:Shop\nback door
ORGANIZER;CN="Reed, Tom":mailto:tom@example.org
ATTENDEE;PARTSTAT=NEEDS-ACTION:MAILTO:desk@example.com
DTSTART;TZID=Europe/Berlin:20260305T090000
DTEND;TZID=Europe/Berlin:20260305T100000
RRULE:FREQ=WEEKLY;COUNT=3
SEQUENCE:2
STATUS:confirmed
END:VEVENT
END:VCALENDAR
`

func TestParse(t *testing.T) {
	for name, ends := range map[string]string{"LF": "\n", "CRLF": "\r\n", "CR": "\r"} {
		events := Parse([]byte(strings.ReplaceAll(invite, "\n", ends)))
		if len(events) != 1 {
			t.Fatalf("%s: %d events", name, len(events))
		}
		e := events[0]
		if e.Method != "REQUEST" || e.Summary != "Fitting of the lamp, part 2; kitchen" || e.Location != "Shop\nback door" || e.Organizer != "tom@example.org" || e.Attendees[0] != "desk@example.com" || e.RRule != "FREQ=WEEKLY;COUNT=3" || e.Status != "CONFIRMED" {
			t.Errorf("%s: %+v", name, e)
		}
		if want := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC); !e.Start.Time.Equal(want) || e.Start.Zone != "Europe/Berlin" || e.Start.Written != "20260305T090000" || e.End.Time.Sub(e.Start.Time) != time.Hour {
			t.Errorf("%s: %+v to %+v", name, e.Start, e.End)
		}
	}
}

func TestReply(t *testing.T) {
	e := Parse([]byte("BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=declined:mailto:tom@example.org\nEND:VEVENT\nEND:VCALENDAR\n"))
	if len(e) != 1 || e[0].Status != "DECLINED" {
		t.Errorf("%+v", e)
	}
}

func TestWhen(t *testing.T) {
	for _, c := range []struct {
		value, zone, kind, want, wantZone string
		allDay                            bool
	}{
		{"20260305T090000Z", "", "", "2026-03-05T09:00:00Z", "UTC", false},
		{"20260305T090000", "", "", "2026-03-05T09:00:00Z", "", false},
		{"20260305T090000", "America/New_York", "", "2026-03-05T14:00:00Z", "America/New_York", false},
		{"20260305T090000", "Made Up Time", "", "2026-03-05T09:00:00Z", "Made Up Time", false},
		{"20260305", "", "DATE", "2026-03-05T00:00:00Z", "", true},
		{"20260305", "", "", "2026-03-05T00:00:00Z", "", true},
		{"2026-03-05T09:00:00Z", "", "", "2026-03-05T09:00:00Z", "UTC", false},
		{"soon", "", "", "0001-01-01T00:00:00Z", "", false},
		{"20260305T090000", "../../etc/passwd", "", "2026-03-05T09:00:00Z", "../../etc/passwd", false},
	} {
		m := When(&Property{Name: "DTSTART", Params: map[string]string{"TZID": c.zone, "VALUE": c.kind}, Value: c.value})
		if got := m.Time.Format(time.RFC3339); got != c.want || m.Zone != c.wantZone || m.AllDay != c.allDay {
			t.Errorf("%+v: %s %+v", c, got, m)
		}
	}
	if m := When(nil); m != (Moment{}) {
		t.Errorf("%+v", m)
	}
}

func TestDuration(t *testing.T) {
	for in, want := range map[string]time.Duration{"PT1H": time.Hour, "P1DT2H30M": 26*time.Hour + 30*time.Minute, "-PT15M": -15 * time.Minute, "P2W": 14 * 24 * time.Hour} {
		if got, ok := Duration(in); !ok || got != want {
			t.Errorf("%s: %v %v", in, got, ok)
		}
	}
	for _, bad := range []string{"", "1H", "P", "PT", "PTxH", "P99999999999D"} {
		if _, ok := Duration(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
	e := Parse([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260305T090000Z\nDURATION:PT90M\nEND:VEVENT\n"))
	if len(e) != 1 || e[0].End.Time.Sub(e[0].Start.Time) != 90*time.Minute {
		t.Errorf("%+v", e)
	}
}

func TestBroken(t *testing.T) {
	for name, in := range map[string]string{
		"nothing": "", "no calendar": "hello", "never closed": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x", "closed too often": "END:VCALENDAR\nEND:VEVENT\n", "no colon": "BEGIN:VCALENDAR\nSUMMARY\nBEGIN\n", "only a fold": " x\n", "open quote": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nX;A=\"b:c\nEND:VEVENT",
		"very deep": strings.Repeat("BEGIN:X\n", 100000), "very long line": "BEGIN:VCALENDAR\nX:" + strings.Repeat("y\n ", 500000),
	} {
		begin := time.Now()
		Parse([]byte(in))
		if time.Since(begin) > 5*time.Second {
			t.Errorf("%s took %v", name, time.Since(begin))
		}
	}
}

func TestGroupsAndQuotes(t *testing.T) {
	c := Components([]byte("BEGIN:VCALENDAR\nHOME.X-A;P=\"a;b:c\";P=second:value:with colons\nEND:VCALENDAR"))
	p := c[0].Property("X-A")
	if p == nil || p.Params["P"] != "a;b:c" || p.Value != "value:with colons" || c[0].Value("X-NONE") != "" {
		t.Errorf("%+v", p)
	}
}
