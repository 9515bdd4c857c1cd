package calendar

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// countries are those whose rules the library knows, by ISO 3166 code; a region
// replaces its country's list, or adds to it where the library says so itself.
var countries = map[string][]*cal.Holiday{
	"AR": ar.Holidays, "AT": at.Holidays, "BE": be.Holidays, "BG": bg.Holidays, "BR": br.Holidays,
	"CA": ca.Holidays, "CH": ch.Holidays, "CZ": cz.Holidays, "DE": de.Holidays, "DK": dk.Holidays,
	"ES": es.Holidays, "FR": fr.Holidays, "GB": gb.Holidays, "GR": gr.Holidays, "HR": hr.Holidays,
	"IE": ie.Holidays, "IT": it.Holidays, "JP": jp.Holidays, "LT": lt.Holidays, "LV": lv.Holidays,
	"NL": nl.Holidays, "NO": no.Holidays, "NZ": nz.Holidays, "PL": pl.Holidays, "RO": ro.Holidays,
	"RU": ru.Holidays, "SE": se.Holidays, "SI": si.Holidays, "SK": sk.Holidays, "UA": ua.Holidays,
	"US": us.Holidays, "ZA": za.Holidays,

	"AU-ACT": au.HolidaysACT, "AU-NSW": au.HolidaysNSW, "AU-NT": au.HolidaysNT, "AU-QLD": au.HolidaysQLD,
	"AU-SA": au.HolidaysSA, "AU-TAS": au.HolidaysTAS, "AU-VIC": au.HolidaysVIC, "AU-WA": au.HolidaysWA,

	"CH-AG": ch.HolidaysAG, "CH-AI": ch.HolidaysAI, "CH-AR": ch.HolidaysAR, "CH-BE": ch.HolidaysBE,
	"CH-BL": ch.HolidaysBL, "CH-BS": ch.HolidaysBS, "CH-FR": ch.HolidaysFR, "CH-GE": ch.HolidaysGE,
	"CH-GL": ch.HolidaysGL, "CH-GR": ch.HolidaysGR, "CH-JU": ch.HolidaysJU, "CH-LU": ch.HolidaysLU,
	"CH-NE": ch.HolidaysNE, "CH-NW": ch.HolidaysNW, "CH-OW": ch.HolidaysOW, "CH-SG": ch.HolidaysSG,
	"CH-SH": ch.HolidaysSH, "CH-SO": ch.HolidaysSO, "CH-SZ": ch.HolidaysSZ, "CH-TG": ch.HolidaysTG,
	"CH-TI": ch.HolidaysTI, "CH-UR": ch.HolidaysUR, "CH-VD": ch.HolidaysVD, "CH-VS": ch.HolidaysVS,
	"CH-ZG": ch.HolidaysZG, "CH-ZH": ch.HolidaysZH,

	"DE-BB": de.HolidaysBB, "DE-BE": de.HolidaysBE, "DE-BW": de.HolidaysBW, "DE-BY": de.HolidaysBY,
	"DE-HB": de.HolidaysHB, "DE-HE": de.HolidaysHE, "DE-HH": de.HolidaysHH, "DE-MV": de.HolidaysMV,
	"DE-NI": de.HolidaysNI, "DE-NW": de.HolidaysNW, "DE-RP": de.HolidaysRP, "DE-SH": de.HolidaysSH,
	"DE-SL": de.HolidaysSL, "DE-SN": de.HolidaysSN, "DE-ST": de.HolidaysST, "DE-TH": de.HolidaysTH,
}

// Known reports whether there are holidays for that country or region ("DE", "DE-BY").
func Known(country string) bool {
	_, ok := countries[country]
	return ok
}

// Countries lists what Known knows, in order.
func Countries() []string {
	return slices.Sorted(maps.Keys(countries))
}

// Public returns the days of one year on which the country rests: the public holidays,
// and where law moves one off a weekend, the day people have off instead as well. It is
// a start to be edited: decrees, school breaks and the firm's own days are not in it.
func Public(country string, year int) []Holiday {
	names := map[string]string{}
	for y := year - 1; y <= year+1; y++ { // New Year's Day may be observed in December
		for _, h := range rules(country) {
			actual, observed := h.Calc(y)
			for _, on := range []time.Time{actual, observed} {
				if date := on.Format(time.DateOnly); !on.IsZero() && on.Year() == year && !strings.Contains(names[date], h.Name) {
					names[date] = joined(names[date], h.Name)
				}
			}
		}
	}
	out := make([]Holiday, 0, len(names))
	for _, date := range slices.Sorted(maps.Keys(names)) {
		out = append(out, Holiday{Date: date, Name: names[date]})
	}
	return out
}

func joined(names, name string) string {
	if names == "" {
		return name
	}
	return names + " / " + name
}

// Seed returns c with the public holidays of its country for this year and the two after
// it, as far as they are not there yet. A year that has been written before is left as
// the desk edited it; own dates stay, and win over a public holiday of the same date.
func (c Calendar) Seed(now time.Time) Calendar {
	year := now.In(Zone(c.Zone)).Year()
	from, taken := year, map[string]bool{}
	for _, h := range c.Holidays {
		taken[h.Date] = true
		if d, err := time.Parse(time.DateOnly, h.Date); err == nil && !h.Own {
			from = max(from, d.Year()+1)
		}
	}
	c.Holidays = slices.Clone(c.Holidays)
	for y := from; y <= year+2; y++ {
		for _, h := range Public(c.Country, y) {
			if !taken[h.Date] {
				c.Holidays = append(c.Holidays, h)
			}
		}
	}
	slices.SortStableFunc(c.Holidays, func(a, b Holiday) int { return strings.Compare(a.Date, b.Date) })
	return c
}

// Follow returns c following another country: the public holidays of the old one from
// this year on go, those of the new one come, own dates and the past stay.
func (c Calendar) Follow(country string, now time.Time) Calendar {
	start := now.In(Zone(c.Zone)).Format("2006") + "-01-01"
	kept := make([]Holiday, 0, len(c.Holidays))
	for _, h := range c.Holidays {
		if h.Own || h.Date < start {
			kept = append(kept, h)
		}
	}
	c.Country, c.Holidays = country, kept
	return c.Seed(now)
}
