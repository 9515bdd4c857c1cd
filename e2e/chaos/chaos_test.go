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
		story(t, d, d.url, *kills, func() {
			d.kill()
			d.start()
		})
	})
}

// url is where the program's database can be read.
func (d *desk) url() string {
	if d.database != "" {
		return d.database
	}
	return "sqlite:" + filepath.Join(d.data, "kept.db")
}

// story delivers all mail while trouble comes, times times and at random, and then counts in the database that url names.
func story(t *testing.T, d *desk, url func() string, times int, trouble func()) {
	t.Helper()
	t.Logf("-seed %d", *seed)
	random := rand.New(rand.NewPCG(*seed, 1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	user, imapAddress := mailbox(t)
	d.start()
	d.furnish(imapAddress)
	p := &post{t: t, run: fmt.Sprintf("c%x", *seed), begin: time.Now(), total: *mails}
	poured := make(chan struct{})
	go func() { defer close(poured); p.pour(ctx, d.smtp, user) }()
	for i := range times { // spread over the whole delivery, each at a random moment of its part
		goal := int64(p.total) * int64(i) / int64(times)
		for p.delivered.Load() < goal {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		trouble()
	}
	select {
	case <-poured:
	case <-time.After(10 * time.Minute):
		t.Fatalf("only %d of %d were accepted within ten minutes of the last trouble", p.delivered.Load(), p.total)
	}
	took := time.Since(p.begin)
	settle(t, url, p)
	d.stop()
	c, err := count(t.Context(), url())
	if err != nil {
		t.Fatal(err)
	}
	judge(t, c, p)
	if said, well := d.check(); !well {
		t.Errorf("kept check: %.3000s", said)
	}
	t.Logf("%d mails, %d troubles, %d attempts repeated, %v (%.0f mails/s with all of it); %s", p.total, times, p.refused.Load(), took.Round(time.Millisecond),
		float64(p.total)/took.Seconds(), d.startTimes())
}

// A tally is what the database holds of the mail that was delivered.
type tally struct {
	pending int
	arrived map[string][]string // states by Message-ID, duplicates aside
	written map[string]int      // messages by Message-ID
}

func count(ctx context.Context, url string) (tally, error) {
	c := tally{arrived: map[string][]string{}, written: map[string]int{}}
	base, err := db.Open(ctx, url)
	if err != nil {
		return c, err
	}
	defer base.Close()
	_, err = db.Collect(ctx, base, func(s db.Scanner) (struct{}, error) {
		var id, state string
		err := s.Scan(&id, &state)
		if state == "pending" {
			c.pending++
		}
		if id = strings.Trim(id, "<>"); state != "duplicate" {
			c.arrived[id] = append(c.arrived[id], state)
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

// patience is how long nothing may move before we give up: a mailbox is looked at every two minutes even where its server forgets to tell.
const patience = 3 * time.Minute

// settle waits until everything delivered has been read.
func settle(t *testing.T, url func() string, p *post) {
	t.Helper()
	last, still := "", time.Now()
	for time.Since(still) < patience {
		c, err := count(t.Context(), url())
		if err == nil && len(c.arrived) >= p.total && c.pending == 0 {
			return
		}
		if state := fmt.Sprint(len(c.arrived), c.pending, len(c.written)); state != last {
			last, still = state, time.Now()
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
		states, written := c.arrived[id], c.written[id]
		delete(c.arrived, id)
		delete(c.written, id)
		switch {
		case len(states) == 0:
			wrong["lost"] = append(wrong["lost"], id)
		case len(states) > 1 || written > 1:
			wrong["there twice"] = append(wrong["there twice"], id)
		case states[0] == "stored" && written == 1, states[0] == "set_aside" && written == 0:
		default:
			what := fmt.Sprintf("%s, with %d messages", states[0], written)
			wrong[what] = append(wrong[what], id)
		}
	}
	for id := range c.arrived {
		wrong["arrived, but sent by nobody"] = append(wrong["arrived, but sent by nobody"], id)
	}
	for id := range c.written {
		wrong["written, but sent by nobody"] = append(wrong["written, but sent by nobody"], id)
	}
	for what, ids := range wrong {
		t.Errorf("%d of %d mails: %s, such as %q", len(ids), p.total, what, ids[:min(3, len(ids))])
	}
}
