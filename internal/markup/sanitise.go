// Package markup makes the words of a mail safe to show and easy to read. All of it is pure: text in, text out.
//
// Sanitise turns any HTML into HTML that cannot act. A strict allow-list walks the parsed tree and builds a new one
// (elements, attributes, style properties and link schemes not named in the tables of this package do not exist);
// bluemonday, configured on its own, checks the result a second time. Both run until nothing changes any more, so that
// what a browser reads back is what was judged, and sanitising twice equals sanitising once. What cannot be settled
// (nesting deeper than a parser allows, megabytes of garbage) is shown as plain text: mail is never hidden.
//
// Text and FromText go from HTML to readable text and back. Visible, Zones and FoldHTML divide a message into what the
// person wrote now and what only travels along: quoted history, signatures, disclaimers, forwarded mail. They fold and
// never cut: the zones of a text, joined, are that text, byte for byte.
package markup

import (
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	dom "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// maxHTML is the largest source that is still parsed into a tree; what is longer is shown as text.
	maxHTML = 2 << 20
	// maxRounds bounds the search for HTML that no longer changes. Real mail needs two rounds, hostile mail up to four.
	maxRounds = 6
	plainOpen = `<pre class="kept-plain">`
	plainEnd  = `</pre>`
)

// SafeOptions says what a sanitised mail may still load.
type SafeOptions struct {
	// RemoteImages lets pictures from other people's servers through. Tracking pixels stay held back even then.
	RemoteImages bool
	// CID gives our own address for an inline picture by its Content-ID (without brackets), "" where there is none.
	CID func(id string) string
}

// A Link is a destination the mail offers, with the words it is offered under.
type Link struct {
	URL, Text string
	// Mismatch is set where the words name one site or address and the link leads to another.
	Mismatch bool
}

// Safe is HTML that can be put into a page, and what was found on the way.
type Safe struct {
	HTML string
	// RemoteImages counts pictures held back (or, if asked for, let through); Trackers those too small to be seen.
	RemoteImages, Trackers int
	Links                  []Link
	// Plain is set where the source could not be settled as HTML and its text is shown instead.
	Plain bool
}

// Sanitise makes mail HTML safe to show. It never fails and never returns nothing for a mail that says something:
// what cannot be cleaned is returned as its text inside a <pre>. Sanitise(Sanitise(x).HTML).HTML == Sanitise(x).HTML.
func Sanitise(source string, opt SafeOptions) (safe Safe) {
	if isPlain(source) {
		return Safe{HTML: source, Plain: true}
	}
	defer func() {
		if recover() != nil {
			safe = plain(source)
		}
	}()
	if len(source) > maxHTML {
		return plain(source)
	}
	return settle(source, opt)
}

// settle repeats both passes until the HTML stays as it is.
func settle(source string, opt SafeOptions) Safe {
	limit := 4*len(source) + 64<<10
	current := source
	for range maxRounds {
		c := cleaner{opt: opt, styles: map[string]string{}}
		next, err := c.round(current)
		if err != nil || len(next) > limit {
			break
		}
		if next == current {
			c.safe.HTML = next
			return c.safe
		}
		current = next
	}
	return plain(source)
}

// plain shows the text of a source that cannot be shown as HTML.
func plain(source string) Safe {
	return Safe{HTML: plainOpen + html.EscapeString(roughText(source)) + plainEnd, Plain: true}
}

// isPlain recognises our own plain form, which is already safe: no tag can be inside it.
func isPlain(s string) bool {
	body, ok := strings.CutPrefix(s, plainOpen)
	if !ok {
		return false
	}
	body, ok = strings.CutSuffix(body, plainEnd)
	return ok && !strings.ContainsAny(body, "<>\x00\r")
}

// cleaner is one walk over one tree.
type cleaner struct {
	opt    SafeOptions
	safe   Safe
	styles map[string]string // judged before: newsletters repeat a handful of styles hundreds of times
}

func (c *cleaner) style(raw string) string {
	judged, known := c.styles[raw]
	if !known {
		judged = safeStyle(raw)
		c.styles[raw] = judged
	}
	return judged
}

func (c *cleaner) round(source string) (string, error) {
	doc, err := parse(source)
	if err != nil {
		return "", err
	}
	out := &dom.Node{Type: dom.ElementNode, Data: "div", DataAtom: atom.Div}
	c.children(out, doc)
	var b strings.Builder
	for n := out.FirstChild; n != nil; n = n.NextSibling {
		if err := dom.Render(&b, n); err != nil {
			return "", err
		}
	}
	return secondLock().Sanitize(b.String()), nil
}

// parse reads HTML as a browser without scripting does.
func parse(source string) (*dom.Node, error) {
	return dom.ParseWithOptions(strings.NewReader(strings.ReplaceAll(source, "\x00", "")), dom.ParseOptionEnableScripting(false))
}

// children copies what is allowed below from into to.
func (c *cleaner) children(to, from *dom.Node) {
	for n := from.FirstChild; n != nil; n = n.NextSibling {
		switch n.Type {
		case dom.TextNode:
			to.AppendChild(&dom.Node{Type: dom.TextNode, Data: n.Data})
		case dom.ElementNode:
			c.element(to, n)
		}
	}
}

// element copies an allowed element, drops an active one with all it holds, and unwraps any other.
func (c *cleaner) element(to, n *dom.Node) {
	name := strings.ToLower(n.Data)
	switch {
	case n.Namespace != "" || dropped[name]:
		return
	case name == "body":
		c.body(to, n)
	case name == "img":
		if img := c.image(n); img != nil {
			to.AppendChild(img)
		}
	case name == "a":
		c.link(to, n)
	case allowed[name]:
		el := c.copy(n, name)
		to.AppendChild(el)
		c.children(el, n)
	default:
		c.children(to, n)
	}
}

// body keeps the page's colours on a <div>, because the <body> itself belongs to us.
func (c *cleaner) body(to, n *dom.Node) {
	el := c.copy(n, "div")
	if colour := attr(n, "text"); colourValue.MatchString(colour) {
		setAttr(el, "style", strings.TrimPrefix(attr(el, "style")+"; color: "+colour, "; "))
	}
	if len(el.Attr) == 0 {
		c.children(to, n)
		return
	}
	to.AppendChild(el)
	c.children(el, n)
}

// copy makes an element with the attributes that are allowed on it, in the order of their names' first use.
func (c *cleaner) copy(n *dom.Node, name string) *dom.Node {
	el := &dom.Node{Type: dom.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
	for _, a := range n.Attr {
		key := strings.ToLower(a.Key)
		value, ok := "", false
		switch {
		case a.Namespace != "":
		case key == "style":
			value = c.style(a.Val)
			ok = value != ""
		default:
			value, ok = safeAttribute(key, a.Val)
		}
		if ok && !hasAttr(el, key) {
			setAttr(el, key, value)
		}
	}
	if m := markOf(n); m != "" {
		setAttr(el, markAttr, m)
	}
	return el
}

// link keeps an anchor that leads somewhere harmless and unwraps one that does not.
func (c *cleaner) link(to, n *dom.Node) {
	target := safeURL(attr(n, "href"))
	if target == "" {
		c.children(to, n)
		return
	}
	text := strings.Join(strings.Fields(nodeText(n)), " ")
	l := Link{URL: target, Text: text, Mismatch: mismatch(text, target)}
	c.safe.Links = append(c.safe.Links, l)
	el := c.copy(n, "a")
	setAttr(el, "href", target)
	setAttr(el, "rel", "noopener noreferrer nofollow")
	setAttr(el, "target", "_blank")
	if l.Mismatch {
		setAttr(el, "data-kept-link", "mismatch")
	}
	to.AppendChild(el)
	c.children(el, n)
}

// image decides where a picture may come from: our own store, the mail itself, or, when asked for, elsewhere.
func (c *cleaner) image(n *dom.Node) *dom.Node {
	el := c.copy(n, "img")
	src := strings.TrimSpace(attr(n, "src"))
	if id := inlineID(n, src); id != "" {
		setAttr(el, "data-kept-cid", id)
		if c.opt.CID != nil {
			if own := c.opt.CID(id); own != "" {
				setAttr(el, "src", own)
			}
		}
		return el
	}
	if dataImage.MatchString(src) {
		setAttr(el, "src", src)
		return el
	}
	if held := attr(n, "data-remote-src"); held != "" && src == "" {
		src = held
	}
	if src = safeURL(src); src == "" || strings.HasPrefix(src, "mailto:") || strings.HasPrefix(src, "tel:") {
		return el
	}
	c.remote(el, src)
	return el
}

func (c *cleaner) remote(el *dom.Node, src string) {
	pixel := isPixel(el)
	if pixel {
		c.safe.Trackers++
	} else {
		c.safe.RemoteImages++
	}
	if c.opt.RemoteImages && !pixel {
		setAttr(el, "src", src)
		setAttr(el, "referrerpolicy", "no-referrer")
		return
	}
	setAttr(el, "data-remote-src", src)
}

// inlineID gives the Content-ID a picture refers to. The attribute we write ourselves wins over src, which by then
// holds our own address.
func inlineID(n *dom.Node, src string) string {
	id := attr(n, "data-kept-cid")
	if len(src) > 4 && strings.EqualFold(src[:4], "cid:") {
		id = strings.Trim(src[4:], "<> ")
	}
	if len(id) > 250 || strings.ContainsAny(id, "\"'<>\\\r\n\t ") {
		return ""
	}
	return id
}

// isPixel tells a picture nobody is meant to see: it only reports that the mail was opened.
func isPixel(el *dom.Node) bool {
	small := func(key string) bool {
		v := strings.TrimSuffix(attr(el, key), "px")
		return v == "0" || v == "1" || v == "2"
	}
	style := strings.ReplaceAll(attr(el, "style"), " ", "")
	return small("width") && small("height") || tinyStyle.MatchString(style) || strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

var (
	tinyStyle   = regexp.MustCompile(`(?:^|;)(?:max-)?(?:width|height):[0-2](?:px)?(?:;|$).*(?:max-)?(?:width|height):[0-2](?:px)?(?:;|$)|(?:^|;)opacity:0(?:;|$)`)
	dataImage   = regexp.MustCompile(`(?i)^data:image/(?:png|gif|jpe?g|webp);base64,[a-z0-9+/=]+$`)
	colourValue = regexp.MustCompile(`^(?:#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,24})$`)
)

func attr(n *dom.Node, key string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && strings.EqualFold(a.Key, key) {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *dom.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func setAttr(n *dom.Node, key, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, dom.Attribute{Key: key, Val: value})
}

// nodeText is all text below n, as it stands.
func nodeText(n *dom.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == dom.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// secondLock is a bluemonday policy with the same vocabulary. It shares no code with the walk above, so that one mistake
// is not enough.
var secondLock = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name := range allowed {
		p.AllowElements(name)
		p.AllowNoAttrs().OnElements(name)
	}
	p.AllowElements("a", "img")
	p.AllowNoAttrs().OnElements("img")
	for key := range attributes {
		p.AllowAttrs(key).Globally()
	}
	p.AllowAttrs("style").Matching(regexp.MustCompile(`^[^\\<>@{}]*$`)).Globally()
	p.AllowAttrs(markAttr).Matching(regexp.MustCompile(`^[a-z]+$`)).Globally()
	p.AllowAttrs("href", "rel", "target", "data-kept-link").OnElements("a")
	p.AllowAttrs("src", "alt", "data-remote-src", "data-kept-cid", "referrerpolicy").OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.AllowDataURIImages()
	return p
})
