// Package alarm remembers what somebody should look at: a mailbox that cannot be read, a mail in quarantine, a relay that refuses us.
//
// There is one open alarm per kind and key ("mailbox silent", mailbox 3). Raising it again only notes that it still holds, so that a reader
// that fails every ten seconds for a night makes one row, one event and one line on the screen. Clearing closes it; the closed row stays as
// history.
package alarm

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/team"
)

// The kinds of alarm.
const (
	MailboxSilent = "mailbox_silent" // nothing could be fetched for a while; key: mailbox
	FolderGone    = "folder_gone"    // a folder is not on the server; key: mailbox/folder
	FolderRenewed = "folder_renewed" // UIDVALIDITY changed, everything was read again; key: mailbox/folder
	MailGap       = "mail_gap"       // the server holds mail that is not stored; key: mailbox
	Quarantine    = "quarantine"     // mail that could not be read; key: desk
	RelayRefuses  = "relay_refuses"  // our mail is not taken; key: desk
	StorageFails  = "storage_fails"  // database or disk refuse; key: ""
)

// An Alarm is one thing to look at.
type Alarm struct {
	ID        int64
	Kind, Key string
	Text      string // one sentence: what is wrong and what to do
	DeskID    int64  // 0: concerns every desk
	RaisedAt  time.Time
	SeenAt    time.Time // last time it was raised again
	ClearedAt time.Time // zero while open
}

// Raise opens the alarm kind+key in the transaction tx, or notes that it still holds.
func Raise(ctx context.Context, tx *db.DB, kind, key string, deskID int64, text string, now time.Time) error {
	return tx.Tx(ctx, func(tx *db.DB) error {
		n, err := tx.Exec(ctx, `update alarm set text = $1, seen_at = $2 where kind = $3 and key = $4 and cleared_at = 0`, text, db.Micros(now), kind, key)
		if err != nil || n > 0 {
			return wrap(err, "raise", kind, key)
		}
		n, err = tx.Exec(ctx, `insert into alarm (kind, key, text, desk_id, raised_at, seen_at) values ($1, $2, $3, $4, $5, $5)
			on conflict (kind, key) where cleared_at = 0 do nothing`, kind, key, text, db.Null(deskID), db.Micros(now))
		if err != nil || n == 0 {
			return wrap(err, "raise", kind, key)
		}
		return tell(ctx, tx, "alarm.raised", kind, key, deskID, text, now)
	})
}

// Clear closes the alarm kind+key; where it is not open nothing happens.
func Clear(ctx context.Context, tx *db.DB, kind, key string, now time.Time) error {
	return tx.Tx(ctx, func(tx *db.DB) error {
		found, err := db.Collect(ctx, tx, scan, `select `+columns+` from alarm where kind = $1 and key = $2 and cleared_at = 0`, kind, key)
		if err != nil || len(found) == 0 {
			return wrap(err, "clear", kind, key)
		}
		n, err := tx.Exec(ctx, `update alarm set cleared_at = $1 where id = $2 and cleared_at = 0`, db.Micros(now), found[0].ID)
		if err != nil || n == 0 {
			return wrap(err, "clear", kind, key)
		}
		return tell(ctx, tx, "alarm.cleared", kind, key, found[0].DeskID, found[0].Text, now)
	})
}

// Open lists the open alarms that acc may see, the oldest first.
func Open(ctx context.Context, d *db.DB, acc team.Access) ([]Alarm, error) {
	from, args := open(acc)
	return db.Collect(ctx, d, scan, `select `+columns+from+` order by id`, args...)
}

// Count says how many alarms are open that acc may see.
func Count(ctx context.Context, d *db.DB, acc team.Access) (int64, error) {
	from, args := open(acc)
	return db.One(ctx, d, db.Value[int64], `select count(*)`+from, args...)
}

func open(acc team.Access) (from string, args []any) {
	from = ` from alarm where cleared_at = 0`
	where, args := acc.Where("desk_id", 1)
	if where != "" {
		from += ` and (desk_id is null or ` + where + `)`
	}
	return from, args
}

const columns = `id, kind, key, text, coalesce(desk_id, 0), raised_at, seen_at, cleared_at`

func scan(s db.Scanner) (Alarm, error) {
	var a Alarm
	var raised, seen, cleared int64
	err := s.Scan(&a.ID, &a.Kind, &a.Key, &a.Text, &a.DeskID, &raised, &seen, &cleared)
	a.RaisedAt, a.SeenAt, a.ClearedAt = db.Time(raised), db.Time(seen), db.Time(cleared)
	return a, err
}

func tell(ctx context.Context, tx *db.DB, what, kind, key string, deskID int64, text string, now time.Time) error {
	data, err := json.Marshal(map[string]string{"kind": kind, "key": key, "text": text})
	if err != nil {
		return err
	}
	return event.Append(ctx, tx, event.Event{At: now, Kind: what, Actor: event.Actor{Kind: "system"}, DeskID: deskID, Data: data})
}

func wrap(err error, doing, kind, key string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s alarm %s %s: %w", doing, kind, key, err)
}
