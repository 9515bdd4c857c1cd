package mime

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// Bytes is the content of a leaf with its transfer encoding undone. Broken encodings give all that can be read.
func (p *Part) Bytes() []byte {
	switch p.Encoding() {
	case "base64":
		if !plausibleBase64(p.Body) && !p.IsMessage() {
			return p.Body
		}
		return decodeBase64(p.Body)
	case "quoted-printable":
		return decodeQuoted(p.Body)
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if _, _, files := ExtractFiles(p.Body); len(files) > 0 {
			return files[0].Content
		}
	case "x-yencode", "yenc":
		if _, _, files := ExtractFiles(p.Body); len(files) > 0 {
			return files[0].Content
		}
	}
	return p.Body
}

// Encoding is the transfer encoding in lower case, with the usual misspellings understood.
func (p *Part) Encoding() string {
	field := p.Header.Get("Content-Transfer-Encoding")
	if field == "" {
		return ""
	}
	e := strings.ToLower(strings.Trim(strings.TrimSpace(dropComments(field)), "\"';"))
	if e, _, _ = strings.Cut(e, ";"); strings.HasPrefix(e, "base64") || e == "base-64" || e == "b64" {
		return "base64"
	}
	if strings.HasPrefix(e, "quoted") || e == "qp" {
		return "quoted-printable"
	}
	return strings.TrimSpace(e)
}

// Text is the content of a text leaf in UTF-8 with plain newlines.
func (p *Part) Text() string {
	data := p.Bytes()
	charset := p.Params["charset"]
	if p.Type == "text/html" {
		charset = htmlCharset(data, charset)
	}
	s := Valid(Decode(data, charset))
	if strings.IndexByte(s, '\r') >= 0 {
		s = newlines.Replace(s)
	}
	return s
}

var newlines = strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n")

// plausibleBase64 tells a base64 body from plain text that was mislabelled: prose has blanks inside its lines and marks that base64 has not.
func plausibleBase64(b []byte) bool {
	b = b[:min(len(b), 4096)]
	bad, good, lines, spaced := 0, 0, 0, 0
	for _, line := range bytes.Split(b, []byte{'\n'}) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		lines++
		if bytes.IndexByte(line, ' ') > 0 {
			spaced++
		}
		for _, c := range line {
			if base64Value[c] >= 0 || c == '=' {
				good++
			} else {
				bad++
			}
		}
	}
	return bad*8 <= good && (lines < 3 || spaced*2 < lines)
}

var base64Value = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = int8(i)
	}
	return t
}()

// decodeBase64 reads base64 in any state: line ends anywhere, foreign characters skipped, padding missing or in the middle (concatenated encodings).
func decodeBase64(in []byte) []byte {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(in))+3)
	if n, err := base64.StdEncoding.Decode(out, in); err == nil {
		return out[:n]
	}
	out = out[:0]
	var acc uint32
	bits := 0
	for i, c := range in {
		if c == '=' {
			if bits > 0 || i > 0 && in[i-1] == '=' {
				acc, bits = 0, 0
			}
			continue
		}
		v := base64Value[c]
		if v < 0 {
			if bytes.HasPrefix(in[i:], []byte("\n--")) {
				break
			}
			continue
		}
		acc = acc<<6 | uint32(v)
		if bits += 6; bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
		}
	}
	return out
}

// decodeQuoted undoes quoted-printable: =XX, soft line ends, blanks before a line end dropped. What is not valid is kept as written.
func decodeQuoted(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for len(in) > 0 {
		line, end := in, []byte(nil)
		if i := bytes.IndexByte(in, '\n'); i >= 0 {
			line, end, in = in[:i], in[i:i+1], in[i+1:]
			if i > 0 && line[i-1] == '\r' {
				line, end = line[:i-1], []byte("\r\n")
			}
		} else {
			in = nil
		}
		line = bytes.TrimRight(line, " \t")
		if n := len(line); n > 0 && line[n-1] == '=' {
			line, end = line[:n-1], nil
		}
		out = append(quotedLine(out, line), end...)
	}
	return out
}

func quotedLine(out, line []byte) []byte {
	for {
		i := bytes.IndexByte(line, '=')
		if i < 0 {
			return append(out, line...)
		}
		out = append(out, line[:i]...)
		if i+2 < len(line) && unhex(line[i+1]) >= 0 && unhex(line[i+2]) >= 0 {
			out = append(out, byte(unhex(line[i+1])<<4|unhex(line[i+2])))
			line = line[i+3:]
			continue
		}
		out = append(out, '=')
		line = line[i+1:]
	}
}
