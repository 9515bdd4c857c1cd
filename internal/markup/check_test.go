package markup_test

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

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
