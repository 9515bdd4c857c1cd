package conversation

import (
	"context"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/promise"
	"kept/internal/team"
)

// atOnce is how many promises or rests one tick looks at before it looks again.
const atOnce = 500

// Tick lets time pass: promises whose time is over are missed, and stay owed;
// conversations that rested long enough wake.
func (b *Book) Tick(ctx context.Context) error {
	if err := b.missAll(ctx); err != nil {
		return err
	}
	return b.wakeAll(ctx)
}

func (b *Book) missAll(ctx context.Context) error {
	for {
		due, err := promise.Overdue(ctx, b.db, b.now(), atOnce)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, p := range due {
			if err := b.change(ctx, team.System, p.ConversationID, func(tx *db.DB, c *Conversation) error {
				if p.Kind == promise.Remind {
					return wake(ctx, tx, c, b.now(), event.System, "")
				}
				_, err := promise.Miss(ctx, tx, p.ID, b.now())
				return err
			}); err != nil {
				return err
			}
		}
		if len(due) < atOnce {
			return nil
		}
	}
}

func (b *Book) wakeAll(ctx context.Context) error {
	for {
		ids, err := db.Collect(ctx, b.db, db.Value[int64], `select id from conversation where snoozed_until > 0 and snoozed_until <= $1 order by snoozed_until limit $2`, db.Micros(b.now()), atOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := b.change(ctx, team.System, id, func(tx *db.DB, c *Conversation) error {
				return wake(ctx, tx, c, b.now(), event.System, "")
			}); err != nil {
				return err
			}
		}
		if len(ids) < atOnce {
			return nil
		}
	}
}

// Naked returns the conversations that break the rule of the product: they wait
// on us without an open promise to their customer that a team owns. It must
// always be empty.
func Naked(ctx context.Context, d *db.DB) ([]int64, error) {
	return db.Collect(ctx, d, db.Value[int64], `select c.id from conversation c where c.waiting_on = 'us' and not exists (
		select 1 from promise p where p.conversation_id = c.id and p.state in ('active', 'missed') and p.kind <> 'remind' and p.customer_id = c.customer_id and p.team_id > 0) order by c.id`)
}
