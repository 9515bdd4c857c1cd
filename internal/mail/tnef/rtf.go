package tnef

import (
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// rtfSeed fills the dictionary before the first byte (MS-OXRTFCP 2.1.2.1).
const rtfSeed = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// maxRTF bounds a decompressed body.
const maxRTF = 64 << 20

// decompressRTF undoes the LZ77 variant of MS-OXRTFCP: sixteen header bytes, then flag bytes whose bits tell literals from (offset, length) pairs in a 4 KiB ring.
func decompressRTF(in []byte) []byte {
	if len(in) < 16 {
		return nil
	}
	size := binary.LittleEndian.Uint32(in[4:])
	if binary.LittleEndian.Uint32(in[8:]) == 0x414c454d { // "MELA": stored
		return in[16:min(len(in), 16+int(min(size, maxRTF)))]
	}
	var ring [4096]byte
	pos := copy(ring[:], rtfSeed)
	out := make([]byte, 0, min(int(min(size, maxRTF)), len(in)*16))
	put := func(b byte) { out = append(out, b); ring[pos] = b; pos = (pos + 1) & 4095 }
	for in = in[16:]; len(in) > 0 && len(out) < maxRTF; {
		flags := in[0]
		in = in[1:]
		for bit := 0; bit < 8 && len(in) > 0; bit++ {
			if flags>>bit&1 == 0 {
				put(in[0])
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return out
			}
			ref := int(in[0])<<8 | int(in[1])
			in = in[2:]
			at := ref >> 4
			if at == pos {
				return out
			}
			for n := ref&15 + 2; n > 0; n-- {
				put(ring[at])
				at = (at + 1) & 4095
			}
		}
	}
	return out
}

// skippedGroups are RTF destinations that hold no text of the body.
var skippedGroups = []string{"\\fonttbl", "\\colortbl", "\\stylesheet", "\\info", "\\*", "\\pict", "\\header", "\\footer"}

// plainRTF takes the words out of an RTF document: paragraphs and tabs kept, everything else dropped.
func plainRTF(rtf []byte) string {
	p := rtfText{in: string(rtf)}
	for p.pos < len(p.in) && p.out.Len() < maxRTF {
		p.step()
	}
	return strings.TrimSpace(p.out.String())
}

type rtfText struct {
	in    string
	pos   int
	depth int
	skip  int // depth of the group being skipped, 0 when none
	eat   int // replacement characters to pass over after \u
	out   strings.Builder
}

func (p *rtfText) step() {
	switch c := p.in[p.pos]; c {
	case '{':
		p.depth++
		if p.skip == 0 && startsAny(p.in[p.pos+1:], skippedGroups) {
			p.skip = p.depth
		}
		p.pos++
	case '}':
		if p.skip == p.depth {
			p.skip = 0
		}
		p.depth--
		p.pos++
	case '\\':
		p.control()
	default:
		p.pos++
		if c != '\r' && c != '\n' {
			p.put(string(charmap.Windows1252.DecodeByte(c)))
		}
	}
}

func (p *rtfText) put(s string) {
	if p.eat > 0 {
		p.eat--
		return
	}
	if p.skip == 0 {
		p.out.WriteString(s)
	}
}

func (p *rtfText) control() {
	p.pos++
	if p.pos >= len(p.in) {
		return
	}
	c := p.in[p.pos]
	if c == '\'' && p.pos+3 <= len(p.in) {
		n, _ := strconv.ParseUint(p.in[p.pos+1:p.pos+3], 16, 8)
		p.pos += 3
		p.put(string(charmap.Windows1252.DecodeByte(byte(n))))
		return
	}
	if !isLetter(c) {
		p.pos++
		switch c {
		case '~':
			p.put(" ")
		case '\\', '{', '}':
			p.put(string(c))
		}
		return
	}
	start := p.pos
	for p.pos < len(p.in) && isLetter(p.in[p.pos]) {
		p.pos++
	}
	word, digits := p.in[start:p.pos], p.pos
	for p.pos < len(p.in) && (p.in[p.pos] >= '0' && p.in[p.pos] <= '9' || p.in[p.pos] == '-' && p.pos == digits) {
		p.pos++
	}
	n, _ := strconv.Atoi(p.in[digits:p.pos])
	if p.pos < len(p.in) && p.in[p.pos] == ' ' {
		p.pos++
	}
	p.word(word, n)
}

func (p *rtfText) word(word string, n int) {
	switch word {
	case "par", "line", "row":
		p.put("\n")
	case "tab", "cell":
		p.put("\t")
	case "u":
		p.put(string(rune(uint16(n))))
		p.eat = 1
	case "emdash":
		p.put("—")
	case "endash":
		p.put("–")
	case "lquote", "rquote":
		p.put("’")
	case "ldblquote":
		p.put("“")
	case "rdblquote":
		p.put("”")
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func startsAny(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
