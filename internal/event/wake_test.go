package event

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
)

func waiting(look <-chan struct{}) bool {
	select {
	case <-look:
		return true
	default:
		return false
	}
}

func TestWakeUpsAreCoalesced(t *testing.T) {
	d := dbtest.Open(t)
	l := open(t, d)
	look, stop := l.Subscribe()
	other, stopOther := l.Subscribe()
	defer stopOther()
	mustTell(t, d, "a", "b", "c")
	if !waiting(look) || waiting(look) {
		t.Error("three commits are one reason to look")
	}
	mustTell(t, d, "d")
	if !waiting(look) || !waiting(other) {
		t.Error("everybody is woken again")
	}
	stop()
	mustTell(t, d, "e")
	if waiting(look) || !waiting(other) {
		t.Error("who stopped is woken no more; who did not, is")
	}
}

func TestEveryLogOfADatabaseIsWokenUntilClosed(t *testing.T) {
	d, elsewhere := dbtest.Open(t), dbtest.Open(t)
	one, two, far := New(d), New(d), open(t, elsewhere)
	lookOne, _ := one.Subscribe()
	lookTwo, _ := two.Subscribe()
	lookFar, _ := far.Subscribe()
	mustTell(t, d, "a")
	if !waiting(lookOne) || !waiting(lookTwo) || waiting(lookFar) {
		t.Error("the logs of this database, and only they, are woken")
	}
	one.Close()
	mustTell(t, d, "b")
	if waiting(lookOne) || !waiting(lookTwo) {
		t.Error("a closed log is woken no more; its neighbour still is")
	}
	two.Close()
	logs.Lock()
	defer logs.Unlock()
	if logs.of[d.Pool()] != nil {
		t.Error("closed logs are remembered for ever")
	}
}

func TestALostWakeUpOnlyDelays(t *testing.T) {
	d := dbtest.Open(t)
	l := open(t, d)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		look, stop := l.Subscribe()
		defer stop()
		begin := time.Now()
		go l.Run(ctx)
		<-look
		if waited := time.Since(begin); waited != poll {
			t.Errorf("looked after %v, want %v", waited, poll)
		}
		cancel()
		synctest.Wait()
	})
}

// nodes are two processes on one PostgreSQL, each with its own pool.
func nodes(t *testing.T) (here, there *db.DB) {
	t.Helper()
	at := dbtest.PostgresURL(t, server(t))
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	schema := strings.Trim(u.Query().Get("search_path"), `"`) // tells this test's connections from everybody else's
	pair := [2]*db.DB{}
	for i := range pair {
		d, err := db.Open(t.Context(), fmt.Sprintf("%s&application_name=%s/%d", at, schema, i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		pair[i] = d
	}
	return pair[0], pair[1]
}

// begin runs what Run runs beside its net until the test ends.
func begin(t *testing.T, run func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}

func TestAnotherNodeIsWoken(t *testing.T) {
	here, there := nodes(t)
	mine, theirs := open(t, here), open(t, there)
	look, stop := theirs.Subscribe()
	defer stop()
	begin(t, theirs.listen)
	begin(t, mine.notify)
	eventually(t, "a wake-up of the other node", func() bool { // the first ones may come before it listens
		mustTell(t, here, "message.received")
		return waiting(look)
	})
}

func TestAListenerThatLostItsConnectionListensAgain(t *testing.T) {
	here, there := nodes(t)
	mine, theirs := open(t, here), open(t, there)
	look, stop := theirs.Subscribe()
	defer stop()
	begin(t, theirs.listen)
	begin(t, mine.notify)
	woken := func() bool { mustTell(t, here, "message.received"); return waiting(look) }
	eventually(t, "a first wake-up", woken)
	n, err := db.One(t.Context(), here, db.Value[int], `select count(pg_terminate_backend(pid)) from pg_stat_activity
		where application_name = current_schema() || '/1' and query = 'listen kept_event'`)
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	waiting(look)
	eventually(t, "a wake-up over a new connection", woken)
}

func TestWhatAnOlderTransactionHeldBackIsReadSoonAfterIt(t *testing.T) {
	here, _ := nodes(t)
	l := open(t, here)
	begin(t, l.notify) // without the net of Run: only notify can wake the reader
	eventually(t, "it listens", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.subscribers) == 1
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	read := make(chan []Event, 1)
	err := here.Tx(t.Context(), func(older *db.DB) error {
		if _, err := older.Exec(t.Context(), `insert into setting (key, value) values ('zone', 'Europe/Paris')`); err != nil {
			return err
		}
		mustTell(t, here, "message.received")
		go func() { read <- readAll(ctx, t, l, 1) }()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(<-read); got != "message.received" {
		t.Errorf("read %q", got)
	}
}
