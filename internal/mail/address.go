package mail

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sendable tells whether mail can be sent to an address: local@domain as RFC 5321 4.1.2 and RFC 6531 write it, without comments or folding.
func Sendable(address string) bool {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at == len(address)-1 || len(address) > 254 || !utf8.ValidString(address) {
		return false
	}
	return localOK(address[:at]) && domainOK(address[at+1:])
}

// localOK: a dot-atom or a quoted string of at most 64 octets.
func localOK(s string) bool {
	if len(s) > 64 {
		return false
	}
	if strings.HasPrefix(s, `"`) {
		return quotedOK(s)
	}
	if strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`()<>[]:;@\,"`, r) || r >= 0x80 && !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func quotedOK(s string) bool {
	if len(s) < 3 || !strings.HasSuffix(s, `"`) {
		return false
	}
	inner := s[1 : len(s)-1]
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c == '\\' && i+1 < len(inner):
			i++
			if inner[i] < ' ' {
				return false
			}
		case c == '"' || c == '\\' || c < ' ' || c == 0x7f:
			return false
		}
	}
	return true
}

// domainOK: labels of letters, digits and inner dashes, or an address literal.
func domainOK(s string) bool {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		_, err := netip.ParseAddr(strings.TrimPrefix(s[1:len(s)-1], "IPv6:"))
		return err == nil
	}
	if len(s) > 253 {
		return false
	}
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") {
			return false
		}
		for _, r := range l {
			if r < 0x80 && !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') || r >= 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}
