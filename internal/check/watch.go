package check

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"kept/internal/alarm"
	"kept/internal/conversation"
	"kept/internal/db"
)

// NakedWait is the kind of the alarm that the one rule of the product is broken.
const NakedWait = "naked_wait"

// A Watch looks for naked waits while Kept runs.
type Watch struct {
	db    *db.DB
	now   func() time.Time
	naked atomic.Int64
}

// NewWatch returns a watch over d. Its Look is meant to run every minute.
func NewWatch(d *db.DB, now func() time.Time) *Watch { return &Watch{db: d, now: now} }

// Look counts naked waits, and raises or clears the alarm about them.
func (w *Watch) Look(ctx context.Context) error {
	ids, err := conversation.Naked(ctx, w.db)
	if err != nil {
		return fmt.Errorf("look for naked waits: %w", err)
	}
	w.naked.Store(int64(len(ids)))
	if len(ids) == 0 {
		return alarm.Clear(ctx, w.db, NakedWait, "", w.now())
	}
	slog.ErrorContext(ctx, "conversations wait on us without a promise", "count", len(ids), "first", ids[:min(len(ids), mostIDs)])
	return alarm.Raise(ctx, w.db, NakedWait, "", 0,
		fmt.Sprintf("%d conversations wait on us without a promise. Open them and answer; then tell those who look after Kept, for this must never happen.", len(ids)), w.now())
}

// Naked is what the last Look on this node counted.
func (w *Watch) Naked() int64 { return w.naked.Load() }
