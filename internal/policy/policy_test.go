package policy

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kept/internal/calendar"
	"kept/internal/team"
)

var office = calendar.Calendar{Name: "Office", Zone: "Europe/Vienna", Hours: calendar.Office()}

// shop is the desk of Fern & Clay: four hours for a first answer, one for the next.
var shop = team.Desk{Name: "Shop", FromName: "Fern & Clay", FirstReplyMinutes: 240, NextReplyMinutes: 60, Language: "en"}

func at(t *testing.T, zone, text string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04:05", text, calendar.Zone(zone))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestReplyDue(t *testing.T) {
	for _, c := range []struct {
		name  string
		desk  team.Desk
		cal   calendar.Calendar
		first bool
		came  string
		want  string
	}{
		{"no time at all still gives a minute", team.Desk{}, office, true, "2026-03-04 10:00:00", "2026-03-04 10:01:00"},
		{"less than none too", team.Desk{NextReplyMinutes: -5}, office, false, "2026-03-04 10:00:00", "2026-03-04 10:01:00"},
		{"a calendar without hours runs round the clock", shop, calendar.Calendar{}, true, "2026-03-07 23:00:00", "2026-03-08 03:00:00"},
		{"the first answer", shop, office, true, "2026-03-04 10:00:00", "2026-03-04 14:00:00"},
		{"a later one", shop, office, false, "2026-03-04 10:00:00", "2026-03-04 11:00:00"},
		{"seconds round up, for the customer's minute is ours", shop, office, false, "2026-03-04 10:00:01", "2026-03-04 11:01:00"},
		{"written on Friday evening", shop, office, true, "2026-03-06 16:00:00", "2026-03-09 12:00:00"},
		{"written on Saturday", shop, office, false, "2026-03-07 11:11:11", "2026-03-09 10:00:00"},
		{"over the change of clocks", shop, office, true, "2026-03-27 15:30:00", "2026-03-30 11:30:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ReplyDue(c.desk, c.cal, c.first, at(t, "Europe/Vienna", c.came))
			if want := at(t, "Europe/Vienna", c.want); !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestReplyDueIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := time.Unix(rapid.Int64Range(1_500_000_000, 1_900_000_000).Draw(t, "came"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos"))
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(72*time.Hour)).Draw(t, "later")))
		desk := team.Desk{FirstReplyMinutes: rapid.Int64Range(-10, 6000).Draw(t, "minutes")}
		first, second := ReplyDue(desk, office, true, a), ReplyDue(desk, office, true, b)
		if second.Before(first) || !first.After(a) {
			t.Fatalf("came %v due %v, came %v due %v", a, first, b, second)
		}
	})
}

func TestWords(t *testing.T) {
	const due = "2026-03-24 14:00:00" // a Tuesday
	for _, c := range []struct {
		zone, language, now, want string
	}{
		{"Europe/Vienna", "en", "2026-03-23 10:00:00", "by Tuesday 14:00"},
		{"Europe/Vienna", "en", "2026-03-24 00:00:00", "by Tuesday 14:00"},
		{"Europe/Vienna", "en", "2026-03-18 00:00:00", "by Tuesday 14:00"},
		{"Europe/Vienna", "en", "2026-03-17 23:59:00", "by Tuesday, 24 March, 14:00"}, // today is a Tuesday too
		{"Europe/Vienna", "en", "2026-03-25 09:00:00", "by Tuesday, 24 March, 14:00"}, // it has passed
		{"Europe/Vienna", "en", "2025-12-01 09:00:00", "by Tuesday, 24 March 2026, 14:00"},
		{"Europe/Vienna", "de", "2026-03-23 10:00:00", "bis Dienstag, 14:00 Uhr"},
		{"Europe/Vienna", "de-AT", "2026-03-10 10:00:00", "bis Dienstag, den 24. März, 14:00 Uhr"},
		{"Europe/Vienna", "es", "2026-03-23 10:00:00", "antes del martes a las 14:00"},
		{"Europe/Vienna", "es_MX", "2026-03-10 10:00:00", "antes del martes 24 de marzo a las 14:00"},
		{"Europe/Vienna", "fr", "2026-03-23 10:00:00", "d’ici mardi à 14:00"},
		{"Europe/Vienna", "fr", "2026-03-10 10:00:00", "d’ici le mardi 24 mars à 14:00"},
		{"Europe/Vienna", "it", "2026-03-23 10:00:00", "entro martedì alle 14:00"},
		{"Europe/Vienna", "pt-BR", "2026-03-23 10:00:00", "até terça-feira às 14:00"},
		{"Europe/Vienna", "nl", "2026-03-23 10:00:00", "uiterlijk dinsdag om 14:00 uur"},
		{"Europe/Vienna", "ar", "2026-03-23 10:00:00", "قبل يوم الثلاثاء الساعة 14:00"},
		{"Europe/Vienna", "", "2026-03-23 10:00:00", "by Tuesday 14:00"},
		{"Europe/Vienna", "tlh", "2026-03-23 10:00:00", "by Tuesday 14:00"},
		{"Asia/Kolkata", "en", "2026-03-23 10:00:00", "by Tuesday 18:30"},
		{"Pacific/Auckland", "en", "2026-03-23 10:00:00", "by Wednesday 02:00"},
		{"nowhere", "en", "2026-03-23 10:00:00", "by Tuesday 13:00"},
	} {
		if got := Words(at(t, "Europe/Vienna", due), at(t, "Europe/Vienna", c.now), c.zone, c.language); got != c.want {
			t.Errorf("%s %s at %s: got %q, want %q", c.zone, c.language, c.now, got, c.want)
		}
	}
	newYear := Words(at(t, "UTC", "2027-01-01 09:00:00"), at(t, "UTC", "2026-12-30 09:00:00"), "UTC", "en")
	if newYear != "by Friday 09:00" {
		t.Errorf("over New Year a weekday within the week is enough: %q", newYear)
	}
}

func TestEveryLanguageIsComplete(t *testing.T) {
	now := at(t, "UTC", "2026-03-04 10:00:00")
	for _, language := range Languages {
		for n := range 370 {
			words := Words(now.AddDate(0, 0, n), now, "UTC", language)
			if strings.ContainsAny(words, "{}") || !strings.Contains(words, "10:00") || strings.Contains(words, "  ") {
				t.Fatalf("%s: %q", language, words)
			}
		}
		l := Acknowledgement(shop, "Tom Berger", language, "UTC", now.Add(time.Hour), now)
		for _, part := range []string{"Tom Berger", "11:00", "UTC", "Fern & Clay"} {
			if !strings.Contains(l.Text, part) || strings.ContainsAny(l.Text, "{}") {
				t.Errorf("%s: %q is missing in\n%s", language, part, l.Text)
			}
		}
		if l.Language != language || len(strings.Split(l.Text, "\n\n")) != 5 || strings.Count(l.HTML, "<p>") != 5 {
			t.Errorf("%s: not four paragraphs and a closing:\n%s\n%s", language, l.Text, l.HTML)
		}
	}
}

func TestAcknowledgement(t *testing.T) {
	now := at(t, "Europe/Vienna", "2026-03-23 10:00:00")
	due := at(t, "Europe/Vienna", "2026-03-24 14:00:00")
	signed := shop
	signed.SignatureText, signed.SignatureHTML = "Nadia & the team\nFern & Clay", ""
	german := shop
	german.Language = "de"
	for _, c := range []struct {
		name           string
		desk           team.Desk
		who, language  string
		zone           string
		has, hasNot    []string
		html, htmlless string
	}{
		{"a name that is an advertisement is left out", shop, "Cheap pills at http://pills.example", "en", "Europe/Vienna", []string{"Hello,\n"}, []string{"pills"}, "", "pills"},
		{"so is one that is a paragraph", shop, strings.Repeat("buy ", 30), "en", "Europe/Vienna", []string{"Hello,\n"}, []string{"buy"}, "", "buy"},
		{"and markup", shop, "<b>Tom</b>", "en", "Europe/Vienna", []string{"Hello,\n"}, []string{"<b>"}, "", "<b>"},
		{"it states the promise with its zone", shop, "Tom", "en", "Europe/Vienna", []string{"Hello Tom,", "by Tuesday 14:00 (CET)", "Warm regards\nFern & Clay"}, nil, "Fern &amp; Clay", ""},
		{"a zone without a name", shop, "Tom", "en", "Asia/Kathmandu", []string{"by Tuesday 18:45 (UTC+05:45)"}, nil, "", ""},
		{"the language of the desk where we lack the customer's", german, "Tom", "ja", "Europe/Vienna", []string{"Guten Tag Tom,", "bis Dienstag, 14:00 Uhr (CET)"}, nil, `<div lang="de">`, ""},
		{"the customer's language first", german, "Tom", "es", "Europe/Vienna", []string{"Hola, Tom:", "antes del martes a las 14:00"}, nil, `lang="es"`, ""},
		{"right to left", shop, "نادية", "ar", "Europe/Vienna", []string{"مرحبًا نادية،"}, nil, `dir="rtl"`, ""},
		{"the desk's signature", signed, "", "en", "Europe/Vienna", []string{"Hello,", "Nadia & the team\nFern & Clay"}, []string{"Warm regards"}, "Nadia &amp; the team<br>Fern &amp; Clay", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Acknowledgement(c.desk, c.who, c.language, c.zone, due, now)
			for _, part := range c.has {
				if !strings.Contains(got.Text, part) {
					t.Errorf("%q is missing in\n%s", part, got.Text)
				}
			}
			for _, part := range c.hasNot {
				if strings.Contains(got.Text, part) {
					t.Errorf("%q is in\n%s", part, got.Text)
				}
			}
			if !strings.Contains(got.HTML, c.html) || (c.htmlless != "" && strings.Contains(got.HTML, c.htmlless)) {
				t.Errorf("html: %s", got.HTML)
			}
		})
	}
}
