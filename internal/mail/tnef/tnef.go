// Package tnef opens winmail.dat, the container in which Outlook hides files from other mail programs (MS-OXTNEF).
//
// The stream is a signature and a key, then attributes: level (1 message, 2 attachment), id, length, data, checksum. An
// attachment starts at its rendering data; its name and bytes come either as plain attributes or inside a list of
// MAPI properties (MS-OXCDATA 2.11), which also carries the long name, the MIME type and the content id. The body may be plain,
// HTML or compressed RTF (MS-OXRTFCP); a rich body is listed as the file body.html or body.rtf, as other readers do.
package tnef

import (
	"encoding/binary"
	"errors"
	"mime"
	"path"
	"strings"
	"unicode/utf16"
)

// A File is one attachment found inside.
type File struct {
	Name, Type, ContentID string
	Content               []byte
}

// Contents is what a winmail.dat holds. Text and HTML are "" where it has none.
type Contents struct {
	Text, HTML string
	Files      []File
}

// ErrNot says that the bytes are not a TNEF stream.
var ErrNot = errors.New("tnef: not a winmail.dat file")

const (
	signature = 0x223e9f78

	attRendering   = 0x9002
	attTitle       = 0x8010
	attData        = 0x800f
	attAttachment  = 0x9005
	attProps       = 0x9003
	attBody        = 0x800c
	attOemCodepage = 0x9007

	propDisplay  = 0x3001
	propData     = 0x3701
	propName     = 0x3704
	propLongName = 0x3707
	propMIME     = 0x370e
	propCID      = 0x3712
	propBody     = 0x1000
	propRTF      = 0x1009
	propHTML     = 0x1013
)

// maxNesting bounds messages inside messages inside winmail.dat.
const maxNesting = 5

// Read opens a stream. Damage after the signature ends the reading; what was read until then is returned.
func Read(data []byte) (Contents, error) { return read(data, 0) }

func read(data []byte, depth int) (Contents, error) {
	if len(data) < 6 || binary.LittleEndian.Uint32(data) != signature {
		return Contents{}, ErrNot
	}
	r := &reader{rest: data[6:], depth: depth}
	for r.attribute() {
	}
	r.finish()
	return r.out, nil
}

type reader struct {
	rest     []byte
	depth    int
	codepage uint32
	cur      *attachment
	out      Contents
	rtf      []byte
}

// attachment gathers one file: short and long name, the display name, the bytes.
type attachment struct {
	File
	title, short, long, display string
	nested                      bool
}

func (r *reader) attribute() bool {
	if len(r.rest) < 11 {
		return false
	}
	level, id := r.rest[0], binary.LittleEndian.Uint32(r.rest[1:])&0xffff
	n := binary.LittleEndian.Uint32(r.rest[5:])
	if level != 1 && level != 2 || uint64(n) > uint64(len(r.rest)-9) {
		return false
	}
	data := r.rest[9 : 9+n]
	r.rest = r.rest[min(9+int(n)+2, len(r.rest)):]
	if level == 1 {
		r.message(id, data)
	} else {
		r.attach(id, data)
	}
	return true
}

func (r *reader) message(id uint32, data []byte) {
	switch id {
	case attOemCodepage:
		if len(data) >= 4 {
			r.codepage = binary.LittleEndian.Uint32(data)
		}
	case attBody:
		r.out.Text = r.narrow(data)
	case attProps:
		eachProperty(data, func(p property) {
			switch p.id {
			case propBody:
				r.out.Text = r.text(p)
			case propHTML:
				r.out.HTML = r.text(p)
			case propRTF:
				r.rtf = decompressRTF(p.data)
			}
		})
	}
}

func (r *reader) attach(id uint32, data []byte) {
	if id == attRendering || r.cur == nil {
		r.close()
		r.cur = &attachment{}
	}
	a := r.cur
	switch id {
	case attTitle:
		a.title = r.narrow(data)
	case attData:
		a.Content = data
	case attAttachment:
		eachProperty(data, func(p property) { r.attachProperty(a, p) })
	}
}

func (r *reader) attachProperty(a *attachment, p property) {
	switch p.id {
	case propDisplay:
		a.display = r.text(p)
	case propName:
		a.short = r.text(p)
	case propLongName:
		a.long = r.text(p)
	case propMIME:
		a.Type = strings.ToLower(r.text(p))
	case propCID:
		a.ContentID = strings.Trim(r.text(p), "<>")
	case propData:
		if p.kind == kindObject && len(p.data) > 16 {
			r.object(a, p.data[16:])
		} else if len(a.Content) == 0 {
			a.Content = p.data
		}
	}
}

// object is an embedded message (another stream) or an OLE object, kept as it is.
func (r *reader) object(a *attachment, data []byte) {
	a.Content = data
	if r.depth >= maxNesting {
		return
	}
	if inner, err := read(data, r.depth+1); err == nil {
		a.nested = true
		r.out.Files = append(r.out.Files, inner.Files...)
		if inner.Text != "" {
			r.out.Files = append(r.out.Files, File{Name: "message.txt", Type: "text/plain", Content: []byte(inner.Text)})
		}
	}
}

func (r *reader) close() {
	if r.cur == nil {
		return
	}
	a := r.cur
	r.cur = nil
	if a.nested {
		return
	}
	for _, n := range []string{a.long, a.title, a.short, a.display} {
		if n = path.Base(strings.ReplaceAll(n, `\`, "/")); n != "." && n != "/" && a.Name == "" {
			a.Name = n
		}
	}
	if a.Name == "" && len(a.Content) == 0 {
		return
	}
	if a.Type == "" {
		a.Type = TypeOf(a.Name)
	}
	r.out.Files = append(r.out.Files, a.File)
}

func (r *reader) finish() {
	r.close()
	switch {
	case r.out.HTML != "":
		r.out.Files = append(r.out.Files, File{Name: "body.html", Type: "text/html", Content: []byte(r.out.HTML)})
	case len(r.rtf) > 0:
		r.out.Files = append(r.out.Files, File{Name: "body.rtf", Type: "text/rtf", Content: r.rtf})
		if r.out.Text == "" {
			r.out.Text = plainRTF(r.rtf)
		}
	}
}

// TypeOf names the MIME type of a file by its ending.
func TypeOf(name string) string {
	t, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(path.Ext(name))), ";")
	if t == "" {
		return "application/octet-stream"
	}
	return t
}

func wide(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(u)), "\x00")
}
