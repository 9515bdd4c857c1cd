package receiver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/intake"
)

// maxHops is how many systems a mail may have passed (RFC 5321 6.3: at least 100).
const maxHops = 100

// maxRefused is how many unknown recipients a peer may try on one connection before it is sent away.
const maxRefused = 20

// A session is one peer's connection.
type session struct {
	r       *Receiver
	ctx     context.Context
	kind    string // smtp, lmtp
	peer    netip.Addr
	helo    string
	tls     bool
	utf8    bool
	conn    *conn
	from    string
	to      []recipient
	refused int
}

type recipient struct {
	address, token string
	deskID         int64
}

func (r *Receiver) session(ctx context.Context, c *smtp.Conn, lmtp bool) *session {
	s := &session{r: r, ctx: ctx, kind: "smtp", helo: c.Hostname(), peer: peerOf(c.Conn())}
	if lmtp {
		s.kind = "lmtp"
	}
	raw := c.Conn()
	if t, ok := raw.(*tls.Conn); ok {
		s.tls = true
		raw = t.NetConn()
	}
	s.conn, _ = raw.(*conn)
	return s
}

func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	if !s.r.peers.mayMail(s.peer) {
		return refuse(451, 4, 7, 1, "You send faster than we take mail from one address. Please try again in a minute.")
	}
	s.from, s.utf8 = from, opts != nil && opts.UTF8
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	desk, token, ok, err := s.r.desk(s.ctx, to)
	if err != nil {
		s.r.refusing(s.ctx, "the desks cannot be looked up", err)
		return later()
	}
	if ok {
		s.to = append(s.to, recipient{to, token, desk.ID})
		return nil
	}
	if s.refused++; s.refused > maxRefused {
		s.conn.hurry()
		return refuse(421, 4, 7, 0, "Too many unknown recipients. Please check the addresses and connect again.")
	}
	return refuse(550, 5, 1, 1, "Nobody here has this address. Please check its spelling.")
}

// Data keeps the mail and spools it for every desk it was sent to, in one transaction.
func (s *session) Data(r io.Reader) error {
	if chunks, ok := r.(*io.PipeReader); ok {
		r = chunked{chunks, s.conn}
	} else {
		s.conn.bulk(true) // until Reset: what we did not take is read to its end, so that the refusal is heard
	}
	ctx := context.WithoutCancel(s.ctx) // the mail in hand is finished when we stop
	at := s.r.now()
	raw, err := s.r.spool.Keep(ctx, s.received(at), r, 0) // the protocol's own reader enforces the limit
	if err != nil {
		return s.notKept(err)
	}
	if raw.Hops > maxHops {
		return refuse(554, 5, 4, 6, "This mail has passed too many systems: it goes in circles.")
	}
	if _, err := s.r.spool.Commit(ctx, s.entries(raw, at)...); err != nil {
		s.r.refusing(ctx, "it cannot be stored", err)
		return later()
	}
	s.r.last.Store(db.Micros(at))
	s.r.taking(ctx)
	return nil
}

// entries are one per desk, whatever the number of its addresses. The address with a reply token says most.
func (s *session) entries(raw intake.Raw, at time.Time) []intake.Entry {
	var entries []intake.Entry
	index := map[int64]int{}
	for _, to := range s.to {
		i, seen := index[to.deskID]
		if seen && to.token != "" {
			entries[i].EnvelopeTo = to.address
		}
		if seen {
			continue
		}
		index[to.deskID] = len(entries)
		entries = append(entries, intake.Entry{Raw: raw, Source: intake.Source{
			Kind: s.kind, DeskID: to.deskID, EnvelopeFrom: s.from, EnvelopeTo: to.address, Peer: s.peerText(), HELO: s.helo, At: at,
		}})
	}
	return entries
}

func (s *session) notKept(err error) error {
	var told *smtp.SMTPError
	switch {
	case errors.As(err, &told):
		return told // 552: over the limit
	case fault.Of(err) == fault.Unavailable:
		s.r.refusing(s.ctx, "the disk does not take it", err)
		return refuse(452, 4, 3, 1, "We are short of storage. Nothing is lost; please try again later.")
	}
	slog.Debug("a mail broke off", "peer", s.peer, "error", err)
	return later()
}

// received is the trace line we put before the mail (RFC 5321 4.4).
func (s *session) received(at time.Time) []byte {
	with := strings.ToUpper(s.kind)
	switch {
	case s.kind == "smtp" && s.utf8:
		with = "UTF8SMTP"
	case s.kind == "smtp":
		with = "ESMTP"
	}
	if s.tls {
		with += "S"
	}
	return fmt.Appendf(nil, "Received: from %s (%s)\r\n\tby %s (Kept) with %s;\r\n\t%s\r\n",
		traceWord(s.helo), traceWord(s.peerText()), s.r.cfg.Domain, with, at.UTC().Format(time.RFC1123Z))
}

// traceWord keeps what a peer says about itself from breaking out of our line.
func traceWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > ' ' && r < 127 && !strings.ContainsRune("()\\;", r) {
			return r
		}
		return '?'
	}, s)
	if s == "" {
		return "unknown"
	}
	return s[:min(len(s), 255)]
}

func (s *session) peerText() string {
	if !s.peer.IsValid() {
		return "local"
	}
	return s.peer.String()
}

func (s *session) Reset() {
	s.conn.bulk(false)
	s.from, s.to, s.utf8 = "", nil, false
}

func (s *session) Logout() error { return nil }

func later() error {
	return refuse(451, 4, 3, 0, "We cannot store mail just now. Nothing is lost; please try again later.")
}

func refuse(code, class, subject, detail int, sentence string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: sentence}
}

// peerOf is the network address of the other side, invalid for a unix socket.
func peerOf(c net.Conn) netip.Addr {
	if t, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
