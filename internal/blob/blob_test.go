package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"kept/internal/fault"
)

func store(t *testing.T) (Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "blobs")
	s, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func put(t *testing.T, s Store, text string) string {
	t.Helper()
	key, size, err := s.Put(t.Context(), strings.NewReader(text))
	if err != nil || size != int64(len(text)) {
		t.Fatalf("put %d bytes: %d, %v", len(text), size, err)
	}
	return key
}

// files lists what is in the folder, without the folders.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNoKeyLeavesTheFolder(t *testing.T) {
	s, dir := store(t)
	secret := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(secret, []byte("for nobody"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := put(t, s, "a mail")
	for _, bad := range []string{
		"", "..", "../secret", "/etc/passwd", "tmp/x", key[:63], key + "0", strings.ToUpper(key), key[:2] + "/" + key[2:63],
		strings.Repeat("../", 21) + "x", strings.Repeat("0", 62) + "\x00a", strings.Repeat("ä", 32),
	} {
		if r, _, err := s.Open(t.Context(), bad); fault.Of(err) != fault.NotFound || !strings.Contains(fault.Sentence(err), "backup") {
			t.Errorf("%q was opened: %v, %v", bad, r, err)
		}
		if ok, err := s.Has(t.Context(), bad); ok || err != nil {
			t.Errorf("%q is there: %v, %v", bad, ok, err)
		}
		if err := s.Delete(t.Context(), bad); err != nil {
			t.Errorf("delete %q: %v", bad, err)
		}
	}
	if _, err := os.Stat(secret); err != nil || len(files(t, dir)) != 1 {
		t.Errorf("something was removed: %v, %q", err, files(t, dir))
	}
}

func TestWhatIsPutComesBackUnderTheNameOfItsContent(t *testing.T) {
	s, dir := store(t)
	for _, text := range []string{"", "Hello Amina", "\x00\xff raw \r\n", strings.Repeat("0123456789abcdef", 1<<16)} {
		key := put(t, s, text)
		if sum := sha256.Sum256([]byte(text)); key != hex.EncodeToString(sum[:]) {
			t.Errorf("key %s of %d bytes", key, len(text))
		}
		if ok, err := s.Has(t.Context(), key); !ok || err != nil {
			t.Errorf("has: %v, %v", ok, err)
		}
		if got, err := Read(t.Context(), s, key); err != nil || string(got) != text {
			t.Errorf("read %d bytes of %d, %v", len(got), len(text), err)
		}
	}
	if got := files(t, dir); len(got) != 4 {
		t.Errorf("the folder holds %q", got)
	}
}

func TestPartsCanBeRead(t *testing.T) {
	s, _ := store(t)
	r, size, err := s.Open(t.Context(), put(t, s, "0123456789"))
	if err != nil || size != 10 {
		t.Fatal(size, err)
	}
	defer r.Close()
	if at, err := r.Seek(-3, io.SeekEnd); at != 7 || err != nil {
		t.Fatal(at, err)
	}
	if rest, err := io.ReadAll(r); string(rest) != "789" || err != nil {
		t.Errorf("rest %q, %v", rest, err)
	}
}

func TestManyPutTheSameAtOnce(t *testing.T) {
	s, dir := store(t)
	text := strings.Repeat("the same newsletter\r\n", 10_000)
	keys := make([]string, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, _, err := s.Put(t.Context(), iotest.OneByteReader(iotest.HalfReader(strings.NewReader(text[:2_000+i%2]))))
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	wg.Wait()
	for i, key := range keys {
		if got, err := Read(t.Context(), s, key); err != nil || string(got) != text[:2_000+i%2] || key != keys[i%2] {
			t.Errorf("%d: %s, %d bytes, %v", i, key, len(got), err)
		}
	}
	if got := files(t, dir); len(got) != 2 {
		t.Errorf("two contents are kept in %d files: %q", len(got), got)
	}
}

func TestDelete(t *testing.T) {
	s, dir := store(t)
	key, other := put(t, s, "a mail"), put(t, s, "another")
	for range 2 {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if ok, err := s.Has(t.Context(), key); ok || err != nil {
			t.Errorf("still there: %v, %v", ok, err)
		}
		if _, err := Read(t.Context(), s, key); fault.Of(err) != fault.NotFound {
			t.Errorf("read what was deleted: %v", err)
		}
	}
	if ok, _ := s.Has(t.Context(), other); !ok || len(files(t, dir)) != 1 {
		t.Error("its neighbour went with it")
	}
	if again := put(t, s, "a mail"); again != key {
		t.Errorf("stored again as %s", again)
	}
}

func TestAStoreIsTheSameAfterARestart(t *testing.T) {
	s, dir := store(t)
	key := put(t, s, "a mail")
	crashed := filepath.Join(dir, "tmp", "half")
	writing := filepath.Join(dir, "tmp", "writing")
	for _, name := range []string{crashed, writing} {
		if err := os.WriteFile(name, []byte("half a ma"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(crashed, time.Time{}, time.Now().Add(-2*abandoned)); err != nil {
		t.Fatal(err)
	}
	again, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Read(t.Context(), again, key); err != nil || string(got) != "a mail" {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := os.Stat(crashed); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a crash left is still there: %v", err)
	}
	if _, err := os.Stat(writing); err != nil {
		t.Errorf("what another process is writing was taken away: %v", err)
	}
}

func TestAFailedPutLeavesNothing(t *testing.T) {
	s, dir := store(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Put(gone, strings.NewReader("a mail")); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who went away: %v", err)
	}
	hungUp := errors.New("the sender hung up")
	_, _, err := s.Put(t.Context(), io.MultiReader(strings.NewReader("half a ma"), iotest.ErrReader(hungUp)))
	if !errors.Is(err, hungUp) || fault.Of(err) != fault.Internal {
		t.Errorf("a sender who hung up: %v", err)
	}
	unreadable := &fs.PathError{Op: "read", Path: "archive.mbox", Err: errors.New("input/output error")}
	if _, _, err := s.Put(t.Context(), iotest.ErrReader(unreadable)); fault.Of(err) != fault.Internal {
		t.Errorf("another's disk is blamed on ours: %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left %q", got)
	}
}

func TestAFullDiskIsToldInASentence(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	_, err = io.Copy(disk{full}, bytes.NewReader(make([]byte, 1<<16)))
	if fault.Of(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), "Free some space") || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("err = %v", err)
	}
}

func TestAFolderThatCannotBeWrittenIsToldInASentence(t *testing.T) {
	s, dir := store(t)
	key := put(t, s, "a mail")
	for name, block := range map[string]string{"no room for what is being written": "tmp", "no room for what is finished": hexOf("another")[:2]} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, block)
			os.Rename(path, path+".away")
			if err := os.WriteFile(path, nil, 0o600); err != nil { // a file where a folder belongs: nobody can write into it, not even root
				t.Fatal(err)
			}
			_, _, err := s.Put(t.Context(), strings.NewReader("another"))
			if fault.Of(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), "the permissions") || !strings.Contains(fault.Sentence(err), "nothing was lost") {
				t.Errorf("err = %v", err)
			}
			if got, err := Read(t.Context(), s, key); err != nil || string(got) != "a mail" {
				t.Errorf("what was there: %q, %v", got, err)
			}
			if ok, err := s.Has(t.Context(), hexOf("another")); ok || block != "tmp" && fault.Of(err) != fault.Unavailable {
				t.Errorf("has: %v, %v", ok, err)
			}
			if _, _, err := s.Open(t.Context(), hexOf("another")); err == nil {
				t.Error("opened what cannot be there")
			}
			os.Remove(path)
			os.Rename(path+".away", path)
		})
	}
	put(t, s, "another")
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{file, filepath.Join(file, "below")} {
		if _, err := Folder(bad); fault.Of(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), bad) {
			t.Errorf("%s was opened: %v", bad, err)
		}
	}
}

func hexOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
