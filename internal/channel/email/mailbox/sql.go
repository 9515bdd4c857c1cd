package mailbox

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"kept/internal/alarm"
	"kept/internal/db"
	"kept/internal/team"
)

const columns = `id, desk_id, host, port, security, username, auth, secret, token_url, client_id, client_secret, folders, sent_folder, enabled, state,
	last_fetched_at, last_error, last_error_at, created_at`

func scan(s db.Scanner) (Mailbox, error) {
	var m Mailbox
	var folders string
	var fetched, failed, created int64
	if err := s.Scan(&m.ID, &m.DeskID, &m.Host, &m.Port, &m.Security, &m.User, &m.Auth, &m.secret, &m.TokenURL, &m.ClientID, &m.clientSecret, &folders, &m.SentFolder, &m.Enabled, &m.State,
		&fetched, &m.LastError, &failed, &created); err != nil {
		return m, err
	}
	m.LastFetchedAt, m.LastErrorAt, m.CreatedAt = db.Time(fetched), db.Time(failed), db.Time(created)
	return m, json.Unmarshal([]byte(folders), &m.Folders)
}

// settings are what a person chose: a reader begins anew when they change.
func settings(m Mailbox) []any {
	folders, _ := json.Marshal(m.Folders) // strings always can
	return []any{m.DeskID, m.Host, m.Port, string(m.Security), m.User, m.Auth, m.secret, m.TokenURL, m.ClientID, m.clientSecret, string(folders), m.SentFolder, m.Enabled}
}

func insert(ctx context.Context, tx *db.DB, m Mailbox) (int64, error) {
	return db.Insert(ctx, tx, `insert into mailbox (desk_id, host, port, security, username, auth, secret, token_url, client_id, client_secret, folders, sent_folder, enabled, state, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id`, append(settings(m), m.State, db.Micros(m.CreatedAt))...)
}

func update(ctx context.Context, tx *db.DB, m Mailbox) error {
	_, err := tx.Exec(ctx, `update mailbox set desk_id = $1, host = $2, port = $3, security = $4, username = $5, auth = $6, secret = $7, token_url = $8, client_id = $9, client_secret = $10,
		folders = $11, sent_folder = $12, enabled = $13, state = $14, last_error = '' where id = $15`, append(settings(m), m.State, m.ID)...)
	return err
}

// remove deletes a mailbox and what only made sense with it, and clears its alarms.
func remove(ctx context.Context, tx *db.DB, m Mailbox, now time.Time) error {
	keys := map[string][]string{alarm.MailboxSilent: {boxKey(m.ID)}, alarm.MailGap: {boxKey(m.ID)}}
	for _, f := range append(m.Folders, m.SentFolder) {
		keys[alarm.FolderGone] = append(keys[alarm.FolderGone], folderKey(m.ID, f))
		keys[alarm.FolderRenewed] = append(keys[alarm.FolderRenewed], folderKey(m.ID, f))
	}
	for kind, list := range keys {
		for _, key := range list {
			if err := alarm.Clear(ctx, tx, kind, key, now); err != nil {
				return err
			}
		}
	}
	for _, text := range []string{`delete from mailbox_folder where mailbox_id = $1`, `delete from reconciliation where mailbox_id = $1`, `delete from mailbox where id = $1`} {
		if _, err := tx.Exec(ctx, text, m.ID); err != nil {
			return err
		}
	}
	return nil
}

func byID(ctx context.Context, d *db.DB, id int64) (Mailbox, error) {
	return db.One(ctx, d, scan, `select `+columns+` from mailbox where id = $1`, id)
}

// lock takes a mailbox's row until the transaction ends: a token that its provider renews meanwhile must not be put back.
func lock(ctx context.Context, tx *db.DB, id int64) error {
	_, err := tx.Exec(ctx, `update mailbox set host = host where id = $1`, id)
	return err
}

func list(ctx context.Context, d *db.DB, acc team.Access) ([]Mailbox, error) {
	text := `select ` + columns + ` from mailbox`
	where, args := acc.Where("desk_id", 1)
	if where != "" {
		text += ` where ` + where
	}
	return db.Collect(ctx, d, scan, text+` order by id`, args...)
}

func saveSecret(ctx context.Context, d *db.DB, id int64, sealed string) error {
	_, err := d.Exec(ctx, `update mailbox set secret = $1 where id = $2`, sealed, id)
	return err
}

func setFetched(ctx context.Context, tx *db.DB, id, now int64) error {
	_, err := tx.Exec(ctx, `update mailbox set state = 'on', last_fetched_at = $1, last_error = '' where id = $2 and enabled`, now, id)
	return err
}

func setFailed(ctx context.Context, tx *db.DB, id, now int64, sentence string) error {
	_, err := tx.Exec(ctx, `update mailbox set state = 'degraded', last_error = $1, last_error_at = $2 where id = $3 and enabled`, sentence, now, id)
	return err
}

// A cursor says how far a folder has been read.
type cursor struct {
	known       bool // it was read before
	uidValidity uint32
	lastUID     uint32
	failed      string // why it could not be read last time, "" where it could
}

func cursorOf(ctx context.Context, d *db.DB, mailboxID int64, folder string) (cursor, error) {
	found, err := db.Collect(ctx, d, func(s db.Scanner) (cursor, error) {
		c := cursor{known: true}
		return c, s.Scan(&c.uidValidity, &c.lastUID, &c.failed)
	}, `select uidvalidity, last_uid, error from mailbox_folder where mailbox_id = $1 and folder = $2`, mailboxID, folder)
	if err != nil || len(found) == 0 {
		return cursor{}, err
	}
	return found[0], nil
}

func saveCursor(ctx context.Context, tx *db.DB, mailboxID int64, folder string, c cursor, now int64) error {
	_, err := tx.Exec(ctx, `insert into mailbox_folder (mailbox_id, folder, uidvalidity, last_uid, fetched_at, error) values ($1, $2, $3, $4, $5, $6)
		on conflict (mailbox_id, folder) do update set uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid, fetched_at = excluded.fetched_at, error = excluded.error`,
		mailboxID, folder, int64(c.uidValidity), int64(c.lastUID), now, c.failed)
	return err
}

func boxKey(id int64) string { return strconv.FormatInt(id, 10) }

func folderKey(id int64, folder string) string { return boxKey(id) + "/" + folder }
