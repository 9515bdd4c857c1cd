package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"kept/internal/alarm"
	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/intake"
)

const (
	batchMails = 50       // fetched and stored together
	batchBytes = 32 << 20 // or fewer, where they are large
	oldMail    = 30 * 24 * time.Hour
	patience   = 4 // how often one mail may end the connection before we go on without it
)

// A folder is one folder of a mailbox while it is being read.
type folder struct {
	*reader
	s    *session
	name string
	cur  cursor
	care *care
}

// found is what the server says about a mail before we fetch it.
type found struct {
	uid      imap.UID
	size     int64
	at       time.Time
	answered bool
}

// read brings a folder up to date. A folder that is gone is an alarm, not an error: the others go on.
func (r *reader) read(ctx context.Context, s *session, name string) error {
	cur, err := cursorOf(ctx, r.boxes.db, r.box.ID, name)
	if err != nil {
		return err
	}
	f := &folder{r, s, name, cur, r.careFor(name)}
	data, err := s.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if isMissing(err) {
		return f.gone(ctx)
	}
	if err != nil {
		return s.explain(err)
	}
	if err := f.numbering(ctx, data); err != nil {
		return err
	}
	if data.UIDNext != 0 && uint32(data.UIDNext) == f.cur.lastUID+1 || data.NumMessages == 0 {
		return nil
	}
	return f.fetchNew(ctx)
}

// gone raises the alarm of a folder that is not on the server.
func (f *folder) gone(ctx context.Context) error {
	text := fmt.Sprintf("The folder %s is not on %s any more, so its mail is not read. Restore it, or take it out of the mailbox settings.", f.name, f.box.Host)
	return f.commit(ctx, func(tx *db.DB) error {
		f.cur.failed = text
		if err := saveCursor(ctx, tx, f.box.ID, f.name, f.cur, db.Micros(f.boxes.now())); err != nil {
			return err
		}
		return alarm.Raise(ctx, tx, alarm.FolderGone, folderKey(f.box.ID, f.name), f.box.DeskID, text, f.boxes.now())
	})
}

// numbering compares the folder's UIDVALIDITY with the one we know. Another one means that every number changed its meaning: we begin anew.
func (f *folder) numbering(ctx context.Context, data *imap.SelectData) error {
	renewed := f.cur.known && f.cur.uidValidity != 0 && f.cur.uidValidity != data.UIDValidity
	cleared := f.cur.failed != ""
	if !renewed && !cleared && f.cur.known && f.cur.uidValidity == data.UIDValidity {
		return nil
	}
	if f.cur.uidValidity != data.UIDValidity {
		f.cur.lastUID = 0
	}
	f.cur.known, f.cur.uidValidity, f.cur.failed = true, data.UIDValidity, ""
	now := f.boxes.now()
	return f.commit(ctx, func(tx *db.DB) error {
		if err := saveCursor(ctx, tx, f.box.ID, f.name, f.cur, db.Micros(now)); err != nil {
			return err
		}
		if err := alarm.Clear(ctx, tx, alarm.FolderGone, folderKey(f.box.ID, f.name), now); err != nil || !renewed {
			return err
		}
		text := fmt.Sprintf("%s numbered the folder %s anew, so we are reading all of it again. Nothing comes twice; tell us if mail is missing.", f.box.Host, f.name)
		return alarm.Raise(ctx, tx, alarm.FolderRenewed, folderKey(f.box.ID, f.name), f.box.DeskID, text, now)
	})
}

// fetchNew fetches what is above the cursor, in order.
func (f *folder) fetchNew(ctx context.Context) error {
	uids, err := f.s.uidsFrom(f.cur.lastUID + 1)
	if err != nil {
		return err
	}
	for len(uids) > 0 {
		n := min(batchMails, len(uids))
		if uids[0] <= f.care.until {
			n = 1
		}
		if err := f.fetchBatch(ctx, uids[:n]); err != nil {
			f.care.broke(uids[:n], err)
			return err
		}
		uids = uids[n:]
	}
	return nil
}

// A care is what we know about mails of a folder that end the connection: a batch that broke is fetched one by one the next time, and the
// one that breaks again and again is left out.
type care struct {
	until imap.UID // one by one up to here
	at    imap.UID // the last one that broke alone
	times int
}

func (c *care) broke(uids []imap.UID, err error) {
	if fault.Of(err) == fault.Conflict || errors.Is(err, errOurs) {
		return
	}
	c.until = max(c.until, uids[len(uids)-1])
	if len(uids) > 1 {
		return
	}
	if c.at != uids[0] {
		c.at, c.times = uids[0], 0
	}
	c.times++
}

func (c *care) worn(uid imap.UID) bool { return c.at == uid && c.times >= patience }

// errOurs marks a failure of our own disk or database: no mail is to blame.
var errOurs = errors.New("our side")

// uidsFrom lists the UIDs from a number on, ascending. A server answers "n:*" with the last mail even where it is below n (RFC 3501 6.4.8).
func (s *session) uidsFrom(first uint32) ([]imap.UID, error) {
	var set imap.UIDSet
	set.AddRange(imap.UID(first), 0)
	data, err := s.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
	if err != nil {
		return nil, s.explain(err)
	}
	uids := slices.DeleteFunc(data.AllUIDs(), func(u imap.UID) bool { return uint32(u) < first })
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// fetchBatch brings some mails to the spool, with the cursor behind them, in as many transactions as their size needs.
func (f *folder) fetchBatch(ctx context.Context, uids []imap.UID) error {
	about, err := f.s.about(uids)
	if err != nil {
		return err
	}
	for len(about) > 0 {
		n, bytes := 0, int64(0)
		for n < len(about) && (n == 0 || bytes+about[n].size <= batchBytes) {
			bytes += about[n].size
			n++
		}
		last := about[n-1].uid
		if n == len(about) {
			last = uids[len(uids)-1] // what vanished meanwhile is behind us too
		}
		if err := f.bring(ctx, about[:n], last); err != nil {
			return err
		}
		about = about[n:]
	}
	return f.advance(ctx, uids[len(uids)-1])
}

// about asks for the size, date and answered mark of mails, ascending by UID. Vanished ones are not among the answers.
func (s *session) about(uids []imap.UID) ([]found, error) {
	cmd := s.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true, Flags: true})
	defer cmd.Close()
	var all []found
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		b, err := m.Collect()
		if err != nil {
			return nil, s.explain(err)
		}
		if slices.Contains(uids, b.UID) {
			all = append(all, found{b.UID, b.RFC822Size, b.InternalDate, slices.Contains(b.Flags, imap.FlagAnswered)})
		}
	}
	if err := cmd.Close(); err != nil {
		return nil, s.explain(err)
	}
	slices.SortFunc(all, func(a, b found) int { return int(int64(a.uid) - int64(b.uid)) })
	return slices.CompactFunc(all, func(a, b found) bool { return a.uid == b.uid }), nil
}

// bring fetches mails and stores them together with the cursor at last. Where the server says no to all of them at once, each is asked for
// alone, and one that cannot be had is quarantined by its number.
func (f *folder) bring(ctx context.Context, mails []found, last imap.UID) error {
	entries, err := f.fetch(ctx, mails)
	var no *imap.Error
	if errors.As(err, &no) && len(mails) > 1 {
		for _, m := range mails {
			if err := f.bring(ctx, []found{m}, m.uid); err != nil {
				return err
			}
		}
		return f.advance(ctx, last)
	}
	if errors.As(err, &no) || err != nil && len(mails) == 1 && f.care.worn(mails[0].uid) && !errors.Is(err, errOurs) {
		entries, err = f.unreadable(ctx, mails[0], err)
	}
	if err != nil {
		return f.asFault(err)
	}
	return f.store(ctx, entries, last)
}

func (f *folder) asFault(err error) error {
	if fault.Of(err) != fault.Internal {
		return err
	}
	return f.s.explain(err)
}

// fetch fetches the bodies of mails, or the headers of those over the limit, into the blob store.
func (f *folder) fetch(ctx context.Context, mails []found) ([]intake.Entry, error) {
	whole := &imap.FetchItemBodySection{Peek: true}
	header := &imap.FetchItemBodySection{Peek: true, Specifier: imap.PartSpecifierHeader}
	byUID := map[imap.UID]found{}
	var small, large imap.UIDSet
	for _, m := range mails {
		byUID[m.uid] = m
		if m.size > f.limit {
			large.AddNum(m.uid)
		} else {
			small.AddNum(m.uid)
		}
	}
	var entries []intake.Entry
	for _, part := range []struct {
		set  imap.UIDSet
		what *imap.FetchItemBodySection
	}{{small, whole}, {large, header}} {
		if len(part.set) == 0 {
			continue
		}
		got, err := f.fetchPart(ctx, part.set, part.what, byUID)
		if err != nil {
			return nil, err
		}
		entries = append(entries, got...)
	}
	slices.SortFunc(entries, func(a, b intake.Entry) int { return int(int64(a.UID) - int64(b.UID)) })
	return entries, nil
}

func (f *folder) fetchPart(ctx context.Context, set imap.UIDSet, what *imap.FetchItemBodySection, byUID map[imap.UID]found) ([]intake.Entry, error) {
	cmd := f.s.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{what}})
	defer cmd.Close()
	var entries []intake.Entry
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		uid, raw, ok, err := f.keep(ctx, m)
		if err != nil {
			return nil, err
		}
		if about, asked := byUID[uid]; asked && ok {
			entries = append(entries, f.entry(raw, about))
			delete(byUID, uid)
		}
	}
	return entries, cmd.Close()
}

// keep streams the body in an answer to the blob store.
func (f *folder) keep(ctx context.Context, m *imapclient.FetchMessageData) (uid imap.UID, raw intake.Raw, ok bool, err error) {
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataBodySection:
			var body io.Reader = strings.NewReader("")
			if item.Literal != nil {
				body = item.Literal
			}
			if raw, err = f.spool.Keep(ctx, nil, body, 0); err != nil {
				return 0, raw, false, f.whose(err)
			}
			ok = true
		}
	}
	return uid, raw, ok, nil
}

// whose tells a disk that refuses from a connection that broke while we were writing.
func (f *folder) whose(err error) error {
	if fault.Of(err) == fault.Unavailable {
		return errors.Join(errOurs, err)
	}
	return err
}

// entry is the arrival of a mail: how it wants to be received depends on when it came to the mailbox.
func (f *folder) entry(raw intake.Raw, m found) intake.Entry {
	e := intake.Entry{Raw: raw, Source: intake.Source{
		Kind: "imap", DeskID: f.box.DeskID, MailboxID: f.box.ID, Folder: f.name, UIDValidity: f.cur.uidValidity, UID: uint32(m.uid), At: m.at,
	}}
	if m.at.IsZero() {
		e.At = f.boxes.now()
	}
	before := f.box.CreatedAt.Sub(e.At) // how long before Kept was connected
	e.Options.Quiet = before > 0
	e.Options.History = before > oldMail || before > 0 && m.answered
	if m.size > f.limit {
		e.Options.FullSize = m.size
		e.Quarantine = fmt.Sprintf("This mail has %d MB, more than the %d MB we take. Its header is here; the whole mail is still in the mailbox, in the folder %s.", m.size>>20, f.limit>>20, f.name)
	}
	return e
}

// unreadable stands in for a mail that the server cannot give.
func (f *folder) unreadable(ctx context.Context, m found, cause error) ([]intake.Entry, error) {
	said := "the connection ended every time"
	var no *imap.Error
	if errors.As(cause, &no) {
		said = oneLine(no.Text)
	}
	note := fmt.Sprintf("Subject: (mail %d in %s could not be fetched)\r\n\r\n%s did not give us this mail: %s.\r\n", m.uid, f.name, f.box.Host, said)
	raw, err := f.spool.Keep(ctx, nil, bytes.NewReader([]byte(note)), 0)
	if err != nil {
		return nil, err
	}
	raw.Dedupe = fmt.Sprintf("unreadable@%d/%s/%d/%d", f.box.ID, f.name, f.cur.uidValidity, m.uid)
	e := f.entry(raw, m)
	e.Options.FullSize = max(m.size, 1)
	e.Quarantine = fmt.Sprintf("%s could not give us this mail (%s). It is still in the folder %s: read it there.", f.box.Host, said, f.name)
	return []intake.Entry{e}, nil
}

// store spools entries and moves the cursor to last, in one transaction.
func (f *folder) store(ctx context.Context, entries []intake.Entry, last imap.UID) error {
	next := f.cur
	next.lastUID = max(next.lastUID, uint32(last))
	err := f.commit(ctx, func(tx *db.DB) error {
		for _, e := range entries {
			if _, err := f.spool.Store(ctx, tx, e); err != nil {
				return err
			}
		}
		return saveCursor(ctx, tx, f.box.ID, f.name, next, db.Micros(f.boxes.now()))
	})
	if err != nil {
		return errors.Join(errOurs, err)
	}
	f.cur, f.progress = next, true
	return nil
}

// advance moves the cursor past mails that are no longer there.
func (f *folder) advance(ctx context.Context, last imap.UID) error {
	if f.cur.lastUID >= uint32(last) {
		return nil
	}
	return f.store(ctx, nil, last)
}

// commit runs fn in a transaction that only the holder of the mailbox can commit.
func (r *reader) commit(ctx context.Context, fn func(tx *db.DB) error) error {
	return r.boxes.db.Tx(ctx, func(tx *db.DB) error {
		if err := r.hold(ctx, tx); err != nil {
			return err
		}
		return fn(tx)
	})
}
