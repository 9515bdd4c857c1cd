package mime

import (
	"strings"
	"unicode/utf8"
)

// Words decodes a header value as a person reads it (RFC 2047): encoded words in every broken form seen in the wild, raw 8-bit text, and words
// split in the middle of a character. The result is valid UTF-8 on one line.
func Words(s string) string {
	if !strings.Contains(s, "=?") {
		return Clean(headerText(s))
	}
	var out strings.Builder
	var run wordRun
	for len(s) > 0 {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		w, n := encodedWord(s[i:])
		if n == 0 {
			run.flush(&out)
			out.WriteString(headerText(s[:i+2]))
			s = s[i+2:]
			continue
		}
		gap := s[:i]
		if run.open && strings.TrimSpace(gap) == "" {
			run.add(w, &out)
		} else {
			run.flush(&out)
			out.WriteString(headerText(gap))
			run.add(w, &out)
		}
		s = s[i+n:]
	}
	run.flush(&out)
	out.WriteString(headerText(s))
	return Clean(out.String())
}

// word is one encoded word, its transfer encoding undone and its charset not yet.
type word struct {
	charset string
	data    []byte
}

// wordRun joins neighbouring words of one charset before decoding it, since senders cut characters in two.
type wordRun struct {
	word
	open bool
}

func (r *wordRun) add(w word, out *strings.Builder) {
	if r.open && !strings.EqualFold(r.charset, w.charset) {
		out.WriteString(Decode(r.data, r.charset))
		r.data = nil
	}
	r.charset, r.open = w.charset, true
	if stateful(w.charset) && len(r.data) > 0 {
		out.WriteString(Decode(r.data, r.charset))
		r.data = nil
	}
	r.data = append(r.data, w.data...)
}

func (r *wordRun) flush(out *strings.Builder) {
	if r.open {
		out.WriteString(Decode(r.data, r.charset))
	}
	*r = wordRun{}
}

// maxWord bounds one encoded word; senders that ignore the limit of 75 write a whole subject into one.
const maxWord = 32 << 10

// encodedWord reads "=?charset*lang?e?text?=" at the start of s and returns its length, 0 where there is none.
func encodedWord(s string) (word, int) {
	q1 := strings.IndexByte(s[2:], '?')
	if q1 <= 0 || q1 > 60 {
		return word{}, 0
	}
	charset, _, _ := strings.Cut(s[2:2+q1], "*")
	rest := s[3+q1:]
	if len(rest) < 2 || rest[1] != '?' || strings.ContainsAny(charset, " =") {
		return word{}, 0
	}
	text := rest[2:]
	end, tail := wordEnd(text[:min(len(text), maxWord)])
	if end < 0 {
		return word{}, 0
	}
	used := len(s) - len(text) + end + tail
	switch rest[0] {
	case 'B', 'b':
		return word{charset, decodeBase64([]byte(text[:end]))}, used
	case 'Q', 'q':
		return word{charset, decodeQ(text[:end])}, used
	}
	return word{}, 0
}

// wordEnd finds the "?=" that closes the text, or where a missing one should have stood.
func wordEnd(text string) (end, tail int) {
	if i := strings.Index(text, "?="); i >= 0 {
		// a Q-encoded text may hold a raw question mark before "=XX": "…?=20?=" closes at the second
		for next := i; next >= 0 && isHexPair(text, i+2); {
			next = strings.Index(text[i+2:], "?=")
			if next < 0 || strings.ContainsAny(text[i+2:i+2+next], " \t") {
				break
			}
			i += 2 + next
		}
		return i, 2
	}
	if i := strings.IndexAny(text, " \t\""); i >= 0 {
		return i, 0
	}
	return len(strings.TrimRight(text, "?")), len(text) - len(strings.TrimRight(text, "?"))
}

func isHexPair(s string, i int) bool { return i+1 < len(s) && unhex(s[i]) >= 0 && unhex(s[i+1]) >= 0 }

// decodeQ undoes the Q encoding: underscore is a blank, =XX a byte, anything else itself.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && isHexPair(s, i+1):
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// headerText reads header bytes outside encoded words: ASCII, else UTF-8 (RFC 6532), else whatever 8-bit charset fits.
func headerText(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x1b$") {
		return s
	}
	return Decode([]byte(s), "")
}

// Clean makes a header value safe to store and show: valid UTF-8, one line, no control characters.
func Clean(s string) string {
	s = Valid(s)
	if strings.IndexFunc(s, isControl) >= 0 {
		s = strings.Map(func(r rune) rune {
			switch {
			case r == '\n' || r == '\r' || r == '\t':
				return ' '
			case isControl(r):
				return -1
			}
			return r
		}, s)
	}
	return strings.TrimSpace(s)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }

// Valid makes a body text storable: valid UTF-8 without NUL.
func Valid(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}
