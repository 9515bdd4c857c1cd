package markup

import (
	"strings"
	"unicode"

	dom "golang.org/x/net/html"
)

// A Kind says what a part of a message is.
type Kind string

// The kinds of zones, in the order in which they usually stand.
const (
	Greeting   Kind = "greeting"
	Body       Kind = "body"
	Closing    Kind = "closing"    // "Kind regards, Maya": words of the writer, shown
	Signature  Kind = "signature"  // contact block, "Sent from my phone"
	Disclaimer Kind = "disclaimer" // law department, virus scanner, list footer
	Quote      Kind = "quote"      // history, with the line that introduces it
	Forward    Kind = "forward"    // a mail passed on, with its header
)

// A Zone is text[Start:End] (bytes). Folded zones are kept but not shown at first.
type Zone struct {
	Kind       Kind
	Start, End int
	Folded     bool
}

// Zoned is a text divided without rest: the zones follow each other from 0 to len(Text).
type Zoned struct {
	Text  string
	Zones []Zone
	// Interleaved is set where the writer answered between quoted lines; those lines are then shown with the answers.
	Interleaved bool
}

// Zones divides a plain text message. The work is linear in its length.
func Zones(text string) Zoned {
	return zoned(text, linesOf(text))
}

// Visible divides a message that has a plain part, an HTML part, or both. The plain part is preferred, because its words
// are exactly those of the writer; where only the HTML part marks history, that mark is carried over.
func Visible(text, html string) Zoned {
	if strings.TrimSpace(text) == "" {
		return zonedHTML(html)
	}
	z := Zones(text)
	if html != "" && !z.has(Quote) && !z.has(Forward) {
		if h := zonedHTML(html); h.has(Quote) {
			return FoldKnown(text, []string{h.text(Quote)})
		}
	}
	return z
}

// zonedHTML lays HTML out and divides what a reader would see.
func zonedHTML(source string) Zoned {
	flat, err := flattenSource(source, false)
	if err != nil {
		return Zones(roughText(source))
	}
	text, lines := linesOfFlat(flat)
	return zoned(text, lines)
}

// Visible is what the person newly wrote: greeting, body and closing, and, where answers stand between quoted lines, those
// lines too. Lines end with "\n", without spaces before it. A message that only forwards or only quotes shows that.
func (z Zoned) Visible() string {
	var said []string
	from, to := 0, 0
	add := func() {
		if s := strings.Trim(tidyLines(z.Text[from:to]), "\n"); s != "" {
			said = append(said, s)
		}
	}
	for _, p := range z.Zones {
		if p.Folded || p.Kind == Forward {
			add()
			from, to = p.End, p.End
			continue
		}
		to = p.End
	}
	add()
	if s := strings.TrimSpace(strings.Join(said, "\n\n")); s != "" {
		return s
	}
	return strings.TrimSpace(tidyLines(z.text(Forward)))
}

// Signed is how the message ends: closing words, name, contact block.
func (z Zoned) Signed() string {
	return strings.TrimSpace(tidyLines(z.text(Closing, Signature)))
}

func (z Zoned) has(k Kind) bool {
	for _, p := range z.Zones {
		if p.Kind == k {
			return true
		}
	}
	return false
}

// text joins the zones of some kinds as they stand.
func (z Zoned) text(kinds ...Kind) string {
	var b strings.Builder
	for _, p := range z.Zones {
		for _, k := range kinds {
			if p.Kind == k {
				b.WriteString(z.Text[p.Start:p.End])
			}
		}
	}
	return b.String()
}

func tidyLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")) {
		b.WriteString(strings.TrimRightFunc(line, unicode.IsSpace))
		if strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// A line of a message: raw text without its end, the words on it without quote marks, and what is known about it.
type line struct {
	start, end int    // bytes of the text, line end included
	raw        string // as written
	body       string // without quote marks, trimmed, with plain spaces
	quoted     int
	field      string // the meaning of a header line's name ("from", "date" …)
	mark       string
	within     *dom.Node
}

func (l line) blank() bool { return l.body == "" }

// linesOf splits a text at LF, CRLF and CR.
func linesOf(text string) []line {
	var out []line
	for start := 0; start < len(text); {
		n := strings.IndexAny(text[start:], "\r\n")
		if n < 0 {
			out = append(out, newLine(text[start:], start, len(text)))
			break
		}
		end := start + n + 1
		if text[end-1] == '\r' && end < len(text) && text[end] == '\n' {
			end++
		}
		out = append(out, newLine(text[start:start+n], start, end))
		start = end
	}
	barQuotes(out)
	return out
}

// barQuotes takes two or more lines behind "| " for a quote, as some programs mark it. A table has more bars in a line.
func barQuotes(lines []line) {
	bar := func(i int) bool {
		b := lines[i].body
		return lines[i].quoted == 0 && (b == "|" || strings.HasPrefix(b, "| ")) && strings.Count(b, "|") == 1
	}
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && bar(j) {
			j++
		}
		for k := i; j-i >= 2 && k < j; k++ {
			l := &lines[k]
			depth, rest := unquote(strings.TrimPrefix(l.body, "|"))
			l.quoted, l.body = depth+1, plainSpaces(rest)
			l.field = fieldOf(l.body)
		}
		i = max(j, i+1)
	}
}

func newLine(raw string, start, end int) line {
	depth, rest := unquote(raw)
	body := plainSpaces(rest)
	return line{start: start, end: end, raw: raw, body: body, quoted: depth, field: fieldOf(body)}
}

// linesOfFlat joins laid out HTML to a text and its lines.
func linesOfFlat(flat []flatLine) (string, []line) {
	var b strings.Builder
	lines := make([]line, 0, len(flat))
	for _, f := range flat {
		start := b.Len()
		b.WriteString(f.text)
		b.WriteByte('\n')
		_, rest := unquote(f.text)
		if f.quoted == 0 {
			rest = f.text
		}
		l := line{start: start, end: b.Len(), raw: f.text, body: plainSpaces(rest), quoted: f.quoted, mark: f.mark, within: f.within}
		if f.quoted == 0 && strings.HasPrefix(f.text, ">") {
			l.quoted, _ = unquote(f.text)
		}
		l.field = fieldOf(l.body)
		lines = append(lines, l)
	}
	return b.String(), lines
}

// unquote counts the quote marks before a line and returns what is behind them.
func unquote(s string) (depth int, rest string) {
	rest = s
	for {
		t := strings.TrimLeft(rest, " \t\u00a0")
		if len(rest)-len(t) > 4 && depth == 0 || t == "" || t[0] != '>' {
			return depth, rest
		}
		depth, rest = depth+1, t[1:]
	}
}

// plainSpaces trims, turns every kind of space into one of the plain kind, and drops marks nobody sees.
func plainSpaces(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] < 0x80 && s[i] != '\t'
	}
	if clean {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff, r == 0xad, r == 0x1427:
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s))
}

// role is what a line does before zones are drawn.
type role byte

const (
	person  role = iota // the writer's own words, or an empty line among them
	intro               // introduces history: "On … wrote:", a header
	history             // quoted or repeated
	passed              // belongs to a forwarded mail
	known               // repeats one of our own messages, without any mark
	signed              // marked as signature by the mail program
)

func zoned(text string, lines []line) Zoned {
	roles := assign(lines)
	return draw(text, lines, roles)
}

// draw turns roles into zones.
func draw(text string, lines []line, roles []role) Zoned {
	z := Zoned{Text: text}
	kinds := make([]Kind, len(lines))
	folded := make([]bool, len(lines))
	for i, r := range roles {
		switch r {
		case intro, history, known:
			kinds[i], folded[i] = Quote, true
		case passed:
			kinds[i] = Forward
		case signed:
			kinds[i], folded[i] = Signature, true
		}
	}
	spoken := false
	eachRun(roles, person, func(from, to int) {
		signOff(lines, kinds, folded, from, to, spoken)
		spoken = spoken || skipBlank(lines, from, to-from) < to
	})
	z.Interleaved = unfoldContext(lines, roles, kinds, folded)
	unfoldLonely(lines, roles, kinds, folded)
	for i, l := range lines {
		last := len(z.Zones) - 1
		if last >= 0 && z.Zones[last].Kind == kinds[i] && z.Zones[last].Folded == folded[i] {
			z.Zones[last].End = l.end
			continue
		}
		z.Zones = append(z.Zones, Zone{Kind: kinds[i], Start: l.start, End: l.end, Folded: folded[i]})
	}
	return z
}

// eachRun calls f for every stretch of lines with one role.
func eachRun(roles []role, want role, f func(from, to int)) {
	for i := 0; i < len(roles); {
		j := i
		for j < len(roles) && roles[j] == want {
			j++
		}
		if j > i {
			f(i, j)
		}
		i = max(j, i+1)
	}
}

// unfoldContext shows quoted lines that the writer's words need: those before or between answers that nothing introduces,
// and all but the last where answers stand between them.
func unfoldContext(lines []line, roles []role, kinds []Kind, folded []bool) (interleaved bool) {
	spoken := func(i int) bool { return roles[i] == person && kinds[i] == Body && !lines[i].blank() }
	last := -1
	for i := range lines {
		if spoken(i) {
			last = i
		}
	}
	answered, quotes := false, 0
	for i := range lines {
		switch {
		case roles[i] == history && lines[i].quoted > 0:
			interleaved = interleaved || answered
			quotes++
		case spoken(i) && quotes > 0:
			answered = true
		}
	}
	introduced := false
	for i := 0; i < last; i++ {
		if roles[i] == intro {
			introduced = true
		}
		if roles[i] == history && lines[i].quoted > 0 && (interleaved || !introduced) {
			folded[i] = false
		}
	}
	return interleaved
}

// unfoldLonely shows what is there where the writer added nothing: a message must not look empty.
func unfoldLonely(lines []line, roles []role, kinds []Kind, folded []bool) {
	for i := range lines {
		if !folded[i] && !lines[i].blank() {
			return
		}
	}
	for _, want := range []Kind{Signature, Quote, Disclaimer} {
		says := func(i int) bool {
			return kinds[i] == want && roles[i] != intro && !(want == Quote && introduces(lines[i]))
		}
		shown := false
		for i := range lines {
			shown = shown || says(i) && !lines[i].blank()
		}
		for i := range lines {
			folded[i] = folded[i] && !(shown && says(i))
		}
		if shown {
			return
		}
	}
}

// Embedded is the mail inside the mail: what is forwarded or answered, from its header on, without the line of dashes above
// it and without quote marks. It is "" where the message holds no header of another mail.
func (z Zoned) Embedded() string {
	lines := linesOf(z.text(Quote, Forward))
	for i := range lines {
		if _, ok := headerBlock(lines, i, true); ok {
			var b strings.Builder
			for _, l := range lines[i:] {
				s := l.raw
				if lines[i].quoted > 0 {
					_, s = unquote(s)
				}
				b.WriteString(strings.TrimRightFunc(s, unicode.IsSpace) + "\n")
			}
			return strings.TrimSpace(b.String())
		}
	}
	return ""
}
