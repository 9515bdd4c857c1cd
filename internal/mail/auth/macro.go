package auth

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// validSpec checks a domain-spec (RFC 7208 7.1): macros are well formed, and it ends in a macro or in a label that can be a top-level domain.
func validSpec(s string) bool {
	if s == "" || !validMacros(s) {
		return false
	}
	if strings.HasSuffix(s, "}") && strings.LastIndex(s, "%{") >= 0 || strings.HasSuffix(s, "%%") || strings.HasSuffix(s, "%_") || strings.HasSuffix(s, "%-") {
		return strings.HasSuffix(s, "}")
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	top := labels[len(labels)-1]
	if len(labels) < 2 || top == "" || strings.HasPrefix(top, "-") || strings.HasSuffix(top, "-") {
		return false
	}
	letters := false
	for i := 0; i < len(top); i++ {
		digit := top[i] >= '0' && top[i] <= '9'
		if !digit && !isAlpha(top[i]) && top[i] != '-' {
			return false
		}
		letters = letters || !digit
	}
	return letters
}

// validMacros checks every "%" in a macro string, with the letters allowed outside explanations.
func validMacros(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
		if s[i] != '%' {
			continue
		}
		if i+1 >= len(s) {
			return false
		}
		switch s[i+1] {
		case '%', '_', '-':
			i++
		case '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return false
			}
			if _, ok := parseMacro(s[i+2 : i+end]); !ok {
				return false
			}
			i += end
		default:
			return false
		}
	}
	return true
}

// macro is one "%{…}": which value, how many of its parts, in which order, split where.
type macro struct {
	letter     byte
	keep       int // 0 for all
	reverse    bool
	escape     bool
	delimiters string
}

func parseMacro(s string) (macro, bool) {
	if s == "" || !strings.ContainsRune("slodiphcrtv", rune(s[0]|0x20)) {
		return macro{}, false
	}
	m := macro{letter: s[0] | 0x20, escape: s[0] < 'a'}
	if strings.ContainsRune("crt", rune(m.letter)) {
		return m, false // only for explanations, which are not fetched
	}
	s = s[1:]
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits > 0 {
		n, err := strconv.Atoi(s[:digits])
		if err != nil || n == 0 {
			return m, false
		}
		m.keep, s = n, s[digits:]
	}
	if s != "" && s[0]|0x20 == 'r' {
		m.reverse, s = true, s[1:]
	}
	m.delimiters = orElse(s, ".")
	return m, strings.Trim(s, ".-+,/_=") == ""
}

// expand replaces the macros of a domain-spec (RFC 7208 section 7) and shortens what is too long for the DNS from the left.
func (c *spf) expand(spec, domain string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(spec); i++ {
		if spec[i] != '%' || i+1 >= len(spec) {
			b.WriteByte(spec[i])
			continue
		}
		i++
		switch spec[i] {
		case '%':
			b.WriteByte('%')
		case '_':
			b.WriteByte(' ')
		case '-':
			b.WriteString("%20")
		case '{':
			end := strings.IndexByte(spec[i:], '}')
			if end < 0 {
				return "", errPerm
			}
			m, ok := parseMacro(spec[i+1 : i+end])
			if !ok {
				return "", errPerm
			}
			b.WriteString(c.value(m, domain))
			i += end
		}
	}
	out := strings.TrimSuffix(b.String(), ".")
	for len(out) > 253 {
		_, rest, ok := strings.Cut(out, ".")
		if !ok {
			return "", errPerm
		}
		out = rest
	}
	return out, nil
}

func (c *spf) value(m macro, domain string) string {
	at := strings.LastIndexByte(c.sender, '@')
	v := ""
	switch m.letter {
	case 's':
		v = c.sender
	case 'l':
		v = c.sender[:max(at, 0)]
	case 'o':
		v = c.sender[at+1:]
	case 'd':
		v = domain
	case 'i':
		v = dotted(c.ip)
	case 'p':
		v = c.clientName(domain)
	case 'h':
		v = c.helo
	case 'v':
		if v = "in-addr"; c.ip.Is6() {
			v = "ip6"
		}
	}
	parts := strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(m.delimiters, r) })
	if m.reverse {
		for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
			parts[i], parts[j] = parts[j], parts[i]
		}
	}
	if m.keep > 0 && m.keep < len(parts) {
		parts = parts[len(parts)-m.keep:]
	}
	v = strings.Join(parts, ".")
	if m.escape {
		v = strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	}
	return v
}

// clientName is the confirmed name of the client, one within the domain before others, "unknown" where there is none.
func (c *spf) clientName(domain string) string {
	best := "unknown"
	for _, n := range c.confirmed() {
		if strings.EqualFold(n, domain) {
			return n
		}
		if best == "unknown" || strings.HasSuffix(strings.ToLower(n), "."+strings.ToLower(domain)) {
			best = n
		}
	}
	return best
}

// dotted writes an address for the "i" macro: IPv6 as 32 hex digits with dots.
func dotted(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i, c := range ip.As16() {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteByte(hex[c>>4])
		b.WriteByte('.')
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
