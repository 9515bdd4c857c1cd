package intake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"mime"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// written are the header fields that say what was written and to whom; every other field may be a trace of the way.
var written = []string{"message-id", "from", "sender", "reply-to", "to", "cc", "date", "subject", "in-reply-to", "references"}

const maxHeader = 256 << 10

// A fingerprint reads a mail as it passes and tells, at the end, whether it is the same as another one.
//
// The same are two mails with the same body (line ends and blank lines at the end aside) and the same written fields (folding aside). A mail
// with neither Message-ID nor Date has nothing that tells one sending from the next; there the whole header counts, so that the second
// "disk full" of a monitoring system is not taken for the first.
type fingerprint struct {
	header []byte
	inBody bool
	body   hash.Hash
	blank  int // line ends held back: those at the end do not count
}

func (f *fingerprint) Write(p []byte) (int, error) {
	n := len(p)
	if !f.inBody {
		p = f.takeHeader(p)
	}
	if len(p) > 0 {
		f.takeBody(p)
	}
	return n, nil
}

// takeHeader takes what belongs to the header and gives back the rest.
func (f *fingerprint) takeHeader(p []byte) []byte {
	start := max(0, len(f.header)-3)
	f.header = append(f.header, p...)
	end := headerEnd(f.header, start)
	if end < 0 && len(f.header) < maxHeader {
		return nil
	}
	if end < 0 {
		end = len(f.header)
	}
	f.inBody = true
	rest := f.header[end:]
	f.header = f.header[:end:end]
	return rest
}

// headerEnd is the index after the empty line, looking from start on, or -1.
func headerEnd(h []byte, start int) int {
	if bytes.HasPrefix(h, []byte("\n")) || bytes.HasPrefix(h, []byte("\r\n")) {
		return bytes.IndexByte(h, '\n') + 1
	}
	for i := start; i < len(h); i++ {
		if h[i] != '\n' {
			continue
		}
		if rest := h[i+1:]; bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")) {
			return i + 2 + bytes.IndexByte(rest, '\n')
		}
	}
	return -1
}

func (f *fingerprint) takeBody(p []byte) {
	if f.body == nil {
		f.body = sha256.New()
	}
	for len(p) > 0 {
		i := bytes.IndexAny(p, "\r\n")
		if i != 0 {
			if i < 0 {
				i = len(p)
			}
			f.body.Write(bytes.Repeat([]byte{'\n'}, f.blank))
			f.blank = 0
			f.body.Write(p[:i])
			p = p[i:]
			continue
		}
		if p[0] == '\n' {
			f.blank++
		}
		p = p[1:]
	}
}

func (f *fingerprint) summary() Raw {
	fields := readFields(f.header)
	sum := sha256.New()
	if fields["message-id"] == "" && fields["date"] == "" {
		sum.Write(bytes.ReplaceAll(f.header, []byte("\r"), nil))
	}
	for _, name := range written {
		sum.Write([]byte(name + ":" + fields[name] + "\n"))
	}
	if f.body != nil {
		sum.Write(f.body.Sum(nil))
	}
	r := Raw{Dedupe: hex.EncodeToString(sum.Sum(nil)), MessageIDHeader: clip(strings.Trim(fields["message-id"], "<> "), 500), From: author(fields["from"]), Subject: clip(decode(fields["subject"]), 500)}
	r.Hops = hops(f.header)
	return r
}

func hops(header []byte) int {
	n := 0
	for line := range bytes.Lines(header) {
		if len(line) > 9 && bytes.EqualFold(line[:9], []byte("received:")) {
			n++
		}
	}
	return n
}

// readFields gives the first value of every written field, unfolded, with every run of white space as one space.
func readFields(header []byte) map[string]string {
	folded := map[string][]string{}
	name := ""
	for _, line := range strings.Split(string(header), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if name != "" {
				folded[name] = append(folded[name], line)
			}
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(key))
		if _, seen := folded[name]; !ok || seen || !isWritten(name) {
			name = ""
			continue
		}
		folded[name] = []string{value}
	}
	fields := map[string]string{}
	for name, lines := range folded {
		fields[name] = squeeze(strings.Join(lines, " ")) // once: a hostile field has a hundred thousand lines
	}
	return fields
}

func isWritten(name string) bool {
	for _, w := range written {
		if w == name {
			return true
		}
	}
	return false
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func author(from string) string {
	if list, err := mail.ParseAddressList(from); err == nil && len(list) > 0 {
		return clip(strings.ToLower(list[0].Address), 320)
	}
	if open, end := strings.LastIndexByte(from, '<'), strings.LastIndexByte(from, '>'); open >= 0 && end > open {
		from = from[open+1 : end]
	}
	return clip(strings.ToLower(strings.TrimSpace(from)), 320)
}

func decode(s string) string {
	if plain, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return plain
	}
	return s
}

// clip makes s fit for a text column: valid UTF-8 without NUL (PostgreSQL takes neither), at most n bytes.
func clip(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
