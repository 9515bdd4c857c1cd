package check

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"kept/internal/alarm"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/team"
)

// NakedWait is the kind of the alarm that the one rule of the product is broken.
const NakedWait = "naked_wait"

// Watch looks for naked waits, and raises or clears the alarm about them. It is meant to
// run every minute while Kept runs.
func Watch(ctx context.Context, d *db.DB, now time.Time) error {
	ids, err := conversation.Naked(ctx, d)
	if err != nil {
		return fmt.Errorf("look for naked waits: %w", err)
	}
	if len(ids) == 0 {
		return alarm.Clear(ctx, d, NakedWait, "", now)
	}
	slog.ErrorContext(ctx, "conversations wait on us without a promise", "count", len(ids), "first", ids[:min(len(ids), mostIDs)])
	return alarm.Raise(ctx, d, NakedWait, "", 0,
		fmt.Sprintf("%d conversations wait on us without a promise. Open them and answer; then tell those who look after Kept, for this must never happen.", len(ids)), now)
}

// The kinds of alarm about a desk that mail does not get into or out of.
const (
	DeskHolds  = "desk_holds"   // its answers stay here; key: desk
	DeskClosed = "desk_no_mail" // nothing can come in; key: desk
)

// Doors says which desks only look as if they worked: their answers are kept here
// and sent to nobody, or no mail can reach them. It is meant to run every minute;
// receiving says whether mail servers can hand mail to this installation.
func Doors(ctx context.Context, d *db.DB, receiving bool, now time.Time) error {
	desks, err := team.Desks(ctx, d, team.System)
	if err != nil {
		return fmt.Errorf("look at the desks: %w", err)
	}
	for _, k := range desks {
		if err := door(ctx, d, k, receiving, now); err != nil {
			return err
		}
	}
	return nil
}

func door(ctx context.Context, d *db.DB, k team.Desk, receiving bool, now time.Time) error {
	mailboxes, err := db.One(ctx, d, db.Value[int64], `select count(*) from mailbox where desk_id = $1 and enabled`, k.ID)
	if err != nil {
		return fmt.Errorf("count the mailboxes of desk %d: %w", k.ID, err)
	}
	used := k.ArchivedAt.IsZero()
	holds := used && k.Transport == team.TransportHold
	if err := sound(ctx, d, DeskHolds, k, holds, "The desk “"+k.Name+"” keeps its answers here: nothing reaches a customer until you name the server that sends its mail, under Settings, Desks.", now); err != nil {
		return err
	}
	return sound(ctx, d, DeskClosed, k, used && !receiving && mailboxes == 0, "No mail can reach the desk “"+k.Name+"”: connect a mailbox under Settings, Mailboxes, or start Kept with --smtp.", now)
}

// sound raises or clears an alarm about a desk.
func sound(ctx context.Context, d *db.DB, kind string, k team.Desk, wrong bool, text string, now time.Time) error {
	key := strconv.FormatInt(k.ID, 10)
	if !wrong {
		return alarm.Clear(ctx, d, kind, key, now)
	}
	return alarm.Raise(ctx, d, kind, key, k.ID, text, now)
}
