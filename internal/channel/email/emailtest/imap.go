package emailtest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
)

// An IMAP server in this process, with one user and the faults that a test tells it to have.
type IMAP struct {
	Host string
	Port int

	t     testing.TB
	user  *imapmemserver.User
	caps  imap.CapSet
	tls   *tls.Config
	mu    sync.Mutex
	srv   *imapserver.Server
	token string
	fault func(uid imap.UID) error // asked before a body is given
	opens int                      // sign-ins so far
}

// ErrHangUp as a fault ends the connection.
var ErrHangUp = errors.New("hang up")

// IMAPUser and IMAPPassword are the server's only user.
const (
	IMAPUser     = "support"
	IMAPPassword = "open sesame"
)

// NewIMAP starts a server with the folder INBOX. Without caps it offers IDLE; with a TLS configuration it offers STARTTLS and takes no
// password before.
func NewIMAP(t testing.TB, cfg *tls.Config, caps ...imap.Cap) *IMAP {
	t.Helper()
	s := &IMAP{t: t, user: imapmemserver.NewUser(IMAPUser, IMAPPassword), caps: imap.CapSet{imap.CapIMAP4rev1: {}}, tls: cfg}
	if len(caps) == 0 {
		caps = []imap.Cap{imap.CapIdle}
	}
	for _, c := range caps {
		s.caps[c] = struct{}{}
	}
	s.Create("INBOX")
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Start makes the server answer; after the first time at the same port.
func (s *IMAP) Start() {
	s.t.Helper()
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
	l, err := net.Listen("tcp", at)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Host, s.Port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port
	s.mu.Lock()
	s.srv = imapserver.New(&imapserver.Options{Caps: s.caps, TLSConfig: s.tls, InsecureAuth: s.tls == nil, Logger: log.New(io.Discard, "", 0),
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{s: s, conn: c}, nil, nil
		}})
	srv := s.srv
	s.mu.Unlock()
	go srv.Serve(l)
}

// Stop ends the server and every connection to it. Its mail stays.
func (s *IMAP) Stop() {
	s.mu.Lock()
	srv := s.srv
	s.mu.Unlock()
	srv.Close()
}

// Create makes a folder.
func (s *IMAP) Create(folder string) { s.must(s.user.Create(folder, nil)) }

// Delete removes a folder with its mail. Made again, it has another UIDVALIDITY.
func (s *IMAP) Delete(folder string) { s.must(s.user.Delete(folder)) }

// Put delivers a mail, now.
func (s *IMAP) Put(folder, mail string) imap.UID { return s.PutAt(folder, mail, time.Now()) }

// PutAt delivers a mail that came at a time and carries flags.
func (s *IMAP) PutAt(folder, mail string, at time.Time, flags ...imap.Flag) imap.UID {
	s.t.Helper()
	data, err := s.user.Append(folder, literal{bytes.NewReader([]byte(mail))}, &imap.AppendOptions{Time: at, Flags: flags})
	s.must(err)
	return data.UID
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// Unseen counts the mails in a folder that nobody has read.
func (s *IMAP) Unseen(folder string) int {
	s.t.Helper()
	data, err := s.user.Status(folder, &imap.StatusOptions{NumUnseen: true})
	s.must(err)
	return int(*data.NumUnseen)
}

// Fault makes the server ask fn before it gives a body.
func (s *IMAP) Fault(fn func(uid imap.UID) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fn
}

// Token makes the server take an access token.
func (s *IMAP) Token(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Opens is how often somebody signed in.
func (s *IMAP) Opens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opens
}

func (s *IMAP) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

type imapSession struct {
	*imapmemserver.UserSession
	s    *IMAP
	conn *imapserver.Conn
}

func (c *imapSession) Login(user, password string) error {
	if err := c.s.user.Login(user, password); err != nil {
		return err
	}
	c.enter()
	return nil
}

func (c *imapSession) enter() {
	c.UserSession = imapmemserver.NewUserSession(c.s.user)
	c.s.mu.Lock()
	c.s.opens++
	c.s.mu.Unlock()
}

func (c *imapSession) AuthenticateMechanisms() []string { return []string{"PLAIN", "XOAUTH2"} }

func (c *imapSession) Authenticate(mechanism string) (sasl.Server, error) {
	if mechanism == "XOAUTH2" {
		return &bearer{c: c}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return c.Login(user, password) }), nil
}

type bearer struct {
	c    *imapSession
	told bool
}

func (b *bearer) Next(response []byte) ([]byte, bool, error) {
	b.c.s.mu.Lock()
	token := b.c.s.token
	b.c.s.mu.Unlock()
	switch {
	case b.told:
		return nil, false, imapserver.ErrAuthFailed
	case string(response) == "user="+IMAPUser+"\x01auth=Bearer "+token+"\x01\x01":
		b.c.enter()
		return nil, true, nil
	}
	b.told = true
	return []byte(`{"status":"401"}`), false, nil
}

func (c *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	c.s.mu.Lock()
	fault := c.s.fault
	c.s.mu.Unlock()
	uids, _ := set.(imap.UIDSet)
	if nums, ok := uids.Nums(); ok && fault != nil && len(o.BodySection) > 0 {
		for _, uid := range nums {
			err := fault(uid)
			if errors.Is(err, ErrHangUp) {
				c.conn.NetConn().Close()
			}
			if err != nil {
				return err
			}
		}
	}
	return c.UserSession.Fetch(w, set, o)
}
