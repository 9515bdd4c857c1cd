package sender

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A relay is a mail server that takes our mail, or says what it is told to say.
type relay struct {
	mu       sync.Mutex
	onRcpt   map[string]error // by recipient
	onData   error
	password string // wanted of the user "desk"; "" wants none
	token    string // wanted as XOAUTH2
	loginsBy []string
	took     []taken
	host     string
	port     int
}

type taken struct {
	from, raw string
	to        []string
	tls, utf8 bool
}

func newRelay(t *testing.T, cfg *tls.Config, adjust func(*smtp.Server)) *relay {
	t.Helper()
	r := &relay{onRcpt: map[string]error{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &relaySession{r: r, c: c}, nil }))
	s.Domain, s.TLSConfig, s.EnableSMTPUTF8, s.AllowInsecureAuth = "relay.example.net", cfg, true, true
	if adjust != nil {
		adjust(s)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	r.host = host
	r.port, _ = strconv.Atoi(port)
	return r
}

func (r *relay) set(fn func(r *relay)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn(r)
}

func (r *relay) mails() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]taken(nil), r.took...)
}

type relaySession struct {
	r    *relay
	c    *smtp.Conn
	now  taken
	done bool
}

func (s *relaySession) AuthMechanisms() []string { return []string{"PLAIN", "LOGIN", "XOAUTH2"} }

func (s *relaySession) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		s.r.mu.Lock()
		defer s.r.mu.Unlock()
		s.r.loginsBy = append(s.r.loginsBy, mechanism)
		if user != "desk" || s.r.password == "" || password != s.r.password {
			return smtp.ErrAuthFailed
		}
		s.done = true
		return nil
	}
	if mechanism == "XOAUTH2" {
		return bearer{s}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

type bearer struct{ s *relaySession }

func (b bearer) Next(response []byte) ([]byte, bool, error) {
	b.s.r.mu.Lock()
	defer b.s.r.mu.Unlock()
	b.s.r.loginsBy = append(b.s.r.loginsBy, "XOAUTH2")
	if string(response) != "user=desk\x01auth=Bearer "+b.s.r.token+"\x01\x01" {
		return nil, false, smtp.ErrAuthFailed
	}
	b.s.done = true
	return nil, true, nil
}

func (s *relaySession) Mail(from string, o *smtp.MailOptions) error {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if (s.r.password != "" || s.r.token != "") && !s.done {
		return smtp.ErrAuthRequired
	}
	_, encrypted := s.c.TLSConnectionState()
	s.now = taken{from: from, tls: encrypted, utf8: o.UTF8}
	return nil
}

func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if err := s.r.onRcpt[to]; err != nil {
		return err
	}
	s.now.to = append(s.now.to, to)
	return nil
}

func (s *relaySession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.r.onData == errHangUp {
		s.c.Conn().Close()
	}
	if s.r.onData != nil {
		return s.r.onData
	}
	s.now.raw = string(raw)
	s.r.took = append(s.r.took, s.now)
	return nil
}

func (s *relaySession) Reset()        {}
func (s *relaySession) Logout() error { return nil }

var errHangUp = errors.New("the relay hangs up")

func says(code int, words string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: words}
}
