package markup_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"kept/internal/markup"
)

// htmlSeeds start the fuzzers on the shapes where parsers and sanitisers disagree.
var htmlSeeds = []string{
	`<p>Hello <b>Tom</b></p>`, `<a href="jav&#x09;ascript:alert(1)">x</a>`, `<svg><style><img src=x onerror=alert(1)>`, `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<table><tr><td><p>a<table><td>b`, `<p><table><p>`, `<b><p><i></b>x</i>`, `<form><div></form><form>`, `<img src=cid:a@b width=1><img src="//x.test/p.gif" width=1 height=1>`,
	`<div style="background:url(x);color:red;position:fixed">`, `<pre>` + "\n\n a\n b" + `</pre>`, `<blockquote class=gmail_quote>q</blockquote>answer<blockquote>r</blockquote>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<a><a><a href=http://x.test>`, `<select><option><b>x`, `<frameset><frame>`, `<ul><li>a<ol><li>b`, `<div id="divRplyFwdMsg"><b>From:</b> Maya<br><b>Sent:</b> today<br><b>To:</b> Tom<br><b>Subject:</b> x</div>`,
	`<details class="kept-fold"><summary>x</summary>y</details>`, `<pre class="kept-plain">x &lt;b&gt;</pre>`, `<textarea><b>`, `<title></title><plaintext>x`, `<body text=red bgcolor="#fff">x`, "\x00<p\x00>\xff", `<a href="https://maya:pw@x.test/%zz">www.shop.example</a>`,
}

func FuzzSanitise(f *testing.F) {
	for _, s := range htmlSeeds {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, source string, remote bool) {
		opt := markup.SafeOptions{RemoteImages: remote, CID: func(id string) string { return "/files/1" }}
		safe := markup.Sanitise(source, opt)
		if what := active(safe.HTML); what != "" {
			t.Fatalf("%s survived in %q", what, safe.HTML)
		}
		if again := markup.Sanitise(safe.HTML, opt); again.HTML != safe.HTML {
			t.Fatalf("Sanitising twice differs:\n%q\n%q", safe.HTML, again.HTML)
		}
		visible, folded, _ := markup.FoldHTML(safe.HTML)
		if what := active(visible + folded); what != "" {
			t.Fatalf("%s appeared in folding %q", what, safe.HTML)
		}
		whole := markup.Text(visible) + " " + strings.Replace(markup.Text(folded), "…", "", 1)
		if letters(whole) != letters(markup.Text(safe.HTML)) {
			t.Fatalf("Folding lost or added letters of %q\n%q\n%q", safe.HTML, visible, folded)
		}
	})
}

// letters counts the characters that are not layout: bullets, numbers of lists and quote marks move when HTML is divided.
func letters(s string) int {
	n := 0
	for _, r := range s {
		if r > ' ' && r != '-' && r != '>' && r != '.' && r != 0xa0 && (r < '0' || r > '9') {
			n++
		}
	}
	return n
}

var textSeeds = []string{
	answer + "\n\nOn Tue, Mar 4, 2025 at 9:12 AM Maya <maya@shop.example> wrote:\n" + quote(asked), quote(asked) + "\nyes\n> more\nno", "> > > a\n>b\n\n> c", "-- \nTom", "--\n--\n--\n",
	"Hi\r\n\r\nFrom: a@b.c\r\nTo: d@e.f\r\nSubject: x\r\n\r\ny", "---------- Forwarded message ---------\nFrom: a@b.c\nDate: x\nSubject: y\nTo: z\n\nw", "Le 2025-03-04 09:12,\nMaya\na écrit :\n>x",
	"Best regards,\nTom\n\nSent from my iPhone", "\u202aOn 1.1.2025 x@y.z\u202c wrote:", "\r\r\n\n\r", "On Mon <\n\n<\nmailto:a@b.c\n> wrote:\n\nx", strings.Repeat(">", 300) + " x",
}

func FuzzZones(f *testing.F) {
	for _, s := range textSeeds {
		f.Add(s, "")
		f.Add(s, asked)
	}
	f.Fuzz(func(t *testing.T, text, previous string) {
		limit := time.Second + time.Duration(len(text)+len(previous))*10*time.Microsecond
		// A busy machine may be slow once; only a slow program is slow three times.
		for try := 1; ; try++ {
			began := time.Now()
			checkZones(t, text, previous)
			if took := time.Since(began); took <= limit {
				return
			} else if try == 3 {
				t.Fatalf("%d bytes took %s.", len(text)+len(previous), took)
			}
		}
	})
}

func checkZones(t *testing.T, text, previous string) {
	for _, z := range []markup.Zoned{markup.Zones(text), markup.FoldKnown(text, []string{previous})} {
		wantWhole(t, z)
		z.Embedded()
		z.Signed()
		if utf8.ValidString(text) && !utf8.ValidString(z.Visible()) {
			t.Fatalf("A zone of %q ends inside a character.", text)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range append(htmlSeeds, textSeeds...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		markup.Text(source)
		wantWhole(t, markup.Visible("", source))
		page := markup.FromText(source)
		if what := active(page); what != "" {
			t.Fatalf("%s in %q", what, page)
		}
		safe := markup.Sanitise(page, markup.SafeOptions{})
		if letters(markup.Text(safe.HTML)) < letters(markup.Text(page)) {
			t.Fatalf("Words of %q were lost:\n%q\n%q", source, page, safe.HTML)
		}
		for _, found := range markup.FindURLs(source) {
			if source[found.Start:found.End] != found.URL {
				t.Fatalf("%+v is not at its place in %q", found, source)
			}
		}
	})
}

var (
	activeElements = strings.Fields("script iframe object embed base meta form svg math style link applet frame frameset template input button textarea")
	urlAttributes  = strings.Fields("href src action formaction background data xlink:href poster cite longdesc dynsrc lowsrc ping srcset")
	activeScheme   = regexp.MustCompile(`^(?:javascript|vbscript|livescript|mocha|data:text/html|data:image/svg|data:application|data:,|data:text)`)
	activeStyle    = regexp.MustCompile(`(?i)url\s*\(|expression|javascript|behaviou?r|-moz-binding|@import|position\s*:|\\|image-set`)
	hrefPattern    = regexp.MustCompile(`href="([^"]*)"`)
)

// active parses HTML as a browser does and names the first construct that could act, "" where there is none.
func active(source string) string {
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return err.Error()
	}
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			return "comment"
		}
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains(activeElements, n.Data) || n.Namespace != "" {
			return "<" + n.Data + ">"
		}
		for _, a := range n.Attr {
			if what := activeAttribute(a); what != "" {
				return what
			}
		}
	}
	return ""
}

func activeAttribute(a html.Attribute) string {
	key := strings.ToLower(a.Key)
	value := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == 0xa0 || r == 0xfeff {
			return -1
		}
		return r
	}, html.UnescapeString(a.Val)))
	switch {
	case strings.HasPrefix(key, "on"), key == "srcdoc", key == "id", key == "name", a.Namespace != "":
		return key + "=" + a.Val
	case (slices.Contains(urlAttributes, key) || strings.HasPrefix(key, "data-remote")) && activeScheme.MatchString(value):
		return key + "=" + a.Val
	case key == "style" && activeStyle.MatchString(a.Val):
		return key + "=" + a.Val
	}
	return ""
}

// hrefs are the destinations of the links in a piece of HTML.
func hrefs(s string) []string {
	var out []string
	for _, m := range hrefPattern.FindAllStringSubmatch(s, -1) {
		out = append(out, html.UnescapeString(m[1]))
	}
	return out
}

// sameWords tells whether two texts hold the same words, in any order.
func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
