// Package receiver is the desk's front door for mail: an SMTP server (RFC 5321) for the outside world and an LMTP server (RFC 2033) for a
// mail system that stands in front of Kept. It takes mail for the desks' addresses and nothing else; it relays nothing and sends nothing.
//
//	accept ─► (connection caps) ─► MAIL ─► (rate of this peer) ─► RCPT ─► (a desk's address?) ─► DATA ─► intake.Keep ─► intake.Commit ─► 250
//
// The answer 250 is given only when the raw bytes and their row are on disk. Whatever fails on our side before that is answered with a
// temporary 4xx, and the sending system, which still holds the mail, tries again. Permanent refusals are those the sender must know about:
// an address that is no desk's (550), a mail over the limit (552), a mail going in circles (554).
//
// Limits count per network address of the peer, never by anything the peer can write. Time limits are per read with an end to every
// connection; memory per connection is bounded whatever is sent.
package receiver

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"kept/internal/alarm"
	"kept/internal/db"
	"kept/internal/intake"
	"kept/internal/team"
)

// Config is how the door is set up. Zero values take the defaults.
type Config struct {
	Domain        string         // the name we greet with; default localhost
	MaxBytes      int64          // largest mail; default 100 MB
	MaxRecipients int            // per mail; default 200. More are asked to come in another transaction
	TLS           *tls.Config    // for STARTTLS; nil: not offered
	Trusted       []netip.Prefix // peers without rate limits, such as our own relay; this machine always is
	PerPeer       int            // connections at once from one address; default 20
	Connections   int            // connections at once; default 200
	PerMinute     int            // mails a minute from one address; default 120
	Idle          time.Duration  // longest silence of a peer; default 5 min (RFC 5321 4.5.3.2.7)
}

func (c Config) withDefaults() Config {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&c.MaxRecipients, 200)
	set(&c.PerPeer, 20)
	set(&c.Connections, 200)
	set(&c.PerMinute, 120)
	if c.Domain == "" {
		c.Domain = "localhost"
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 100 << 20
	}
	if c.Idle == 0 {
		c.Idle = 5 * time.Minute
	}
	return c
}

// A Receiver takes mail in. It serves any number of listeners.
type Receiver struct {
	db    *db.DB
	spool *intake.Spool
	now   func() time.Time
	cfg   Config
	peers *peers
	last  atomic.Int64 // when the last mail came, in microseconds
	told  atomic.Int64 // when we last said that we cannot take mail; 0 while we can; 1 before we know
}

// New gives a receiver that spools what arrives.
func New(d *db.DB, spool *intake.Spool, now func() time.Time, cfg Config) *Receiver {
	cfg = cfg.withDefaults()
	r := &Receiver{db: d, spool: spool, now: now, cfg: cfg, peers: newPeers(cfg, now)}
	r.told.Store(1) // the process before us may have left an alarm
	return r
}

// Serve takes mail on l until ctx ends, then lets the sessions in hand finish for up to ten seconds. A peer whose session is cut has no 250
// and tries again. With lmtp set l speaks LMTP.
func (r *Receiver) Serve(ctx context.Context, l net.Listener, lmtp bool) error {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return r.session(ctx, c, lmtp), nil }))
	s.LMTP = lmtp
	s.Domain = r.cfg.Domain
	s.MaxMessageBytes = r.cfg.MaxBytes
	s.MaxRecipients = r.cfg.MaxRecipients
	s.MaxLineLength = 0 // real mail has lines of any length; door.Read bounds commands
	s.TLSConfig = r.cfg.TLS
	s.EnableSMTPUTF8 = true
	s.ReadTimeout, s.WriteTimeout = r.cfg.Idle, time.Minute
	s.ErrorLog = quiet{}
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if s.Shutdown(end) != nil {
			s.Close()
		}
	})
	defer stop()
	if err := s.Serve(&door{Listener: l, peers: r.peers, idle: r.cfg.Idle}); err != nil && ctx.Err() == nil {
		return fmt.Errorf("receive mail on %s: %w", l.Addr(), err)
	}
	return nil
}

// LastReceived is when this process took its last mail, zero for never.
func (r *Receiver) LastReceived() time.Time { return db.Time(r.last.Load()) }

// desk finds the desk of a recipient.
func (r *Receiver) desk(ctx context.Context, address string) (team.Desk, string, bool, error) {
	return team.DeskByAddress(ctx, r.db, address)
}

// again is how often the same trouble is worth a word in the log.
const again = 10 * time.Second

// refusing notes, now and then, that we cannot take mail, and raises the alarm where the database still can. Every sender was told to try
// again.
func (r *Receiver) refusing(ctx context.Context, what string, err error) {
	now := r.now()
	before := r.told.Load()
	if now.Sub(db.Time(before)) < again || !r.told.CompareAndSwap(before, db.Micros(now)) {
		return
	}
	slog.Error("mail is refused for now: "+what, "error", err)
	text := "Mail cannot be taken in just now, because the database or the disk refuses. Senders keep it and try again; look at the disk space and the database."
	if err := alarm.Raise(ctx, r.db, alarm.StorageFails, "", 0, text, now); err != nil {
		slog.Debug("the alarm could not be raised either", "error", err)
	}
}

// taking notes that mail is taken again.
func (r *Receiver) taking(ctx context.Context) {
	if before := r.told.Load(); before == 0 || !r.told.CompareAndSwap(before, 0) {
		return
	}
	if err := alarm.Clear(ctx, r.db, alarm.StorageFails, "", r.now()); err != nil {
		slog.Debug("the alarm could not be cleared", "error", err)
		r.told.Store(db.Micros(r.now()))
	}
}

// quiet sends the library's complaints about peers to the debug log: they are the peers' business.
type quiet struct{}

func (quiet) Printf(format string, v ...any) { slog.Debug("smtp: " + fmt.Sprintf(format, v...)) }
func (quiet) Println(v ...any)               { slog.Debug("smtp: " + fmt.Sprint(v...)) }
