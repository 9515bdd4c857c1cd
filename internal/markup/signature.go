package markup

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// signOff divides the writer's own lines from..to into greeting, body, closing, signature and disclaimer. spoken says that
// there are words of the writer above, so that this stretch may be nothing but a signature.
func signOff(lines []line, kinds []Kind, folded []bool, from, to int, spoken bool) {
	put := func(a, b int, k Kind) {
		for i := a; i < b; i++ {
			kinds[i], folded[i] = k, k == Signature || k == Disclaimer
		}
	}
	put(from, to, Body)
	first := skipBlank(lines, from, to-from)
	if first >= to {
		return
	}
	floor := first + 1
	if spoken {
		floor = first
	}
	end := to
	if d := delimiter(lines, floor, end); d < end {
		put(d, end, Signature)
		markDisclaimers(lines, kinds, folded, d+1, end)
		end = d
	}
	end = footers(lines, floor, end, put)
	end = devices(lines, floor, end, put)
	closeLetter(lines, floor, end, put)
	if !spoken {
		greet(lines, first, end, kinds)
	}
}

// delimiter finds the line that separates a signature: "-- " (RFC 3676 §4.3), or a drawn line with a signature below.
func delimiter(lines []line, from, to int) int {
	for i := from; i < to; i++ {
		b := lines[i].body
		switch {
		case (b == "--" || b == "- -") && strings.TrimSpace(lines[i].raw) != "" && short(lines, i+1, to, 30):
			return above(lines, from, i)
		case len(b) >= 2 && strings.Trim(b, "-_=*~#+") == "" && (i == 0 || lines[i-1].blank() || lines[i-1].quoted > 0) && signatureBelow(lines, i+1, to):
			return above(lines, from, i)
		}
	}
	return to
}

// above takes in lines that hold nothing but invisible marks (open-tracking dots) before a delimiter.
func above(lines []line, from, i int) int {
	for i > from && lines[i-1].blank() && strings.TrimSpace(lines[i-1].raw) != "" {
		i--
	}
	return i
}

// short tells whether few enough lines follow to be a signature.
func short(lines []line, from, to, most int) bool {
	n, long := 0, 0
	for i := from; i < to; i++ {
		if !lines[i].blank() {
			n++
		}
		if n > most || i-from > farthest {
			return false
		}
		if utf8.RuneCountInString(lines[i].body) > 120 && !isDisclaimer(lines[i].body) {
			long++
		}
	}
	return long <= 2
}

// farthest bounds how many lines are looked at from one place, so that the work stays linear.
const farthest = 120

// signatureBelow tells whether what follows a drawn line reads like a signature or a list's footer.
func signatureBelow(lines []line, from, to int) bool {
	n, contacts, footer := 0, 0, false
	for i := from; i < to; i++ {
		b := lines[i].body
		if i-from > farthest || n > 15 {
			return false
		}
		if b == "" || isRuler(b) {
			continue
		}
		n++
		if contact(b) {
			contacts++
		}
		law := isFooter(b, b) || isDisclaimer(b) || strings.Contains(strings.ToLower(b), "mailing list")
		footer = footer || law
		if !law && !signatureLike(b) {
			return false
		}
	}
	return n <= 15 && (contacts > 0 || footer || n <= 4 && n > 0 && nameLike(lines[skipBlank(lines, from, to-from)].body))
}

// footers takes list footers and disclaimers off the end, paragraph by paragraph.
func footers(lines []line, from, to int, put func(a, b int, k Kind)) int {
	for range 20 {
		end := to
		for end > from && lines[end-1].blank() {
			end--
		}
		start := end
		for start > from && !lines[start-1].blank() && end-start < 40 {
			start--
		}
		if start == end || !isParagraphDisclaimer(lines, start, end) {
			return to
		}
		put(start, to, Disclaimer)
		to = start
	}
	return to
}

func isParagraphDisclaimer(lines []line, from, to int) bool {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(lines[i].body + " ")
	}
	return isDisclaimer(b.String()) || isFooter(lines[from].body, b.String())
}

// isDisclaimer wants a law department's phrase, a second hint, some length, and nobody who says "I".
func isDisclaimer(s string) bool {
	if len(s) < 40 {
		return false
	}
	s = strings.ToLower(s)
	hits, own := 0, false
	for _, w := range disclaimerWords {
		phrase := strings.TrimPrefix(w, "!")
		if strings.Contains(s, phrase) {
			hits++
			own = own || phrase != w
		}
	}
	return own && hits >= 2 && !contains(firstPerson, s)
}

// isFooter tells whether a paragraph that begins with first is what a list or service adds.
func isFooter(first, paragraph string) bool {
	first = strings.ToLower(strings.TrimLeft(first, "-*_ ("))
	for _, w := range footerWords {
		phrase := strings.TrimPrefix(w, "?")
		if strings.HasPrefix(first, phrase) && (phrase == w || strings.Contains(paragraph, "://")) {
			return true
		}
	}
	return false
}

// markDisclaimers draws the law department's paragraphs out of a signature.
func markDisclaimers(lines []line, kinds []Kind, folded []bool, from, to int) {
	for i := from; i < to; {
		j := i
		for j < to && !lines[j].blank() {
			j++
		}
		if j > i && isParagraphDisclaimer(lines, i, j) {
			for k := i; k < j; k++ {
				kinds[k], folded[k] = Disclaimer, true
			}
		}
		i = j + 1
	}
}

// devices takes "Sent from my phone" off the end, and the name a telephone puts right above it.
func devices(lines []line, from, to int, put func(a, b int, k Kind)) int {
	for range 50 {
		i := to - 1
		for i >= from && lines[i].blank() {
			i--
		}
		if i < from || !isDevice(lines[i].body) {
			return to
		}
		if i-1 >= from && nameLike(lines[i-1].body) && (i-1 == from || lines[i-2].blank()) {
			i--
		}
		put(i, to, Signature)
		to = i
	}
	return to
}

var bracketed = regexp.MustCompile(`<[^<>]*>|\((?:https?|www)[^()]*\)|\[(?:https?|www)[^\[\]]*\]|https?://\S+`)

// isDevice tells a line a telephone added from a sentence that begins with the same words.
func isDevice(s string) bool {
	s = strings.ToLower(strings.TrimSpace(bracketed.ReplaceAllString(s, "")))
	s = strings.Trim(s, "-_*~—– .\"'")
	return len(strings.Fields(s)) <= 9 && !strings.ContainsAny(s, ",;?!") && deviceLines.MatchString(s)
}

// closeLetter finds closing words near the end, or a contact block without any.
func closeLetter(lines []line, from, to int, put func(a, b int, k Kind)) {
	whole := to
	for to > from && lines[to-1].blank() {
		to--
	}
	for i, words := to-1, 0; i >= from && words < 12; i-- {
		b := lines[i].body
		if b == "" {
			continue
		}
		words++
		if isClosing(b) {
			closing(lines, i, whole, put)
			return
		}
		if utf8.RuneCountInString(b) > 90 {
			break
		}
	}
	contactBlock(lines, from, to, put)
}

// closing keeps the words and the name below them in sight and folds the contact block that follows.
func closing(lines []line, i, to int, put func(a, b int, k Kind)) {
	put(i, to, Closing)
	end := i + 1
	for names := 0; end < to && names < 2; end++ {
		b := lines[end].body
		if b == "" {
			continue
		}
		if !nameLike(b) || contact(b) {
			break
		}
		names++
	}
	contacts := 0
	for j := end; j < to; j++ {
		if !signatureLike(lines[j].body) {
			return
		}
		if contact(lines[j].body) {
			contacts++
		}
	}
	if contacts > 0 {
		put(end, to, Signature)
	}
}

// signatureLike tells a line of a signature from a sentence, so that a postscript is never taken for one.
func signatureLike(s string) bool {
	words := len(strings.Fields(s))
	if postscript.MatchString(s) {
		return false
	}
	return s == "" || utf8.RuneCountInString(s) <= 90 && words <= 10 && (words <= 3 || !strings.ContainsAny(s[len(s)-1:], ".?!") || contact(s) && words <= 6)
}

// contactBlock folds a last paragraph of short lines that holds two ways to reach the writer.
func contactBlock(lines []line, from, to int, put func(a, b int, k Kind)) {
	start, contacts := to, 0
	for start > from && !lines[start-1].blank() && to-start < 12 {
		start--
		b := lines[start].body
		if !signatureLike(b) {
			return
		}
		if contact(b) {
			contacts++
		}
	}
	switch {
	case to-start == 1 && dashName(lines[start].body):
		put(start, to, Closing)
	case start > from && to-start >= 2 && contacts >= 2 && nameLike(lines[start].body) && !announced(lines, start):
		put(start, to, Signature)
	}
}

// announced tells whether the words above lead to what follows ("My new address is:"): then it is no signature.
func announced(lines []line, start int) bool {
	for i := start - 1; i >= 0; i-- {
		if !lines[i].blank() {
			return strings.HasSuffix(lines[i].body, ":")
		}
	}
	return false
}

// dashName is a name behind a dash: "-Maya", "// Tom".
func dashName(s string) bool {
	t := strings.TrimLeft(s, "-–—/~ ")
	return t != s && nameLike(t)
}

var (
	phone       = regexp.MustCompile(`\+?\(?\d[\d\s().\/-]{6,}\d`)
	contactWord = regexp.MustCompile(`^(?i:tel|telephone|phone|mobile|mob|fax|e-?mail|mail|web|website|skype|www|tél|téléphone|teléfono|telefon|handy|mobil|movil|móvil|cell|office|direct|电话|電話|тел|моб|τηλ|gsm|ext|linkedin|twitter|whatsapp)\s?[.:|]|^(?i:[tfmpewv])\s?[.:|]\s*(?:[+\d(]|www|\S+@)`)
	postscript  = regexp.MustCompile(`^(?i:p\.? ?(?:p\.? ?)?s\b|n\.?b\.?\b|edit:|btw)`)
)

// contact tells whether a line holds a way to reach somebody.
func contact(s string) bool {
	if s == "" || len(s) > 200 {
		return false
	}
	return contactWord.MatchString(s) || address.MatchString(s) || phone.MatchString(s) || strings.Contains(s, "://") || strings.Contains(s, "www.")
}

// nameLike tells a name or a job title from a sentence.
func nameLike(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > 45 || len(strings.Fields(s)) > 5 || strings.ContainsAny(s[len(s)-1:], ".?!:;") && !strings.HasSuffix(s, "r.") {
		return false
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "-–—/~ \"'("))
	return unicode.IsUpper(first) || unicode.IsLetter(first) && !unicode.IsLower(first)
}

// isClosing tells whether a line ends a letter: the known words, and after them at most a name.
func isClosing(s string) bool {
	rest, ok := afterPhrase(s, closingIndex)
	if !ok {
		return false
	}
	rest = strings.Trim(rest, " ,.!-–—:;)/。！、，،")
	return rest == "" || len(strings.Fields(rest)) <= 3 && nameLike(rest)
}

// afterPhrase returns what follows the longest known phrase a line begins with.
func afterPhrase(s string, index map[string]bool) (rest string, ok bool) {
	s = strings.TrimLeft(strings.TrimSpace(s), "-–—/~* (")
	low := strings.ToLower(s)
	if len(low) != len(s) {
		s = low
	}
	for n := min(len(low), 60); n > 0; n-- {
		if n < len(low) && !utf8.RuneStart(low[n]) || !index[low[:n]] {
			continue
		}
		next, _ := utf8.DecodeRuneInString(low[n:])
		if n == len(low) || !unicode.IsLetter(next) && !unicode.IsDigit(next) || next > 0x2e80 {
			return s[n:], true
		}
	}
	return "", false
}

var closingIndex, greetingIndex = index(closingWords), index(greetingWords)

func index(words []string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// greet marks the first line where it does nothing but greet.
func greet(lines []line, first, to int, kinds []Kind) {
	for i := first; i < min(first+2, to); i++ {
		if kinds[i] != Body || !isGreeting(lines[i].body) {
			return
		}
		kinds[i] = Greeting
	}
}

func isGreeting(s string) bool {
	if utf8.RuneCountInString(s) > 70 {
		return false
	}
	rest, ok := afterPhrase(s, greetingIndex)
	if !ok {
		return false
	}
	rest = strings.TrimRight(strings.Trim(rest, " ,.!-–—:;。，！、"), " ")
	return len(strings.Fields(rest)) <= 5 && !strings.ContainsAny(rest, "?;:")
}
