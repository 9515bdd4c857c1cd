package mime

import (
	"bytes"
	"strings"
)

// A File is one found inside a text: uuencoded or yEncoded.
type File struct {
	Name    string
	Content []byte
}

// ExtractFiles takes uuencoded ("begin 644 name" … "end") and yEnc ("=ybegin" … "=yend") files out of a text. It returns the text without
// them, whether anything was taken, and the files. Blocks that do not decode stay in the text.
func ExtractFiles(text []byte) (rest []byte, found bool, files []File) {
	if !bytes.Contains(text, []byte("begin ")) {
		return text, false, nil
	}
	c := &cursor{data: text, bounds: newBoundaries()}
	kept := 0
	for c.pos < len(text) && len(files) < 1000 {
		at := c.pos
		line := c.line()
		f, ok := c.embedded(line)
		if !ok {
			continue
		}
		rest = append(rest, text[kept:at]...)
		kept = c.pos
		files = append(files, f)
	}
	if len(files) == 0 {
		return text, false, nil
	}
	return append(rest, text[kept:]...), true, files
}

// embedded reads the file that a line opens; where it is none, the cursor stays after the line.
func (c *cursor) embedded(line []byte) (File, bool) {
	save := c.pos
	var f File
	ok := false
	switch {
	case bytes.HasPrefix(line, []byte("begin ")):
		f, ok = c.uuFile(line)
	case bytes.HasPrefix(line, []byte("=ybegin ")):
		f, ok = c.yFile(line)
	}
	if !ok {
		c.pos = save
	}
	return f, ok
}

func (c *cursor) uuFile(begin []byte) (File, bool) {
	fields := strings.SplitN(string(begin), " ", 3)
	if len(fields) < 3 || len(fields[1]) < 3 || len(fields[1]) > 4 || strings.Trim(fields[1], "01234567") != "" {
		return File{}, false
	}
	f := File{Name: FileName(Clean(headerText(fields[2])))}
	lines := 0
	for c.pos < len(c.data) {
		at := c.pos
		line := c.line()
		if string(bytes.TrimSpace(line)) == "end" {
			return f, f.Name != ""
		}
		if len(line) == 0 || line[0] == '`' {
			continue
		}
		data, ok := uuLine(line)
		if !ok {
			c.pos = at
			return f, lines > 2 && f.Name != ""
		}
		f.Content = append(f.Content, data...)
		lines++
	}
	return f, lines > 0 && f.Name != ""
}

// uuLine decodes one line: a length character, then groups of four.
func uuLine(line []byte) ([]byte, bool) {
	if line[0] < ' ' || line[0] > '`' {
		return nil, false
	}
	n := int(line[0]-' ') & 63
	body := line[1:]
	if len(body) > (n+2)/3*4+3 || len(body)+4 < (n+2)/3*4 && len(bytes.TrimSpace(body)) > 0 && n < 1 {
		return nil, false
	}
	out := make([]byte, 0, n+2)
	for i := 0; len(out) < n; i += 4 {
		var v uint32
		for j := i; j < i+4; j++ {
			v <<= 6
			if j < len(body) {
				if body[j] < ' ' || body[j] > '`' {
					return nil, false
				}
				v |= uint32(body[j]-' ') & 63
			}
		}
		out = append(out, byte(v>>16), byte(v>>8), byte(v))
	}
	return out[:n], true
}

// yFile decodes yEnc: every byte plus 42, the critical ones escaped with "=" and another 64.
func (c *cursor) yFile(begin []byte) (File, bool) {
	_, name, ok := strings.Cut(string(begin), "name=")
	if !ok {
		return File{}, false
	}
	f := File{Name: FileName(Clean(headerText(name)))}
	for c.pos < len(c.data) {
		line := c.line()
		if bytes.HasPrefix(line, []byte("=yend")) {
			return f, true
		}
		if bytes.HasPrefix(line, []byte("=ypart ")) {
			continue
		}
		for i := 0; i < len(line); i++ {
			b := line[i]
			if b == '=' && i+1 < len(line) {
				i++
				b = line[i] - 64
			}
			f.Content = append(f.Content, b-42)
		}
	}
	return f, false
}
