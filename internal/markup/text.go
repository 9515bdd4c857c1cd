package markup

import (
	"strconv"
	"strings"
	"unicode"

	dom "golang.org/x/net/html"
)

// Text turns HTML into plain text a person can read: paragraphs, lists with their bullets, table cells apart, quotes behind
// "> ", pre-formatted lines as they are, the words standing in for pictures, and links as "words (address)".
func Text(source string) string {
	if body, ok := strings.CutPrefix(source, plainOpen); ok && isPlain(source) {
		return dom.UnescapeString(strings.TrimSuffix(body, plainEnd))
	}
	lines, err := flattenSource(source, true)
	if err != nil {
		return roughText(source)
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimRightFunc(l.text, unicode.IsSpace))
		b.WriteByte('\n')
	}
	return strings.Trim(b.String(), "\n")
}

// flattenSource reads HTML into lines; it fails on what no parser would take (nesting, size), never otherwise.
func flattenSource(source string, links bool) (lines []flatLine, err error) {
	if len(source) > maxHTML {
		return nil, errTooLarge
	}
	doc, err := parse(source)
	if err != nil {
		return nil, err
	}
	return flatten(doc, links), nil
}

type tooLarge struct{}

func (tooLarge) Error() string { return "the HTML is too large to be laid out" }

var errTooLarge error = tooLarge{}

// roughText reads the words of HTML token by token, without a tree: it works on anything of any size.
func roughText(source string) string {
	var b strings.Builder
	z := dom.NewTokenizer(strings.NewReader(source))
	skip := ""
	for {
		switch z.Next() {
		case dom.ErrorToken:
			return tidyRough(b.String())
		case dom.TextToken:
			if skip == "" {
				b.WriteString(dom.UnescapeString(string(z.Raw())))
			}
		case dom.StartTagToken, dom.EndTagToken, dom.SelfClosingTagToken:
			raw, _ := z.TagName()
			name := string(raw)
			closing := strings.HasPrefix(string(z.Raw()), "</")
			switch {
			case name == "script" || name == "style" || name == "title":
				skip = name
				if closing {
					skip = ""
				}
			case name == "br" || blocks[name] != 0:
				b.WriteByte('\n')
			}
		}
	}
}

// tidyRough drops control characters and keeps at most one empty line in a row.
func tidyRough(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	var b strings.Builder
	empty := 0
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n"[:min(empty, 1)+1])
		}
		b.WriteString(line)
		empty = 0
	}
	return b.String()
}

// blocks begin a new line; those with 2 also want an empty line around them.
var blocks = map[string]int{
	"address": 1, "article": 1, "aside": 1, "blockquote": 2, "body": 1, "center": 1, "dd": 1, "details": 1, "dir": 2, "div": 1, "dl": 2,
	"dt": 1, "fieldset": 1, "figcaption": 1, "figure": 2, "footer": 1, "form": 1, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2,
	"header": 1, "hr": 1, "html": 1, "li": 1, "main": 1, "menu": 2, "nav": 1, "ol": 2, "p": 2, "pre": 2, "section": 1, "summary": 1,
	"table": 2, "tbody": 1, "tfoot": 1, "thead": 1, "tr": 1, "ul": 2, "caption": 1, "option": 1, "xmp": 2, "plaintext": 2, "listing": 2,
}

// A flatLine is one line of a page as read: its text with quote marks, and where it came from.
type flatLine struct {
	text   string
	quoted int // blockquotes around it
	mark   string
	within *dom.Node   // the element that carries the mark
	leaves []*dom.Node // the text nodes, pictures and breaks that made it
}

// flattener lays a tree out in lines.
type flattener struct {
	links  bool
	lines  []flatLine
	b      strings.Builder
	leaves []*dom.Node // of the line being written
	state
	space, gap bool // a space is due before the next word; an empty line before the next line
	bullet     string
	counts     map[*dom.Node]int // the last number given in each list
}

// state is what elements hand down to what is inside them.
type state struct {
	quoted int
	indent int
	pre    bool
	mark   string
	within *dom.Node
}

func flatten(doc *dom.Node, links bool) []flatLine {
	f := &flattener{links: links}
	f.children(doc)
	f.newline(false)
	for len(f.lines) > 0 && f.lines[len(f.lines)-1].text == "" && len(f.lines[len(f.lines)-1].leaves) == 0 {
		f.lines = f.lines[:len(f.lines)-1]
	}
	return f.lines
}

func (f *flattener) children(n *dom.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case dom.TextNode:
			f.words(c)
		case dom.ElementNode:
			f.element(c)
		}
	}
}

func (f *flattener) element(n *dom.Node) {
	switch n.Data {
	case "br":
		f.leaves = append(f.leaves, n)
		f.newline(true)
		return
	case "hr":
		f.block(1)
		f.leaves = append(f.leaves, n)
		f.b.WriteString("---")
		f.block(1)
		return
	case "img":
		f.leaves = append(f.leaves, n)
		f.write(strings.Join(strings.Fields(attr(n, "alt")), " "))
		return
	case "a":
		f.anchor(n)
		return
	}
	if dropped[n.Data] || n.Namespace != "" {
		return
	}
	outer, gap := f.state, blocks[n.Data]
	if f.indent > 0 && (n.Data == "ul" || n.Data == "ol") {
		gap = 1
	}
	f.block(gap)
	f.enter(n)
	f.children(n)
	f.block(gap)
	f.state = outer
	if n.Data == "td" || n.Data == "th" {
		f.space = f.b.Len() > 0
	}
}

// enter takes over what an element means for its content.
func (f *flattener) enter(n *dom.Node) {
	switch n.Data {
	case "blockquote":
		if !onlyIndents(n) {
			f.quoted++
		}
	case "pre", "xmp", "plaintext", "listing":
		f.pre = true
	case "li":
		f.bullet = f.bulletOf(n)
	case "ul", "ol", "dir", "menu":
		f.indent++
	}
	if style := attr(n, "style"); strings.Contains(style, "white-space") && strings.Contains(style, "pre") {
		f.pre = true
	}
	if m := markOf(n); m != "" && f.mark != markHistory {
		f.mark, f.within = m, n
	}
}

// onlyIndents tells a blockquote that moves the writer's own words to the right from one that quotes.
func onlyIndents(n *dom.Node) bool {
	style := strings.ReplaceAll(strings.ToLower(attr(n, "style")), " ", "")
	return strings.Contains(style, "border:none") && strings.Contains(style, "padding:0") && attr(n, "type") != "cite" &&
		(strings.Contains(style, "40px") || strings.Contains(style, "30px"))
}

// bulletOf gives the mark before a list item and counts it.
func (f *flattener) bulletOf(li *dom.Node) string {
	list := li.Parent
	if list == nil || list.Data != "ol" {
		return "- "
	}
	if f.counts == nil {
		f.counts = map[*dom.Node]int{}
	}
	if _, begun := f.counts[list]; !begun {
		start, err := strconv.Atoi(attr(list, "start"))
		if err != nil {
			start = 1
		}
		f.counts[list] = start - 1
	}
	f.counts[list]++
	return strconv.Itoa(f.counts[list]) + ". "
}

// anchor writes a link's words and, where they do not already say it, its address.
func (f *flattener) anchor(n *dom.Node) {
	f.children(n)
	if !f.links {
		return
	}
	target := safeURL(attr(n, "href"))
	words := strings.Join(strings.Fields(nodeText(n)), " ")
	bare := func(s string) string {
		s = strings.ToLower(strings.TrimSuffix(s, "/"))
		for _, p := range []string{"mailto:", "tel:", "http://", "https://", "www."} {
			s = strings.TrimPrefix(s, p)
		}
		return s
	}
	if target == "" || bare(target) == bare(words) || words == "" && f.b.Len() == 0 {
		return
	}
	f.space = f.b.Len() > 0
	f.write("(" + strings.TrimPrefix(strings.TrimPrefix(target, "mailto:"), "tel:") + ")")
}

// words writes a text node: runs of white space as one space, or each line for itself where the page keeps them.
func (f *flattener) words(n *dom.Node) {
	if f.pre {
		f.preformatted(n)
		return
	}
	s := n.Data
	if strings.TrimFunc(s, isCollapsing) == "" {
		f.space = f.space || f.b.Len() > 0 && s != ""
		return
	}
	f.leaves = append(f.leaves, n)
	if strings.IndexFunc(s, isCollapsing) == 0 {
		f.space = true
	}
	first := true
	for word := range strings.FieldsFuncSeq(s, isCollapsing) {
		if !first {
			f.space = true
		}
		first = false
		f.write(strings.ReplaceAll(word, "\u00a0", " "))
	}
	last := s[len(s)-1]
	f.space = last == ' ' || last == '\n' || last == '\t' || last == '\r'
}

// isCollapsing is HTML's white space; a no-break space is a character.
func isCollapsing(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

func (f *flattener) preformatted(n *dom.Node) {
	for i, line := range strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(n.Data), "\n") {
		if i > 0 {
			f.newline(true)
		}
		if line != "" {
			f.leaves = append(f.leaves, n)
			f.write(strings.ReplaceAll(line, "\u00a0", " "))
		}
	}
}

// write puts words on the line, after the space, indent or bullet that is due.
func (f *flattener) write(s string) {
	if s == "" {
		return
	}
	if f.b.Len() == 0 {
		f.b.WriteString(strings.Repeat("  ", min(max(f.indent-1, 0), 8)) + f.bullet)
		f.bullet = ""
	} else if f.space {
		f.b.WriteByte(' ')
	}
	f.space = false
	f.b.WriteString(s)
}

// block ends the line where an element begins or ends.
func (f *flattener) block(gap int) {
	if gap == 0 {
		return
	}
	if f.b.Len() > 0 {
		f.newline(false)
	}
	f.space = false
	f.gap = f.gap || gap == 2 && len(f.lines) > 0
}

// newline ends the line; an empty one counts only where a break asked for it.
func (f *flattener) newline(asked bool) {
	if f.b.Len() == 0 && !asked && len(f.leaves) == 0 {
		return
	}
	text := strings.TrimRight(f.b.String(), " ")
	if f.gap && text != "" && len(f.lines) > 0 && strings.Trim(f.lines[len(f.lines)-1].text, "> ") != "" {
		q := min(f.quoted, f.lines[len(f.lines)-1].quoted)
		f.lines = append(f.lines, flatLine{text: quotePrefix(q), quoted: q, mark: f.mark, within: f.within})
	}
	if text != "" {
		f.gap = false
	}
	f.lines = append(f.lines, flatLine{text: quotePrefix(f.quoted) + text, quoted: f.quoted, mark: f.mark, within: f.within, leaves: f.leaves})
	f.b.Reset()
	f.leaves, f.space = nil, false
}

func quotePrefix(depth int) string {
	if depth == 0 {
		return ""
	}
	return strings.Repeat(">", min(depth, 50)) + " "
}

// markAttr carries, through sanitising, what a mail program's class or id said about a part of the mail.
const markAttr = "data-kept-mark"

// The marks: a line that introduces history, history itself, a forwarded mail, a signature.
const (
	markHead      = "head"
	markHistory   = "history"
	markForward   = "forward"
	markSignature = "signature"
)

// clientMarks are the classes and ids by which mail programs mark their parts, as a prefix of the class or id. Programs put
// "ecx", "x_" or "yiv123" before what they receive from others; that is cut off first.
var clientMarks = []struct{ prefix, mark string }{
	{"gmail_attr", markHead}, {"moz-cite-prefix", markHead}, {"divrplyfwdmsg", markHead}, {"outlookmessageheader", markHead},
	{"yahoo_quoted", markHistory}, {"yahooquoted", markHistory}, {"yqtfd", markHistory}, {"protonmail_quote", markHistory},
	{"zmail_extra", markHistory}, {"tutanota_quote", markHistory}, {"mail-editor-reference-message-container", markHistory},
	{"ms-outlook-mobile-reference-message", markHistory}, {"reply-intro", markHead}, {"quoteheader", markHead}, {"cite-prefix", markHead},
	{"gmx_quote", markHistory}, {"replyforwardwrapper", markHistory}, {"bloop_original_html", markHistory}, {"mailbirdquote", markHistory},
	{"mb_attribution", markHead}, {"wisestamp_app", markSignature}, {"moz-forward-container", markForward},
	{"gmail_signature", markSignature}, {"moz-signature", markSignature}, {"applemailsignature", markSignature},
	{"protonmail_signature", markSignature}, {"ms-outlook-mobile-signature", markSignature}, {"front-signature", markSignature},
	{"mailspring-signature", markSignature}, {"zmailsignature", markSignature}, {"mobile-signature", markSignature},
	{"ydpsignature", markSignature}, {"bloop_sign", markSignature}, {"signature_old", markSignature}, {"htc_header", markHead},
}

// markOf reads the mark of an element from its class, its id, or the attribute an earlier pass wrote.
func markOf(n *dom.Node) string {
	switch m := attr(n, markAttr); m {
	case markHead, markHistory, markForward, markSignature:
		return m
	}
	for _, name := range append(strings.Fields(attr(n, "class")), attr(n, "id")) {
		if m := clientMark(name); m != "" {
			return m
		}
	}
	return ""
}

func clientMark(name string) string {
	name = strings.ToLower(name)
	for _, prefix := range []string{"x_", "ecx", "m_"} {
		name = strings.TrimPrefix(name, prefix)
	}
	if i := strings.Index(name, "yahoo_quoted"); i > 0 {
		name = name[i:]
	}
	for _, c := range clientMarks {
		if strings.HasPrefix(name, c.prefix) {
			return c.mark
		}
	}
	return ""
}
