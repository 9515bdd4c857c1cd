// Package lease lets one node at a time do a piece of work: read a mailbox, work through the arrivals, run a clock.
//
// A lease is a row with a holder, an end and a fence. Taking it raises the fence; every transaction of the work calls Hold, which locks the
// row and is refused where the fence has moved on. So a node that was stopped for a minute (a paused machine, a clock that jumped, a lost
// network) and comes back believing it still holds the lease can change nothing, whatever its clock says.
//
// The holder is the identity of a data folder, not of a process: a process that starts again in the same folder, whose lock the kernel
// took from its dead predecessor, takes its leases over at once instead of waiting for their end.
package lease

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
)

// A Lease is a piece of work that is ours until Until, and only while nobody took it with a higher fence.
type Lease struct {
	Name, Holder string
	Fence        int64
	Until        time.Time
}

// Take gets the lease called name for holder until now+lasting, or says that another holder has it.
func Take(ctx context.Context, d *db.DB, name, holder string, now time.Time, lasting time.Duration) (Lease, bool, error) {
	l := Lease{Name: name, Holder: holder, Until: now.Add(lasting)}
	err := d.Tx(ctx, func(tx *db.DB) error {
		if _, err := tx.Exec(ctx, `insert into lease (name, holder, fence, until) values ($1, $2, 0, 0) on conflict (name) do nothing`, name, holder); err != nil {
			return err
		}
		var err error
		l.Fence, err = db.Insert(ctx, tx, `update lease set holder = $1, fence = fence + 1, until = $2 where name = $3 and (until < $4 or holder = $1) returning fence`,
			holder, db.Micros(l.Until), name, db.Micros(now))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, false, nil
	}
	if err != nil {
		return Lease{}, false, fmt.Errorf("take lease %s: %w", name, err)
	}
	return l, true, nil
}

// Renew moves the end of the lease; it fails with a Conflict where somebody else took it.
func (l *Lease) Renew(ctx context.Context, d *db.DB, now time.Time, lasting time.Duration) error {
	until := now.Add(lasting)
	n, err := d.Exec(ctx, `update lease set until = $1 where name = $2 and fence = $3`, db.Micros(until), l.Name, l.Fence)
	if err := held(l.Name, n, err); err != nil {
		return err
	}
	l.Until = until
	return nil
}

// Hold makes sure, inside the transaction tx, that the lease is still ours, and that nobody takes it before tx has ended.
func (l Lease) Hold(ctx context.Context, tx *db.DB) error {
	n, err := tx.Exec(ctx, `update lease set fence = fence where name = $1 and fence = $2`, l.Name, l.Fence)
	return held(l.Name, n, err)
}

// Release gives the lease back, so that another node need not wait for its end.
func (l Lease) Release(ctx context.Context, d *db.DB) error {
	_, err := d.Exec(ctx, `update lease set until = 0 where name = $1 and fence = $2`, l.Name, l.Fence)
	return err
}

func held(name string, rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("lease %s: %w", name, err)
	}
	if rows == 0 {
		return fault.New(fault.Conflict, "Another node of Kept has taken over %s.", name)
	}
	return nil
}

// Node gives the identity of the data folder dir and locks it for this process until release. Where another living process has the folder,
// or there is none (dir ""), the identity is a new one of its own.
func Node(dir string) (id string, release func(), err error) {
	alone := func() {}
	if dir == "" {
		return rand.Text(), alone, nil
	}
	f, err := os.OpenFile(filepath.Join(dir, "node"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return rand.Text(), alone, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("lease: node: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return rand.Text(), alone, nil
	}
	id, err = identity(f)
	if err != nil {
		f.Close()
		return "", nil, fmt.Errorf("lease: node: %w", err)
	}
	return id, func() { f.Close() }, nil
}

// identity reads the id in f, or writes a new one. What is not a whole id (a crash while writing) is written anew.
func identity(f *os.File) (string, error) {
	buf := make([]byte, 64)
	n, _ := f.ReadAt(buf, 0)
	if id := strings.TrimSpace(string(buf[:n])); len(id) == len(rand.Text()) {
		return id, nil
	}
	id := rand.Text()
	if err := f.Truncate(0); err != nil {
		return "", err
	}
	if _, err := f.WriteAt([]byte(id+"\n"), 0); err != nil {
		return "", err
	}
	return id, f.Sync()
}

// lasting is how long a lease is taken for; it is renewed at a third of that.
const lasting = 15 * time.Second

// Term waits until the lease called name is free, does work under it, and gives it back. The context given to work ends when another holder
// took the lease, or with ctx. It returns what work returns, or nil where ctx ended before the lease was free.
func Term(ctx context.Context, d *db.DB, name, holder string, now func() time.Time, work func(ctx context.Context, l Lease) error) error {
	l, err := await(ctx, d, name, holder, now)
	if err != nil || ctx.Err() != nil {
		return err
	}
	held, lost := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer lost()
		renewing(held, d, l, now)
	}()
	err = work(held, l)
	lost()
	<-done
	if released := l.Release(context.WithoutCancel(ctx), d); err == nil {
		err = released
	}
	return err
}

func await(ctx context.Context, d *db.DB, name, holder string, now func() time.Time) (Lease, error) {
	for {
		l, ok, err := Take(ctx, d, name, holder, now(), lasting)
		if ok || err != nil {
			return l, err
		}
		select {
		case <-ctx.Done():
			return Lease{}, nil
		case <-time.After(lasting / 5):
		}
	}
}

// renewing keeps l until ctx ends or somebody took it. A database that does not answer is no reason to stop: what cannot renew cannot
// commit either.
func renewing(ctx context.Context, d *db.DB, l Lease, now func() time.Time) {
	tick := time.NewTicker(lasting / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.Renew(ctx, d, now(), lasting); fault.Of(err) == fault.Conflict {
			return
		}
	}
}
