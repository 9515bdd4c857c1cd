package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	dom "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	foldOpen = `<details class="kept-fold"><summary>…</summary>`
	foldEnd  = `</details>`
)

// FoldHTML divides sanitised HTML into what the writer newly wrote and what only travels along, both with their formatting.
// Every word and picture is in exactly one of the two. folded is a closed <details class="kept-fold"> or "". Where the
// writer answered between quoted lines, all of it is visible in its order and interleaved is true.
func FoldHTML(safeHTML string) (visible, folded string, interleaved bool) {
	return foldHTML(safeHTML, nil)
}

// FoldHTMLKnown is FoldHTML that also folds what repeats one of our own previous messages, given as plain text.
func FoldHTMLKnown(safeHTML string, previous []string) (visible, folded string, interleaved bool) {
	return foldHTML(safeHTML, previous)
}

func foldHTML(safeHTML string, previous []string) (visible, folded string, interleaved bool) {
	if len(safeHTML) > maxHTML || isPlain(safeHTML) {
		return safeHTML, "", false
	}
	doc, err := parse(safeHTML)
	if err != nil {
		return safeHTML, "", false
	}
	splitPreformatted(doc)
	flat := flatten(doc, false)
	text, lines := linesOfFlat(flat)
	roles := assign(lines)
	markKnown(lines, roles, previous)
	z := draw(text, lines, roles)
	hidden := hiddenLeaves(z, lines, flat)
	if len(hidden) == 0 {
		return safeHTML, "", z.Interleaved
	}
	body := bodyOf(doc)
	visible = inner(prune(body, func(n *dom.Node) bool { return !hidden[n] }))
	folded = inner(prune(body, func(n *dom.Node) bool { return hidden[n] }))
	return visible, foldOpen + folded + foldEnd, z.Interleaved
}

// splitPreformatted gives every line of kept white space its own text node, so that lines can be told apart.
func splitPreformatted(doc *dom.Node) {
	var texts []*dom.Node
	for n := range doc.Descendants() {
		if n.Type == dom.TextNode && strings.Contains(n.Data, "\n") && keepsLines(n.Parent) {
			texts = append(texts, n)
		}
	}
	for _, n := range texts {
		for part := range strings.Lines(n.Data) {
			n.Parent.InsertBefore(&dom.Node{Type: dom.TextNode, Data: part}, n)
		}
		n.Parent.RemoveChild(n)
	}
}

func keepsLines(n *dom.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.Data == "pre" || strings.Contains(attr(n, "style"), "white-space: pre") {
			return true
		}
	}
	return false
}

// hiddenLeaves are the text nodes, pictures and breaks of the folded lines.
func hiddenLeaves(z Zoned, lines []line, flat []flatLine) map[*dom.Node]bool {
	hidden, shown := map[*dom.Node]bool{}, map[*dom.Node]bool{}
	at := 0
	for i, l := range lines {
		for at+1 < len(z.Zones) && l.start >= z.Zones[at].End {
			at++
		}
		for _, leaf := range flat[i].leaves {
			if z.Zones[at].Folded {
				hidden[leaf] = true
			} else {
				shown[leaf] = true
			}
		}
	}
	for leaf := range shown {
		delete(hidden, leaf)
	}
	return hidden
}

func bodyOf(doc *dom.Node) *dom.Node {
	for n := range doc.Descendants() {
		if n.Type == dom.ElementNode && n.Data == "body" {
			return n
		}
	}
	return doc
}

// prune copies a tree with the leaves that are wanted and the elements around them. An element that never held anything
// stays with what is visible, where its width or colour may matter.
func prune(n *dom.Node, want func(*dom.Node) bool) *dom.Node {
	if n.FirstChild == nil {
		if !want(n) {
			return nil
		}
		return &dom.Node{Type: n.Type, Data: n.Data, DataAtom: n.DataAtom, Attr: n.Attr}
	}
	el := &dom.Node{Type: n.Type, Data: n.Data, DataAtom: n.DataAtom, Attr: n.Attr}
	if n.Data == "html" || n.Type == dom.DocumentNode {
		el.DataAtom = atom.Body
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if kept := prune(c, want); kept != nil {
			el.AppendChild(kept)
		}
	}
	if el.FirstChild == nil || onlySpace(el) && !onlySpace(n) {
		return nil
	}
	return el
}

// onlySpace tells an element that holds nothing but white space between tags.
func onlySpace(n *dom.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != dom.TextNode || strings.TrimFunc(c.Data, isCollapsing) != "" {
			return false
		}
	}
	return true
}

func inner(n *dom.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := dom.Render(&b, c); err != nil {
			return ""
		}
	}
	return b.String()
}

// FoldKnown divides a plain text message and also folds what repeats one of our own previous messages (plain text, newest
// first or in any order), even where nothing marks it as a quote. Words the writer put between stay visible.
func FoldKnown(text string, previous []string) Zoned {
	lines := linesOf(text)
	roles := assign(lines)
	markKnown(lines, roles, previous)
	return draw(text, lines, roles)
}

const (
	// shingle is how many words in a row must be the same; mails wrap and re-wrap, so lines cannot be compared.
	shingle = 5
	// leastKnown is the fewest words in a row that count as a repetition: shorter ones are how everybody writes.
	leastKnown = 12
)

// markKnown gives the role known to the lines that repeat a previous message.
func markKnown(lines []line, roles []role, previous []string) {
	heard := map[string]bool{}
	for _, p := range previous {
		eachShingle(wordsOf(p), func(_ int, s string) { heard[s] = true })
	}
	if len(heard) == 0 {
		return
	}
	var words []string
	var owner []int
	for i, l := range lines {
		if roles[i] != person {
			continue
		}
		for _, w := range wordsOf(l.body) {
			words, owner = append(words, w), append(owner, i)
		}
	}
	repeated := make([]bool, len(words))
	eachShingle(words, func(at int, s string) {
		if heard[s] {
			for k := at; k < at+shingle; k++ {
				repeated[k] = true
			}
		}
	})
	foldRuns(lines, roles, repeated, owner)
}

// foldRuns folds the lines that lie wholly inside a long enough run of repeated words.
func foldRuns(lines []line, roles []role, repeated []bool, owner []int) {
	total, inRun := map[int]int{}, map[int]int{}
	for _, line := range owner {
		total[line]++
	}
	for i := 0; i < len(repeated); {
		j := i
		for j < len(repeated) && repeated[j] {
			j++
		}
		if j-i >= leastKnown {
			for _, line := range owner[i:j] {
				inRun[line]++
			}
		}
		i = max(j, i+1)
	}
	for line, n := range total {
		if inRun[line] == n {
			roles[line] = known
		}
	}
	bridge(lines, roles)
}

// bridge folds the empty lines between two repeated ones.
func bridge(lines []line, roles []role) {
	last := -1
	for i := range lines {
		switch {
		case roles[i] == known:
			if last >= 0 {
				fill(roles, last+1, i, known)
			}
			last = i
		case !lines[i].blank():
			last = -1
		}
	}
}

// wordsOf gives the words of a text in lower case, without punctuation. Scripts without spaces give one word a letter.
func wordsOf(text string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		first, _ := utf8.DecodeRuneInString(f)
		if first < 0x2e80 {
			out = append(out, f)
			continue
		}
		for _, r := range f {
			out = append(out, string(r))
		}
	}
	return out
}

func eachShingle(words []string, f func(at int, s string)) {
	for i := 0; i+shingle <= len(words); i++ {
		f(i, strings.Join(words[i:i+shingle], " "))
	}
}
