package mime

import (
	"bytes"
	"strings"
)

// A Field is one header field: its name as written and its value unfolded onto one line, undecoded.
type Field struct{ Name, Value string }

// Header holds the fields of a message or part in the order they were written.
type Header []Field

// Get returns the first value of a field, whatever the case of its name, or "".
func (h Header) Get(name string) string {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// All returns every value of a field in order.
func (h Header) All(name string) []string {
	var out []string
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			out = append(out, h[i].Value)
		}
	}
	return out
}

// Has tells whether a field is there, even if it is empty.
func (h Header) Has(name string) bool {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return true
		}
	}
	return false
}

// Text returns the first value of a field as a person reads it: encoded words decoded, valid UTF-8.
func (h Header) Text(name string) string { return Words(h.Get(name)) }

// Bounds of one header. What is beyond is dropped from the parsed view only; the raw message keeps it.
const (
	maxHeader = 8 << 20
	maxFields = 20000
)

// fieldName splits "Name : value" and tells whether the line can be a header field at all (RFC 5322 2.2; blanks before the colon are an old form still seen).
func fieldName(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 200 {
		return "", nil, false
	}
	raw := bytes.TrimRight(line[:colon], " \t")
	if len(raw) == 0 {
		return "", nil, false
	}
	for _, c := range raw {
		if c <= ' ' || c == 0x7f {
			return "", nil, false
		}
	}
	return string(raw), line[colon+1:], true
}

// header reads fields from the cursor up to and including the blank line. It stops early, without taking the line, at a boundary, or at a line
// that can only be the body of a mail whose blank line is missing.
func (c *cursor) header() Header {
	var h Header
	var value []byte
	name := ""
	flush := func() {
		if name != "" && len(h) < maxFields {
			h = append(h, Field{name, string(bytes.Trim(value, " \t\r\n"))})
		}
		name, value = "", value[:0]
	}
	start := c.pos
	for c.pos < len(c.data) {
		at := c.pos
		line := c.line()
		if len(line) == 0 {
			break
		}
		if c.bounds.match(line) != nil {
			c.pos = at
			break
		}
		if c.pos-start > maxHeader {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && (name != "" || at > start) {
			if isBlank(line) && !c.moreFields() {
				break
			}
			if name != "" {
				value = append(append(value, ' '), bytes.TrimLeft(line, " \t")...)
			}
			continue
		}
		n, v, ok := fieldName(line)
		if !ok && name != "" && bytes.HasSuffix(bytes.TrimRight(value, " \t"), []byte(";")) && isParameter(line) {
			value = append(append(value, ' '), line...)
			continue
		}
		if !ok {
			if isMboxFrom(line) && at == start || !bytes.HasPrefix(line, []byte("--")) && c.moreFields() {
				continue
			}
			c.pos = at
			break
		}
		flush()
		name, value = n, append(value, v...)
	}
	flush()
	return h
}

// isParameter recognises `boundary="x"` at the start of a line: a folded parameter that lost its indent.
func isParameter(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte("="))
	return ok && isToken(string(name))
}

// moreFields looks ahead over continuation lines: does the header go on after a line that is not a field?
func (c *cursor) moreFields() bool {
	save := c.pos
	defer func() { c.pos = save }()
	for tries := 0; tries < 4 && c.pos < len(c.data); tries++ {
		line := c.line()
		if c.bounds.match(line) != nil || isBlank(line) {
			return false
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name, _, ok := fieldName(line)
		return ok && looksLikeField(name)
	}
	return false
}

// looksLikeField separates "Content-Type:" from "Hello:", so that prose with a colon does not prolong a header.
func looksLikeField(name string) bool {
	if strings.Contains(name, "-") {
		return true
	}
	switch strings.ToLower(name) {
	case "from", "to", "cc", "bcc", "subject", "date", "sender", "received", "references", "status", "precedence", "organization":
		return true
	}
	return false
}

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// isMboxFrom recognises the separator line that mbox files put before a message.
func isMboxFrom(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// ParseHeader reads the fields at the start of a text.
func ParseHeader(s string) Header {
	c := &cursor{data: []byte(s), bounds: newBoundaries()}
	return c.header()
}
