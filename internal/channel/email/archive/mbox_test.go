package archive

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var fromLine = regexp.MustCompile(`(?m)^(>*From )`)

// readBox gives the mails in a file as they were before they were put there.
func readBox(t interface{ Fatal(...any) }, path string) []string {
	s := &scanner{progress: func(Report) {}}
	if err := s.scan(context.Background(), []string{path}); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(s.items, func(a, b item) int { return int(a.offset - b.offset) })
	var mails []string
	for _, it := range s.items {
		body, end, err := (&run{scanner: s}).open(it)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		end()
		mails = append(mails, strings.TrimRight(string(raw), "\n"))
	}
	return mails
}

// What is written by the rules of mboxrd is read back to the byte, whatever its lines look like.
func TestMboxIsReadBack(t *testing.T) {
	dir := t.TempDir()
	line := rapid.SampledFrom([]string{"", "From me at 9:30", ">From you at 10:15", ">>From us", "From", "Hello", "Content-Length: 3", " From x 1:00", "\x00\xff", strings.Repeat("long ", 20000)})
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		var box strings.Builder
		for _, lines := range rapid.SliceOfN(rapid.SliceOfN(line, 0, 12), 1, 5).Draw(t, "mails") {
			mail := strings.TrimRight("Subject: x\n\n"+strings.Join(lines, "\n"), "\n")
			want = append(want, mail)
			box.WriteString("From tom Mon Mar  2 09:00:00 2026\n" + fromLine.ReplaceAllString(mail, ">$1") + "\n\n")
		}
		path := filepath.Join(dir, "box")
		if err := os.WriteFile(path, []byte(box.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := readBox(t, path); !slices.Equal(got, want) {
			t.Fatalf("read %q, want %q", got, want)
		}
	})
}

// Any file at all is read to its end, and no byte is in two mails.
func FuzzMbox(f *testing.F) {
	f.Add("From a 1:00\nSubject: x\n\nhello\n\nFrom b 2:00\nContent-Length: 2\n\nhi\n")
	f.Add("From \nContent-Length: -1\n\n")
	f.Add("From a 1:00\n\nFrom b 2:00\n>From \n")
	path := filepath.Join(f.TempDir(), "box")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte("From "+text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := &scanner{progress: func(Report) {}}
		if err := s.scan(context.Background(), []string{path}); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(s.items, func(a, b item) int { return int(a.offset - b.offset) })
		end := int64(0)
		for _, it := range s.items {
			if it.offset < end || it.length <= 0 || it.offset+it.length > int64(len(text))+5 {
				t.Fatalf("mail at %d with %d bytes, after one that ends at %d", it.offset, it.length, end)
			}
			end = it.offset + it.length
		}
	})
}
