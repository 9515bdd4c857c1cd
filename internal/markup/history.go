package markup

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A head is a stretch of lines that introduces history or a forwarded mail.
type head struct {
	first, last int
	forward     bool
	attribution bool // one sentence ("On … wrote:"), not a header
}

// assign gives every line its role, from top to bottom, once.
func assign(lines []line) []role {
	roles := make([]role, len(lines))
	spoken := false
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if h, ok := headAt(lines, i); ok && (l.quoted == 0 || h.forward) {
			i = enterHistory(lines, roles, h, spoken)
			continue
		}
		switch {
		case l.quoted > 0:
			roles[i] = history
		case l.mark == markHistory:
			roles[i] = history
		case l.mark == markForward:
			roles[i] = passed
		case l.mark == markSignature && spoken:
			roles[i] = signed
		case !l.blank():
			spoken = true
		}
	}
	joinWrapped(lines, roles)
	takeRulers(lines, roles)
	return roles
}

// enterHistory gives roles to a head and what it governs, and returns the last line it dealt with.
func enterHistory(lines []line, roles []role, h head, spoken bool) int {
	r := intro
	if h.forward {
		r = passed
	}
	fill(roles, h.first, h.last+1, r)
	next := h.last + 1
	for next < len(lines) && lines[next].blank() {
		next++
	}
	inside := lines[h.first].within
	switch {
	case h.forward && lines[h.first].quoted > 0:
		return fillQuoted(lines, roles, h.last+1, passed)
	case h.forward && lines[h.first].mark == markForward:
		return fillWithin(lines, roles, h.last+1, passed)
	case h.forward:
		fill(roles, h.last+1, len(lines), passed)
	case lines[h.first].mark == markHistory && inside != nil:
		return fillWithin(lines, roles, h.last+1, history)
	case next < len(lines) && lines[next].quoted > 0:
		return h.last
	case h.attribution && !spoken:
		// Above everything, with nothing marked below: the words below may well be the answer.
		return h.last
	default:
		fill(roles, h.last+1, len(lines), history)
	}
	return len(lines)
}

func fill(roles []role, from, to int, r role) {
	for i := from; i < to; i++ {
		roles[i] = r
	}
}

// fillQuoted gives a role to the quoted lines from i on, and returns the last of them.
func fillQuoted(lines []line, roles []role, i int, r role) int {
	for i < len(lines) && (lines[i].quoted > 0 || lines[i].blank() && i+1 < len(lines) && lines[i+1].quoted > 0) {
		roles[i] = r
		i++
	}
	return i - 1
}

// fillWithin gives a role to the lines that stand in the same marked element.
func fillWithin(lines []line, roles []role, i int, r role) int {
	for inside := lines[max(i-1, 0)].within; i < len(lines) && lines[i].within == inside; i++ {
		roles[i] = r
	}
	return i - 1
}

// joinWrapped gives back to a quote the ends of its lines that a mail program broke off without a quote mark.
func joinWrapped(lines []line, roles []role) {
	for i := 1; i+1 < len(lines); i++ {
		above, below := lines[i-1], lines[i+1]
		if roles[i] != person || lines[i].blank() || roles[i-1] != history || roles[i+1] != history || below.quoted == 0 && above.quoted > 0 {
			continue
		}
		first, _ := utf8.DecodeRuneInString(lines[i].body)
		lower := strings.ToLower(string(first)) == string(first) && strings.ToUpper(string(first)) != string(first)
		if lower && len(above.raw) >= 55 && !strings.HasSuffix(above.body, ".") {
			roles[i] = history
		}
	}
}

// takeRulers gives the line drawn above a head to the head.
func takeRulers(lines []line, roles []role) {
	for i := range lines {
		if roles[i] == person || i == 0 || roles[i-1] != person || roles[i] == signed {
			continue
		}
		j := i - 1
		for j > 0 && lines[j].blank() {
			j--
		}
		if i-j <= 4 && roles[j] == person && (isRuler(lines[j].body) || isFramed(lines[j].body)) && (roles[i] == intro || roles[i] == passed) {
			fill(roles, j, i, roles[i])
		}
	}
}

// isFramed tells words between dashes, as programs write in any language above a header.
func isFramed(s string) bool {
	return len(s) < 100 && strings.HasPrefix(s, "-----") && strings.HasSuffix(s, "-----")
}

func isRuler(s string) bool {
	return len(s) >= 3 && strings.Trim(s, "-_=*~#+—– ") == ""
}

// headAt recognises a head that begins at line i.
func headAt(lines []line, i int) (head, bool) {
	l := lines[i]
	if l.blank() || len(l.body) > 500 {
		return head{}, false
	}
	if forward, ok := separator(l.body); ok {
		last := i
		if end, ok := headerBlock(lines, skipBlank(lines, i+1, 2), true); ok {
			last = end
		}
		return head{first: i, last: last, forward: forward}, true
	}
	if end, ok := headerBlock(lines, i, i > 0 && aboveIsRuler(lines, i)); ok {
		return head{first: i, last: end}, true
	}
	if end, ok := attribution(lines, i); ok {
		return head{first: i, last: end, attribution: true}, true
	}
	if introducesQuote(lines, i) {
		return head{first: i, last: i, attribution: true}, true
	}
	return marked(lines, i)
}

// introducesQuote recognises shorter lines that count only because a quote follows at once: "Maya wrote:",
// "2025/3/4 Maya <maya@shop.example>".
func introducesQuote(lines []line, i int) bool {
	next := skipBlank(lines, i+1, 2)
	if next >= len(lines) || lines[next].quoted <= lines[i].quoted || len(lines[i].body) > 160 {
		return false
	}
	s := foldLine(lines[i].body)
	if strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") {
		return endsInVerb(s) && len(strings.Fields(s)) <= 10
	}
	return numbers.MatchString(s) && dateSign.MatchString(s) && address.MatchString(s) && strings.HasSuffix(s, ">")
}

// marked takes a head from the mail program's own mark, whatever its language.
func marked(lines []line, i int) (head, bool) {
	l := lines[i]
	begins := i == 0 || lines[i-1].within != l.within
	switch {
	case l.mark == markHead:
		last := i
		for last+1 < len(lines) && lines[last+1].within == l.within {
			last++
		}
		return head{first: i, last: last}, true
	case l.mark == markHistory && begins:
		return head{first: i, last: i}, true
	}
	return head{}, false
}

func skipBlank(lines []line, i, most int) int {
	for n := 0; i < len(lines) && lines[i].blank() && n < most; n++ {
		i++
	}
	return i
}

func aboveIsRuler(lines []line, i int) bool {
	for j := i - 1; j >= max(i-3, 0); j-- {
		if !lines[j].blank() {
			return isRuler(lines[j].body)
		}
	}
	return false
}

// separator recognises "-----Original Message-----" and its kin, with dashes or, as Apple writes it, with a colon.
func separator(body string) (forward, ok bool) {
	inner := strings.Trim(body, "-_=*~#+—– :>：")
	if inner == body || inner == "" || len(inner) > 120 {
		return false, false
	}
	dashes := len(body)-len(strings.TrimLeft(body, "-_=*~#+—–")) >= 2
	inner = strings.ToLower(inner)
	colon := strings.HasSuffix(body, ":") || strings.HasSuffix(body, "：")
	for _, w := range forwardWords {
		if inner == w || dashes && strings.HasPrefix(inner, w) {
			return true, dashes || colon
		}
	}
	for _, w := range originalWords {
		if inner == w || dashes && strings.HasPrefix(inner, w) && len(inner) < len(w)+40 {
			return false, dashes
		}
	}
	return false, false
}

// headerBlock recognises a header written into the text at line i ("From: … Sent: … To: … Subject: …") and returns its last
// line. It wants three different fields, or two below a drawn line, and an address or both date and subject among them, so
// that a journey ("From: Bonn, To: Rome") is not one.
func headerBlock(lines []line, i int, announced bool) (end int, ok bool) {
	if i >= len(lines) || lines[i].field == "" {
		return 0, false
	}
	seen := map[string]bool{}
	end, address, depth := i, false, lines[i].quoted
	for j, loose := i, 0; j < len(lines) && loose < 4 && j < i+40; j++ {
		l := lines[j]
		kind := l.field
		switch {
		case l.quoted != depth && !l.blank(), isFramed(l.body), isRuler(l.body):
			loose = 4
		case kind != "":
			seen[kind], end, loose = true, j, 0
			address = address || strings.Contains(l.body, "@")
		case l.blank():
			loose += 2
		default:
			loose++
		}
	}
	proven := address || announced || seen["subject"] && seen["date"]
	if !proven || !seen["from"] && !(seen["to"] && seen["date"]) {
		return 0, false
	}
	return end, len(seen) >= 3 || announced && len(seen) >= 2
}

// fieldOf gives the meaning of a header line's name, "" for any other line.
func fieldOf(body string) string {
	n := strings.IndexAny(body, ":：")
	if n <= 0 || n > 60 || smiley.MatchString(body[n:]) {
		return ""
	}
	return headerWords[strings.ToLower(strings.Trim(body[:n], "*_ |•·"))]
}

var (
	smiley   = regexp.MustCompile(`^:['o-]?[()DPp/|\\]+(?:\s|$)`)
	address  = regexp.MustCompile(`[^\s<>@"]@[^\s<>@"]+\.[^\s<>@"]|<mailto:|\[mailto:`)
	dateSign = regexp.MustCompile(`(?:^|\D)(?:19|20)\d\d(?:\D|$)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d年|\d년|(?:^|\D)25[67]\d(?:\D|$)|[۰-۹٠-٩]{4}`)
	timeSign = regexp.MustCompile(`\d{1,2}[:.h時시]\s?\d{2}|[۰-۹٠-٩]{1,2}:[۰-۹٠-٩]{2}|\d\s?(?:am|pm|uhr)\b`)
	dayFirst = regexp.MustCompile(`^\D{0,28}[\d۰-۹٠-٩]`)
	dashEnd  = regexp.MustCompile(`[-—–]{2,}\s*$`)
	numbers  = regexp.MustCompile(`^[\d۰-۹٠-٩]{1,4}[\s./年년-]`)
)

var wrote, starts, weekday, quoting = phrasesOf(wroteWords), phrasesOf(startWords), phrasesOf(weekdays), phrasesOf(quotingWords)

// phrases finds whole words by their first letter; it is many times faster than one large pattern.
type phrases map[rune][]string

func phrasesOf(words []string) phrases {
	p := phrases{}
	for _, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		p[first] = append(p[first], w)
	}
	return p
}

// begins gives the length of the longest phrase s begins with as a whole word, 0 for none.
func (p phrases) begins(s string) int {
	first, _ := utf8.DecodeRuneInString(s)
	longest := 0
	for _, w := range p[first] {
		if len(w) > longest && strings.HasPrefix(s, w) && !joins(lastRune(w), firstRune(s[len(w):])) {
			longest = len(w)
		}
	}
	return longest
}

// find gives the first phrase that is a whole word in s: its start and end, or -1, -1.
func (p phrases) find(s string) (start, end int) {
	before := ' '
	for i, r := range s {
		if !joins(before, r) {
			if n := p.begins(s[i:]); n > 0 {
				return i, i + n
			}
		}
		before = r
	}
	return -1, -1
}

// joins tells whether two letters belong to one word. Scripts that write without spaces have no such thing.
func joins(a, b rune) bool {
	return a < 0x590 && b < 0x590 && unicode.IsLetter(a) && unicode.IsLetter(b)
}

func firstRune(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }
func lastRune(s string) rune  { r, _ := utf8.DecodeLastRuneInString(s); return r }

// attribution recognises the sentence above a quote, over at most five lines, and returns its last line.
func attribution(lines []line, i int) (end int, ok bool) {
	if !canStart(lines[i].body) {
		return 0, false
	}
	var b strings.Builder
	for j := i; j < len(lines) && j < i+6 && b.Len() < 500; j++ {
		l := lines[j]
		if l.blank() {
			if j > i && b.Len() > 0 && j+1 < len(lines) && strings.HasPrefix(lines[j+1].body, "<") {
				continue
			}
			return 0, false
		}
		if j > i && l.quoted != lines[i].quoted {
			if !bracketEnd(l, b.String()) {
				return 0, false
			}
			b.WriteByte('>')
		}
		b.WriteString(foldLine(l.body))
		b.WriteByte(' ')
		if introducesText(strings.TrimSpace(b.String())) {
			return j, !betterStart(lines, i, j)
		}
	}
	return 0, false
}

// bracketEnd accepts "> wrote:" or ">:" below an open "<", which only looks like a quote.
func bracketEnd(l line, before string) bool {
	open := l.quoted == 1 && strings.Count(before, "<") > strings.Count(before, ">")
	return open && (l.body == ":" || l.body == "：" || contains(wrote, foldLine(l.body)))
}

// betterStart tells whether a later line of the stretch already is the whole sentence: then the first lines are the writer's.
func betterStart(lines []line, i, j int) bool {
	for s := j; s > i; s-- {
		first := foldLine(lines[s].body)
		if !startsSentence(first) || numbers.MatchString(first) {
			continue
		}
		var b strings.Builder
		for _, l := range lines[s : j+1] {
			b.WriteString(foldLine(l.body) + " ")
		}
		if introducesText(strings.TrimSpace(b.String())) {
			return true
		}
	}
	return false
}

func foldLine(s string) string { return strings.ToLower(s) }

// canStart is the cheap test that keeps the search linear.
func canStart(body string) bool {
	s := strings.TrimLeft(foldLine(body), "-*_—– \"'")
	return startsSentence(s) || quoting.begins(s) > 0 || s != "" && s[0] >= '0' && s[0] <= '9' || strings.Contains(s, "@") || contains(wrote, s)
}

// introduces tells whether one line alone introduces history.
func introduces(l line) bool {
	_, sep := separator(l.body)
	return sep || introducesText(foldLine(l.body))
}

// introducesText judges a folded sentence: it needs a verb of writing or a sender with date and time, evidence of date
// or sender, and the right ending.
func introducesText(s string) bool {
	if len(s) > 500 || len(s) < 6 {
		return false
	}
	framed := strings.HasPrefix(s, "---")
	s = strings.TrimLeft(s, "-*_—– \"'")
	dashed := dashEnd.MatchString(s)
	s = strings.TrimRight(s, "-—– *_")
	colon := strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：")
	if !colon && !dashed {
		return endsInVerb(s) && dateSign.MatchString(s) && address.MatchString(s)
	}
	_, verb := wrote.find(s)
	hasDate, hasAddress := dateSign.MatchString(s), address.MatchString(s)
	hasTime := timeSign.MatchString(s)
	switch {
	case verb >= 0 && framed && dashed:
		return true
	case quoting.begins(s) > 0:
		return hasAddress || len(s) < 80
	case verb >= 0 && (hasDate || hasTime) && (hasAddress || dayFirst.MatchString(s)):
		return true
	case verb >= 0 && hasAddress:
		return starts.begins(s) > 0 || len(s)-verb < 3
	}
	return hasDate && hasTime && hasAddress && (numbers.MatchString(s) || startsSentence(s))
}

// startsSentence tells whether a folded line can begin an introduction by its first word.
func startsSentence(s string) bool { return starts.begins(s) > 0 || weekday.begins(s) > 0 }

func contains(p phrases, s string) bool {
	start, _ := p.find(s)
	return start >= 0
}

// endsInVerb looks for a verb of writing in the last words only.
func endsInVerb(s string) bool {
	tail := s[max(0, len(s)-48):]
	for range 3 {
		start, end := wrote.find(tail)
		if start < 0 {
			return false
		}
		if len(tail)-end < 4 {
			return true
		}
		tail = tail[end:]
	}
	return false
}
