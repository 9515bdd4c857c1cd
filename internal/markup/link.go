package markup

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// maxURL is the longest address we offer as a link; browsers refuse little more.
const maxURL = 8 << 10

// safeURL gives a web, mail or telephone address in the form a browser will read it, or "" for anything else. It undoes
// the tricks by which a scheme is hidden (tabs, line ends and control characters inside, backslashes for slashes).
func safeURL(raw string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r < 0x20 || r == 0x7f || r == utf8.RuneError || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff:
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, raw)
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxURL {
		return ""
	}
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok {
		return bareURL(s)
	}
	switch scheme = strings.ToLower(strings.TrimSpace(scheme)); scheme {
	case "http", "https":
		return webURL(scheme, rest)
	case "mailto", "tel":
		return parseable(scheme + ":" + escapeURL(rest))
	}
	return ""
}

// bareURL reads "www.example.com/x" in a link as what its writer meant.
func bareURL(s string) string {
	if len(s) > 4 && strings.EqualFold(s[:4], "www.") {
		return webURL("http", "//"+s)
	}
	return ""
}

func webURL(scheme, rest string) string {
	rest = strings.ReplaceAll(rest, `\`, "/")
	rest = strings.TrimLeft(rest, "/")
	return parseable(scheme + "://" + escapeURL(rest))
}

// parseable returns the address as net/url writes it, where it has a host or needs none.
func parseable(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" && u.Opaque == "" {
		return ""
	}
	return u.String()
}

// escapeURL writes the characters that end an attribute or an address in their percent form.
func escapeURL(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case strings.IndexByte(" \"<>`{}|^'", ch) >= 0 || ch == '%' && !isEscape(s[i:]):
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[ch>>4])
			b.WriteByte("0123456789ABCDEF"[ch&15])
		default:
			b.WriteByte(ch)
		}
	}
	return b.String()
}

func isEscape(s string) bool {
	hex := func(c byte) bool { return c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'f' }
	return len(s) > 2 && hex(s[1]) && hex(s[2])
}

// mismatch tells whether the words of a link name another place than the link leads to.
func mismatch(text, target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return true
	}
	if u.Scheme == "mailto" {
		shown := FindURLs(text)
		m := wholeMail.FindString(strings.TrimSpace(text))
		return m != "" && !strings.EqualFold(m, mailOf(u)) || m == "" && len(shown) == 1 && shown[0].URL == strings.TrimSpace(text)
	}
	if u.Scheme == "tel" {
		return false
	}
	if u.User != nil && u.User.Username() != "" {
		return true
	}
	shown := FindURLs(text)
	if len(shown) != 1 || len(shown[0].URL) < len(strings.TrimSpace(text)) {
		return false
	}
	return site(hostOf(shown[0].URL)) != site(u.Hostname())
}

func mailOf(u *url.URL) string {
	address, _, _ := strings.Cut(u.Opaque, "?")
	if plain, err := url.PathUnescape(address); err == nil {
		return plain
	}
	return address
}

func hostOf(shown string) string {
	if !strings.Contains(shown, "://") {
		shown = "http://" + shown
	}
	if u, err := url.Parse(shown); err == nil {
		return u.Hostname()
	}
	return ""
}

// site is the part of a host name somebody registers: mail.example.co.uk belongs to example.co.uk.
func site(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if s, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return s
	}
	return host
}

// A Found is a web address or mail address in a text: its words and its place in bytes.
type Found struct {
	URL        string
	Start, End int
	Mail       bool
}

var (
	wholeMail = regexp.MustCompile(`^[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$`)
	mailWord  = regexp.MustCompile(`[\p{L}\p{N}._%+'-]*[\p{L}\p{N}_%+-]@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}]{2,63}`)
	// asciiHost stands beside a script without spaces; wideHost takes letters of every script after a written scheme.
	webWord  = regexp.MustCompile(`(?i)https?://(?:[\p{L}\p{N}\p{So}\p{M}_-]+\.)+[\p{L}\p{N}\p{M}_-]+|https?://(?:localhost|\d{1,3}(?:\.\d{1,3}){3})|(?:[a-z0-9\x{c0}-\x{24f}_-]+\.)+[a-z]{2,24}`)
	pathWord = regexp.MustCompile(`^(?::\d{2,5})?(?:[/?#][^\s<>"\x{3000}-\x{9fff}\x{ac00}-\x{d7af}\x{ff00}-\x{ffef}\x{2000}-\x{200f}\x{2028}-\x{202f}\x{2066}-\x{2069}]*)?`)
)

// FindURLs finds the web addresses in a text, in order. A written scheme makes any host name an address; without one the
// name must end in a top-level domain that exists.
func FindURLs(text string) []Found {
	var out []Found
	for _, f := range find(text) {
		if !f.Mail {
			out = append(out, f)
		}
	}
	return out
}

// find gives web and mail addresses in the order of the text. No address contains white space, so it looks at one word
// after the other and only at words that could hold one: the time is linear in the text.
func find(text string) []Found {
	var out []Found
	for start := 0; start < len(text); {
		n := strings.IndexFunc(text[start:], unicode.IsSpace)
		if n < 0 {
			n = len(text) - start
		}
		if w := text[start : start+n]; n > 3 && n <= maxURL && strings.ContainsAny(w, ".@:") {
			out = findIn(out, text, start, start+n)
		}
		start += n
		_, space := utf8.DecodeRuneInString(text[start:])
		start += space
	}
	return out
}

// findIn looks at one word of the text.
func findIn(out []Found, text string, start, end int) []Found {
	word := text[start:end]
	webs, mails := webWord.FindAllStringIndex(word, -1), mailWord.FindAllStringIndex(word, -1)
	for at := 0; len(webs)+len(mails) > 0; {
		if len(webs) > 0 && webs[0][0] < at {
			webs = webs[1:]
			continue
		}
		if len(mails) > 0 && mails[0][0] < at {
			mails = mails[1:]
			continue
		}
		if len(mails) > 0 && (len(webs) == 0 || mails[0][0] <= webs[0][0] && mails[0][1] > webs[0][0]) {
			m := mails[0]
			out = append(out, Found{URL: word[m[0]:m[1]], Start: start + m[0], End: start + m[1], Mail: true})
			at, mails = m[1], mails[1:]
			continue
		}
		w := webs[0]
		webs = webs[1:]
		if f, ok := webAt(text[:end], start+w[0], start+w[1]); ok {
			out = append(out, f)
			at = f.End - start
		}
	}
	return out
}

// webAt judges the candidate host at text[start:end] and takes in its path.
func webAt(text string, start, end int) (Found, bool) {
	host := text[start:end]
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	if strings.ContainsRune("@#$", before) && start > 0 {
		return Found{}, false
	}
	_, name, written := strings.Cut(host, "://")
	if !written {
		name = host
	}
	name, ok := hostName(name, written)
	if !ok {
		return Found{}, false
	}
	end = start + len(host[:strings.LastIndex(host, "/")+1]) + len(name)
	if !written && (startsInWord(before, start) || end < len(text) && (text[end] == '@' || text[end] < 0x80 && isWordByte(text[end]))) {
		return Found{}, false
	}
	path := pathWord.FindString(text[end:])
	if !written && path == "" && fileEnding[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])] {
		return Found{}, false
	}
	end += len(trimPath(path))
	return Found{URL: text[start:end], Start: start, End: end}, true
}

func startsInWord(before rune, start int) bool {
	return start > 0 && (before == '.' || before == '-' || before == '_' || before == '/' || before < 0x250 && (unicode.IsLetter(before) || unicode.IsDigit(before)))
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'z' || c == '_'
}

// hostName cuts a host where a known ending stops and refuses names no registry gives out.
func hostName(name string, written bool) (string, bool) {
	labels := strings.Split(name, ".")
	if len(labels) == 1 || strings.Trim(name, "0123456789.") == "" {
		return name, written
	}
	tld := strings.ToLower(labels[len(labels)-1])
	if !written && !realTLD(tld) {
		return "", false
	}
	if written {
		labels = latinEnd(labels)
	}
	for i, l := range labels {
		last := i >= len(labels)-2
		if l == "" || l[0] == '-' || l[0] == '_' || len(l) > 4 && strings.EqualFold(l[:4], "xn--") && !isASCII(l) || l[len(l)-1] == '-' || last && strings.Contains(l, "_") {
			return "", false
		}
	}
	return strings.Join(labels, "."), len(labels[len(labels)-1]) > 1
}

// latinEnd ends a host at a Latin top-level domain where the sentence goes on in another script ("example.comだよ").
func latinEnd(labels []string) []string {
	if last := labels[len(labels)-1]; last[0] >= 0x80 || realTLD(strings.ToLower(last)) {
		return labels
	}
	for i, l := range labels[1:] {
		n := 0
		for n < len(l) && l[n] < 0x80 {
			n++
		}
		if n > 0 && n < len(l) && realTLD(strings.ToLower(l[:n])) {
			return append(labels[:i+1:i+1], l[:n])
		}
	}
	return labels
}

// fileEnding are top-level domains that, in a text, nearly always end the name of a file.
var fileEnding = set("md py sh zip mov rs ps")

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func realTLD(tld string) bool {
	suffix, icann := publicsuffix.PublicSuffix("x." + tld)
	return icann && suffix == tld
}

// trimPath leaves out the punctuation that belongs to the sentence around an address, and a bracket it did not open.
func trimPath(path string) string {
	if i := strings.LastIndexByte(path, '('); i >= 0 && !strings.Contains(path[i:], ")") {
		path = path[:i]
	}
	for path != "" {
		r, n := utf8.DecodeLastRuneInString(path)
		switch {
		case strings.ContainsRune(".,;:!?'*@“”‘’»«…", r) && !strings.HasSuffix(path, "/."):
		case r == ')' && strings.Count(path, ")") > strings.Count(path, "("):
		case r == ']' && strings.Count(path, "]") > strings.Count(path, "["):
		case r == '(' || r == '[':
		default:
			return path
		}
		path = path[:len(path)-n]
	}
	return path
}

// FromText turns plain text into safe HTML: paragraphs, line breaks, kept indentation, links on web and mail addresses.
func FromText(text string) string {
	text = strings.Trim(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text), "\n")
	if strings.TrimSpace(text) == "" {
		return ""
	}
	var b strings.Builder
	for _, p := range blankLines.Split(text, -1) {
		b.WriteString("<p>")
		b.WriteString(strings.ReplaceAll(linked(p), "\n", "<br/>"))
		b.WriteString("</p>")
	}
	return b.String()
}

var blankLines = regexp.MustCompile(`\n[ \t]*\n\s*?(?:\n|$)?`)

// linked escapes a text and puts its addresses into anchors.
func linked(text string) string {
	var b strings.Builder
	at := 0
	for _, f := range find(text) {
		target := f.URL
		switch {
		case f.Mail:
			target = "mailto:" + f.URL
		case !strings.Contains(f.URL, "://"):
			target = "http://" + f.URL
		}
		if target = safeURL(target); target == "" {
			continue
		}
		b.WriteString(escapeText(text[at:f.Start]))
		b.WriteString(`<a href="` + html.EscapeString(target) + `" rel="noopener noreferrer nofollow" target="_blank">` + escapeText(f.URL) + `</a>`)
		at = f.End
	}
	b.WriteString(escapeText(text[at:]))
	return b.String()
}

// escapeText escapes markup and keeps runs of spaces, which HTML would fold into one.
func escapeText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\t", "    "), "\n ", "\n\u00a0")
	return html.EscapeString(strings.ReplaceAll(s, "  ", " \u00a0"))
}
