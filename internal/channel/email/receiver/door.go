package receiver

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	longest    = time.Hour   // of a connection, whatever it does
	maxCommand = 256 << 10   // bytes a peer may send without hearing an answer, mail aside
	maxTalk    = 16 << 20    // bytes a peer may send in one connection, mail aside
	forgetting = time.Minute // how often peers that went away are forgotten
)

// A door accepts connections while there is room, and tells the others to come back.
type door struct {
	net.Listener
	peers *peers
	idle  time.Duration
}

func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := peerOf(c)
		if d.peers.enter(peer) {
			return &conn{Conn: c, idle: d.idle, end: time.Now().Add(longest), leave: sync.OnceFunc(func() { d.peers.leave(peer) })}, nil
		}
		go sendAway(c)
	}
}

func sendAway(c net.Conn) {
	c.SetDeadline(time.Now().Add(5 * time.Second))
	c.Write([]byte("421 4.7.0 Too many connections. Please try again in a minute.\r\n"))
	c.Close()
}

// A conn ends after a silence or at its end, and bounds what can pile up in memory: outside of mail, a peer that sends on and on without
// waiting for an answer is cut off. (The protocol library reads a line of any length into memory.)
type conn struct {
	net.Conn
	idle   time.Duration
	end    time.Time
	leave  func()
	unread atomic.Int64 // bytes since we last said something
	talk   atomic.Int64 // bytes outside of mail; an encrypted peer can make us say something without ending its line
	inMail atomic.Bool  // between DATA and its end
	hasty  atomic.Bool
}

var errTooMuch = errors.New("a command without end")

func (c *conn) Read(p []byte) (int, error) {
	until := time.Now().Add(c.idle)
	if c.hasty.Load() {
		until = time.Now().Add(time.Second)
	}
	if c.end.Before(until) {
		until = c.end
	}
	c.Conn.SetReadDeadline(until)
	n, err := c.Conn.Read(p)
	if c.inMail.Load() {
		return n, err
	}
	if c.unread.Add(int64(n)) > maxCommand || c.talk.Add(int64(n)) > maxTalk {
		return 0, errTooMuch
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.unread.Store(0)
	return c.Conn.Write(p)
}

// SetReadDeadline does nothing: Read sets its own, per read, so that a large mail on a slow line is not cut off while it moves.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

func (c *conn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// bulk says that mail, which may be long, is being read.
func (c *conn) bulk(on bool) {
	if c != nil {
		c.unread.Store(0)
		c.inMail.Store(on)
	}
}

// A chunked is a mail that comes in chunks (BDAT, RFC 3030), with commands in between: what has gone into the mail no longer counts as said,
// and a command stays bounded while the mail is unfinished.
type chunked struct {
	io.Reader
	conn *conn
}

func (c chunked) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.conn != nil {
		c.conn.unread.Add(-int64(n))
		c.conn.talk.Add(-int64(n))
	}
	return n, err
}

// hurry makes the connection end soon.
func (c *conn) hurry() {
	if c != nil {
		c.hasty.Store(true)
		c.end = time.Now().Add(time.Second)
	}
}

// peers counts who is connected and how fast everybody sends.
type peers struct {
	cfg     Config
	now     func() time.Time
	mu      sync.Mutex
	total   int
	at      map[netip.Addr]int
	rates   map[netip.Addr]*rate.Limiter
	cleaned time.Time
}

func newPeers(cfg Config, now func() time.Time) *peers {
	return &peers{cfg: cfg, now: now, at: map[netip.Addr]int{}, rates: map[netip.Addr]*rate.Limiter{}, cleaned: now()}
}

func (p *peers) enter(peer netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := network(peer)
	if p.total >= p.cfg.Connections || p.at[who] >= p.cfg.PerPeer && !p.trusted(peer) {
		return false
	}
	p.total++
	p.at[who]++
	return true
}

func (p *peers) leave(peer netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := network(peer)
	p.total--
	if p.at[who]--; p.at[who] <= 0 {
		delete(p.at, who)
	}
}

// mayMail spends one mail of the peer's allowance: a minute's worth at once, then one by one.
func (p *peers) mayMail(peer netip.Addr) bool {
	if p.trusted(peer) {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.forget(now)
	who := network(peer)
	l := p.rates[who]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(float64(p.cfg.PerMinute)/60), p.cfg.PerMinute)
		p.rates[who] = l
	}
	return l.AllowN(now, 1)
}

// forget drops allowances that have filled up again: they say nothing any more.
func (p *peers) forget(now time.Time) {
	if now.Sub(p.cleaned) < forgetting {
		return
	}
	p.cleaned = now
	for who, l := range p.rates {
		if l.TokensAt(now) >= float64(p.cfg.PerMinute) {
			delete(p.rates, who)
		}
	}
}

func (p *peers) trusted(peer netip.Addr) bool {
	if !peer.IsValid() || peer.IsLoopback() {
		return true
	}
	for _, n := range p.cfg.Trusted {
		if n.Contains(peer) {
			return true
		}
	}
	return false
}

// network is who a peer is counted as: its IPv4 address, or the /64 that one subscriber has in IPv6.
func network(peer netip.Addr) netip.Addr {
	if peer.Is6() {
		if n, err := peer.Prefix(64); err == nil {
			return n.Addr()
		}
	}
	return peer
}
