package live

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

var monday = time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)

// room is a hub with a server around it.
type room struct {
	testing.TB
	db     *db.DB
	hub    *Hub
	url    string
	access atomic.Pointer[team.Access]
	gone   atomic.Bool
	served sync.WaitGroup
}

func newRoom(t testing.TB, d *db.DB) *room {
	log := event.New(d)
	r := &room{TB: t, db: d}
	r.access.Store(&team.Access{PersonID: 1, DeskIDs: []int64{1}})
	r.hub = New(log, func(_ context.Context, events []event.Event) ([]Frame, error) {
		frames := make([]Frame, len(events))
		for i, e := range events {
			frames[i] = Frame{e, e.Kind}
		}
		return frames, nil
	})
	if err := r.hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.served.Go(func() { r.hub.Run(ctx) })
	r.served.Go(func() { log.Run(ctx) })
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	r.url = server.URL
	t.Cleanup(func() {
		stop()
		r.served.Wait()
		server.CloseClientConnections()
		server.Close()
		log.Close()
	})
	return r
}

func (r *room) serve(w http.ResponseWriter, q *http.Request) {
	v := Viewer{
		Access: *r.access.Load(),
		Renew: func(context.Context) (team.Access, error) {
			if r.gone.Load() {
				return team.Access{}, fault.New(fault.NotFound, "The seat is gone.")
			}
			return *r.access.Load(), nil
		},
		Encode: func(_ context.Context, _ team.Access, frames []Frame) ([][]byte, error) {
			lines := make([][]byte, len(frames))
			for i, f := range frames {
				lines[i], _ = json.Marshal(map[string]any{"kind": f.Value, "pad": q.URL.Query().Get("pad")})
			}
			return lines, nil
		},
	}
	if after := q.URL.Query().Get("after"); after != "" {
		p, err := event.ParsePosition(after)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		v.After = &p
	}
	if err := r.hub.Serve(w, q, v); err != nil {
		http.Error(w, fault.Sentence(err), http.StatusTooManyRequests)
	}
}

// happen appends n events of a kind at a desk.
func (r *room) happen(kind string, desk int64, n int) {
	r.Helper()
	err := r.db.Tx(r.Context(), func(tx *db.DB) error {
		for i := range n {
			if err := event.Append(r.Context(), tx, event.Event{At: monday, Kind: strings.ReplaceAll(kind, "%d", fmt.Sprint(i)), DeskID: desk, Actor: event.System, Data: []byte("{}")}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
}

type listener struct {
	room  *room
	lines chan string
	stop  context.CancelFunc
}

func (r *room) listen(query string) *listener {
	r.Helper()
	ctx, stop := context.WithCancel(r.Context())
	q, err := http.NewRequestWithContext(ctx, "GET", r.url+query, nil)
	if err != nil {
		r.Fatal(err)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	l := &listener{r, make(chan string, 100_000), stop}
	go func() {
		defer close(l.lines)
		defer res.Body.Close()
		s := bufio.NewScanner(res.Body)
		for s.Scan() {
			l.lines <- s.Text()
		}
	}()
	return l
}

// until returns the lines up to one that holds the words.
func (l *listener) until(words string) []string {
	l.room.Helper()
	var seen []string
	for {
		select {
		case line, open := <-l.lines:
			if !open {
				l.room.Fatalf("the stream ended before %q; %d lines came", words, len(seen))
			}
			seen = append(seen, line)
			if strings.Contains(line, words) {
				return seen
			}
		case <-time.After(20 * time.Second):
			l.room.Fatalf("waited for %q; %d lines came, the last %q", words, len(seen), seen[max(0, len(seen)-3):])
		}
	}
}

func count(lines []string, words string) (n int) {
	for _, l := range lines {
		if strings.Contains(l, words) {
			n++
		}
	}
	return n
}

func TestEveryEventComesOnceInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRoom(t, d)
		l := r.listen("")
		l.until("position")
		for range 4 {
			r.happen("note.%d", 1, 300) // more than a page, together more than the ring
			r.happen("hidden.%d", 2, 10)
		}
		r.happen("last.%d", 1, 1)
		lines := l.until("last.0")
		if n := count(lines, `"kind":"note.`); n != 1200 {
			t.Errorf("%d of 1200 came", n)
		}
		if n := count(lines, "hidden"); n != 0 {
			t.Errorf("%d of another desk came", n)
		}
		next := 0
		for _, line := range lines {
			if strings.Contains(line, `"kind":"note.`) {
				if want := fmt.Sprintf(`"kind":"note.%d"`, next%300); !strings.Contains(line, want) {
					t.Fatalf("%s where %s should be", line, want)
				}
				next++
			}
		}
	})
}

func TestResume(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRoom(t, d)
		first := r.listen("")
		first.until("position")
		r.happen("one.%d", 1, 1)
		lines := first.until("one.0")
		at := strings.TrimPrefix(lines[len(lines)-3], "id: ")
		first.stop()
		r.happen("missed.%d", 1, 700) // beyond the ring: read from the log
		r.happen("end.%d", 1, 1)
		second := r.listen("?after=" + at)
		lines = second.until("end.0")
		if n := count(lines, "missed."); n != 700 || count(lines, "one.0") != 0 {
			t.Errorf("%d of 700 came after %s", n, at)
		}
		r.happen("live.%d", 1, 1)
		second.until("live.0")
	})
}

func TestTooFarBehindStartsAfresh(t *testing.T) {
	r := newRoom(t, dbtest.Open(t))
	r.happen("old.%d", 1, Replay+10)
	r.happen("end.%d", 1, 1)
	for {
		if head, err := r.hub.log.Head(t.Context()); err != nil {
			t.Fatal(err)
		} else if r.hub.Head() == head {
			break // otherwise it would be news, not history
		}
		time.Sleep(time.Millisecond)
	}
	lines := r.listen("?after=0.1").until("reset")
	if count(lines, "old.") != 0 {
		t.Error("history is fed to somebody who must load afresh")
	}
	l := r.listen("?after=9.999999999") // a position from another life
	l.until("hello")
	r.happen("now.%d", 1, 1)
	l.until("now.0")
}

func TestAccessIsAskedAgain(t *testing.T) {
	r := newRoom(t, dbtest.Open(t))
	l := r.listen("")
	l.until("position")
	r.access.Store(&team.Access{PersonID: 1, DeskIDs: []int64{2}})
	r.happen("desk.updated", 0, 1)
	l.until(`"why":"access"`)
	r.happen("gone.%d", 1, 1)
	r.happen("come.%d", 2, 1)
	if lines := l.until("come.0"); count(lines, "gone.0") != 0 {
		t.Error("the desk that was lost still shows")
	}
	r.gone.Store(true)
	r.happen("person.updated", 0, 1)
	for range l.lines { // ends
	}
	if n := r.hub.Streams(); n != 0 {
		t.Errorf("%d streams are left", n)
	}
}

// TestSlowViewerIsDropped holds a connection whose reader never reads. It ends by itself, and nobody waits for it meanwhile.
func TestSlowViewerIsDropped(t *testing.T) {
	r := newRoom(t, dbtest.Open(t))
	r.hub.within = 300 * time.Millisecond
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(conn, "GET /?pad=%s HTTP/1.1\r\nHost: x\r\n\r\n", strings.Repeat("x", 20_000))
	quick := r.listen("")
	quick.until("position")
	for r.hub.Streams() < 2 {
		time.Sleep(time.Millisecond)
	}
	r.happen("much.%d", 1, 500)
	quick.until("much.499")
	for start := time.Now(); r.hub.Streams() > 1; {
		if time.Since(start) > 20*time.Second {
			t.Fatal("the one who does not read is still there")
		}
		time.Sleep(20 * time.Millisecond)
	}
	r.happen("after.%d", 1, 1)
	quick.until("after.0")
}

func TestTooManyWindows(t *testing.T) {
	r := newRoom(t, dbtest.Open(t))
	for range PerPerson {
		r.listen("").until("position")
	}
	res, err := http.Get(r.url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 429 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// TestStreamIsCheap opens many streams and weighs one.
func TestStreamIsCheap(t *testing.T) {
	r := newRoom(t, dbtest.Open(t))
	const n = 300
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := heap()
	for i := range n {
		r.access.Store(&team.Access{PersonID: int64(i + 1), DeskIDs: []int64{1}})
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		for buf, said := make([]byte, 512), ""; !strings.Contains(said, "position"); {
			k, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			said += string(buf[:k])
		}
	}
	each := (heap() - before) / n / 1024
	t.Logf("%d kB a stream", each)
	if each > 64 {
		t.Errorf("%d kB a stream, want less than 64", each)
	}
}
