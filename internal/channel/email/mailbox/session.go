package mailbox

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"kept/internal/channel/email/account"
	"kept/internal/fault"
)

// working is the longest silence of a server that owes us something.
const working = time.Minute

// A session is a connection to a mail server. It is used by one goroutine.
type session struct {
	*imapclient.Client
	server account.Server
	wire   *wire
	news   chan struct{} // something may have changed in the open folder; coalesced
	stop   func() bool
}

// wire ends a connection that stays silent too long. The protocol library waits for ever for an answer.
type wire struct {
	net.Conn
	limit atomic.Int64
}

func (w *wire) Read(p []byte) (int, error) {
	w.Conn.SetReadDeadline(time.Now().Add(time.Duration(w.limit.Load())))
	return w.Conn.Read(p)
}

// SetReadDeadline does nothing: the library's deadlines would lift ours.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

func (w *wire) SetDeadline(t time.Time) error { return w.Conn.SetWriteDeadline(t) }

// expect sets the longest silence, from now on.
func (w *wire) expect(d time.Duration) {
	w.limit.Store(int64(d))
	w.Conn.SetReadDeadline(time.Now().Add(d))
}

func (b *Boxes) server(m Mailbox) account.Server {
	return account.Server{Host: m.Host, Port: m.Port, Security: m.Security, AllowPlain: b.plain}
}

// connect reaches the server of m. The connection ends with ctx.
func (b *Boxes) connect(ctx context.Context, m Mailbox) (*session, error) {
	s := &session{server: b.server(m), news: make(chan struct{}, 1)}
	conn, err := b.dialer.Dial(ctx, s.server)
	if err != nil {
		return nil, err
	}
	s.wire = &wire{Conn: conn}
	s.wire.expect(working)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	options := &imapclient.Options{TLSConfig: b.dialer.TLSConfig(s.server), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) { s.tell() },
	}}
	if s.server.Security == account.StartTLS {
		s.Client, err = imapclient.NewStartTLS(s.wire, options)
	} else {
		s.Client = imapclient.New(s.wire, options)
		err = s.WaitGreeting()
	}
	if err != nil {
		stop()
		conn.Close()
		return nil, s.explain(err)
	}
	s.stop = stop
	return s, nil
}

func (s *session) tell() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// end says goodbye where there is somebody to hear it.
func (s *session) end() {
	s.wire.expect(5 * time.Second)
	s.Logout().Wait()
	s.stop()
	s.Client.Close()
}

// open reaches the server of m and signs in.
func (b *Boxes) open(ctx context.Context, m Mailbox) (*session, error) {
	s, err := b.connect(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := b.signIn(ctx, s, m); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

func (b *Boxes) signIn(ctx context.Context, s *session, m Mailbox) error {
	login, err := b.login(m)
	if err != nil {
		return err
	}
	if login.OAuth == nil {
		return s.password(login)
	}
	for attempt := 0; ; attempt++ {
		token, err := b.tokens.Access(ctx, *login.OAuth)
		if err != nil {
			return err
		}
		err = s.Authenticate(account.XOAuth2(login.User, token))
		var told *imap.Error
		if err == nil || !errors.As(err, &told) {
			return s.explain(err)
		}
		b.tokens.Forget(*login.OAuth) // it may have been withdrawn before its time
		if attempt > 0 {
			return s.refused(err, told, "does not accept our permission for "+login.User+". Give it again in the mailbox settings.")
		}
	}
}

func (s *session) password(l account.Login) error {
	var err error
	if s.Caps().Has(imap.AuthCap(sasl.Plain)) {
		err = s.Authenticate(sasl.NewPlainClient("", l.User, l.Password))
	} else {
		err = s.Login(l.User, l.Password).Wait()
	}
	var told *imap.Error
	if errors.As(err, &told) {
		return s.refused(err, told, "does not accept the user name "+l.User+" with this password. Check both, and whether the provider wants a password for apps.")
	}
	return s.explain(err)
}

// refused is a server that knows us no better after another try; one that says it is short of something is another matter (RFC 5530).
func (s *session) refused(err error, told *imap.Error, what string) error {
	switch told.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return s.explain(err)
	}
	return fault.Wrap(err, fault.Forbidden, "%s %s", s.server.Host, what)
}

// explain makes a sentence of what went wrong.
func (s *session) explain(err error) error {
	var told *imap.Error
	if errors.As(err, &told) {
		return fault.Wrap(err, fault.Unavailable, "%s says: %s. We will try again.", s.server.Host, oneLine(told.Text))
	}
	return account.Explain(s.typed(err), s.server)
}

// typed gives errors their types back: the library passes most of them on as text.
func (s *session) typed(err error) error {
	if err == nil || s.Client == nil {
		return err
	}
	switch text := err.Error(); {
	case strings.Contains(text, "i/o timeout"):
		return errors.Join(err, os.ErrDeadlineExceeded)
	case strings.Contains(text, "EOF"), strings.Contains(text, "connection reset"), strings.Contains(text, "broken pipe"), s.State() == imap.ConnStateLogout:
		return errors.Join(err, io.EOF)
	}
	return err
}

func oneLine(s string) string {
	s = strings.TrimSuffix(strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " "), ".")
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	if s == "" {
		return "no"
	}
	return s
}

// isMissing tells a folder that is not there from other refusals. Servers before RFC 5530 say it in words only.
func isMissing(err error) bool {
	var told *imap.Error
	if !errors.As(err, &told) || told.Type != imap.StatusResponseTypeNo {
		return false
	}
	text := strings.ToLower(told.Text)
	return told.Code == imap.ResponseCodeNonExistent || strings.Contains(text, "doesn't exist") || strings.Contains(text, "does not exist") ||
		strings.Contains(text, "no such mailbox") || strings.Contains(text, "unknown mailbox") || strings.Contains(text, "not found")
}
