// Package live sends what happens to the browsers that watch, as Server-Sent Events over the event log.
//
//	event log ─► Hub: one reader, loads each change once, keeps the last few hundred ─► one goroutine per stream ─► browser
//
// A stream is a position in the log, nothing more: no queue, no buffer of its own. It takes frames from the Hub's ring while it keeps
// up, and from the log when it comes back after a while (Last-Event-ID). Who reads too slowly fails a write within WriteWithin and is
// dropped; the browser comes back with its last position and misses nothing. Whoever was away for more than Replay events is told to
// load afresh (event: reset) instead of being fed history.
//
// What a stream shows is decided when it is shown: every frame passes the viewer's Access, which is computed again whenever people,
// teams or desks change and at every ping. When it changed, the browser is told to load afresh; when the seat is gone, the stream ends.
//
//	event: hello    {"position":"0.17"}        first, and the position to resume from
//	event: change   {"kind":…, …}              with id: the position
//	event: reset    {"position":…,"why":…}     load afresh: too far behind, or another view of the desks
//	: ping                                     every 25 s
package live

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

// The sizes and times of streams.
const (
	Ring        = 512                   // frames kept for streams that keep up
	Replay      = 5000                  // events after which a returning stream starts afresh
	page        = 200                   // events loaded at once
	Ping        = 25 * time.Second      // proxies close what is silent for longer
	Gather      = 50 * time.Millisecond // between two writes, so that a burst becomes few of them
	WriteWithin = 10 * time.Second
	PerPerson   = 24 // open streams of one person: windows, not tabs, for tabs share one
)

// A Frame is an event with what is sent about it. Value is the same for every viewer, so it must be read, never changed.
type Frame struct {
	Event event.Event
	Value any
}

// Hub follows the log for all streams.
type Hub struct {
	log  *event.Log
	load func(ctx context.Context, events []event.Event) ([]Frame, error)

	mu      sync.Mutex
	ring    []Frame
	from    event.Position // the position before ring[0]
	head    event.Position
	changed chan struct{} // closed and replaced when there is more
	streams map[int64]int // by person
	ended   chan struct{}
	within  time.Duration // WriteWithin; tests have less patience
}

// New returns a hub on log. load adds to each event what viewers are told.
func New(log *event.Log, load func(ctx context.Context, events []event.Event) ([]Frame, error)) *Hub {
	return &Hub{log: log, load: load, changed: make(chan struct{}), streams: map[int64]int{}, ended: make(chan struct{}), within: WriteWithin}
}

// Start finds the head of the log. After it, streams may be served; Run keeps them going.
func (h *Hub) Start(ctx context.Context) error {
	head, err := h.log.Head(ctx)
	h.from, h.head = head, head
	return err
}

// Run follows the log until ctx ends, and then ends every stream.
func (h *Hub) Run(ctx context.Context) {
	defer close(h.ended)
	look, stop := h.log.Subscribe()
	defer stop()
	again := time.NewTimer(time.Hour)
	defer again.Stop()
	for pause := time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-look:
			pause = soon
		case <-again.C:
		}
		if err := h.catchUp(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("the live streams could not read the log; they will at the next change", "err", err)
		}
		if pause <= late {
			again.Reset(pause)
			pause *= 3
		}
	}
}

// After a wake-up the hub looks again a few times: on PostgreSQL what was just committed shows only when every older transaction has
// ended, and nobody says when that is.
const soon, late = 20 * time.Millisecond, 600 * time.Millisecond

func (h *Hub) catchUp(ctx context.Context) error {
	for {
		events, err := h.log.Read(ctx, h.head, page)
		if err != nil || len(events) == 0 {
			return err
		}
		frames, err := h.load(ctx, events)
		if err != nil {
			return err
		}
		h.publish(frames, events[len(events)-1].Position)
	}
}

func (h *Hub) publish(frames []Frame, head event.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring = append(h.ring, frames...)
	if over := len(h.ring) - Ring; over > 0 {
		h.from = h.ring[over-1].Event.Position
		h.ring = slices.Clone(h.ring[over:]) // lets go of what was dropped
	}
	h.head = head
	close(h.changed)
	h.changed = make(chan struct{})
}

// Head is how far the hub came.
func (h *Hub) Head() event.Position {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head
}

// Streams counts the open ones.
func (h *Hub) Streams() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range h.streams {
		n += k
	}
	return n
}

// since returns the frames after a position, and what to wait on when there are none. known is false where the ring starts later.
func (h *Hub) since(after event.Position) (frames []Frame, known bool, more <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if after.Less(h.from) {
		return nil, false, h.changed
	}
	i, _ := slices.BinarySearchFunc(h.ring, after, func(f Frame, p event.Position) int {
		if p.Less(f.Event.Position) {
			return 1
		}
		return -1
	})
	return h.ring[i:len(h.ring):len(h.ring)], true, h.changed
}

// A Viewer is who watches.
type Viewer struct {
	Access team.Access
	// Renew computes the access again. A failure of kind NotFound means that the seat is gone.
	Renew func(ctx context.Context) (team.Access, error)
	// Encode writes each visible frame as one line of JSON for this viewer.
	Encode func(ctx context.Context, acc team.Access, frames []Frame) ([][]byte, error)
	// After is where to resume; nil starts now.
	After *event.Position
}

// stream is one browser's connection.
type stream struct {
	hub *Hub
	v   Viewer
	w   http.ResponseWriter
	rc  *http.ResponseController
	at  event.Position
	buf []byte
}

// Serve streams to w until the viewer goes away, falls behind or loses the seat, or the hub ends.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := h.enter(v.Access.PersonID); err != nil {
		return err
	}
	defer h.leave(v.Access.PersonID)
	s := &stream{hub: h, v: v, w: w, rc: http.NewResponseController(w), at: h.Head()}
	hello := s.at
	if v.After != nil && !hello.Less(*v.After) {
		s.at = *v.After
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would hold the stream back
	w.WriteHeader(http.StatusOK)
	s.rc.SetReadDeadline(time.Time{})
	s.buf = fmt.Appendf(s.buf, "retry: 2000\nevent: hello\ndata: {\"position\":%q}\n\n", hello)
	if err := s.flush(); err != nil {
		return nil
	}
	s.run(r.Context())
	return nil
}

func (h *Hub) enter(person int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[person] >= PerPerson {
		return fault.New(fault.TooMany, "You have Kept open in too many windows. Close some and try again.")
	}
	h.streams[person]++
	return nil
}

func (h *Hub) leave(person int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[person]--; h.streams[person] == 0 {
		delete(h.streams, person)
	}
}

func (s *stream) run(ctx context.Context) {
	ping := time.NewTicker(Ping)
	defer ping.Stop()
	for {
		frames, known, more := s.hub.since(s.at)
		if !known {
			var err error
			if frames, err = s.past(ctx); err != nil {
				return
			}
		}
		if len(frames) > 0 {
			if !s.send(ctx, frames) || !sleep(ctx, Gather) {
				return
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.hub.ended:
			return
		case <-more:
		case <-ping.C:
			s.buf = append(s.buf, ": ping\n\n"...)
			if !s.renew(ctx) || s.flush() != nil {
				return
			}
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// past reads from the log what the ring no longer holds, or gives up on a viewer who is too far behind.
func (s *stream) past(ctx context.Context) ([]Frame, error) {
	events, err := s.hub.log.Read(ctx, s.at, Replay+1)
	if err != nil {
		return nil, err
	}
	if len(events) > Replay {
		s.at = s.hub.Head()
		s.reset("behind")
		return nil, s.flush()
	}
	return s.hub.load(ctx, events[:min(len(events), page)])
}

func (s *stream) reset(why string) {
	s.buf = fmt.Appendf(s.buf, "id: %s\nevent: reset\ndata: {\"position\":%q,\"why\":%q}\n\n", s.at, s.at, why)
}

// send writes the frames that may be seen, and moves on past all of them.
func (s *stream) send(ctx context.Context, frames []Frame) bool {
	if slices.ContainsFunc(frames, func(f Frame) bool { return changesHouse(f.Event.Kind) }) && !s.renew(ctx) {
		return false
	}
	visible := make([]Frame, 0, len(frames))
	for _, f := range frames {
		if f.Event.DeskID == 0 || s.v.Access.Sees(f.Event.DeskID) {
			visible = append(visible, f)
		}
	}
	lines, err := s.v.Encode(ctx, s.v.Access, visible)
	if err != nil {
		return false
	}
	for i, line := range lines {
		s.buf = fmt.Appendf(s.buf, "id: %s\nevent: change\ndata: %s\n\n", visible[i].Event.Position, line)
	}
	s.at = frames[len(frames)-1].Event.Position
	return len(s.buf) == 0 || s.flush() == nil
}

// changesHouse reports whether an event may change who sees what.
func changesHouse(kind string) bool { return kind == "person.updated" || kind == "desk.updated" }

// renew computes the access again. The browser starts afresh where it sees other desks than before.
func (s *stream) renew(ctx context.Context) bool {
	acc, err := s.v.Renew(ctx)
	if err != nil {
		return fault.Of(err) == fault.Unavailable // a database that is away for a moment does not end the stream
	}
	if acc.All != s.v.Access.All || acc.Role != s.v.Access.Role || !slices.Equal(acc.DeskIDs, s.v.Access.DeskIDs) {
		s.reset("access")
	}
	s.v.Access = acc
	return true
}

// flush sends what was written. A viewer who does not take it in time is dropped.
func (s *stream) flush() error {
	s.rc.SetWriteDeadline(time.Now().Add(s.hub.within))
	_, err := s.w.Write(s.buf)
	if err == nil {
		err = s.rc.Flush()
	}
	if s.buf = s.buf[:0]; cap(s.buf) > 64<<10 {
		s.buf = nil
	}
	return err
}
