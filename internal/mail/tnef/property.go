package tnef

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"kept/internal/mail/mime"
)

// property is one MAPI property; of a multi-valued one only the first value.
type property struct {
	kind, id uint16
	data     []byte
}

const (
	kindShort   = 0x02
	kindLong    = 0x03
	kindFloat   = 0x04
	kindDouble  = 0x05
	kindMoney   = 0x06
	kindAppTime = 0x07
	kindError   = 0x0a
	kindBool    = 0x0b
	kindObject  = 0x0d
	kindInt64   = 0x14
	kindString8 = 0x1e
	kindUnicode = 0x1f
	kindTime    = 0x40
	kindGUID    = 0x48
	kindBinary  = 0x102
	multiValue  = 0x1000
)

// fixedSize is the length of a value with its padding, 0 for the types that carry their own length, -1 for an unknown type.
func fixedSize(kind uint16) int {
	switch kind {
	case kindShort, kindLong, kindFloat, kindError, kindBool:
		return 4
	case kindDouble, kindMoney, kindAppTime, kindInt64, kindTime:
		return 8
	case kindGUID:
		return 16
	case kindObject, kindString8, kindUnicode, kindBinary:
		return 0
	}
	return -1
}

// eachProperty walks a property list until its end or the first damage.
func eachProperty(data []byte, visit func(property)) {
	l := &list{rest: data}
	for n := l.u32(); n > 0 && !l.broken; n-- {
		head := l.u32()
		p := property{kind: uint16(head), id: uint16(head >> 16)}
		if p.id >= 0x8000 {
			l.named()
		}
		if p.data = l.value(p.kind); !l.broken {
			visit(p)
		}
	}
}

// list is a cursor over a property list; broken is set by any read past the end.
type list struct {
	rest   []byte
	broken bool
}

func (l *list) take(n uint32) []byte {
	if uint64(n) > uint64(len(l.rest)) {
		l.broken = true
		return nil
	}
	out := l.rest[:n]
	l.rest = l.rest[n:]
	return out
}

func (l *list) u32() uint32 {
	if b := l.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// padded takes a counted value, which is followed by bytes up to a multiple of four.
func (l *list) padded() []byte {
	n := l.u32()
	out := l.take(n)
	if pad := (4 - n%4) % 4; !l.broken && int(pad) <= len(l.rest) {
		l.take(pad)
	}
	return out
}

func (l *list) named() {
	l.take(16)
	if l.u32() == 0 {
		l.u32()
		return
	}
	l.padded()
}

func (l *list) value(kind uint16) []byte {
	size := fixedSize(kind &^ multiValue)
	if size < 0 {
		l.broken = true
		return nil
	}
	count := uint32(1)
	if kind&multiValue != 0 || size == 0 {
		count = l.u32()
	}
	var first []byte
	for i := uint32(0); i < count && !l.broken; i++ {
		var v []byte
		if size == 0 {
			v = l.padded()
		} else {
			v = l.take(uint32(size))
		}
		if i == 0 {
			first = v
		}
	}
	return first
}

func (r *reader) text(p property) string {
	if p.kind&^multiValue == kindUnicode {
		return mime.Valid(wide(p.data))
	}
	return r.narrow(p.data)
}

// narrow reads 8-bit text in the stream's code page.
func (r *reader) narrow(b []byte) string {
	b = bytes.TrimRight(b, "\x00")
	label := ""
	if r.codepage != 0 {
		label = fmt.Sprintf("windows-%d", r.codepage)
	}
	return strings.ReplaceAll(mime.Valid(mime.Decode(b, label)), "\r\n", "\n")
}
