package intake

import (
	"context"
	"encoding/json"
	"slices"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

// Retry has an arrival in quarantine or set aside read once more, with a fresh count of attempts.
func (s *Spool) Retry(ctx context.Context, acc team.Access, by event.Actor, id int64) error {
	return s.review(ctx, acc, id, func(tx *db.DB, a Arrival) error {
		if a.Options.FullSize > 0 {
			return fault.New(fault.Conflict, "Only the header of this mail was fetched, because it is over the size limit. Read it in the mailbox itself, or raise the limit and reconcile the mailbox.")
		}
		if _, err := tx.Exec(ctx, `update intake set state = 'pending', attempts = 0, next_at = 0, done_at = 0, reason = '' where id = $1`, id); err != nil {
			return err
		}
		tx.After(s.wake)
		return s.released(ctx, tx, by, a, "retry", "")
	})
}

// Dismiss ends an arrival in quarantine or set aside without a message. The reason stays with it, and so does its source.
func (s *Spool) Dismiss(ctx context.Context, acc team.Access, by event.Actor, id int64, reason string) error {
	if reason == "" {
		return fault.New(fault.Invalid, "Say why this mail needs no answer.").With("reason", "Give a short reason, such as: spam.")
	}
	return s.review(ctx, acc, id, func(tx *db.DB, a Arrival) error {
		if err := setState(ctx, tx, id, Dismissed, clip(reason, 1000), db.Micros(s.now())); err != nil {
			return err
		}
		return s.released(ctx, tx, by, a, "dismissed", reason)
	})
}

func (s *Spool) review(ctx context.Context, acc team.Access, id int64, act func(tx *db.DB, a Arrival) error) error {
	return s.db.Tx(ctx, func(tx *db.DB) error {
		if _, err := tx.Exec(ctx, `update intake set state = state where id = $1`, id); err != nil { // two who decide do so one after the other
			return err
		}
		a, err := byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := acc.Desk(a.DeskID); err != nil {
			return err
		}
		if a.State != Quarantined && a.State != SetAside {
			return fault.New(fault.Conflict, "This mail is no longer in quarantine: it is %s.", a.State)
		}
		return act(tx, a)
	})
}

func (s *Spool) released(ctx context.Context, tx *db.DB, by event.Actor, a Arrival, how, reason string) error {
	data, err := json.Marshal(map[string]any{"intake_id": a.ID, "how": how, "reason": reason})
	if err != nil {
		return err
	}
	if err := event.Append(ctx, tx, event.Event{At: s.now(), Kind: "intake.released", Actor: by, DeskID: a.DeskID, Data: data}); err != nil {
		return err
	}
	return s.count(ctx, tx, a.DeskID)
}

// Cut lists what is in quarantine without its body, from a folder, and would be within limit bytes if fetched whole.
func (s *Spool) Cut(ctx context.Context, mailboxID int64, folder string, uidValidity uint32, limit int64) ([]Arrival, error) {
	all, err := db.Collect(ctx, s.db, scan, `select `+columns+` from intake where mailbox_id = $1 and folder = $2 and uidvalidity = $3 and state = 'quarantined' and options like '%full_size%' order by id`,
		mailboxID, folder, int64(uidValidity))
	return slices.DeleteFunc(all, func(a Arrival) bool { return a.Options.FullSize <= 0 || a.Options.FullSize > limit }), err
}
