package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"kept/internal/alarm"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
)

// Claim gives up to limit of the oldest pending arrivals, counted as attempted. hold runs first in the same transaction: it makes sure that
// this node is the one that works. What was attempted before comes alone, and what was attempted too often goes to quarantine instead.
func (s *Spool) Claim(ctx context.Context, hold func(ctx context.Context, tx *db.DB) error, limit int) ([]Arrival, error) {
	var claimed []Arrival
	err := s.db.Tx(ctx, func(tx *db.DB) error {
		if err := hold(ctx, tx); err != nil {
			return err
		}
		due, err := pending(ctx, tx, db.Micros(s.now()), limit)
		if err != nil {
			return err
		}
		if due, err = s.quarantineWorn(ctx, tx, due); err != nil {
			return err
		}
		claimed = together(due)
		for i := range claimed {
			a := &claimed[i]
			a.Attempts++
			if err := setAttempts(ctx, tx, a.ID, a.Attempts, db.Micros(s.ifItDies(a.Attempts))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim arrivals: %w", err)
	}
	return claimed, nil
}

// ifItDies is when an arrival may be tried again should the process die over it. The first time at once and in its order: most who were
// there were only standing by. After that it waits, behind everybody else, so that a process that dies again and again for some other
// reason does not meet the same mail each time it starts.
func (s *Spool) ifItDies(attempt int) time.Time {
	if attempt < 2 {
		return time.Time{}
	}
	return s.now().Add(10 * time.Second << (2 * (attempt - 2))) // 10 s, 40 s
}

// Waiting reports whether an arrival is due, without taking the write lock: an idle desk asks often.
func (s *Spool) Waiting(ctx context.Context) (bool, error) {
	ids, err := db.Collect(ctx, s.db, db.Value[int64], `select id from intake where state = 'pending' and next_at <= $1 limit 1`, db.Micros(s.now()))
	return len(ids) > 0, err
}

// together gives the first arrivals that may be worked on at the same time.
func together(due []Arrival) []Arrival {
	for i, a := range due {
		if a.Attempts > 0 {
			return due[:max(i, 1)]
		}
	}
	return due
}

func (s *Spool) quarantineWorn(ctx context.Context, tx *db.DB, due []Arrival) ([]Arrival, error) {
	fit := due[:0]
	for _, a := range due {
		if a.Attempts < MaxAttempts {
			fit = append(fit, a)
			continue
		}
		reason := a.Reason
		if reason == "" {
			reason = fmt.Sprintf("Reading this mail stopped Kept %d times. Look at its source, and try again after an update.", MaxAttempts)
		}
		if err := s.quarantine(ctx, tx, a, reason); err != nil {
			return nil, err
		}
	}
	return fit, nil
}

// Done records, in the transaction that received it, what an arrival became: state Stored, Duplicate or SetAside with a reason.
func (s *Spool) Done(ctx context.Context, tx *db.DB, a Arrival, state, reason string, messageID, conversationID int64) error {
	n, err := tx.Exec(ctx, `update intake set state = $1, reason = $2, message_id = $3, conversation_id = $4, done_at = $5
		where id = $6 and state = 'pending' and attempts = $7`,
		state, clip(reason, 1000), db.Null(messageID), db.Null(conversationID), db.Micros(s.now()), a.ID, a.Attempts)
	return changed(n, err)
}

// Fail records that an attempt did not work: it is tried again later or, after MaxAttempts, quarantined. The reason is a sentence.
func (s *Spool) Fail(ctx context.Context, a Arrival, reason string) error {
	return s.db.Tx(ctx, func(tx *db.DB) error {
		if a.Attempts >= MaxAttempts {
			return s.quarantineAttempt(ctx, tx, a, reason)
		}
		later := s.now().Add(10 * time.Second << (2 * (a.Attempts - 1))) // 10 s, 40 s
		n, err := tx.Exec(ctx, `update intake set next_at = $1, reason = $2 where id = $3 and state = 'pending' and attempts = $4`,
			db.Micros(later), clip(reason, 1000), a.ID, a.Attempts)
		return changed(n, err)
	})
}

// Quarantine puts an arrival that will never be readable aside at once, for somebody to look at.
func (s *Spool) Quarantine(ctx context.Context, a Arrival, reason string) error {
	return s.db.Tx(ctx, func(tx *db.DB) error { return s.quarantineAttempt(ctx, tx, a, reason) })
}

func (s *Spool) quarantineAttempt(ctx context.Context, tx *db.DB, a Arrival, reason string) error {
	now, err := byID(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	if now.State != Pending || now.Attempts != a.Attempts {
		return changed(0, nil)
	}
	return s.quarantine(ctx, tx, a, reason)
}

func (s *Spool) quarantine(ctx context.Context, tx *db.DB, a Arrival, reason string) error {
	reason = clip(reason, 1000)
	if err := setState(ctx, tx, a.ID, Quarantined, reason, db.Micros(s.now())); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, "intake.quarantined", a, reason); err != nil {
		return err
	}
	return s.count(ctx, tx, a.DeskID)
}

// count raises or clears the alarm of a desk's quarantine.
func (s *Spool) count(ctx context.Context, tx *db.DB, deskID int64) error {
	n, err := db.One(ctx, tx, db.Value[int64], `select count(*) from intake where state = 'quarantined' and desk_id = $1`, deskID)
	if err != nil {
		return err
	}
	key := strconv.FormatInt(deskID, 10)
	switch n {
	case 0:
		return alarm.Clear(ctx, tx, alarm.Quarantine, key, s.now())
	case 1:
		return alarm.Raise(ctx, tx, alarm.Quarantine, key, deskID, "One mail could not be read and waits in quarantine. Open it, then try again or dismiss it.", s.now())
	}
	return alarm.Raise(ctx, tx, alarm.Quarantine, key, deskID, fmt.Sprintf("%d mails could not be read and wait in quarantine. Open them, then try again or dismiss them.", n), s.now())
}

func (s *Spool) tell(ctx context.Context, tx *db.DB, kind string, a Arrival, reason string) error {
	data, err := json.Marshal(map[string]any{"intake_id": a.ID, "reason": reason, "from": a.From, "subject": a.Subject})
	if err != nil {
		return err
	}
	return event.Append(ctx, tx, event.Event{At: s.now(), Kind: kind, Actor: event.Actor{Kind: "system"}, DeskID: a.DeskID, Data: data})
}

func changed(n int64, err error) error {
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "Somebody else is working on this mail, or has finished it.")
	}
	return nil
}
