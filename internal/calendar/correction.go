package calendar

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/nl"
)

// What the library leaves out of the law of a country, or adds to it. It is written for
// offices that rest on Sundays and omits feasts that always fall on one; a desk that
// answers on Sundays needs them.
var (
	missing = map[string][]*cal.Holiday{
		"BG": {easterSunday("Великден", true)},
		"DK": {easterSunday("Påskedag", false), whitSunday("Pinsedag")},
		"LT": {easterSunday("Velykos", false)},
		"NL": {easterSunday("Eerste Paasdag", false), whitSunday("Eerste Pinksterdag"), koningsdag},
		"NO": {easterSunday("Første påskedag", false), whitSunday("Første pinsedag")},
		"PL": {easterSunday("Wielkanoc", false), whitSunday("Zielone Świątki"), wigilia},
	}
	// Constitution Day closes Danish banks and public offices only; Good Friday is no day
	// off in Dutch law, Liberation Day one in five years, and King's Day moves entirely.
	surplus = map[string][]*cal.Holiday{
		"DK": {dk.Grundlovsdag},
		"NL": {nl.GoedeVrijdag, nl.BevrijdingsDag, nl.Koningsdag},
	}
	// Wigilia is a day off in Poland since the act of December 2024.
	wigilia = &cal.Holiday{Name: "Wigilia Bożego Narodzenia", StartYear: 2025, Month: time.December, Day: 24, Func: cal.CalcDayOfMonth}

	koningsdag = &cal.Holiday{Name: "Koningsdag", Func: func(_ *cal.Holiday, year int) time.Time {
		d := time.Date(year, time.April, 27, 0, 0, 0, 0, time.UTC)
		if d.Weekday() == time.Sunday {
			return d.AddDate(0, 0, -1)
		}
		return d
	}}
)

func easterSunday(name string, julian bool) *cal.Holiday {
	return &cal.Holiday{Name: name, Julian: julian, Func: cal.CalcEasterOffset}
}

func whitSunday(name string) *cal.Holiday {
	return &cal.Holiday{Name: name, Offset: 49, Func: cal.CalcEasterOffset}
}

// rules returns the holidays of a country as we believe them to be.
func rules(country string) []*cal.Holiday {
	out := slices.Clone(missing[country])
	for _, h := range countries[country] {
		if !slices.Contains(surplus[country], h) {
			out = append(out, h)
		}
	}
	return out
}
