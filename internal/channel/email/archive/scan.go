package archive

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kept/internal/fault"
	"kept/internal/mail/mime"
	"kept/internal/team"
)

// A source is a file with one mail or many.
type source struct {
	path          string
	size, changed int64
}

// An item is one mail in a source.
type item struct {
	file           int32
	quoted         bool // its lines that begin with "From " carry a ">"
	own            bool // written by the desk
	answered       bool // its Maildir flag says so
	offset, length int64
	date           int64 // microseconds, 0 for unknown
	thread         int32
}

func (it item) at() time.Time {
	if it.date == 0 {
		return time.Time{}
	}
	return time.UnixMicro(it.date).UTC()
}

// maxHeader is how much of a mail is looked at while scanning.
const maxHeader = 64 << 10

type scanner struct {
	desk     team.Desk
	files    []source
	items    []item
	threads  threads
	answers  map[int32]int64 // by thread: when the desk last wrote
	report   Report
	progress func(Report)
	told     time.Time
}

// scan finds every mail at paths and puts them in order.
func (s *scanner) scan(ctx context.Context, paths []string) error {
	for _, p := range paths {
		if err := s.walk(ctx, p); err != nil {
			return err
		}
	}
	s.answers = map[int32]int64{}
	for i := range s.items {
		it := &s.items[i]
		it.thread = s.threads.root(it.thread)
		if it.own {
			s.answers[it.thread] = max(s.answers[it.thread], it.date)
		}
	}
	slices.SortStableFunc(s.items, func(a, b item) int {
		switch {
		case a.date < b.date:
			return -1
		case a.date > b.date:
			return 1
		}
		return 0
	})
	s.report.Found, s.report.Files = len(s.items), len(s.files)
	s.progress(s.report)
	return nil
}

// waits reports whether a mail still waits for an answer.
func (r *run) waits(it item) bool {
	if r.OpenSince.IsZero() || it.own || it.answered || it.date == 0 {
		return false
	}
	return !it.at().Before(r.OpenSince) && it.date > r.answers[it.thread]
}

// walk scans what is at path. Folders are searched to any depth; in a Maildir, whose mails have no suffix, cur and new.
func (s *scanner) walk(ctx context.Context, path string) error {
	return filepath.WalkDir(path, func(at string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.skip(at, 0, why(err))
			return nil
		}
		if d.IsDir() {
			if d.Name() == "tmp" && isMaildir(filepath.Dir(at)) {
				return fs.SkipDir // deliveries that were never finished
			}
			return nil
		}
		if err := s.file(ctx, at, at == path); err != nil {
			if ctx.Err() != nil || fault.Of(err) == fault.Unavailable {
				return err
			}
			s.skip(at, 0, why(err))
		}
		return nil
	})
}

func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// file scans one file: named by the user whatever it is called, found in a folder only where it looks like mail.
func (s *scanner) file(ctx context.Context, path string, named bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		s.skip(path, 0, "It is not a file.")
		return nil
	}
	parent := filepath.Base(filepath.Dir(path))
	inMaildir := (parent == "cur" || parent == "new") && isMaildir(filepath.Dir(filepath.Dir(path)))
	suffix := strings.ToLower(filepath.Ext(path))
	box := !inMaildir && suffix != ".eml" && isMbox(f)
	if !named && !inMaildir && !box && suffix != ".eml" {
		s.skip(path, 0, "It is neither a mail (.eml) nor an mbox file.")
		return nil
	}
	s.files = append(s.files, source{path, info.Size(), info.ModTime().UnixMicro()})
	if box {
		return s.mbox(ctx, f, info.Size())
	}
	return s.single(f, info, inMaildir)
}

func (s *scanner) skip(path string, offset int64, reason string) {
	s.report.Skipped = append(s.report.Skipped, Skip{path, offset, reason})
}

// single is a file with one mail.
func (s *scanner) single(f *os.File, info fs.FileInfo, inMaildir bool) error {
	it := item{file: int32(len(s.files) - 1), length: info.Size()}
	if inMaildir {
		_, flags, _ := strings.Cut(filepath.Base(f.Name()), ":2,")
		switch {
		case strings.Contains(flags, "T"):
			s.skip(f.Name(), 0, "It was deleted in the mail program.")
			return nil
		case strings.Contains(flags, "D"):
			s.skip(f.Name(), 0, "It is a draft.")
			return nil
		}
		it.answered = strings.Contains(flags, "R")
	}
	if info.Size() == 0 {
		s.skip(f.Name(), 0, "It is empty.")
		return nil
	}
	s.add(f, it, info.ModTime())
	s.read(info.Size())
	return nil
}

// add notes a mail with what its header says. otherwise is its date where it has none that can be read.
func (s *scanner) add(f io.ReaderAt, it item, otherwise time.Time) {
	h := mime.ParseHeader(string(header(io.NewSectionReader(f, it.offset, min(it.length, maxHeader)))))
	date := mime.Date(h.Get("Date"))
	if date.IsZero() {
		date = otherwise
	}
	if !date.IsZero() {
		it.date = date.UnixMicro()
	}
	if from := mime.Addresses(h.Get("From")); len(from) > 0 {
		it.own = isDesk(from[0].Address, s.desk)
	}
	ids := slices.Concat(mime.IDs(h.Get("Message-Id")), mime.IDs(strings.Join(h.All("In-Reply-To"), " ")), mime.IDs(strings.Join(h.All("References"), " ")))
	it.thread = s.threads.join(ids)
	s.items = append(s.items, it)
}

// header is what r has before the first empty line.
func header(r io.Reader) []byte {
	all, _ := io.ReadAll(r) // a mail that cannot be read is told when it is imported
	for _, end := range []string{"\n\n", "\r\n\r\n"} {
		if i := bytes.Index(all, []byte(end)); i >= 0 {
			all = all[:i+len(end)]
		}
	}
	return all
}

func isDesk(address string, desk team.Desk) bool {
	return strings.EqualFold(address, desk.Address) || slices.ContainsFunc(desk.Aliases, func(a string) bool { return strings.EqualFold(a, address) })
}

// read counts bytes scanned, and tells now and then.
func (s *scanner) read(n int64) {
	s.report.BytesDone += n
	s.report.Bytes = max(s.report.Bytes, s.report.BytesDone)
	s.report.Found, s.report.Files = len(s.items), len(s.files)
	s.tell()
}

// tell reports progress, some times a second.
func (s *scanner) tell() {
	if now := time.Now(); now.Sub(s.told) > 100*time.Millisecond || s.report.Phase == "done" {
		s.told = now
		s.progress(s.report)
	}
}

// threads groups mails by the ids that they name, without keeping the ids.
type threads struct {
	byID   map[uint64]int32
	parent []int32
}

// join puts ids in one group, and gives it.
func (t *threads) join(ids []string) int32 {
	if t.byID == nil {
		t.byID = map[uint64]int32{}
	}
	own := int32(len(t.parent))
	t.parent = append(t.parent, own)
	for _, id := range ids {
		key := hashed(id)
		other, known := t.byID[key]
		if !known {
			t.byID[key] = own
			continue
		}
		t.parent[t.root(other)] = t.root(own)
	}
	return own
}

func (t *threads) root(n int32) int32 {
	for t.parent[n] != n {
		t.parent[n] = t.parent[t.parent[n]]
		n = t.parent[n]
	}
	return n
}

// hashed is FNV-1a.
func hashed(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
