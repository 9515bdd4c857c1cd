package conversation

import (
	"context"
	"errors"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/promise"
	"kept/internal/team"
)

// atOnce is how many promises or rests a tick reads before it acts on them.
const atOnce = 500

// Tick lets time pass: promises whose time is over are missed, and stay owed;
// conversations that rested long enough wake. One that fails does not hold up
// the clock of the others.
func (b *Book) Tick(ctx context.Context) error {
	return errors.Join(b.missAll(ctx), b.wakeAll(ctx))
}

func (b *Book) missAll(ctx context.Context) (failures error) {
	var last promise.Promise
	for {
		due, err := promise.Overdue(ctx, b.db, b.now(), last.DueAt, last.ID, atOnce)
		if err != nil {
			return errors.Join(failures, err)
		}
		for _, p := range due {
			failures = errors.Join(failures, b.miss(ctx, p))
			last = p
		}
		if len(due) < atOnce || ctx.Err() != nil {
			return failures
		}
	}
}

func (b *Book) miss(ctx context.Context, p promise.Promise) error {
	return b.change(ctx, team.System, p.ConversationID, func(tx *db.DB, c *Conversation) error {
		if p.Kind == promise.Remind {
			return wake(ctx, tx, c, b.now(), event.System, "")
		}
		_, err := promise.Miss(ctx, tx, p.ID, b.now())
		return err
	})
}

func (b *Book) wakeAll(ctx context.Context) (failures error) {
	rested, err := db.Collect(ctx, b.db, db.Value[int64], `select id from conversation where snoozed_until > 0 and snoozed_until <= $1 order by snoozed_until, id`, db.Micros(b.now()))
	if err != nil {
		return err
	}
	for _, id := range rested {
		failures = errors.Join(failures, b.change(ctx, team.System, id, func(tx *db.DB, c *Conversation) error {
			return wake(ctx, tx, c, b.now(), event.System, "")
		}))
	}
	return failures
}

// Naked returns the conversations that break the rule of the product: they wait
// on us without an open promise to their customer that a team owns. It must
// always be empty.
func Naked(ctx context.Context, d *db.DB) ([]int64, error) {
	return db.Collect(ctx, d, db.Value[int64], `select c.id from conversation c where c.waiting_on = 'us' and not exists (
		select 1 from promise p where p.conversation_id = c.id and p.state in ('active', 'missed') and p.kind <> 'remind' and p.customer_id = c.customer_id and p.team_id > 0) order by c.id`)
}
