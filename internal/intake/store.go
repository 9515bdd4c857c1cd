package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"kept/internal/db"
)

// An Entry is a mail to be spooled for one desk.
type Entry struct {
	Raw
	Source
	Quarantine string // a sentence: it goes to quarantine at once (over the size limit); "": it is to be read
}

// A Result says what became of an Entry.
type Result struct {
	ID    int64 // of the arrival, or of the one that was there already
	Fresh bool  // it was not there yet
}

// A batch is the entries of one caller: all or none are committed.
type batch struct {
	entries []Entry
	results []Result
	err     error
	done    chan struct{}
}

// maxShared is how many entries share one transaction at most.
const maxShared = 256

// Commit spools entries, all or none, and returns when they are durable. Callers at the same time share a transaction: the cost of a commit
// is the disk's, not ours, and a hundred sessions wait for one instead of a hundred.
func (s *Spool) Commit(ctx context.Context, entries ...Entry) ([]Result, error) {
	b := &batch{entries: entries, done: make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, b)
	lead := !s.busy
	s.busy = true
	s.mu.Unlock()
	if lead {
		s.commitWaiting(context.WithoutCancel(ctx))
	}
	<-b.done
	return b.results, b.err
}

// commitWaiting commits until nobody waits. The caller that finds the spool idle does it for everybody who comes meanwhile; after its first
// round it leaves the rest to a goroutine, so that no peer waits for strangers.
func (s *Spool) commitWaiting(ctx context.Context) {
	group := s.nextGroup()
	if len(group) == 0 {
		return
	}
	s.commitGroup(ctx, group)
	s.mu.Lock()
	more := len(s.waiting) > 0
	s.busy = more
	s.mu.Unlock()
	if more {
		go s.commitWaiting(ctx)
	}
}

func (s *Spool) nextGroup() []*batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, n := 0, 0
	for n < len(s.waiting) && (n == 0 || size+len(s.waiting[n].entries) <= maxShared) {
		size += len(s.waiting[n].entries)
		n++
	}
	group := s.waiting[:n:n]
	s.waiting = s.waiting[n:]
	return group
}

// commitGroup tries all together and, where that fails, each alone: one that cannot be stored must not take the others with it.
func (s *Spool) commitGroup(ctx context.Context, group []*batch) {
	err := s.db.Tx(ctx, func(tx *db.DB) error {
		for _, b := range group {
			if err := s.storeBatch(ctx, tx, b); err != nil {
				return err
			}
		}
		return nil
	})
	for _, b := range group {
		if b.err = err; err != nil && len(group) > 1 {
			b.err = s.db.Tx(ctx, func(tx *db.DB) error { return s.storeBatch(ctx, tx, b) })
		}
		close(b.done)
	}
}

func (s *Spool) storeBatch(ctx context.Context, tx *db.DB, b *batch) error {
	b.results = b.results[:0]
	for _, e := range b.entries {
		r, err := s.Store(ctx, tx, e)
		if err != nil {
			return err
		}
		b.results = append(b.results, r)
	}
	return nil
}

// Store spools one entry in the caller's transaction, which may hold a mailbox's cursor too. A mail that this desk has already is not stored
// again. One fetched from a mailbox leaves its UID either way, so that what the server holds can be accounted for one by one.
func (s *Spool) Store(ctx context.Context, tx *db.DB, e Entry) (Result, error) {
	options, err := json.Marshal(e.Options)
	if err != nil {
		return Result{}, fmt.Errorf("spool: %w", err)
	}
	id, err := insert(ctx, tx, e, options)
	if err != nil {
		return Result{}, fmt.Errorf("spool: %w", err)
	}
	if id == 0 {
		return s.again(ctx, tx, e, options)
	}
	if e.Quarantine != "" {
		if err := s.quarantine(ctx, tx, Arrival{ID: id, Raw: e.Raw, Source: e.Source}, e.Quarantine); err != nil {
			return Result{}, err
		}
	}
	tx.After(s.wake)
	return Result{ID: id, Fresh: true}, nil
}

// again notes that e came once more. Found under a new number in the folder it came from (the server renumbered it), the first arrival gets
// the new number; found anywhere else in a mailbox, the finding is kept as a duplicate.
func (s *Spool) again(ctx context.Context, tx *db.DB, e Entry, options []byte) (Result, error) {
	first, err := byDedupe(ctx, tx, e.DeskID, e.Dedupe)
	if err != nil {
		return Result{}, fmt.Errorf("spool: %w", err)
	}
	r := Result{ID: first.ID}
	if e.UID == 0 {
		return r, nil
	}
	if first.MailboxID == e.MailboxID && first.Folder == e.Folder {
		if first.UIDValidity != e.UIDValidity {
			return r, renumber(ctx, tx, first.ID, e)
		}
		if first.UID == e.UID {
			return r, nil
		}
	}
	e.Dedupe = fmt.Sprintf("%s@%d/%s/%d/%d", e.Dedupe, e.MailboxID, e.Folder, e.UIDValidity, e.UID)
	id, err := insert(ctx, tx, e, options)
	if err != nil || id == 0 {
		return r, err
	}
	return r, setState(ctx, tx, id, Duplicate, "", db.Micros(s.now()))
}
