package policy

import (
	"html"
	"strings"
	"time"

	"kept/internal/calendar"
	"kept/internal/team"
)

// A Letter is a text to a customer in both forms.
type Letter struct {
	Text, HTML string
	Language   string // which one it is written in
}

// Acknowledgement tells a customer that his message has arrived and by when a person will
// answer it. The time is said in the given zone and with its name, because we rarely know
// where the reader is. It repeats nothing of what was written to us but a plausible name:
// an automatic answer that quotes can be made to carry somebody else's advertisement.
func Acknowledgement(desk team.Desk, name, language, zone string, due, now time.Time) Letter {
	code, t := speak(language, desk.Language)
	place := calendar.Zone(zone)
	by := t.by(due, now, place) + " (" + zoneName(due.In(place)) + ")"
	paragraphs := []string{t.greeting(name), strings.ReplaceAll(t.arrived, "{by}", by), t.add, t.automatic}
	return Letter{
		Text:     strings.Join(paragraphs, "\n\n") + "\n\n" + closingText(desk, t) + "\n",
		HTML:     t.wrap(code, paragraphs, closingHTML(desk, t)),
		Language: code,
	}
}

func (t tongue) greeting(name string) string {
	if name == "" || len([]rune(name)) > 60 || strings.ContainsAny(name, "/:@<>[]{}=\n") || strings.Contains(strings.ToLower(name), "www.") {
		return t.hello
	}
	return strings.ReplaceAll(t.helloName, "{name}", name)
}

func (t tongue) wrap(code string, paragraphs []string, closing string) string {
	var b strings.Builder
	b.WriteString(`<div lang="` + code + `"`)
	if t.rtl {
		b.WriteString(` dir="rtl"`)
	}
	b.WriteString(">")
	for _, p := range paragraphs {
		b.WriteString("<p>" + html.EscapeString(p) + "</p>")
	}
	return b.String() + closing + "</div>"
}

func closingText(desk team.Desk, t tongue) string {
	if desk.SignatureText != "" {
		return strings.TrimSpace(desk.SignatureText)
	}
	return t.regard + "\n" + desk.From()
}

func closingHTML(desk team.Desk, t tongue) string {
	switch {
	case desk.SignatureHTML != "":
		return desk.SignatureHTML
	case desk.SignatureText != "":
		return "<p>" + strings.ReplaceAll(html.EscapeString(strings.TrimSpace(desk.SignatureText)), "\n", "<br>") + "</p>"
	}
	return "<p>" + html.EscapeString(t.regard) + "<br>" + html.EscapeString(desk.From()) + "</p>"
}
