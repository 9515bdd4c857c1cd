package chaos

import (
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"kept/internal/channel/email/emailtest"
	"kept/internal/db/dbtest"
)

// A second role of the test's program is to answer a question to a database from where that can be seen.
func TestMain(m *testing.M) {
	if os.Getenv(asking) != "" {
		os.Exit(answerQuery())
	}
	os.Exit(m.Run())
}

// size is how much mail and how many blows a run has.
func size(t *testing.T) (mails, kills int) {
	t.Helper()
	switch os.Getenv("KEPT_CHAOS") {
	case "long":
		return 10000, 50
	case "off":
		t.Skip("KEPT_CHAOS is off.")
	}
	if testing.Short() {
		t.Skip("Chaos takes half a minute; it is left out with -short.")
	}
	return 400, 5
}

// engines runs fn on SQLite and, where there is one, on PostgreSQL.
func engines(t *testing.T, fn func(t *testing.T, at string)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, "") })
	if at := os.Getenv("KEPT_TEST_POSTGRES"); at != "" {
		t.Run("postgres", func(t *testing.T) { fn(t, dbtest.PostgresURL(t, at)) })
	}
}

// seed makes a run repeatable as far as chance goes.
func seed(t *testing.T) *rand.Rand {
	s, err := strconv.ParseUint(os.Getenv("KEPT_CHAOS_SEED"), 10, 64)
	if err != nil {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("KEPT_CHAOS_SEED=%d", s)
	return rand.New(rand.NewPCG(s, 1))
}

// begin starts a Kept with a desk and a mailbox, and a load that is ready to run.
func begin(t *testing.T, k *Kept, mails int) *Load {
	t.Helper()
	imap := emailtest.NewIMAP(t, nil)
	k.Start()
	k.SetUp(imap.Host, imap.Port, emailtest.IMAPUser, emailtest.IMAPPassword)
	return &Load{Total: mails, Lanes: 4, kept: k, imap: imap, random: seed(t)}
}

// during runs blow n times, at random points while the load runs.
func (l *Load) during(n int, blow func()) {
	done := make(chan struct{})
	go func() {
		l.Run()
		close(done)
	}()
	part := l.Total / (n + 1)
	for i := range n {
		at := int64(part*i + l.random.IntN(max(part, 1)))
		for l.Sent.Load() < at {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(l.random.IntN(30)) * time.Millisecond) // a random point, not a wait for anything
		blow()
	}
	<-done
}

// settle waits until every arrival is read, as long as there are fewer from minute to minute.
func settle(t *testing.T, k *Kept, l *Load) {
	t.Helper()
	least, moved := -1.0, time.Now()
	for ; time.Since(moved) < time.Minute; time.Sleep(100 * time.Millisecond) {
		waiting := k.Metric("kept_intake_pending")
		if waiting == 0 && len(k.Query(`select id from intake where source = 'imap'`)) >= l.Total/2 {
			return
		}
		if waiting > 0 && waiting != least {
			least, moved = waiting, time.Now()
		}
	}
	t.Errorf("%v arrivals are still waiting", k.Metric("kept_intake_pending"))
}

// verify counts what must hold.
func verify(t *testing.T, k *Kept, l *Load) {
	t.Helper()
	settle(t, k, l)
	k.Stop()
	ids := k.Query(`select message_id from message where direction = 'in'`)
	times := map[string]int{}
	for _, id := range ids {
		times[id]++
	}
	lost, doubled := 0, 0
	for n := range l.Total {
		switch c := times[id(n)]; {
		case c == 0:
			lost++
		case c > 1:
			doubled++
		}
	}
	ok, report := k.Check()
	quarantined := len(k.Query(`select id from intake where state = 'quarantined'`))
	t.Logf("%d mails, %d restarts, %d sent again: %d lost, %d duplicated, %d quarantined, %d naked waits, check ok: %v", l.Total, k.Restart, l.Again.Load(), lost, doubled, quarantined, report.NakedWaits, ok)
	if lost+doubled+report.NakedWaits > 0 || quarantined > 0 || len(ids) != l.Total || !ok {
		t.Errorf("%d messages; check says %+v", len(ids), report)
	}
}

func TestKilledWhileMailComesIn(t *testing.T) {
	mails, kills := size(t)
	bin := Build(t)
	engines(t, func(t *testing.T, at string) {
		k := New(t, bin, at)
		l := begin(t, k, mails)
		l.during(kills, k.KillAndStart)
		verify(t, k, l)
	})
}

func TestTheDatabaseGoesAway(t *testing.T) {
	mails, kills := size(t)
	server := os.Getenv("KEPT_TEST_POSTGRES")
	if server == "" {
		t.Skip("KEPT_TEST_POSTGRES names no PostgreSQL server; a database in a file does not go away.")
	}
	bin := Build(t)
	at, err := url.Parse(dbtest.PostgresURL(t, server))
	if err != nil {
		t.Fatal(err)
	}
	p := NewProxy(t, at.Host)
	at.Host = p.Addr()
	k := New(t, bin, at.String())
	l := begin(t, k, mails)
	l.during(kills, func() {
		p.Cut(true)
		time.Sleep(time.Duration(200+l.random.IntN(800)) * time.Millisecond) // as long as an outage lasts
		p.Cut(false)
	})
	verify(t, k, l)
}

func TestTheDiskFillsUp(t *testing.T) {
	mails, kills := size(t)
	room := 64
	if mails > 1000 {
		room = 512
	}
	bin := Build(t)
	engines(t, func(t *testing.T, at string) {
		k := New(t, bin, at)
		k.disk = NewDisk(t, k.data, room)
		l := begin(t, k, mails)
		l.during(kills, func() {
			k.disk.Fill()
			time.Sleep(time.Duration(200+l.random.IntN(800)) * time.Millisecond) // as long as nobody notices
			if err := k.disk.Free(); err != nil {
				t.Error(err)
			}
		})
		verify(t, k, l)
	})
}
