package seed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"kept/internal/blob"
	"kept/internal/check"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
)

var now = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

func options(t *testing.T, conversations, messages int) Options {
	t.Helper()
	blobs, err := blob.Folder(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return Options{Conversations: conversations, Messages: messages, Seed: 1, Now: now, Blobs: blobs, Password: "a long enough password"}
}

func TestRefuses(t *testing.T) {
	d := dbtest.Open(t)
	for _, o := range []Options{{}, {Conversations: -1}, {Conversations: 10, Messages: 9}} {
		if _, err := Run(t.Context(), d, o); fault.Of(err) != fault.Invalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestSeedIsWell: whatever the shape, every rule of the desk holds, twice over.
func TestSeedIsWell(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, shape := range []struct{ conversations, messages int }{{600, 0}, {40, 40}, {3, 400}, {1, 1}} {
			o := options(t, shape.conversations, shape.messages)
			if o.Messages == 0 {
				shape.messages = 5 * shape.conversations
			}
			o.Seed = int64(shape.conversations)
			before, err := check.Run(t.Context(), d, nil, now)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Run(t.Context(), d, o)
			if err != nil {
				t.Fatal(err)
			}
			after, err := check.Run(t.Context(), d, nil, now)
			if err != nil {
				t.Fatal(err)
			}
			if !after.OK {
				t.Errorf("%+v: naked %v, orphans %+v", shape, after.Naked, after.Orphans)
			}
			if n := after.Counts.Messages - before.Counts.Messages; n != shape.messages || r.Messages != n {
				t.Errorf("%+v: %d messages, said %d", shape, n, r.Messages)
			}
			if n := after.Counts.Conversations - before.Counts.Conversations; n != shape.conversations {
				t.Errorf("%+v: %d conversations", shape, n)
			}
		}
	})
}

func TestFilesAreThere(t *testing.T) {
	d, o := dbtest.Open(t), options(t, 200, 2000)
	if _, err := Run(t.Context(), d, o); err != nil {
		t.Fatal(err)
	}
	r, err := check.Run(t.Context(), d, o.Blobs, now)
	if err != nil || !r.OK {
		t.Errorf("%+v, %v", r.Orphans, err)
	}
	if n := count(t, d, `select count(*) from attachment`); n == 0 {
		t.Error("no attachment was written")
	}
}

func TestDistribution(t *testing.T) {
	d := dbtest.Open(t)
	const n = 5000
	if _, err := Run(t.Context(), d, options(t, n, 0)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, where string
		low, high   float64
	}{
		{"open", `state = 'open'`, .10, .12},
		{"waiting on us", `waiting_on = 'us'`, .02, .035},
		{"resting", `state = 'resting'`, .002, .01},
		{"nobody took it", `person_id is null`, .003, .02},
		{"of the last day", fmt.Sprintf(`last_activity_at > %d`, db.Micros(now.Add(-24*time.Hour))), .01, .06},
		{"one message only", `message_count = 1`, .05, .25},
		{"more than fifteen", `message_count > 15`, .005, .1},
		{"in German", `desk_id = 2`, .1, .4},
	} {
		if share := float64(count(t, d, `select count(*) from conversation where `+c.where)) / n; share < c.low || share > c.high {
			t.Errorf("%s: %.4f, want between %v and %v", c.name, share, c.low, c.high)
		}
	}
	late := float64(count(t, d, `select count(*) from promise where state = 'kept_late'`)) / float64(count(t, d, `select count(*) from promise where state in ('kept', 'kept_late')`))
	if late < .02 || late > .2 {
		t.Errorf("kept late: %.3f", late)
	}
	if n := count(t, d, `select count(distinct text) from message`); n < 10000 {
		t.Errorf("only %d different texts", n)
	}
	backwards := count(t, d, `select count(*) from message a join message b on b.id = a.id + 1 where b.at < a.at`)
	if backwards > 0 {
		t.Errorf("%d messages are younger than the next", backwards)
	}
}

// TestSameSeedSameRows: a run can be repeated to the letter, and on the other engine.
func TestSameSeedSameRows(t *testing.T) {
	sums := map[string]bool{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := Run(t.Context(), d, options(t, 100, 500)); err != nil {
			t.Fatal(err)
		}
		sums[sum(t, d)] = true
	})
	d := dbtest.Open(t)
	if _, err := Run(t.Context(), d, options(t, 100, 500)); err != nil {
		t.Fatal(err)
	}
	sums[sum(t, d)] = true
	if len(sums) != 1 {
		t.Errorf("%d different results of the same seed", len(sums))
	}
	other, o := dbtest.Open(t), options(t, 100, 500)
	o.Seed = 2
	if _, err := Run(t.Context(), other, o); err != nil {
		t.Fatal(err)
	}
	if sums[sum(t, other)] {
		t.Error("another seed gave the same rows")
	}
}

func sum(t *testing.T, d *db.DB) string {
	t.Helper()
	rows, err := db.Collect(t.Context(), d, db.Value[string], `select cast(m.id as text) || m.text || m.author_address || cast(m.at as text) || c.token || c.subject || cast(c.due_at as text)
		from message m join conversation c on c.id = m.conversation_id order by m.id`)
	if err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256([]byte(fmt.Sprint(rows)))
	return hex.EncodeToString(s[:])
}

func count(t *testing.T, d *db.DB, text string) int {
	t.Helper()
	n, err := db.One(t.Context(), d, db.Value[int], text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func BenchmarkSeed(b *testing.B) {
	d := dbtest.Open(b)
	b.ResetTimer()
	r, err := Run(b.Context(), d, Options{Conversations: b.N/5 + 1, Messages: b.N + 5, Seed: 1, Now: now, Password: "a long enough password"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(r.Messages)/r.Took.Seconds(), "messages/s")
}
