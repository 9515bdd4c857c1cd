package mail

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"kept/internal/mail/ical"
	"kept/internal/mail/mime"
	"kept/internal/mail/tnef"
)

// TestEvalTNEF: the names of the files inside winmail.dat.
func TestEvalTNEF(t *testing.T) {
	dir := evalFolder(t, "tnef", "dev")
	s := score{set: "tnef", metric: "file names exact"}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.tnef"))
	for _, p := range paths {
		want := strings.Split(strings.TrimSpace(string(mustRead(t, strings.TrimSuffix(p, ".tnef")+".list"))), "\n")
		c, err := tnef.Read(mustRead(t, p))
		var got []string
		for _, f := range c.Files {
			got = append(got, f.Name)
		}
		s.count(filepath.Base(p), err == nil && sameSet(withoutBody(got), withoutBody(want)) && containsAll(got, want), "got ", got, " want ", want, " ", err)
	}
	s.report(t, .9)
}

// withoutBody drops the rich text of the message, which some lists count as a file and some do not.
func withoutBody(names []string) []string {
	var out []string
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "body.rtf" && n != "body.html" {
			out = append(out, n)
		}
	}
	return out
}

func containsAll(have, want []string) bool {
	for _, w := range want {
		found := w == ""
		for _, h := range have {
			found = found || sameSet([]string{h}, []string{w})
		}
		if !found {
			return false
		}
	}
	return true
}

// sameSet compares names; a blank and an underscore are one, since lists were made by tools that write one for the other.
func sameSet(a, b []string) bool {
	norm := func(in []string) string {
		var out []string
		for _, s := range in {
			if s = strings.ReplaceAll(strings.TrimSpace(s), " ", "_"); s != "" {
				out = append(out, s)
			}
		}
		sort.Strings(out)
		return strings.Join(out, "\n")
	}
	return norm(a) == norm(b)
}

// TestEvalCalendar: DTSTART, RRULE and TZID as the jCal beside each file has them.
func TestEvalCalendar(t *testing.T) {
	dir := evalFolder(t, "icalendar", "dev")
	s := score{set: "icalendar", metric: "DTSTART, RRULE, TZID as jCal"}
	read := score{set: "icalendar", metric: "events read"}
	paths, _ := filepath.Glob(filepath.Join(dir, "*.ics"))
	for _, p := range paths {
		raw := mustRead(t, p)
		events := ical.Parse(raw)
		read.count(filepath.Base(p), len(events) == bytes.Count(bytes.ToUpper(raw), []byte("BEGIN:VEVENT")), len(events))
		want, err := os.ReadFile(strings.TrimSuffix(p, ".ics") + ".json")
		if err != nil {
			continue
		}
		var tree any
		if err := json.Unmarshal(want, &tree); err != nil {
			continue
		}
		var got, exp []string
		for _, c := range ical.Components(raw) {
			ours(c, &got)
		}
		jcal(tree, &exp)
		s.count(filepath.Base(p), strings.Join(got, "\n") == strings.Join(exp, "\n"), "\n   got  ", got, "\n   want ", exp)
	}
	read.report(t, 1)
	s.report(t, .95)
}

func ours(c *ical.Component, out *[]string) {
	for i := range c.Properties {
		p := &c.Properties[i]
		switch p.Name {
		case "DTSTART":
			*out = append(*out, "dtstart "+squeezeTime(p.Value)+" "+p.Params["TZID"])
		case "RRULE":
			*out = append(*out, "rrule "+ruleOf(p.Value))
		}
	}
	for _, sub := range c.Components {
		ours(sub, out)
	}
}

// jcal walks ["vcalendar", [properties], [components]] or a list of them (RFC 7265).
func jcal(v any, out *[]string) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return
	}
	if _, named := list[0].(string); !named {
		for _, c := range list {
			jcal(c, out)
		}
		return
	}
	if len(list) < 3 {
		return
	}
	props, _ := list[1].([]any)
	for _, p := range props {
		prop, _ := p.([]any)
		if len(prop) < 4 {
			continue
		}
		params, _ := prop[1].(map[string]any)
		switch prop[0] {
		case "dtstart":
			zone, _ := params["tzid"].(string)
			text, _ := prop[3].(string)
			*out = append(*out, "dtstart "+squeezeTime(text)+" "+zone)
		case "rrule":
			rule, _ := prop[3].(map[string]any)
			*out = append(*out, "rrule "+ruleFrom(rule))
		}
	}
	jcal(list[2], out)
}

func squeezeTime(s string) string {
	return strings.NewReplacer("-", "", ":", "").Replace(s)
}

// ruleOf writes an RRULE with its parts in order of their names.
func ruleOf(s string) string {
	m := map[string]string{}
	for _, part := range strings.Split(s, ";") {
		k, v, _ := strings.Cut(part, "=")
		m[strings.ToLower(k)] = squeezeTime(v)
	}
	return sortedRule(m)
}

func ruleFrom(rule map[string]any) string {
	m := map[string]string{}
	for k, v := range rule {
		var b []byte
		if s, ok := v.(string); ok {
			b = []byte(squeezeTime(s))
		} else {
			b, _ = json.Marshal(v)
		}
		m[k] = squeezeTime(strings.NewReplacer("[", "", "]", "", `"`, "").Replace(string(b)))
	}
	return sortedRule(m)
}

func sortedRule(m map[string]string) string {
	var keys []string
	for k := range m {
		keys = append(keys, k+"="+m[k])
	}
	sort.Strings(keys)
	return strings.Join(keys, ";")
}

// TestEvalAddresses: what can be sent to and what cannot.
func TestEvalAddresses(t *testing.T) {
	f, err := os.Open(evalFolder(t, "addresses-urls", "dev", "mailboxes.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := score{set: "addresses-urls", metric: "accepted or refused alike"}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var c struct {
			ID, Address, Category string
			Valid                 *bool
		}
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		want := c.Category == "ISEMAIL_VALID_CATEGORY" || c.Category == "ISEMAIL_DNSWARN" || c.Category == "ISEMAIL_RFC5321"
		if c.Valid != nil {
			want = *c.Valid
		}
		s.count(c.ID, Sendable(c.Address) == want, c.Address, " ", want, " ", c.Category)
	}
	s.report(t, .9)
}

// TestEvalVolume: real mail of 2002 and 2003, mostly from lists, is all read; what lists sent is known as such.
func TestEvalVolume(t *testing.T) {
	dir := evalFolder(t, "mail-spamassassin", "dev")
	read := score{set: "mail-spamassassin", metric: "read with sender and text"}
	lists := score{set: "mail-spamassassin", metric: "list mail known as list"}
	for _, p := range evalFiles(t, dir) {
		m := Parse(mustRead(t, p))
		name := filepath.Base(p)
		read.count(name, m.Quarantine == "" && len(m.From) > 0 && (strings.TrimSpace(m.Text) != "" || len(m.Attachments) > 0), m.Quarantine, m.From)
		if mime.Header(m.Header).Has("List-Id") || m.Header.Has("List-Unsubscribe") || strings.EqualFold(m.Header.Get("Precedence"), "list") {
			lists.count(name, m.Kind == List && !m.MayAutoReply(), m.Kind, " ", m.Subject)
		}
	}
	read.report(t, .98)
	lists.report(t, .99)
}
