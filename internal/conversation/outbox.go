package conversation

import (
	"context"
	"strconv"
	"time"

	"kept/internal/db"
	"kept/internal/team"
)

// Outbox returns what was written at the desks that acc sees, to be sent or sent
// already, newest first, older than the message before (0: from the newest). What
// was taken back is not among them: it went nowhere.
func (b *Book) Outbox(ctx context.Context, acc team.Access, before int64, limit int) ([]Message, error) {
	w := where{args: []any{}}
	w.and("m.direction = 'out'")
	w.and("m.state <> 'undone'")
	if visible, args := acc.Where("m.desk_id", 1); visible != "" {
		w.parts, w.args = append(w.parts, visible), append(w.args, args...)
	}
	if before > 0 {
		w.and("m.id < ?", before)
	}
	w.args = append(w.args, limit)
	return db.Collect(ctx, b.db, scanMessage, `select `+messageColumns+` from message m`+w.sql()+` order by m.id desc limit $`+strconv.Itoa(len(w.args)), w.args...)
}

// Leaving says how many messages wait to leave or failed to, and since when the
// oldest waits (zero where none does).
type Leaving struct {
	Queued, Failed int64
	Oldest         time.Time
}

// Leaving counts what is on its way out of the desks that acc sees.
func (b *Book) Leaving(ctx context.Context, acc team.Access) (Leaving, error) {
	w := where{args: []any{}}
	w.and("m.direction = 'out'")
	w.and("m.state in ('queued', 'sending', 'failed')")
	if visible, args := acc.Where("m.desk_id", 1); visible != "" {
		w.parts, w.args = append(w.parts, visible), append(w.args, args...)
	}
	return db.One(ctx, b.db, func(s db.Scanner) (l Leaving, err error) {
		var oldest int64
		err = s.Scan(&l.Queued, &l.Failed, &oldest)
		l.Oldest = db.Time(oldest)
		return l, err
	}, `select coalesce(sum(case when m.state = 'failed' then 0 else 1 end), 0), coalesce(sum(case when m.state = 'failed' then 1 else 0 end), 0),
		coalesce(min(case when m.state = 'failed' then null else m.undo_until end), 0) from message m`+w.sql(), w.args...)
}
