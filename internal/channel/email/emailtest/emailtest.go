// Package emailtest gives the tests of the e-mail channel a world to happen in: a database, a blob store, a spool, a clock that only moves
// when it is told to, and desks that are open around the clock.
package emailtest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/internal/blob"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/intake"
	"kept/internal/team"
)

// Start is when every world begins: a Monday morning.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A World is everything around the channel.
type World struct {
	T     testing.TB
	DB    *db.DB
	Blobs blob.Store
	Spool *intake.Spool
	Dir   string

	mu  sync.Mutex
	now time.Time
}

// Each runs fn in a fresh world on every engine.
func Each(t *testing.T, fn func(w *World)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(New(t, d)) })
}

// New gives a world around d.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := &World{T: t, DB: d, Dir: t.TempDir(), now: Start}
	var err error
	if w.Blobs, err = blob.Folder(filepath.Join(w.Dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	w.Spool = intake.New(d, w.Blobs, w.Now)
	return w
}

// Now is the world's time.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Desk makes a desk that is open around the clock and holds what it sends.
func (w *World) Desk(address string) team.Desk {
	w.T.Helper()
	ctx := context.Background()
	day := `[{"from":0,"to":1440}]`
	calendar := w.insert(`insert into calendar (name, zone, hours) values ('Always', 'UTC', $1) returning id`, "["+strings.TrimSuffix(strings.Repeat(day+",", 7), ",")+"]")
	crew := w.insert(`insert into team (name, created_at) values ('Crew', 1) returning id`)
	id := w.insert(`insert into desk (name, address, team_id, calendar_id, created_at) values ($1, $2, $3, $4, 1) returning id`, "Desk "+address, address, crew, calendar)
	desk, err := team.DeskByID(ctx, w.DB, id)
	if err != nil {
		w.T.Fatal(err)
	}
	return desk
}

func (w *World) insert(text string, args ...any) int64 {
	w.T.Helper()
	id, err := db.Insert(context.Background(), w.DB, text, args...)
	if err != nil {
		w.T.Fatal(err)
	}
	return id
}

// Arrivals lists what is in the spool in a state, the oldest first.
func (w *World) Arrivals(state string) []intake.Arrival {
	w.T.Helper()
	list, err := w.Spool.List(context.Background(), team.System, state, 0, 100000)
	if err != nil {
		w.T.Fatal(err)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// Source is the raw source of an arrival.
func (w *World) Source(a intake.Arrival) string {
	w.T.Helper()
	raw, err := blob.Read(context.Background(), w.Blobs, a.Key)
	if err != nil {
		w.T.Fatal(err)
	}
	return string(raw)
}

// Until waits for a condition, and fails the test where it does not come true within ten seconds.
func (w *World) Until(what string, true_ func() bool) {
	w.T.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if true_() {
			return
		}
		if time.Now().After(end) {
			w.T.Fatalf("waited in vain: %s", what)
		}
	}
}

// Mail is a mail from name about subject. Every pair has a Message-ID of its own; headers are added as they are.
func Mail(name, subject string, headers ...string) string {
	id := strings.ToLower(name + "." + strings.ReplaceAll(subject, " ", "-"))
	head := ""
	for _, h := range headers {
		head += h + "\r\n"
	}
	return fmt.Sprintf("From: %s <%s@example.org>\r\nTo: support@example.com\r\nDate: Mon, 2 Mar 2026 08:55:00 +0000\r\nMessage-ID: <%s@example.org>\r\nSubject: %s\r\n%s\r\nHello,\r\nthis is about %s.\r\n",
		name, strings.ToLower(name), id, subject, head, subject)
}
