// Package blob keeps bytes: raw mails and attachments, named by their SHA-256.
//
// What has the same content has the same key, so storing twice is harmless, a
// crash between storing and recording leaves at most an unused file, and a copy
// can be checked by its name. The folder store spreads files over 256 folders by
// the first byte of the key, writes to a temporary file first, and has flushed
// file and folder to the disk when Put returns.
package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kept/internal/fault"
)

// A Store keeps bytes under the key that Put returns.
type Store interface {
	// Put stores everything in r and returns its key (64 hex digits) and size in
	// bytes. When it returns, the bytes survive a power failure.
	Put(ctx context.Context, r io.Reader) (key string, size int64, err error)
	// Open returns the bytes and their number. A missing key is a NotFound fault.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
	// Has reports whether the key is there.
	Has(ctx context.Context, key string) (bool, error)
	// Delete removes the key; removing what is not there is no failure.
	Delete(ctx context.Context, key string) error
}

// Read returns all bytes under key.
func Read(ctx context.Context, s Store, key string) ([]byte, error) {
	r, size, err := s.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	buf := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err = buf.ReadFrom(r)
	return buf.Bytes(), err
}

// folder is a Store in one directory. os.Root keeps every name inside it.
type folder struct {
	root *os.Root
	made sync.Map // subfolders known to exist and to be flushed
}

// Folder opens the store in dir, making the directory if needed.
func Folder(dir string) (Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The folder %s for mails and attachments cannot be made. Check that Kept may write there.", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The folder %s for mails and attachments cannot be opened. Check that Kept may write there.", dir)
	}
	f := &folder{root: root}
	if err := f.subfolder("tmp"); err != nil {
		root.Close()
		return nil, full(err)
	}
	return f, f.sweep()
}

// abandoned is how long a file that nobody writes to is left alone: another
// process may be storing it just now.
const abandoned = time.Hour

// sweep removes what a crash left half written.
func (f *folder) sweep() error {
	left, err := fs.ReadDir(f.root.FS(), "tmp")
	if err != nil {
		return err
	}
	for _, e := range left {
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < abandoned {
			continue // or it is gone, which is as good
		}
		if err := f.root.Remove("tmp/" + e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f *folder) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	if err := ctx.Err(); err != nil {
		return "", 0, err
	}
	temp, err := f.temp()
	if err != nil {
		return "", 0, full(err)
	}
	defer f.root.Remove(temp.Name()) // gone already when all went well
	defer temp.Close()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(disk{temp.File}, hash), r)
	if err != nil {
		return "", 0, err
	}
	key := hex.EncodeToString(hash.Sum(nil))
	ok, err := f.Has(ctx, key)
	if err != nil {
		return "", 0, err
	}
	if ok { // whoever stored it may not have flushed its name yet
		err = f.flush(key[:2])
	} else {
		err = f.publish(temp, key)
	}
	if err != nil {
		return "", 0, full(err)
	}
	return key, size, nil
}

// disk tells a failure to write from the reader's own.
type disk struct{ *os.File }

func (d disk) Write(p []byte) (int, error) {
	n, err := d.File.Write(p)
	return n, full(err)
}

type tempFile struct {
	*os.File
	name string
}

func (t tempFile) Name() string { return t.name }

func (f *folder) temp() (tempFile, error) {
	name := "tmp/" + rand.Text()
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return tempFile{file, name}, err
}

// publish gives a finished file its name, durably.
func (f *folder) publish(temp tempFile, key string) error {
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := f.subfolder(key[:2]); err != nil {
		return err
	}
	if err := f.root.Rename(temp.Name(), path(key)); err != nil {
		return err
	}
	return f.flush(key[:2])
}

func (f *folder) subfolder(name string) error {
	if _, ok := f.made.Load(name); ok {
		return nil
	}
	if err := f.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := f.flush("."); err != nil {
		return err
	}
	f.made.Store(name, true)
	return nil
}

// flush writes a directory's entries to the disk.
func (f *folder) flush(name string) error {
	dir, err := f.root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func (f *folder) Open(_ context.Context, key string) (io.ReadSeekCloser, int64, error) {
	if !valid(key) {
		return nil, 0, missing(nil)
	}
	file, err := f.root.Open(path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, missing(err)
	}
	if err != nil {
		return nil, 0, broken(err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, broken(err)
	}
	return file, info.Size(), nil
}

func (f *folder) Has(_ context.Context, key string) (bool, error) {
	if !valid(key) {
		return false, nil
	}
	_, err := f.root.Stat(path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, broken(err)
}

func (f *folder) Delete(_ context.Context, key string) error {
	if !valid(key) {
		return nil
	}
	if err := f.root.Remove(path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return broken(err)
	}
	return nil
}

func path(key string) string { return filepath.Join(key[:2], key[2:]) }

func valid(key string) bool {
	return len(key) == 64 && strings.Trim(key, "0123456789abcdef") == ""
}

func missing(cause error) error {
	return fault.Wrap(cause, fault.NotFound, "This file is no longer in the store. Look for it in the latest backup.")
}

// full says in plain words what a disk that takes nothing more means.
func full(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "The disk did not take the file. Free some space or check the permissions; nothing was lost and it can be tried again.")
}

// broken says in plain words what a disk that cannot be read means.
func broken(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "The folder for mails and attachments cannot be used just now. Check the disk and the permissions, then try again; nothing was lost.")
}
