package mime

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// params reads "value; name=value; …" as in Content-Type and Content-Disposition, with RFC 2231 continuations and charsets, encoded words where they
// do not belong, missing quotes and stray semicolons. The value comes back in lower case without comments.
func params(field string) (string, map[string]string) {
	value, rest, _ := strings.Cut(field, ";")
	value = strings.ToLower(strings.TrimSpace(dropComments(value)))
	if name, v, ok := strings.Cut(value, "="); ok && !strings.Contains(name, "/") {
		rest, value = name+"="+v+";"+rest, ""
	} else if i := strings.IndexAny(value, " \t"); i > 0 {
		rest = value[i:] + ";" + rest
		value = value[:i]
	}
	value = Clean(strings.Trim(value, "\"'"))
	if rest == "" {
		return value, nil
	}
	out := map[string]string{}
	pieces := map[string][]piece{}
	for len(out)+len(pieces) < 200 {
		var name, v string
		var quoted, ok bool
		if name, v, quoted, rest, ok = nextParam(rest); !ok {
			break
		}
		addParam(out, pieces, name, v, quoted)
	}
	for name, ps := range pieces {
		if v := join2231(ps); v != "" {
			out[name] = v
		}
	}
	return value, out
}

// piece is one segment of an RFC 2231 value.
type piece struct {
	index   int
	encoded bool
	text    string
}

func addParam(out map[string]string, pieces map[string][]piece, name, v string, quoted bool) {
	base, suffix, starred := strings.Cut(name, "*")
	if !starred {
		if _, seen := out[name]; !seen {
			out[name] = paramValue(name, v)
		}
		return
	}
	p := piece{encoded: suffix == "" || strings.HasSuffix(suffix, "*"), text: v}
	p.index, _ = strconv.Atoi(strings.TrimSuffix(suffix, "*"))
	pieces[base] = append(pieces[base], p)
}

// paramValue tidies a value; a boundary is compared byte by byte and stays as it is.
func paramValue(name, v string) string {
	if name == "boundary" {
		return v
	}
	return Clean(paramText(v))
}

// paramText decodes a value that carries encoded words or raw 8-bit text although RFC 2231 forbids both.
func paramText(v string) string {
	if strings.Contains(v, "=?") {
		return Words(v)
	}
	return headerText(v)
}

func join2231(ps []piece) string {
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].index < ps[j].index })
	var b strings.Builder
	charset := ""
	for i, p := range ps {
		t := p.text
		if p.encoded {
			if parts := strings.SplitN(t, "'", 3); i == 0 && len(parts) == 3 {
				charset, t = parts[0], parts[2]
			}
			t = unpercent(t)
		}
		b.WriteString(t)
	}
	if charset == "" && strings.Contains(b.String(), "=?") {
		return Clean(Words(b.String()))
	}
	return Clean(Decode([]byte(b.String()), charset))
}

func unpercent(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// nextParam takes one "name=value" off the front.
func nextParam(s string) (name, value string, quoted bool, rest string, ok bool) {
	for {
		s = strings.TrimLeft(s, "; \t\r\n")
		if s == "" {
			return "", "", false, "", false
		}
		if s[0] == '(' {
			if n := commentEnd(s); n > 0 {
				s = s[n:]
				continue
			}
		}
		eq, semi := strings.IndexByte(s, '='), strings.IndexByte(s, ';')
		if eq < 0 {
			return "", "", false, "", false
		}
		if semi < 0 || eq < semi {
			name = strings.ToLower(strings.TrimSpace(s[:eq]))
			s = strings.TrimLeft(s[eq+1:], " \t\r\n")
			break
		}
		s = s[semi+1:]
	}
	if strings.HasPrefix(s, `"`) {
		if v, n, closed := quotedString(s); closed {
			return name, v, true, s[n:], true
		}
	}
	end := bareEnd(s)
	return name, strings.TrimRight(strings.Trim(s[:end], " \t\r\n\""), " \t"), false, s[end:], true
}

// bareEnd finds where an unquoted value ends: at the semicolon. Blanks belong to it (file names are often left
// unquoted) unless what follows them is the next name=value.
func bareEnd(s string) int {
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	if strings.HasPrefix(s, "=?") {
		return end
	}
	for i := strings.IndexAny(s[:end], " \t"); i >= 0; {
		word, tail, _ := strings.Cut(strings.TrimLeft(s[i:end], " \t"), "=")
		if tail != "" && isToken(word) || strings.HasPrefix(word, "(") {
			return i
		}
		j := strings.IndexAny(s[i+1:end], " \t")
		if j < 0 {
			break
		}
		i += 1 + j
	}
	return end
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '*' || c == '_') {
			return false
		}
	}
	return s != ""
}

// quotedString reads a quoted string at the start of s and returns its content and length. A backslash before anything but a quote or a
// backslash is kept, because Windows paths are written so.
func quotedString(s string) (string, int, bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), i + 1, true
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), len(s), false
}

// commentEnd returns the length of the comment at the start of s, 0 where it never closes.
func commentEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// dropComments replaces every comment by a blank; one that never closes takes the rest with it.
func dropComments(s string) string {
	if strings.IndexByte(s, '(') < 0 {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '(')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		n := commentEnd(s[i:])
		if n == 0 {
			return b.String()
		}
		b.WriteByte(' ')
		s = s[i+n:]
	}
}
