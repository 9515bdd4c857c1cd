package mime

import "bytes"

// cursor walks the lines of one message.
type cursor struct {
	data    []byte
	pos     int
	bounds  *boundaries
	parts   int
	guesses int
}

// line returns the next line without its end and moves past it.
func (c *cursor) line() []byte {
	rest := c.data[c.pos:]
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		c.pos = len(c.data)
		return bytes.TrimRight(rest, "\r")
	}
	c.pos += i + 1
	for i > 0 && rest[i-1] == '\r' {
		i--
	}
	return rest[:i]
}

// until moves to the next line that is a boundary of an open level, or to the end, and returns the bytes before it
// without the line end that belongs to the boundary (RFC 2046 5.1.1).
func (c *cursor) until() []byte {
	start := c.pos
	if c.bounds.empty() {
		c.pos = len(c.data)
		return c.data[start:]
	}
	for c.pos < len(c.data) {
		rest := c.data[c.pos:]
		if len(rest) > 2 && rest[0] == '-' && rest[1] == '-' {
			at := c.pos
			if c.bounds.match(c.line()) != nil {
				c.pos = at
				return trimEnd(c.data[start:at])
			}
			continue
		}
		i := bytes.Index(rest, []byte("\n--"))
		if i < 0 {
			c.pos = len(c.data)
			break
		}
		c.pos += i + 1
	}
	return c.data[start:]
}

// skipLead passes over what can stand before the first header field: blank lines and mbox separators.
func (c *cursor) skipLead() {
	for c.pos < len(c.data) {
		at := c.pos
		line := c.line()
		if !isBlank(line) && !isMboxFrom(line) {
			c.pos = at
			return
		}
	}
}

func trimEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
		if n := len(b); n > 0 && b[n-1] == '\r' {
			b = b[:n-1]
		}
	}
	return b
}

// boundaries is the table of open multiparts, innermost last.
type boundaries struct {
	byText map[string][]int
	texts  []string
}

type hit struct {
	level   int
	closing bool
}

func newBoundaries() *boundaries { return &boundaries{byText: map[string][]int{}} }

func (b *boundaries) empty() bool { return len(b.texts) == 0 }

func (b *boundaries) push(text string) int {
	level := len(b.texts)
	b.texts = append(b.texts, text)
	b.byText[text] = append(b.byText[text], level)
	return level
}

func (b *boundaries) pop(level int) {
	text := b.texts[level]
	b.texts = b.texts[:level]
	if levels := b.byText[text]; len(levels) > 1 {
		b.byText[text] = levels[:len(levels)-1]
		return
	}
	delete(b.byText, text)
}

// match finds the innermost open level whose boundary this line is, or nil. Words behind the boundary are ignored (RFC 2046 5.1.1, note to implementors), but not
// letters that belong to it: another boundary may begin with the same ones.
func (b *boundaries) match(line []byte) *hit {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' || b.empty() {
		return nil
	}
	if h := b.exact(line[2:]); h != nil {
		return h
	}
	text := bytes.TrimRight(line[2:], " \t\r")
	if h := b.exact(text); h != nil {
		return h
	}
	if i := bytes.IndexAny(text, " \t"); i > 0 {
		return b.exact(text[:i])
	}
	return nil
}

func (b *boundaries) exact(text []byte) *hit {
	if levels := b.byText[string(text)]; len(levels) > 0 {
		return &hit{levels[len(levels)-1], false}
	}
	if open, ok := bytes.CutSuffix(text, []byte("--")); ok {
		if levels := b.byText[string(open)]; len(levels) > 0 {
			return &hit{levels[len(levels)-1], true}
		}
	}
	return nil
}
