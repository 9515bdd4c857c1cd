package mime

import (
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// zones are the names that RFC 5322 4.3 and old senders use, in minutes east of Greenwich.
var zones = map[string]int{
	"ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "bst": 60, "west": 60, "cet": 60, "met": 60, "mez": 60, "mewt": 60, "mest": 120, "cest": 120, "mesz": 120, "mes": 120,
	"eet": 120, "eest": 180, "msk": 180, "msd": 240, "ist": 330, "hkt": 480, "cst": -360, "jst": 540, "kst": 540, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780,
	"est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "ast": -240, "adt": -180,
}

var months = map[string]time.Month{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"mai": 5, "mrz": 3, "mär": 3, "okt": 10, "dez": 12, "fév": 2, "avr": 4, "aoû": 8, "déc": 12, "ene": 1, "abr": 4, "ago": 8, "dic": 12, "maj": 5,
}

// Date reads a Date field in any order that people and programs have written it (RFC 5322, RFC 850, asctime, ISO 8601). The zero time means
// that none could be read.
func Date(field string) time.Time {
	field = strings.TrimSpace(dropComments(field))
	if field == "" {
		return time.Time{}
	}
	if t, err := mail.ParseDate(field); err == nil && sane(t) && !namedZone(t) {
		return t
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, field); err == nil && sane(t) {
			return t
		}
	}
	return looseDate(field)
}

// namedZone: the standard library reads "EST" as a name without a difference to Greenwich.
func namedZone(t time.Time) bool {
	name, offset := t.Zone()
	return offset == 0 && zones[strings.ToLower(name)] != 0
}

func sane(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 10000 }

// looseDate picks day, month, year, clock and zone out of the words in whatever order they stand.
func looseDate(field string) time.Time {
	var d looseParts
	d.day, d.year, d.offset = 0, 0, 0
	for _, w := range strings.FieldsFunc(strings.ToLower(field), func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '/' }) {
		d.take(w)
	}
	if d.year > 0 && d.year < 50 {
		d.year += 2000
	} else if d.year >= 50 && d.year < 200 {
		d.year += 1900
	}
	if d.month == 0 || d.day == 0 || d.day > 31 || d.year < 1970 || d.year > 9999 {
		return time.Time{}
	}
	return time.Date(d.year, d.month, d.day, d.clock[0], d.clock[1], d.clock[2], 0, time.FixedZone("", d.offset*60))
}

type looseParts struct {
	day, year int
	month     time.Month
	clock     [3]int
	offset    int
	timed     bool
}

func (d *looseParts) take(w string) {
	switch {
	case strings.Contains(w, ":") && !d.timed:
		d.takeClock(w)
	case (w[0] == '+' || w[0] == '-') && len(w) >= 4 && d.timed:
		d.takeOffset(w)
	case strings.Count(w, "-") == 2:
		for _, p := range strings.Split(w, "-") {
			if p != "" {
				d.take(p)
			}
		}
	case w == "pm" && d.clock[0] < 12:
		d.clock[0] += 12
	case w == "am" && d.clock[0] == 12:
		d.clock[0] = 0
	default:
		if n, err := strconv.Atoi(strings.TrimRight(w, "thndrs.")); err == nil && n >= 0 {
			if d.day == 0 && n <= 31 && n > 0 && len(w) < 4 {
				d.day = n
			} else if d.year == 0 {
				d.year = n
			}
			return
		}
		if m, ok := months[prefix(w, 3)]; ok && d.month == 0 {
			d.month = m
		} else if off, ok := zones[w]; ok {
			d.offset = off
		}
	}
}

func prefix(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

func (d *looseParts) takeClock(w string) {
	d.timed = true
	if i := strings.IndexAny(w, "+-"); i > 0 {
		d.takeOffset(w[i:])
		w = w[:i]
	}
	limits := [3]int{23, 59, 60}
	for i, p := range strings.SplitN(w, ":", 3) {
		n := 0
		for _, c := range p {
			if c < '0' || c > '9' || n > 99 {
				break
			}
			n = n*10 + int(c-'0')
		}
		d.clock[i] = min(n, limits[i])
	}
}

func (d *looseParts) takeOffset(w string) {
	digits := strings.ReplaceAll(w[1:], ":", "")
	n, err := strconv.Atoi(digits)
	if err != nil || n > 1400 {
		return
	}
	d.offset = n/100*60 + n%100
	if w[0] == '-' {
		d.offset = -d.offset
	}
}
