// Package ical reads the calendar parts of mail (RFC 5545, RFC 5546): enough to say who invites whom to what, and when.
//
// Lines are unfolded, split into name, parameters and value, and gathered by component. Dates stay as written beside
// their parsed form, with the zone they name, because a zone name is only a name until somebody who knows zones reads it.
package ical

import (
	"strings"
	"time"
)

// A Property is one content line: NAME;PARAM=value:value.
type Property struct {
	Name   string            // upper case, without group
	Params map[string]string // keys in upper case, quotes removed, first value wins
	Value  string            // as written, unfolded
}

// A Component is a VEVENT, VTIMEZONE, … with what it holds.
type Component struct {
	Name       string
	Properties []Property
	Components []*Component
}

// A Moment is a date or a time with the zone it was written in.
type Moment struct {
	Time    time.Time // in UTC where the value says so or the zone is known here, else the written clock read as UTC
	Written string    // "20260305T090000"
	Zone    string    // TZID, "UTC", or "" for a floating time
	AllDay  bool
}

// An Event is one VEVENT of a mail.
type Event struct {
	Method      string // REQUEST, CANCEL, REPLY, …, upper case
	UID         string
	Summary     string
	Description string
	Location    string
	Organizer   string // address
	Attendees   []string
	Status      string // PARTSTAT of the answering attendee for REPLY, else STATUS
	Start, End  Moment
	RRule       string
	Sequence    string
}

const maxComponents = 20000

// Parse lists the events of a calendar in order. Broken lines are passed over.
func Parse(data []byte) []Event {
	var out []Event
	for _, c := range Components(data) {
		method := strings.ToUpper(c.Value("METHOD"))
		for _, e := range c.Components {
			if e.Name == "VEVENT" {
				out = append(out, event(e, method))
			}
		}
	}
	return out
}

// Components reads the tree of a calendar file. Components that are never closed end with the file.
func Components(data []byte) []*Component {
	root := &Component{}
	stack := []*Component{root}
	total := 0
	for _, line := range unfold(string(data)) {
		p, ok := property(line)
		if !ok {
			continue
		}
		top := stack[len(stack)-1]
		switch p.Name {
		case "BEGIN":
			c := &Component{Name: strings.ToUpper(strings.TrimSpace(p.Value))}
			if total++; total > maxComponents || len(stack) > 100 {
				continue
			}
			top.Components = append(top.Components, c)
			stack = append(stack, c)
		case "END":
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		default:
			top.Properties = append(top.Properties, p)
		}
	}
	return root.Components
}

// Property finds the first property of a name, or nil.
func (c *Component) Property(name string) *Property {
	for i := range c.Properties {
		if c.Properties[i].Name == name {
			return &c.Properties[i]
		}
	}
	return nil
}

// Value is the first value of a name as written, or "".
func (c *Component) Value(name string) string {
	if p := c.Property(name); p != nil {
		return p.Value
	}
	return ""
}

func event(c *Component, method string) Event {
	e := Event{
		Method: method, UID: c.Value("UID"), Summary: text(c.Value("SUMMARY")), Description: text(c.Value("DESCRIPTION")), Location: text(c.Value("LOCATION")),
		Organizer: address(c.Value("ORGANIZER")), Status: strings.ToUpper(c.Value("STATUS")), RRule: c.Value("RRULE"), Sequence: c.Value("SEQUENCE"),
	}
	for _, p := range c.Properties {
		if p.Name == "ATTENDEE" {
			e.Attendees = append(e.Attendees, address(p.Value))
			if method == "REPLY" {
				e.Status = strings.ToUpper(p.Params["PARTSTAT"])
			}
		}
	}
	e.Start = When(c.Property("DTSTART"))
	e.End = When(c.Property("DTEND"))
	if e.End.Written == "" {
		e.End = afterDuration(e.Start, c.Value("DURATION"))
	}
	return e
}

func address(v string) string {
	if len(v) > 7 && strings.EqualFold(v[:7], "mailto:") {
		return v[7:]
	}
	return v
}

// unfold joins continued lines (RFC 5545 3.1) whatever the line ends.
func unfold(s string) []string {
	s = strings.TrimPrefix(s, "\ufeff")
	var out []string
	var open strings.Builder
	flush := func() {
		if open.Len() > 0 {
			out = append(out, open.String())
		}
		open.Reset()
	}
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line[0] == ' ' || line[0] == '\t' {
			open.WriteString(line[1:])
			continue
		}
		flush()
		open.WriteString(line)
	}
	flush()
	return out
}

// property splits one content line; quoted parameter values may hold colons and semicolons.
func property(line string) (Property, bool) {
	colon := outside(line, ':')
	if colon <= 0 {
		return Property{}, false
	}
	head, value := line[:colon], line[colon+1:]
	p := Property{Value: value}
	semi := outside(head, ';')
	if semi < 0 {
		semi = len(head)
	}
	p.Name = strings.ToUpper(strings.TrimSpace(head[:semi]))
	if dot := strings.LastIndexByte(p.Name, '.'); dot >= 0 {
		p.Name = p.Name[dot+1:]
	}
	for rest := head[semi:]; rest != ""; {
		rest = rest[1:]
		end := outside(rest, ';')
		if end < 0 {
			end = len(rest)
		}
		p.param(rest[:end])
		rest = rest[end:]
	}
	return p, p.Name != ""
}

func (p *Property) param(s string) {
	name, v, _ := strings.Cut(s, "=")
	name = strings.ToUpper(strings.TrimSpace(name))
	if _, seen := p.Params[name]; name == "" || seen {
		return
	}
	if p.Params == nil {
		p.Params = map[string]string{}
	}
	p.Params[name] = strings.ReplaceAll(v, `"`, "")
}

// outside finds a byte that is not inside double quotes.
func outside(s string, c byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == c && !quoted:
			return i
		}
	}
	return -1
}

var unescape = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

func text(v string) string { return unescape.Replace(v) }
