//go:build chaos

package chaos

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
)

var (
	mails = flag.Int("mails", 400, "how many mails to deliver in each story")
	kills = flag.Int("kills", 8, "how often to kill the program meanwhile")
	seed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the moments when it happens")
)

// engines runs a story on SQLite and, where there is a server, on PostgreSQL.
func engines(t *testing.T, story func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { story(t, "") })
	if server := os.Getenv("KEPT_TEST_POSTGRES"); server != "" {
		t.Run("postgres", func(t *testing.T) { story(t, dbtest.PostgresURL(t, server)) })
	}
}

func TestKilledWhileMailPoursIn(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		d := newDesk(t, filepath.Join(t.TempDir(), "data"), url)
		story(t, d, d.database, *kills, func(context.Context) {
			d.kill()
			d.start()
		})
	})
}

// story delivers all mail while trouble comes, times times and at random, and then counts. The database is read at the URL counted.
func story(t *testing.T, d *desk, counted string, times int, trouble func(context.Context)) {
	t.Helper()
	t.Logf("-seed %d", *seed)
	random := rand.New(rand.NewPCG(*seed, 1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	user, imapAddress := mailbox(t)
	d.start()
	d.furnish(imapAddress)
	p := &post{t: t, run: fmt.Sprintf("c%x", *seed), total: *mails}
	begin := time.Now()
	poured := make(chan struct{})
	go func() { defer close(poured); p.pour(ctx, d.smtp, user) }()
	for i := range times { // spread over the whole delivery, each at a random moment of its part
		goal := int64(p.total) * int64(i) / int64(times)
		for p.delivered.Load() < goal {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		trouble(ctx)
	}
	select {
	case <-poured:
	case <-time.After(10 * time.Minute):
		t.Fatalf("only %d of %d were accepted within ten minutes of the last trouble", p.delivered.Load(), p.total)
	}
	took := time.Since(begin)
	if counted == "" {
		counted = "sqlite:" + filepath.Join(d.data, "kept.db")
	}
	base, err := db.Open(t.Context(), counted)
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	judge(t, settle(t, d, base, p), p)
	d.stop()
	if said, well := d.check(); !well {
		t.Errorf("kept check: %.3000s", said)
	}
	t.Logf("%d mails, %d troubles, %d attempts repeated, %v (%.0f mails/s with all of it); %s", p.total, times, p.refused.Load(), took.Round(time.Millisecond),
		float64(p.total)/took.Seconds(), d.startTimes())
}

// A tally is what the database holds of the mail that was delivered.
type tally struct {
	pending int
	arrived map[string]string // state by Message-ID; several states where it is there several times
	written map[string]int    // messages by Message-ID
}

func (d *desk) tally(ctx context.Context, base *db.DB) (tally, error) {
	c := tally{arrived: map[string]string{}, written: map[string]int{}}
	_, err := db.Collect(ctx, base, func(s db.Scanner) (struct{}, error) {
		var id, state string
		err := s.Scan(&id, &state)
		c.arrived[strings.Trim(id, "<>")] += state
		if state == "pending" {
			c.pending++
		}
		return struct{}{}, err
	}, `select message_id_header, state from intake`)
	if err != nil {
		return c, err
	}
	_, err = db.Collect(ctx, base, func(s db.Scanner) (struct{}, error) {
		var id string
		err := s.Scan(&id)
		c.written[id]++
		return struct{}{}, err
	}, `select message_id from message where direction = 'in'`)
	return c, err
}

// settle waits until everything delivered has been read; it gives up only where nothing moves any more.
func settle(t *testing.T, d *desk, base *db.DB, p *post) tally {
	t.Helper()
	last, still := "", time.Now()
	for {
		c, err := d.tally(t.Context(), base)
		if err != nil {
			t.Fatal(err)
		}
		if state := fmt.Sprint(len(c.arrived), c.pending); state != last {
			last, still = state, time.Now()
		}
		if len(c.arrived) >= p.total && c.pending == 0 || time.Since(still) > time.Minute {
			return c
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// judge compares what was delivered with what the database holds.
func judge(t *testing.T, c tally, p *post) {
	t.Helper()
	wrong := map[string][]string{}
	for n := range p.total {
		id := p.id(n)
		state := c.arrived[id]
		switch {
		case state == "":
			wrong["lost"] = append(wrong["lost"], id)
		case state == "set_aside" && c.written[id] == 0, state == "stored" && c.written[id] == 1:
		case c.written[id] > 1:
			wrong["stored twice"] = append(wrong["stored twice"], id)
		default:
			wrong[state] = append(wrong[state], id)
		}
		delete(c.arrived, id)
	}
	for id := range c.arrived {
		wrong["sent by nobody"] = append(wrong["sent by nobody"], id)
	}
	for what, ids := range wrong {
		t.Errorf("%d of %d mails: %s, such as %q", len(ids), p.total, what, ids[:min(3, len(ids))])
	}
}
