// Package archive brings old mail in: mbox files, Maildir folders and folders of .eml files.
//
//	scan    every source, once: where each mail begins and ends, when it was written, what it answers
//	order   all of them by date, so that an answer comes after what it answers, whatever file it lies in
//	import  in that order to the spool, some at a time, with the checkpoint in the same transaction
//
// The rest is the way of every mail: the spool knows what it has, the worker makes conversations. So an import may be stopped and started
// again at any point: with unchanged files it goes on where it was, and with changed ones it begins anew and stores only what is new.
//
// Old mail is history: it is not acknowledged, and nobody waits for an answer to it. With OpenSince, a customer's mail since then still
// waits, unless a later mail from the desk in the same thread answers it, or its Maildir flag says that it was answered.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/team"
)

// Options are how an archive is to be received.
type Options struct {
	Desk      team.Desk
	OpenSince time.Time // customers' mail since then may still wait for an answer; zero: nothing does
	Limit     int64     // largest mail, in bytes; 0: 100 MB
}

// A Report counts what became of an archive. Sums are over this run and those it continues.
type Report struct {
	Phase       string `json:"phase"` // scanning, importing, done
	Files       int    `json:"files"`
	Bytes       int64  `json:"bytes"`      // to read in this phase
	BytesDone   int64  `json:"bytes_done"` // of those, read
	Found       int    `json:"found"`      // mails in the sources
	Read        int    `json:"read"`       // of those, read by this run
	Before      int    `json:"before"`     // of those, read by the runs that this one continues
	Stored      int    `json:"stored"`     // of Read, new here
	Duplicates  int    `json:"duplicates"` // of Read, here already
	Waiting     int    `json:"waiting"`    // of Stored, customers' mail that waits for an answer
	Skipped     []Skip `json:"skipped"`
	Pending     int    `json:"pending"`     // stored, not yet read into conversations
	Quarantined int    `json:"quarantined"` // of all imported for this desk since the run began, could not be read
}

// A Skip is something that was not imported, and why.
type Skip struct {
	Path   string `json:"path"`
	Offset int64  `json:"offset,omitempty"` // in bytes, of a mail in an mbox file
	Reason string `json:"reason"`
}

// An Importer imports into one installation.
type Importer struct {
	DB    *db.DB
	Spool *intake.Spool
	Now   func() time.Time
}

// together is how many mails share a transaction, if they are not large.
const (
	together      = 100
	togetherBytes = 16 << 20
)

// Import imports what is at paths. progress is called now and then and at the end of each phase. When ctx ends, the report so far is returned
// with ctx's error, and the next run goes on from there.
func (im *Importer) Import(ctx context.Context, paths []string, o Options, progress func(Report)) (Report, error) {
	if o.Limit == 0 {
		o.Limit = 100 << 20
	}
	s := &scanner{desk: o.Desk, report: Report{Phase: "scanning", Skipped: []Skip{}}, progress: progress}
	set, err := absolute(paths)
	if err != nil {
		return s.report, err
	}
	if err := s.scan(ctx, set); err != nil {
		return s.report, err
	}
	r := &run{Importer: im, Options: o, scanner: s, key: strings.Join(set, "\n"), print: s.fingerprint()}
	if err := r.resume(ctx); err != nil {
		return s.report, err
	}
	err = r.importAll(ctx)
	return s.report, err
}

func absolute(paths []string) ([]string, error) {
	if len(paths) == 0 {
		return nil, fault.New(fault.Invalid, "Name what to import: an mbox file, a Maildir folder, or a folder of .eml files.")
	}
	out := make([]string, len(paths))
	for i, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", p, err)
		}
		if _, err := os.Stat(abs); err != nil {
			return nil, fault.Wrap(err, fault.NotFound, "%s is not there, or may not be read.", p)
		}
		out[i] = abs
	}
	return out, nil
}

// A run imports a scanned set.
type run struct {
	*Importer
	Options
	*scanner
	key, print string
	done       int // mails behind us, in order of date
}

// fingerprint names a set of sources: with any change in it an import begins anew.
func (s *scanner) fingerprint() string {
	h := sha256.New()
	for _, f := range s.files {
		fmt.Fprintf(h, "%s\n%d\n%d\n", f.path, f.size, f.changed)
	}
	binary.Write(h, binary.LittleEndian, int64(len(s.items)))
	return hex.EncodeToString(h.Sum(nil))
}

func (r *run) resume(ctx context.Context) error {
	done, err := db.Collect(ctx, r.DB, db.Value[int64], `select done_count from import_file where path = $1 and desk_id = $2 and fingerprint = $3`, r.key, r.Desk.ID, r.print)
	if err != nil || len(done) == 0 {
		return err
	}
	r.done = min(int(done[0]), len(r.items))
	r.report.Before = r.done
	return nil
}

func (r *run) checkpoint(ctx context.Context, tx *db.DB, done int) error {
	finished := int64(0)
	if done == len(r.items) {
		finished = db.Micros(r.Now())
	}
	_, err := tx.Exec(ctx, `insert into import_file (path, desk_id, fingerprint, done_offset, done_count, finished_at) values ($1, $2, $3, 0, $4, $5)
		on conflict (path, desk_id) do update set fingerprint = excluded.fingerprint, done_count = excluded.done_count, finished_at = excluded.finished_at`,
		r.key, r.Desk.ID, r.print, done, finished)
	return err
}

func (r *run) importAll(ctx context.Context) error {
	r.report.Phase, r.report.BytesDone, r.report.Bytes = "importing", 0, 0
	for _, it := range r.items[r.done:] {
		r.report.Bytes += it.length
	}
	for r.done < len(r.items) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, bytes := 0, int64(0)
		for r.done+n < len(r.items) && n < together && (n == 0 || bytes+r.items[r.done+n].length <= togetherBytes) {
			bytes += r.items[r.done+n].length
			n++
		}
		if err := r.importBatch(ctx, r.items[r.done:r.done+n]); err != nil {
			return err
		}
		r.report.BytesDone += bytes
		r.tell()
	}
	r.report.Phase = "done"
	return r.Settle(ctx, r.Desk, &r.report, r.tell)
}

// importBatch stores some mails with the checkpoint behind them.
func (r *run) importBatch(ctx context.Context, items []item) error {
	var entries []intake.Entry
	var skips []Skip
	for _, it := range items {
		e, err := r.keep(ctx, it)
		if fault.Of(err) == fault.Unavailable {
			return err // our disk, not this mail
		}
		if err != nil {
			skips = append(skips, Skip{r.files[it.file].path, it.offset, why(err)})
			continue
		}
		entries = append(entries, e)
	}
	stored, waiting := 0, 0
	err := r.DB.Tx(ctx, func(tx *db.DB) error {
		stored, waiting = 0, 0
		for _, e := range entries {
			got, err := r.Spool.Store(ctx, tx, e)
			if err != nil {
				return err
			}
			if got.Fresh {
				stored++
			}
			if got.Fresh && !e.Options.History {
				waiting++
			}
		}
		return r.checkpoint(ctx, tx, r.done+len(items))
	})
	if err != nil {
		return err
	}
	r.done += len(items)
	r.report.Read += len(items)
	r.report.Stored += stored
	r.report.Waiting += waiting
	r.report.Duplicates += len(entries) - stored
	r.report.Skipped = append(r.report.Skipped, skips...)
	return nil
}

func why(err error) string {
	switch {
	case errors.Is(err, intake.ErrTooLarge):
		return "It is larger than we accept."
	case errors.Is(err, os.ErrPermission):
		return "It may not be read by this user."
	case errors.Is(err, os.ErrNotExist):
		return "It was moved or deleted meanwhile."
	}
	if s := fault.Sentence(err); s != "" {
		return s
	}
	return "It could not be read: " + err.Error() + "."
}

func (r *run) keep(ctx context.Context, it item) (intake.Entry, error) {
	body, end, err := r.open(it)
	if err != nil {
		return intake.Entry{}, err
	}
	defer end()
	raw, err := r.Spool.Keep(ctx, nil, body, r.Limit)
	if err != nil {
		return intake.Entry{}, err
	}
	e := intake.Entry{Raw: raw, Source: intake.Source{Kind: "import", DeskID: r.Desk.ID, At: it.at(), Options: intake.Options{Quiet: true, History: !r.waits(it)}}}
	if e.At.IsZero() {
		e.At = r.Now()
	}
	return e, nil
}

// Settle waits until what was imported for a desk is read into conversations; a worker must be running, here or in a server. It fills in
// what came of it.
func (im *Importer) Settle(ctx context.Context, desk team.Desk, r *Report, tell func()) error {
	for {
		counts, err := db.Collect(ctx, im.DB, func(s db.Scanner) ([2]int, error) {
			var c [2]int
			err := s.Scan(&c[0], &c[1])
			return c, err
		}, `select coalesce(sum(case when state = 'pending' then 1 else 0 end), 0), coalesce(sum(case when state = 'quarantined' then 1 else 0 end), 0) from intake where source = 'import' and desk_id = $1`, desk.ID)
		if err != nil {
			return err
		}
		r.Pending, r.Quarantined = counts[0][0], counts[0][1]
		tell()
		if r.Pending == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// open gives the bytes of a mail as they were before they were put into an mbox file.
func (r *run) open(it item) (io.Reader, func() error, error) {
	f, err := os.Open(r.files[it.file].path)
	if err != nil {
		return nil, nil, err
	}
	part := io.NewSectionReader(f, it.offset, it.length)
	if it.quoted {
		return unquote(part), f.Close, nil
	}
	return part, f.Close, nil
}
