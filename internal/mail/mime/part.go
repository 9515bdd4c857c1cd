// Package mime takes a mail apart: bytes in, a tree of parts out, for any bytes at all.
//
// One pass walks the message line by line. The boundaries of all open multiparts are kept in one table (boundary text to
// level), so a line costs one lookup however deep the nesting, and an inner part that was never closed ends where an
// outer boundary speaks. Parts are windows into the message; nothing is copied or decoded until somebody asks
// (Part.Bytes, Part.Text). A nested message is a leaf whose own tree is read on demand with Part.Message.
//
// Nothing is ever refused. Where the RFCs (5322, 2045-2047, 2231) are broken, the reading that shows a person most of
// what was sent is taken, as mail programs do.
package mime

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// Limits of one message. What lies beyond stays in the raw message and is shown as one opaque part.
const (
	MaxDepth = 1000
	MaxParts = 20000
)

// A Part is one node of the tree: a multipart with children, or a leaf with a body.
type Part struct {
	Header      Header
	Type        string            // lower case "type/subtype"; text/plain where none is declared
	Params      map[string]string // of Content-Type, keys in lower case, RFC 2231 decoded
	Disposition string            // "attachment", "inline" or ""
	DispParams  map[string]string
	Body        []byte // still encoded, without the line end that belongs to the boundary
	Preamble    []byte // of a multipart
	Children    []*Part
	Parent      *Part
}

// Parse reads a whole message. It never fails: bytes without any structure are one text part.
func Parse(raw []byte) *Part {
	data := prepare(raw)
	c := &cursor{data: data, bounds: newBoundaries()}
	c.skipLead()
	return c.part("text/plain", nil, 0)
}

// IsMultipart tells whether the part was read as a container.
func (p *Part) IsMultipart() bool { return strings.HasPrefix(p.Type, "multipart/") }

// IsMessage tells whether the part holds a whole message (RFC 2046 5.2.1, RFC 6532 3.7).
func (p *Part) IsMessage() bool {
	return p.Type == "message/rfc822" || p.Type == "message/global" || p.Type == "message/news"
}

// Message reads the message nested in this part.
func (p *Part) Message() *Part { return Parse(p.Bytes()) }

// MessageHeader reads only the header of the message nested in this part.
func (p *Part) MessageHeader() Header {
	c := &cursor{data: prepare(p.Bytes()), bounds: newBoundaries()}
	c.skipLead()
	return c.header()
}

// Name is the file name given to the part, decoded and tidied by FileName, or "".
func (p *Part) Name() string {
	for _, n := range []string{p.DispParams["filename"], p.Params["name"], p.DispParams["name"], p.Params["filename"]} {
		if n = FileName(n); n != "" {
			return n
		}
	}
	return ""
}

// FileName takes off a name what is not one: the folder it came from, and the marks that turn the reading direction, which make "fdp.exe" look like "exe.pdf".
func FileName(n string) string {
	n = n[strings.LastIndexAny(n, `/\`)+1:]
	if strings.ContainsAny(n, turning) {
		n = strings.Map(func(r rune) rune {
			if strings.ContainsRune(turning, r) {
				return -1
			}
			return r
		}, n)
	}
	return strings.TrimSpace(n)
}

const turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

// ContentID is the part's Content-ID without angle brackets.
func (p *Part) ContentID() string {
	return strings.Trim(strings.TrimSpace(p.Header.Get("Content-Id")), "<>")
}

// Leaves lists every part that is not a container, in order.
func (p *Part) Leaves() []*Part {
	var out []*Part
	p.walk(func(q *Part) {
		if len(q.Children) == 0 {
			out = append(out, q)
		}
	})
	return out
}

func (p *Part) walk(visit func(*Part)) {
	visit(p)
	for _, c := range p.Children {
		c.walk(visit)
	}
}

// part reads one part from the cursor up to a boundary of any open level, which it leaves unread.
func (c *cursor) part(deflt string, parent *Part, depth int) *Part {
	c.parts++
	p := &Part{Parent: parent, Header: c.header()}
	p.describe(deflt)
	boundary := p.Params["boundary"]
	if !p.IsMultipart() || boundary == "" || depth >= MaxDepth || c.parts >= MaxParts {
		p.Body = c.until()
		if p.IsMultipart() {
			c.guessBoundary(p, depth)
		}
		return p
	}
	c.multipart(p, boundary, depth)
	return p
}

// multipart reads preamble, children and epilogue.
func (c *cursor) multipart(p *Part, boundary string, depth int) {
	start := c.pos
	level := c.bounds.push(boundary)
	p.Preamble = c.until()
	deflt := "text/plain"
	if p.Type == "multipart/digest" {
		deflt = "message/rfc822"
	}
	closed := false
	for c.pos < len(c.data) {
		at := c.pos
		b := c.bounds.match(c.line())
		if b == nil || b.level != level {
			c.pos = at
			break
		}
		if closed = b.closing; closed {
			break
		}
		if c.parts >= MaxParts {
			p.Children = append(p.Children, &Part{Parent: p, Type: "application/octet-stream", Body: c.rest(level)})
			continue
		}
		p.Children = append(p.Children, c.part(deflt, p, depth+1))
	}
	c.bounds.pop(level)
	p.Body = trimEnd(c.data[start:c.pos])
	if len(p.Children) == 0 {
		c.unstructured(p, start)
		return
	}
	if closed {
		c.epilogue(p, boundary, deflt, depth)
	}
}

// rest takes everything up to the end of the multipart at level, boundaries included, which it leaves unread.
func (c *cursor) rest(level int) []byte {
	start := c.pos
	for {
		c.until()
		at := c.pos
		if b := c.bounds.match(c.line()); b == nil || b.level != level || b.closing {
			c.pos = at
			return trimEnd(c.data[start:at])
		}
	}
}

// epilogue skips what follows the closing boundary. Senders that close too early and then go on with parts are
// forgiven: the text after them would be lost otherwise.
func (c *cursor) epilogue(p *Part, boundary, deflt string, depth int) {
	level := c.bounds.push(boundary)
	c.until()
	for c.pos < len(c.data) && c.parts < MaxParts {
		at := c.pos
		b := c.bounds.match(c.line())
		if b == nil || b.level != level {
			c.pos = at
			break
		}
		if b.closing {
			c.until()
			continue
		}
		p.Children = append(p.Children, c.part(deflt, p, depth+1))
	}
	c.bounds.pop(level)
}

// unstructured handles a multipart whose declared boundary never comes: the boundary is guessed from the body, or
// the whole body is shown as text.
func (c *cursor) unstructured(p *Part, start int) {
	p.Body = trimEnd(c.data[start:c.pos])
	if rest := c.until(); len(rest) > 0 {
		p.Body = trimEnd(c.data[start:c.pos])
	}
	c.guessBoundary(p, 0)
}

// guessBoundary splits a multipart without a usable boundary at the first line that looks like one: "--text" followed by a header field.
func (c *cursor) guessBoundary(p *Part, depth int) {
	if depth >= MaxDepth || c.parts >= MaxParts || c.guesses >= 8 {
		return
	}
	c.guesses++
	sub := &cursor{data: p.Body, bounds: newBoundaries(), parts: c.parts, guesses: c.guesses}
	for sub.pos < len(sub.data) {
		line := sub.line()
		if len(line) > 2 && line[0] == '-' && line[1] == '-' && sub.moreFields() {
			sub.pos = 0
			body := p.Body
			sub.multipart(p, string(bytes.TrimRight(line[2:], " \t")), depth)
			p.Body, c.parts = body, sub.parts
			return
		}
	}
}

// describe fills type and disposition from the header, mending what is commonly wrong.
func (p *Part) describe(deflt string) {
	p.Type, p.Params = params(p.Header.Get("Content-Type"))
	switch {
	case p.Type == "" && p.Header.Get("Content-Type") == "":
		p.Type = deflt
	case p.Type == "text" || p.Type == "plain" || p.Type == "text/":
		p.Type = "text/plain"
	case p.Type == "html":
		p.Type = "text/html"
	case p.Type == "multipart" || p.Type == "multipart/":
		p.Type = "multipart/mixed"
	case !strings.Contains(p.Type, "/"):
		p.Type = "application/octet-stream"
		if p.Header.Get("Content-Disposition") == "" && p.Params["name"] == "" {
			p.Type = "text/plain"
		}
	}
	disp, dp := params(p.Header.Get("Content-Disposition"))
	if i := strings.IndexByte(disp, '/'); i >= 0 {
		disp = disp[i+1:]
	}
	p.Disposition, p.DispParams = disp, dp
	if disp != "" && disp != "inline" && disp != "attachment" {
		p.Disposition = "attachment"
	}
}

// prepare gives the bytes one reading: byte order marks off, UTF-16 turned into UTF-8, and the old line end of a lone
// carriage return turned into a newline where the message uses no other.
func prepare(raw []byte) []byte {
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		raw = raw[3:]
	case bytes.HasPrefix(raw, []byte("\xff\xfe")) && len(raw) > 3:
		raw = fromUTF16(raw[2:], false)
	case bytes.HasPrefix(raw, []byte("\xfe\xff")) && len(raw) > 3:
		raw = fromUTF16(raw[2:], true)
	}
	head := raw[:min(len(raw), 64<<10)]
	crs, lfs := bytes.Count(head, []byte{'\r'}), bytes.Count(head, []byte{'\n'})
	if crs > 0 && lfs*4 < crs {
		raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	return raw
}

func fromUTF16(b []byte, big bool) []byte {
	u := make([]uint16, len(b)/2)
	for i := range u {
		lo, hi := b[2*i], b[2*i+1]
		if big {
			lo, hi = hi, lo
		}
		u[i] = uint16(hi)<<8 | uint16(lo)
	}
	return []byte(string(utf16.Decode(u)))
}
