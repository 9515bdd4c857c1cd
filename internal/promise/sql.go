package promise

import (
	"context"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/team"
)

const columns = `p.id, p.conversation_id, p.customer_id, p.desk_id, p.kind, p.what, p.state, p.team_id, coalesce(p.person_id, 0), p.due_at, p.made_at, p.missed_at, p.settled_at,
	coalesce(p.source_message_id, 0), coalesce(p.evidence_message_id, 0), coalesce(p.successor_id, 0), p.reason`

func scan(s db.Scanner) (Promise, error) {
	var p Promise
	var due, made, missed, settled int64
	err := s.Scan(&p.ID, &p.ConversationID, &p.CustomerID, &p.DeskID, &p.Kind, &p.What, &p.State, &p.TeamID, &p.PersonID, &due, &made, &missed, &settled,
		&p.SourceMessageID, &p.EvidenceMessageID, &p.SuccessorID, &p.Reason)
	p.DueAt, p.MadeAt, p.MissedAt, p.SettledAt = db.Time(due), db.Time(made), db.Time(missed), db.Time(settled)
	return p, err
}

func insert(ctx context.Context, tx *db.DB, p Promise) (int64, error) {
	return db.Insert(ctx, tx, `insert into promise (conversation_id, customer_id, desk_id, kind, what, state, team_id, person_id, due_at, made_at, source_message_id)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id`,
		p.ConversationID, p.CustomerID, p.DeskID, p.Kind, p.What, p.State, p.TeamID, db.Null(p.PersonID), db.Micros(p.DueAt), db.Micros(p.MadeAt), db.Null(p.SourceMessageID))
}

// update settles p and reports whether it was still open: the rule is part of
// the statement, so that two nodes cannot both win.
func update(ctx context.Context, tx *db.DB, p Promise) (bool, error) {
	n, err := tx.Exec(ctx, `update promise set state = $1, settled_at = $2, missed_at = $3, evidence_message_id = $4, reason = $5 where id = $6 and state in ('active', 'missed')`,
		p.State, db.Micros(p.SettledAt), db.Micros(p.MissedAt), db.Null(p.EvidenceMessageID), p.Reason, p.ID)
	return n == 1, err
}

func miss(ctx context.Context, tx *db.DB, p Promise) (bool, error) {
	n, err := tx.Exec(ctx, `update promise set state = 'missed', missed_at = $1 where id = $2 and state = 'active'`, db.Micros(p.MissedAt), p.ID)
	return n == 1, err
}

// ByID returns a promise.
func ByID(ctx context.Context, d *db.DB, id int64) (Promise, error) {
	p, err := db.One(ctx, d, scan, `select `+columns+` from promise p where p.id = $1`, id)
	if fault.Of(err) == fault.NotFound {
		return p, fault.Wrap(err, fault.NotFound, "There is no such promise.")
	}
	return p, err
}

// OfConversation returns all promises of a conversation, oldest first.
func OfConversation(ctx context.Context, d *db.DB, conversationID int64) ([]Promise, error) {
	return db.Collect(ctx, d, scan, `select `+columns+` from promise p where p.conversation_id = $1 order by p.id`, conversationID)
}

// OpenOf returns what is still owed in a conversation, oldest first.
func OpenOf(ctx context.Context, d *db.DB, conversationID int64) ([]Promise, error) {
	return db.Collect(ctx, d, scan, `select `+columns+` from promise p where p.conversation_id = $1 and p.state in ('active', 'missed') order by p.id`, conversationID)
}

// OfCustomer returns the newest promises made to a customer at desks that acc sees.
func OfCustomer(ctx context.Context, d *db.DB, acc team.Access, customerID int64, limit int) ([]Promise, error) {
	where, args := acc.Where("p.desk_id", 3)
	if where != "" {
		where = " and " + where
	}
	return db.Collect(ctx, d, scan, `select `+columns+` from promise p join conversation c on c.id = p.conversation_id where c.customer_id = $1`+where+` order by p.id desc limit $2`,
		append([]any{customerID, limit}, args...)...)
}

// Ledger returns promises that acc sees, soonest due first, after a (due, id)
// cursor; open ones only, or all.
func Ledger(ctx context.Context, d *db.DB, acc team.Access, openOnly bool, afterDue time.Time, afterID int64, limit int) ([]Promise, error) {
	where, args := acc.Where("p.desk_id", 4)
	if where != "" {
		where = " and " + where
	}
	if openOnly {
		where += " and p.state in ('active', 'missed')"
	}
	return db.Collect(ctx, d, scan, `select `+columns+` from promise p where (p.due_at, p.id) > ($1, $2)`+where+` order by p.due_at, p.id limit $3`,
		append([]any{db.Micros(afterDue), afterID, limit}, args...)...)
}

// Overdue returns active promises whose time has passed, the longest overdue
// first, after a (due, id) cursor.
func Overdue(ctx context.Context, d *db.DB, now, afterDue time.Time, afterID int64, limit int) ([]Promise, error) {
	return db.Collect(ctx, d, scan, `select `+columns+` from promise p where p.state = 'active' and p.due_at < $1 and (p.due_at, p.id) > ($2, $3) order by p.due_at, p.id limit $4`,
		db.Micros(now), db.Micros(afterDue), afterID, limit)
}
