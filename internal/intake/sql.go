package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/team"
)

const columns = `id, desk_id, coalesce(mailbox_id, 0), source, state, dedupe, raw_key, size, envelope_from, envelope_to, peer, helo, auth, folder, uidvalidity, uid,
	subject, from_address, message_id_header, attempts, reason, options, received_at, done_at, next_at, coalesce(message_id, 0), coalesce(conversation_id, 0)`

func scan(s db.Scanner) (Arrival, error) {
	var a Arrival
	var auth, options string
	var received, done, next int64
	err := s.Scan(&a.ID, &a.DeskID, &a.MailboxID, &a.Kind, &a.State, &a.Dedupe, &a.Key, &a.Size, &a.EnvelopeFrom, &a.EnvelopeTo, &a.Peer, &a.HELO, &auth, &a.Folder, &a.UIDValidity, &a.UID,
		&a.Subject, &a.From, &a.MessageIDHeader, &a.Attempts, &a.Reason, &options, &received, &done, &next, &a.MessageID, &a.ConversationID)
	if err != nil {
		return a, err
	}
	a.Auth = json.RawMessage(auth)
	a.At, a.DoneAt, a.NextAt = db.Time(received), db.Time(done), db.Time(next)
	if err := json.Unmarshal([]byte(options), &a.Options); err != nil {
		return a, fmt.Errorf("options of arrival %d: %w", a.ID, err)
	}
	return a, nil
}

// insert adds a pending row and gives its id, or 0 where the desk has this mail already.
func insert(ctx context.Context, tx *db.DB, e Entry, options []byte) (int64, error) {
	auth := string(e.Auth)
	if auth == "" {
		auth = "{}"
	}
	ids, err := db.Collect(ctx, tx, db.Value[int64], `insert into intake (desk_id, mailbox_id, source, state, dedupe, raw_key, size, envelope_from, envelope_to, peer, helo, auth,
		folder, uidvalidity, uid, subject, from_address, message_id_header, options, received_at)
		values ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		on conflict (desk_id, dedupe) do nothing returning id`,
		e.DeskID, db.Null(e.MailboxID), e.Kind, e.Dedupe, e.Key, e.Size, clip(e.EnvelopeFrom, 500), clip(e.EnvelopeTo, 500), e.Peer, clip(e.HELO, 255), auth,
		e.Folder, int64(e.UIDValidity), int64(e.UID), e.Subject, e.From, e.MessageIDHeader, string(options), db.Micros(e.At))
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

func byID(ctx context.Context, d *db.DB, id int64) (Arrival, error) {
	a, err := db.One(ctx, d, scan, `select `+columns+` from intake where id = $1`, id)
	if fault.Of(err) == fault.NotFound {
		return a, fault.Wrap(err, fault.NotFound, "This mail is not here, or belongs to a desk that you cannot see.")
	}
	return a, err
}

func byDedupe(ctx context.Context, tx *db.DB, deskID int64, dedupe string) (Arrival, error) {
	return db.One(ctx, tx, scan, `select `+columns+` from intake where desk_id = $1 and dedupe = $2`, deskID, dedupe)
}

func pending(ctx context.Context, tx *db.DB, now int64, limit int) ([]Arrival, error) {
	return db.Collect(ctx, tx, scan, `select `+columns+` from intake where state = 'pending' and next_at <= $1
		order by case when attempts > 1 then 1 else 0 end, id limit $2`, now, limit)
}

func list(ctx context.Context, d *db.DB, acc team.Access, state string, before int64, limit int) ([]Arrival, error) {
	text := []string{`select ` + columns + ` from intake where state = $1`}
	args := []any{state}
	if before > 0 {
		text = append(text, `id < $2`)
		args = append(args, before)
	}
	if where, more := acc.Where("desk_id", len(args)+1); where != "" {
		text = append(text, where)
		args = append(args, more...)
	}
	args = append(args, limit)
	return db.Collect(ctx, d, scan, strings.Join(text, " and ")+fmt.Sprintf(` order by id desc limit $%d`, len(args)), args...)
}

func setAttempts(ctx context.Context, tx *db.DB, id int64, attempts int, nextAt int64) error {
	_, err := tx.Exec(ctx, `update intake set attempts = $1, next_at = $2 where id = $3`, attempts, nextAt, id)
	return err
}

func setState(ctx context.Context, tx *db.DB, id int64, state, reason string, doneAt int64) error {
	_, err := tx.Exec(ctx, `update intake set state = $1, reason = $2, done_at = $3 where id = $4`, state, reason, doneAt, id)
	return err
}

func renumber(ctx context.Context, tx *db.DB, id int64, e Entry) error {
	_, err := tx.Exec(ctx, `update intake set uidvalidity = $1, uid = $2 where id = $3`, int64(e.UIDValidity), int64(e.UID), id)
	return err
}

// Numbers are what mail health and the metrics say about the spool.
type Numbers struct {
	Pending, Quarantined, SetAside int64
	OldestPending                  time.Time // zero where nothing waits
}

// Count gives the numbers of the desks that acc may see.
func Count(ctx context.Context, d *db.DB, acc team.Access) (Numbers, error) {
	text := `select state, count(*), min(received_at) from intake where state in ('pending', 'quarantined', 'set_aside') and (state <> 'pending' or source <> 'import')`
	where, args := acc.Where("desk_id", 1)
	if where != "" {
		text += ` and ` + where
	}
	var n Numbers
	_, err := db.Collect(ctx, d, func(s db.Scanner) (struct{}, error) {
		var state string
		var count, oldest int64
		err := s.Scan(&state, &count, &oldest)
		switch state {
		case Pending:
			n.Pending, n.OldestPending = count, db.Time(oldest)
		case Quarantined:
			n.Quarantined = count
		case SetAside:
			n.SetAside = count
		}
		return struct{}{}, err
	}, text+` group by state`, args...)
	return n, err
}
