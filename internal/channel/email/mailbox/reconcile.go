package mailbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"kept/internal/alarm"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

// A Gap is a mail that the server holds and the spool did not.
type Gap struct {
	Folder    string `json:"folder"`
	UID       uint32 `json:"uid"`
	MessageID string `json:"message_id,omitempty"`
}

// A Reconciliation compares what a server holds with what is stored.
type Reconciliation struct {
	ID, MailboxID int64
	At            time.Time
	OnServer      int64 // mails in the folders read, up to the cursor
	Stored        int64 // of those, found in the spool
	Missing       []Gap // the others
	Refetched     int64 // of those, fetched now
	Error         string
}

// OK reports whether nothing is missing any more.
func (r Reconciliation) OK() bool { return r.Error == "" && r.Refetched >= int64(len(r.Missing)) }

// maxMissing is how many gaps are named one by one.
const maxMissing = 1000

// ReconcileAll compares every enabled mailbox.
func (v *Supervisor) ReconcileAll(ctx context.Context) error {
	v.defaults()
	all, err := v.Boxes.List(ctx, team.System)
	if err != nil {
		return err
	}
	for _, m := range all {
		if !m.Enabled {
			continue
		}
		if _, err := v.Reconcile(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// Reconcile compares a mailbox with its server, number by number, and fetches what is missing. The result is kept, a server that cannot be
// asked included; the error is only for our own failures.
func (v *Supervisor) Reconcile(ctx context.Context, m Mailbox) (Reconciliation, error) {
	v.defaults()
	r := Reconciliation{MailboxID: m.ID, At: v.Boxes.now()}
	rd := &reader{Supervisor: v, boxes: v.Boxes, spool: v.Spool, box: m, limit: v.Limit, cares: map[string]*care{}, hold: func(context.Context, *db.DB) error { return nil }}
	if err := rd.compareAll(ctx, &r); err != nil {
		if r.Error = fault.Sentence(err); r.Error == "" {
			return r, err
		}
	}
	return r, v.Boxes.db.Tx(ctx, func(tx *db.DB) error { return v.record(ctx, tx, m, &r) })
}

func (v *Supervisor) record(ctx context.Context, tx *db.DB, m Mailbox, r *Reconciliation) error {
	missing, err := json.Marshal(r.Missing[:min(len(r.Missing), maxMissing)])
	if err != nil {
		return err
	}
	r.ID, err = db.Insert(ctx, tx, `insert into reconciliation (mailbox_id, at, on_server, stored, missing, refetched, error) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
		m.ID, db.Micros(r.At), r.OnServer, r.Stored, string(missing), r.Refetched, r.Error)
	if err != nil || r.Error != "" {
		return err
	}
	if r.OK() {
		for _, f := range m.Folders {
			if err := alarm.Clear(ctx, tx, alarm.FolderRenewed, folderKey(m.ID, f), r.At); err != nil {
				return err
			}
		}
		return alarm.Clear(ctx, tx, alarm.MailGap, boxKey(m.ID), r.At)
	}
	text := fmt.Sprintf("%s holds %d mails for %s that are not here and could not be fetched. Look at them in the mailbox.", m.Host, int64(len(r.Missing))-r.Refetched, m.User)
	return alarm.Raise(ctx, tx, alarm.MailGap, boxKey(m.ID), m.DeskID, text, r.At)
}

func (r *reader) compareAll(ctx context.Context, out *Reconciliation) error {
	s, err := r.boxes.open(ctx, r.box)
	if err != nil {
		return err
	}
	defer s.end()
	for _, name := range r.box.Folders {
		if err := r.compare(ctx, s, name, out); err != nil {
			return err
		}
	}
	return nil
}

// compare looks for numbers up to the cursor that the spool does not know. What is above the cursor is not missing: it is next.
func (r *reader) compare(ctx context.Context, s *session, name string, out *Reconciliation) error {
	data, err := s.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if isMissing(err) {
		return nil // the reader has raised its alarm
	}
	if err != nil {
		return s.explain(err)
	}
	cur, err := cursorOf(ctx, r.boxes.db, r.box.ID, name)
	if err != nil || cur.uidValidity != data.UIDValidity || data.NumMessages == 0 {
		return err
	}
	onServer, err := s.uidsFrom(1)
	if err != nil {
		return err
	}
	onServer = slices.DeleteFunc(onServer, func(u imap.UID) bool { return uint32(u) > cur.lastUID })
	stored, err := r.storedUIDs(ctx, name, cur.uidValidity)
	if err != nil {
		return err
	}
	missing := difference(onServer, stored)
	out.OnServer += int64(len(onServer))
	out.Stored += int64(len(onServer) - len(missing))
	f := &folder{r, s, name, cur, r.careFor(name)}
	if err := f.fill(ctx, missing, out); err != nil {
		return err
	}
	return f.complete(ctx)
}

// storedUIDs are the numbers of a folder that the spool knows, ascending.
func (r *reader) storedUIDs(ctx context.Context, folder string, validity uint32) ([]imap.UID, error) {
	return db.Collect(ctx, r.boxes.db, func(s db.Scanner) (imap.UID, error) {
		var uid uint32
		err := s.Scan(&uid)
		return imap.UID(uid), err
	}, `select distinct uid from intake where mailbox_id = $1 and folder = $2 and uidvalidity = $3 order by uid`, r.box.ID, folder, int64(validity))
}

// difference is what is in a and not in b; both ascend.
func difference(a, b []imap.UID) []imap.UID {
	var out []imap.UID
	for _, u := range a {
		for len(b) > 0 && b[0] < u {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != u {
			out = append(out, u)
		}
	}
	return out
}

// fill fetches missing mails and notes them.
func (f *folder) fill(ctx context.Context, missing []imap.UID, out *Reconciliation) error {
	for chunk := range slices.Chunk(missing, batchMails) {
		about, err := f.s.about(chunk)
		if err != nil {
			return err
		}
		out.OnServer -= int64(len(chunk) - len(about)) // deleted since we counted
		for _, m := range about {
			gap := Gap{Folder: f.name, UID: uint32(m.uid)}
			entries, err := f.fetch(ctx, []found{m})
			if err == nil && len(entries) == 1 {
				gap.MessageID = entries[0].MessageIDHeader
				_, err = f.spool.Commit(ctx, entries...)
			}
			out.Missing = append(out.Missing, gap)
			if err == nil {
				out.Refetched += int64(len(entries))
			}
			if f.s.State() != imap.ConnStateSelected {
				return f.asFault(err)
			}
		}
	}
	return nil
}

// complete fetches whole what is in quarantine without its body, where that can be had now: the limit was raised, the server recovered.
func (f *folder) complete(ctx context.Context) error {
	cut, err := f.spool.Cut(ctx, f.box.ID, f.name, f.cur.uidValidity, f.limit)
	if err != nil {
		return err
	}
	for _, a := range cut {
		about, err := f.s.about([]imap.UID{imap.UID(a.UID)})
		if err != nil {
			return err
		}
		entries, err := f.fetch(ctx, about)
		if err != nil || len(entries) != 1 || entries[0].Quarantine != "" {
			continue // next time
		}
		if _, err := f.spool.Commit(ctx, entries...); err != nil {
			return err
		}
		if err := f.spool.Dismiss(ctx, team.System, event.System, a.ID, "It was fetched whole."); err != nil {
			return err
		}
	}
	return nil
}

// Reconciliations gives the latest comparison of every mailbox that acc may see.
func (b *Boxes) Reconciliations(ctx context.Context, acc team.Access) ([]Reconciliation, error) {
	text := `select r.id, r.mailbox_id, r.at, r.on_server, r.stored, r.missing, r.refetched, r.error from reconciliation r join mailbox m on m.id = r.mailbox_id
		where r.id = (select max(x.id) from reconciliation x where x.mailbox_id = r.mailbox_id)`
	where, args := acc.Where("m.desk_id", 1)
	if where != "" {
		text += ` and ` + where
	}
	return db.Collect(ctx, b.db, func(s db.Scanner) (Reconciliation, error) {
		var r Reconciliation
		var at int64
		var missing string
		if err := s.Scan(&r.ID, &r.MailboxID, &at, &r.OnServer, &r.Stored, &missing, &r.Refetched, &r.Error); err != nil {
			return r, err
		}
		r.At = db.Time(at)
		return r, json.Unmarshal([]byte(missing), &r.Missing)
	}, text+` order by r.mailbox_id`, args...)
}
