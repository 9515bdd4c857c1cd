package intake

import (
	"context"
	"time"

	"kept/internal/db"
	"kept/internal/team"
)

// A Tally is what came by one way since some time.
type Tally struct {
	Kind      string // imap, smtp, lmtp, import
	MailboxID int64  // 0 where it came through no mailbox
	Stored    int64
	Last      time.Time
}

// Since counts what came to the desks that acc may see since a time, by the way it came.
func Since(ctx context.Context, d *db.DB, acc team.Access, since time.Time) ([]Tally, error) {
	where, args := acc.Where("desk_id", 2)
	if where != "" {
		where = " and " + where
	}
	return db.Collect(ctx, d, func(s db.Scanner) (Tally, error) {
		var t Tally
		var last int64
		err := s.Scan(&t.Kind, &t.MailboxID, &t.Stored, &last)
		t.Last = db.Time(last)
		return t, err
	}, `select source, coalesce(mailbox_id, 0), count(*), max(received_at) from intake where received_at >= $1`+where+` group by source, coalesce(mailbox_id, 0)`, append([]any{db.Micros(since)}, args...)...)
}

// LastBy returns when the last mail came by one of the given ways, zero for never.
func LastBy(ctx context.Context, d *db.DB, kinds ...string) (time.Time, error) {
	last, err := db.One(ctx, d, db.Value[int64], `select coalesce((select received_at from intake where source in (`+db.In(len(kinds), 1)+`) order by id desc limit 1), 0)`, db.Args(kinds)...)
	return db.Time(last), err
}
