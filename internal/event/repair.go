package event

import (
	"context"

	"kept/internal/db"
)

// repair makes positions comparable again when the database was restored on a
// server whose transaction numbers are behind those in the log: new events would
// sort before old ones. All that is there is settled, so the whole log moves to
// transaction 0 and is numbered anew in the order it had, with what was written
// since the restore at its end; each follower stays behind the last event it
// handled.
func (l *Log) repair(ctx context.Context) error {
	if l.db.Dialect.Name() != "postgres" {
		return nil
	}
	return l.db.Tx(ctx, func(tx *db.DB) error {
		if last, err := lastAhead(ctx, tx); err != nil || last.ID == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `lock table event, consumer in exclusive mode`); err != nil {
			return err
		}
		last, err := lastAhead(ctx, tx)
		if err != nil || last.ID == 0 {
			return err // another node was faster
		}
		return renumber(ctx, tx, last)
	})
}

// lastAhead returns the newest transaction number that may be in use, and the
// greatest id of an event that claims a later one, 0 where none does. It asks the
// snapshot that the statement itself reads by: this transaction's own number may be
// given before that, and what others commit in between would then look ahead.
func lastAhead(ctx context.Context, tx *db.DB) (Position, error) {
	return db.One(ctx, tx, scanPosition, `select pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1, coalesce(max(id), 0) from event
		where txn >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint`)
}

func renumber(ctx context.Context, tx *db.DB, last Position) error {
	const since = `txn <= $1 and id > $2` // what was written after the restore
	for _, s := range []struct {
		text string
		args []any
	}{
		{`create temporary table renumbered (since boolean, txn bigint, id bigint primary key, new_id bigint) on commit drop`, nil},
		{`insert into renumbered select ` + since + `, txn, id, (select max(id) from event) + row_number() over (order by ` + since + `, txn, id) from event`, []any{last.Txn, last.ID}},
		{`update consumer set txn = 0, id = coalesce((select max(new_id) from renumbered r where (r.since, r.txn, r.id) <= (consumer.txn <= $1 and consumer.id > $2, consumer.txn, consumer.id)), 0)`, []any{last.Txn, last.ID}},
		{`update event set txn = 0, id = r.new_id from renumbered r where event.id = r.id`, nil},
		{`select setval(pg_get_serial_sequence('event', 'id'), (select max(id) from event))`, nil},
	} {
		if _, err := tx.Exec(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}
