// Package promise is the ledger of what we told customers we would do.
//
// A promise is directed: we (the debtor) owe somebody (the creditor) something
// by a time. Whatever is owed is here, whoever promised it and however: the
// answer a desk owes to every message, a reminder somebody set himself.
//
//	active ──keep──► kept          (by its due time, with evidence)
//	   │ due passes
//	   ▼
//	missed ──keep──► kept_late     (what is late is still owed)
//	active, missed ──dismiss──► dismissed  (nothing was owed after all; with a reason)
//
// Open means active or missed. The due time of a promise never changes, and
// nothing deletes one. Who owes is always us; owner says which team, and which
// person of it once somebody took it.
package promise

import (
	"context"
	"time"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
)

// The states.
const (
	Active    = "active"
	Missed    = "missed"
	Kept      = "kept"
	KeptLate  = "kept_late"
	Dismissed = "dismissed"
)

// The kinds.
const (
	Reply  = "reply"  // an answer to what the customer wrote; made by receiving, kept by answering
	Remind = "remind" // to look at it again; owed to ourselves
)

// A Promise is something that was told would happen by a time. It can be kept
// once, and its due time never changes.
type Promise struct {
	ID                int64
	ConversationID    int64
	CustomerID        int64
	DeskID            int64
	Kind              string
	What              string // in words fit for the one it was made to
	State             string
	TeamID            int64
	PersonID          int64 // 0 until somebody takes it
	DueAt             time.Time
	MadeAt            time.Time
	MissedAt          time.Time // zero unless it was ever missed
	SettledAt         time.Time // zero while open
	SourceMessageID   int64     // what brought it about, 0 for none
	EvidenceMessageID int64     // what shows that it was kept, 0 for none
	SuccessorID       int64
	Reason            string // why it was dismissed
}

// Open reports whether it is still owed.
func (p Promise) Open() bool { return p.State == Active || p.State == Missed }

// Make enters p as active, in the caller's transaction.
func Make(ctx context.Context, tx *db.DB, p Promise, by event.Actor) (Promise, error) {
	if p.TeamID == 0 || p.DueAt.IsZero() || p.MadeAt.IsZero() {
		return p, fault.New(fault.Invalid, "A promise needs a team that owns it and a time by which it is due.")
	}
	p.State = Active
	var err error
	if p.ID, err = insert(ctx, tx, p); err != nil {
		return p, err
	}
	return p, record(ctx, tx, "promise.made", p, p.MadeAt, by)
}

// Keep settles the open promise id as kept at a time, late or not. Evidence is
// the message that shows it, 0 where the act itself does.
func Keep(ctx context.Context, tx *db.DB, id, evidence int64, at time.Time, by event.Actor) error {
	p, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	state := Kept
	if p.State == Missed || at.After(p.DueAt) {
		state = KeptLate
	}
	p.EvidenceMessageID = evidence
	return settle(ctx, tx, p, state, "promise.kept", at, by)
}

// Dismiss settles the open promise id as one where nothing was owed after all.
// It says why, because a dismissed promise is out of the kept rate.
func Dismiss(ctx context.Context, tx *db.DB, id int64, reason string, at time.Time, by event.Actor) error {
	if reason == "" {
		return fault.New(fault.Invalid, "Say why no answer is owed.")
	}
	p, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	p.Reason = reason
	return settle(ctx, tx, p, Dismissed, "promise.dismissed", at, by)
}

// Miss marks an active promise whose time has passed. It stays owed.
func Miss(ctx context.Context, tx *db.DB, id int64, now time.Time) (Promise, error) {
	p, err := ByID(ctx, tx, id)
	if err != nil {
		return p, err
	}
	if p.State != Active || !p.DueAt.Before(now) {
		return p, nil // kept in between
	}
	p.State, p.MissedAt = Missed, now
	if won, err := miss(ctx, tx, p); err != nil || !won {
		return p, err
	}
	return p, record(ctx, tx, "promise.missed", p, now, event.System)
}

// Delegate changes who owns the open promises of a conversation, never who owes them.
func Delegate(ctx context.Context, tx *db.DB, conversationID, teamID, personID int64) error {
	_, err := tx.Exec(ctx, `update promise set team_id = $1, person_id = $2 where conversation_id = $3 and state in ('active', 'missed')`, teamID, db.Null(personID), conversationID)
	return err
}

func settle(ctx context.Context, tx *db.DB, p Promise, state, kind string, at time.Time, by event.Actor) error {
	if !p.Open() {
		return fault.New(fault.Conflict, "That promise is settled already (%s).", p.State)
	}
	if state == KeptLate && p.MissedAt.IsZero() {
		p.MissedAt = p.DueAt // the clock had not come round yet
	}
	p.State, p.SettledAt = state, at
	won, err := update(ctx, tx, p)
	if err != nil {
		return err
	}
	if !won {
		return fault.New(fault.Conflict, "Somebody else settled that promise a moment ago.")
	}
	return record(ctx, tx, kind, p, at, by)
}

func record(ctx context.Context, tx *db.DB, kind string, p Promise, at time.Time, by event.Actor) error {
	return event.Append(ctx, tx, event.Event{
		At: at, Kind: kind, Actor: by, DeskID: p.DeskID, ConversationID: p.ConversationID, CustomerID: p.CustomerID,
		Data: event.Data(map[string]any{"promise_id": p.ID, "kind": p.Kind, "what": p.What, "state": p.State, "due_at": p.DueAt, "reason": p.Reason, "person_id": p.PersonID}),
	})
}
