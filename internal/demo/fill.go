package demo

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

var datePlace = regexp.MustCompile(`\{\{(\w+) ([^{}]+)\}\}`)

// fill writes the dates into a text that was sent at the given time.
func (s *stage) fill(text string, at time.Time) (string, error) {
	var failed error
	filled := datePlace.ReplaceAllStringFunc(text, func(place string) string {
		parts := datePlace.FindStringSubmatch(place)
		words, err := s.date(parts[1], parts[2], at)
		if err != nil && failed == nil {
			failed = err
		}
		return words
	})
	if failed == nil && strings.Contains(filled, "{{") {
		failed = fmt.Errorf("the text holds a place for a date that cannot be read")
	}
	return filled, failed
}

func (s *stage) date(form, what string, at time.Time) (string, error) {
	if form == "due" {
		d := s.open[what]
		if d == nil {
			return "", fmt.Errorf("there is no promise %q to tell the time of", what)
		}
		if sameDay(d.DueAt, at) {
			return d.DueAt.Format(todayAt[s.Language]), nil
		}
		return told(d.DueAt, s.Language, "due"), nil
	}
	if form != "day" && form != "date" {
		return "", fmt.Errorf("%q is not a form of date", form)
	}
	// Seen from a mail, yesterday is the day before it was sent, not the day before the demo starts.
	day, err := When(what+" 12:00").at(at, at, s.hours)
	if err != nil {
		return "", err
	}
	return told(day, s.Language, form), nil
}

func sameDay(a, b time.Time) bool {
	return a.Format(time.DateOnly) == b.In(a.Location()).Format(time.DateOnly)
}

// todayAt is how a time on the day of writing is told, so that "by" and "bis" can stand before it.
var todayAt = map[string]string{"en": "15:04 today", "de": "15:04 Uhr", "es": "hoy a las 15:04", "ar": "اليوم الساعة 15:04"}

var dayNames = map[string][]string{
	"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	"de": {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	"es": {"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
	"ar": {"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
}

var monthNames = map[string][]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	"es": {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
	"ar": {"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
}

// told writes a date as people write it in a mail: "Thursday 14 May at 16:00", "Donnerstag, 14. Mai um 16:00 Uhr".
func told(t time.Time, language, form string) string {
	weekday, month := dayNames[language][t.Weekday()], monthNames[language][t.Month()-1]
	date := fmt.Sprintf(map[string]string{"en": "%d %s", "de": "%d. %s", "es": "%d de %s", "ar": "%d %s"}[language], t.Day(), month)
	switch form {
	case "day":
		return weekday
	case "date":
		return date
	}
	whole := map[string]string{"en": "%s %s at %s", "de": "%s, %s um %s Uhr", "es": "%s %s a las %s", "ar": "%s %s الساعة %s"}[language]
	return fmt.Sprintf(whole, weekday, date, t.Format("15:04"))
}
