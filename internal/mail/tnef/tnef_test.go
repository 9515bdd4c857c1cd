package tnef

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// builder writes a TNEF stream for tests.
type builder struct{ bytes.Buffer }

func newStream() *builder {
	b := &builder{}
	b.put(uint32(signature), uint16(1))
	return b
}

func (b *builder) put(vs ...any) {
	for _, v := range vs {
		_ = binary.Write(&b.Buffer, binary.LittleEndian, v)
	}
}

func (b *builder) attribute(level byte, id uint32, data []byte) {
	var sum uint16
	for _, c := range data {
		sum += uint16(c)
	}
	b.put(level, id, uint32(len(data)), data, sum)
}

// props writes a property list from alternating (type<<16 | id) and values.
func props(entries ...any) []byte {
	b := &builder{}
	b.put(uint32(len(entries) / 2))
	for i := 0; i < len(entries); i += 2 {
		head := uint32(entries[i].(int))
		b.put(uint16(head>>16), uint16(head))
		v := entries[i+1].([]byte)
		b.put(uint32(1), uint32(len(v)), v, make([]byte, (4-len(v)%4)%4))
	}
	return b.Bytes()
}

func utf16le(s string) []byte {
	var out []byte
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func TestRead(t *testing.T) {
	b := newStream()
	b.attribute(1, 0x69007, []byte{0xe3, 4, 0, 0, 0, 0, 0, 0}) // code page 1251
	b.attribute(1, 0x2800c, []byte("\xcf\xf0\xe8\xe2\xe5\xf2\x00"))
	b.attribute(2, 0x69002, make([]byte, 14))
	b.attribute(2, 0x18010, []byte("SHORT~1.PDF\x00"))
	b.attribute(2, 0x6800f, []byte("%PDF"))
	b.attribute(2, 0x69005, props(kindUnicode<<16|propLongName, utf16le("Rechnung März.pdf"), kindString8<<16|propMIME, []byte("application/pdf\x00")))
	b.attribute(2, 0x69002, make([]byte, 14))
	b.attribute(2, 0x69005, props(kindString8<<16|propName, []byte(`C:\TEMP\lamp.png`+"\x00"), kindString8<<16|propCID, []byte("<p1@x>\x00"), kindBinary<<16|propData, []byte("png")))
	c, err := Read(b.Bytes())
	if err != nil || c.Text != "Привет" || len(c.Files) != 2 {
		t.Fatalf("%v %+v", err, c)
	}
	if f := c.Files[0]; f.Name != "Rechnung März.pdf" || f.Type != "application/pdf" || string(f.Content) != "%PDF" {
		t.Errorf("%+v", f)
	}
	if f := c.Files[1]; f.Name != "lamp.png" || f.ContentID != "p1@x" || string(f.Content) != "png" || f.Type != "image/png" {
		t.Errorf("%+v", f)
	}
}

func TestReadHTMLBody(t *testing.T) {
	b := newStream()
	b.attribute(1, 0x69003, props(kindBinary<<16|propHTML, []byte("<p>Hello</p>")))
	c, _ := Read(b.Bytes())
	if c.HTML != "<p>Hello</p>" || len(c.Files) != 1 || c.Files[0].Name != "body.html" {
		t.Errorf("%+v", c)
	}
}

func TestEmbeddedMessage(t *testing.T) {
	inner := newStream()
	inner.attribute(2, 0x69002, make([]byte, 14))
	inner.attribute(2, 0x18010, []byte("inner.txt\x00"))
	inner.attribute(2, 0x6800f, []byte("deep"))
	b := newStream()
	b.attribute(2, 0x69002, make([]byte, 14))
	b.attribute(2, 0x69005, props(kindObject<<16|propData, append(make([]byte, 16), inner.Bytes()...)))
	c, _ := Read(b.Bytes())
	if len(c.Files) != 1 || c.Files[0].Name != "inner.txt" {
		t.Errorf("%+v", c.Files)
	}
}

func TestDamage(t *testing.T) {
	if _, err := Read([]byte("PK\x03\x04 not at all")); err != ErrNot {
		t.Errorf("%v", err)
	}
	b := newStream()
	b.attribute(2, 0x69002, make([]byte, 14))
	b.attribute(2, 0x18010, []byte("kept.txt\x00"))
	b.attribute(2, 0x6800f, []byte("data"))
	whole := b.Bytes()
	for n := range whole {
		c, _ := Read(whole[:n])
		if len(c.Files) > 1 {
			t.Fatalf("cut at %d gives %d files", n, len(c.Files))
		}
	}
	c, err := Read(append(whole, "garbage behind the end, longer than an attribute"...))
	if err != nil || len(c.Files) != 1 || c.Files[0].Name != "kept.txt" {
		t.Errorf("%v %+v", err, c.Files)
	}
}

func TestRTF(t *testing.T) {
	// the example of MS-OXRTFCP 3.1.1: literals, then one reference back
	packed := []byte{0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0}
	if got := string(decompressRTF(packed)); got != "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n" {
		t.Errorf("%q", got)
	}
	if got := decompressRTF([]byte{1, 2}); got != nil {
		t.Errorf("%q", got)
	}
	for in, want := range map[string]string{
		`{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Hello\par second \b line\b0 .}`: "Hello\nsecond line.",
		`{\rtf1 Gr\'fc\'dfe \u8364 ?5 \{x\}}`:                                 "Grüße €5 {x}",
		`{\rtf1 {\*\generator word;}text`:                                     "text",
		`\`:                                                                   "",
		`}}}} ok`:                                                             "ok",
	} {
		if got := plainRTF([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := plainRTF([]byte(strings.Repeat("{", 100000))); got != "" {
		t.Errorf("%.20q", got)
	}
}

func TestTypeOf(t *testing.T) {
	for name, want := range map[string]string{"a.PNG": "image/png", "a": "application/octet-stream", "a.made-up": "application/octet-stream"} {
		if got := TypeOf(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
