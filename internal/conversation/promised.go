package conversation

import (
	"context"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/promise"
	"kept/internal/team"
)

// MakePromise enters what the customer of a conversation was told would happen,
// owned like the conversation itself.
func (b *Book) MakePromise(ctx context.Context, acc team.Access, by event.Actor, id int64, p promise.Promise) (promise.Promise, error) {
	err := b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		p.ConversationID, p.CustomerID, p.DeskID, p.MadeAt = c.ID, c.CustomerID, c.DeskID, b.now()
		if p.TeamID == 0 {
			p.TeamID, p.PersonID = c.TeamID, c.PersonID
		}
		var err error
		p, err = promise.Make(ctx, tx, p, by)
		return err
	})
	return p, err
}

// KeepPromise settles a promise as kept; evidence is the message that shows it, 0 where the act itself does.
func (b *Book) KeepPromise(ctx context.Context, acc team.Access, by event.Actor, promiseID, evidence int64) error {
	return b.settlePromise(ctx, acc, promiseID, func(tx *db.DB) error {
		return promise.Keep(ctx, tx, promiseID, evidence, b.now(), by)
	})
}

// DismissPromise settles a promise as one where nothing is owed after all, and says why.
func (b *Book) DismissPromise(ctx context.Context, acc team.Access, by event.Actor, promiseID int64, why string) error {
	return b.settlePromise(ctx, acc, promiseID, func(tx *db.DB) error {
		return promise.Dismiss(ctx, tx, promiseID, why, b.now(), by)
	})
}

func (b *Book) settlePromise(ctx context.Context, acc team.Access, promiseID int64, settle func(tx *db.DB) error) error {
	p, err := promise.ByID(ctx, b.db, promiseID)
	if err != nil {
		return err
	}
	return b.change(ctx, acc, p.ConversationID, func(tx *db.DB, c *Conversation) error { return settle(tx) })
}
