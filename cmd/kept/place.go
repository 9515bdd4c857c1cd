package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kept/internal/blob"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/secret"
	"kept/internal/team"
)

// Place is where a desk lives: what every command that touches one needs.
type Place struct {
	Data      string `env:"KEPT_DATA" type:"path" placeholder:"DIR" help:"Folder for mail, attachments, keys and, unless --db says otherwise, the database; by default kept-data."`
	DB        string `env:"KEPT_DB" name:"db" placeholder:"URL" help:"postgres://… or sqlite:FILE; by default kept.db in the data folder."`
	unnamed   bool   // nobody said where
	SecretKey string `env:"KEPT_SECRET_KEY" placeholder:"KEY" help:"32 bytes in hex or base64 that seal stored passwords; by default secret.key in the data folder."`
}

// AfterApply fills in the folder where nobody named one.
func (p *Place) AfterApply() error {
	if p.unnamed = p.Data == ""; p.unnamed {
		p.Data = "kept-data"
	}
	return nil
}

// desk is an opened place.
type desk struct {
	dir   string
	db    *db.DB
	blobs blob.Store
	box   *secret.Box
	house *team.House
	log   *event.Log
	now   func() time.Time
	close func()
}

func (p Place) url() string {
	if p.DB != "" {
		return p.DB
	}
	return "sqlite:" + filepath.Join(p.Data, "kept.db")
}

func (p Place) sqlite() bool { return strings.HasPrefix(p.url(), "sqlite:") }

// open opens the place, making it where it is new, and brings its schema up to date.
func (p Place) open(ctx context.Context) (*desk, error) {
	if err := p.prepare(); err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, p.url())
	if err != nil {
		return nil, err
	}
	k := &desk{dir: p.Data, db: d, now: time.Now, close: func() { d.Close() }}
	if err := p.fill(ctx, k); err != nil {
		d.Close()
		return nil, err
	}
	return k, nil
}

func (p Place) fill(ctx context.Context, k *desk) (err error) {
	if err := k.db.Migrate(ctx); err != nil {
		return err
	}
	if k.blobs, err = blob.Folder(filepath.Join(p.Data, "blobs")); err != nil {
		return err
	}
	if k.box, err = secret.Load(p.Data, p.SecretKey); err != nil {
		return err
	}
	k.house = team.New(k.db, k.now)
	k.log = event.New(k.db)
	return nil
}

// prepare makes the data folder and finds out whether it can be written to, before anything fails half-way.
func (p Place) prepare() error {
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The data folder %s cannot be made: %s. Name another one with --data, or make it writable.", p.Data, reason(err))
	}
	f, err := os.CreateTemp(p.Data, ".writable-*")
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "Kept cannot write to the data folder %s: %s. Make it writable, or name another one with --data.", p.Data, reason(err))
	}
	f.Close()
	return os.Remove(f.Name())
}

// reason is the system's own word for what went wrong.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// existing refuses a place where no desk was ever made: a command that only looks must not make one.
func (p Place) existing(ctx context.Context) (*desk, error) {
	if file, ok := strings.CutPrefix(p.url(), "sqlite:"); ok {
		if _, err := os.Stat(file); err != nil {
			return nil, fault.Wrap(err, fault.NotFound, "There is no desk in %s. Name its folder with --data, or its database with --db.", p.Data)
		}
	}
	return p.open(ctx)
}

// lock makes sure that no other process runs this desk. Several may run one on PostgreSQL; they share it by leases.
func (p Place) lock() (release func(), err error) {
	if !p.sqlite() {
		return func() {}, nil
	}
	f, err := os.OpenFile(filepath.Join(p.Data, "kept.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "Kept cannot write to the data folder %s: %s. Make it writable, or name another one with --data.", p.Data, reason(err))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fault.Wrap(err, fault.Conflict, "Another Kept already runs the desk in %s. Stop that one first, or name another folder with --data.", p.Data)
	}
	fmt.Fprintf(f, "%d\n", os.Getpid())
	return func() { f.Close() }, nil // the file stays: removing it would let two processes lock two files of one name
}
