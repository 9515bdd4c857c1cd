package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"

	"kept/internal/mail/mime"
)

// An mbox file (RFC 4155 and its older kin) is mails one after the other, each behind a line "From sender date". Writers protected lines of
// the text that begin the same way in four manners: mboxrd puts one more ">" before ">*From ", mboxo only before "From ", mboxcl counts the
// body's bytes in Content-Length besides, mboxcl2 does that alone. We believe a Content-Length where a mail really ends there, and
// else look for separators: "From " after an empty line, with a time of day in it, as every writer puts it; files whose first separator has
// none are read without that demand.

var clockTime = regexp.MustCompile(`\d:\d\d`)

// isMbox reports whether f begins like an mbox file.
func isMbox(f io.ReaderAt) bool {
	begin := make([]byte, 5)
	n, _ := f.ReadAt(begin, 0)
	return string(begin[:n]) == "From "
}

// mbox finds the mails in f.
func (s *scanner) mbox(ctx context.Context, f *os.File, size int64) error {
	b := &boxReader{f: f, in: bufio.NewReaderSize(f, 256<<10), size: size}
	for ctx.Err() == nil {
		before := b.pos
		it, date, err := b.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		it.file = int32(len(s.files) - 1)
		if it.length == 0 {
			s.skip(f.Name(), it.offset, "It is empty.")
		} else {
			s.add(f, it, date)
		}
		s.read(b.pos - before)
	}
	return ctx.Err()
}

// A boxReader walks over an mbox file, line by line; pos is where the next line begins.
type boxReader struct {
	f      io.ReaderAt
	in     *bufio.Reader
	size   int64
	pos    int64
	from   []byte // the separator line that was read last, "" before the first
	strict bool
}

// next gives the bounds of the next mail and the date in its separator.
func (b *boxReader) next() (item, time.Time, error) {
	if b.from == nil {
		line, err := b.line()
		if err != nil {
			return item{}, time.Time{}, err
		}
		b.from, b.strict = bytes.Clone(line), clockTime.Match(line)
	}
	if len(b.from) == 0 {
		return item{}, time.Time{}, io.EOF
	}
	it := item{offset: b.pos, quoted: true}
	date := separatorDate(b.from)
	if end, ok := b.counted(it.offset); ok {
		it.quoted = false
		return b.upTo(it, end, date)
	}
	return b.untilSeparator(it, date)
}

// line reads one line, of which it gives the first kilobytes.
func (b *boxReader) line() ([]byte, error) {
	line, err := b.in.ReadSlice('\n')
	b.pos += int64(len(line))
	if !errors.Is(err, bufio.ErrBufferFull) {
		if len(line) > 0 {
			err = nil
		}
		return line, err
	}
	first := bytes.Clone(line[:4096])
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = b.in.ReadSlice('\n')
		b.pos += int64(len(line))
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return first, err
}

func (b *boxReader) untilSeparator(it item, date time.Time) (item, time.Time, error) {
	blank, blankAt := false, int64(0)
	for {
		at := b.pos
		line, err := b.line()
		if errors.Is(err, io.EOF) {
			b.from = []byte{}
			it.length = at - it.offset
			return it, date, nil
		}
		if err != nil {
			return it, date, err
		}
		if (blank || at == it.offset) && b.separates(line) {
			b.from = bytes.Clone(line)
			if it.length = blankAt - it.offset; at == it.offset {
				it.length = 0
			}
			return it, date, nil
		}
		if blank = len(bytes.TrimRight(line, "\r\n")) == 0; blank {
			blankAt = at
		}
	}
}

func (b *boxReader) separates(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) && (!b.strict || clockTime.Match(line))
}

// counted gives the end of the mail at offset by its Content-Length, if a separator or the end of the file is really there.
func (b *boxReader) counted(offset int64) (int64, bool) {
	head := header(io.NewSectionReader(b.f, offset, min(b.size-offset, maxHeader)))
	n, err := strconv.ParseInt(mime.ParseHeader(string(head)).Get("Content-Length"), 10, 64)
	if err != nil || n < 0 || n > b.size {
		return 0, false
	}
	end := offset + int64(len(head)) + n
	if end == b.size {
		return end, true
	}
	after := make([]byte, 7)
	got, _ := b.f.ReadAt(after, end)
	rest := bytes.TrimLeft(after[:got], "\r\n")
	return end, end < b.size && (len(rest) == 0 && end+int64(got) == b.size || bytes.HasPrefix([]byte("From "), rest[:min(5, len(rest))]) && len(rest) >= 5)
}

// upTo moves behind a mail whose end is known, and behind the separator after it.
func (b *boxReader) upTo(it item, end int64, date time.Time) (item, time.Time, error) {
	it.length = end - it.offset
	skipped, err := io.CopyN(io.Discard, b.in, end-b.pos)
	if b.pos += skipped; err != nil {
		return it, date, err
	}
	for {
		line, err := b.line()
		if errors.Is(err, io.EOF) {
			b.from = []byte{}
			return it, date, nil
		}
		if err != nil {
			return it, date, err
		}
		if bytes.HasPrefix(line, []byte("From ")) {
			b.from = bytes.Clone(line)
			return it, date, nil
		}
	}
}

// separatorDate reads the date behind the sender in "From sender Mon Mar  2 09:00:00 2026".
func separatorDate(line []byte) time.Time {
	words := bytes.Fields(line)
	if len(words) < 3 {
		return time.Time{}
	}
	return mime.Date(string(bytes.Join(words[2:], []byte(" "))))
}

// unquote takes one ">" from lines that are ">*From ".
func unquote(r io.Reader) io.Reader {
	return &unquoter{in: bufio.NewReaderSize(r, 64<<10), begins: true}
}

type unquoter struct {
	in     *bufio.Reader
	out    []byte
	begins bool // at the beginning of a line
}

func (u *unquoter) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		line, err := u.in.ReadSlice('\n')
		if len(line) == 0 && err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, err
		}
		if u.begins && len(line) > 0 && line[0] == '>' && bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			line = line[1:]
		}
		u.begins = !errors.Is(err, bufio.ErrBufferFull)
		u.out = line
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}
