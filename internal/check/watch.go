package check

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"kept/internal/alarm"
	"kept/internal/conversation"
	"kept/internal/db"
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
