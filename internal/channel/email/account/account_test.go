package account

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/internal/fault"
)

var ctx = context.Background()

func at(address string, s Security) Server {
	host, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	return Server{Host: host, Port: n, Security: s}
}

// listen serves connections with fn until the test ends.
func listen(t *testing.T, fn func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go fn(c)
		}
	}()
	return l.Addr().String()
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	err := Server{}.Check()
	if fault.Of(err) != fault.Invalid || len(fault.Fields(err)) != 3 {
		t.Errorf("an empty server: %v", fault.Fields(err))
	}
	if err := (Server{Host: "mail.example.com", Port: 993, Security: TLS}).Check(); err != nil {
		t.Error(err)
	}
	if _, err := (Dialer{}).Dial(ctx, Server{Host: "mail.example.com", Port: 70000, Security: TLS}); fault.Of(err) != fault.Invalid {
		t.Errorf("dialled port 70000: %v", err)
	}
}

func TestTheGuard(t *testing.T) {
	for address, want := range map[string]struct{ public, configured bool }{
		"192.0.2.1:25":            {true, true},
		"[2001:db8::1]:25":        {true, true},
		"127.0.0.1:25":            {false, true},
		"[::1]:25":                {false, true},
		"10.1.2.3:25":             {false, true},
		"192.168.1.9:25":          {false, true},
		"172.16.0.1:25":           {false, true},
		"100.64.1.1:25":           {false, true},
		"[fd00::1]:25":            {false, true},
		"[::ffff:10.0.0.1]:25":    {false, true},
		"169.254.169.254:80":      {false, false},
		"[::ffff:169.254.0.1]:80": {false, false},
		"[fe80::1]:25":            {false, false},
		"0.0.0.0:25":              {false, false},
		"[::]:25":                 {false, false},
		"224.0.0.1:25":            {false, false},
		"255.255.255.255:25":      {false, false},
		"0.1.2.3:25":              {false, true},
		"198.18.0.1:25":           {false, true},
		"240.0.0.1:25":            {false, true},
		"[::127.0.0.1]:25":        {false, true},
		"[64:ff9b::7f00:1]:25":    {false, true},
		"[2002:7f00:1::]:25":      {false, true},
		"[fec0::1]:25":            {false, true},
		"[fd00::1%eth0]:25":       {false, true},
		"[fd00:ec2::254]:80":      {false, false},
		"100.100.100.200:80":      {false, false},
	} {
		if got := (Dialer{}).guard(address) == nil; got != want.public {
			t.Errorf("%s by anybody: %v", address, got)
		}
		if got := (Dialer{Private: true}).guard(address) == nil; got != want.configured {
			t.Errorf("%s by an administrator: %v", address, got)
		}
	}
}

func TestTheGuardLooksWhileConnecting(t *testing.T) {
	open := listen(t, func(c net.Conn) { c.Close() })
	_, err := Dialer{}.Dial(ctx, at(strings.Replace(open, "127.0.0.1", "localhost", 1), Plain))
	if !strings.Contains(fault.Sentence(err), "private network") {
		t.Errorf("a name that leads to this machine: %v", err)
	}
}

func TestWhatGoesWrongIsSaidInASentence(t *testing.T) {
	closed, _ := net.Listen("tcp", "127.0.0.1:0")
	closed.Close()
	plain := listen(t, func(c net.Conn) { fmt.Fprint(c, "* OK ready\r\n"); io.Copy(io.Discard, c) })
	silent := listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	gone := listen(t, func(c net.Conn) { c.Close() })
	own := httptest.NewTLSServer(nil)
	defer own.Close()
	roots := x509.NewCertPool()
	roots.AddCert(own.Certificate())
	other := at(own.Listener.Addr().String(), TLS)
	other.Host = "localhost" // not in the certificate
	d := Dialer{Private: true, Timeout: 300 * time.Millisecond}
	for name, c := range map[string]struct {
		d    Dialer
		s    Server
		want string
	}{
		"nobody listens":           {d, at(closed.Addr().String(), TLS), "Nothing answers at 127.0.0.1"},
		"no TLS on this port":      {d, at(plain, TLS), "does not speak TLS"},
		"no answer":                {d, at(silent, TLS), "did not answer in time"},
		"it hangs up":              {d, at(gone, TLS), "closed the connection"},
		"a certificate of its own": {d, at(own.Listener.Addr().String(), TLS), "nobody this machine trusts"},
		"another name":             {Dialer{Private: true, Roots: roots}, other, "another name"},
		"no such name":             {d, Server{Host: "mail.invalid", Port: 993, Security: TLS}, "mail.invalid"},
	} {
		conn, err := c.d.Dial(ctx, c.s)
		if err == nil {
			conn.Close()
		}
		if fault.Of(err) != fault.Unavailable || !strings.Contains(fault.Sentence(err), c.want) {
			t.Errorf("%s: %v, want …%s…", name, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"expired":         {x509.CertificateInvalidError{Reason: x509.Expired}, "has expired"},
		"not for servers": {x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}, "not valid for a mail server"},
		"an alert":        {tls.AlertError(70), "newer version of TLS"},
		"look-up failed":  {&net.DNSError{IsTemporary: true}, "could not be looked up"},
		"anything else":   {errors.New("odd"), "Check its name and port"},
	} {
		if got := fault.Sentence(Explain(c.err, Server{Host: "mail.example.com"})); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPlainTextIsForThisMachine(t *testing.T) {
	here := listen(t, func(c net.Conn) { c.Close() })
	conn, err := Dialer{Private: true}.Dial(ctx, at(here, Plain))
	if err != nil {
		t.Fatalf("to this machine: %v", err)
	}
	conn.Close()
	if loopback(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}) || !loopback(&net.TCPAddr{IP: net.IPv6loopback}) {
		t.Error("loopback is mistaken")
	}
}

func TestTLS(t *testing.T) {
	own := httptest.NewTLSServer(nil)
	defer own.Close()
	roots := x509.NewCertPool()
	roots.AddCert(own.Certificate())
	conn, err := Dialer{Private: true, Roots: roots}.Dial(ctx, at(own.Listener.Addr().String(), TLS))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if s := conn.(*tls.Conn).ConnectionState(); !s.HandshakeComplete || s.Version < tls.VersionTLS12 {
		t.Errorf("state %+v", s)
	}
}

// A provider gives access tokens.
type provider struct {
	mu     sync.Mutex
	asked  int
	answer func(n int, form map[string][]string) (int, any)
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	r.ParseForm()
	status, body := p.answer(p.asked, r.PostForm)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func TestAccessTokens(t *testing.T) {
	p := &provider{answer: func(n int, form map[string][]string) (int, any) {
		if form["grant_type"][0] != "refresh_token" || form["client_id"][0] != "kept" || form["client_secret"][0] != "hush" {
			t.Errorf("asked with %v", form)
		}
		return 200, map[string]any{"access_token": fmt.Sprint("access", n), "refresh_token": "fresh", "expires_in": 3600}
	}}
	s := httptest.NewServer(p)
	defer s.Close()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tokens := Tokens{Dialer: Dialer{Private: true}, Now: func() time.Time { return now }}
	saved := ""
	o := OAuth{ClientID: "kept", ClientSecret: "hush", RefreshToken: "old", TokenURL: s.URL, Save: func(_ context.Context, r string) error { saved = r; return nil }}
	want := func(when, token string) {
		t.Helper()
		if got, err := tokens.Access(ctx, o); err != nil || got != token {
			t.Errorf("%s: %q, %v; want %q", when, got, err, token)
		}
	}
	want("first", "access1")
	want("again", "access1")
	if saved != "fresh" {
		t.Errorf("the replaced refresh token was not saved: %q", saved)
	}
	now = now.Add(59*time.Minute + time.Second)
	want("about to expire", "access2")
	tokens.Forget(o)
	want("after a refusal", "access3")
}

func TestAccessTokensAreRefusedInASentence(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   any
		kind   fault.Kind
		want   string
	}{
		"consent withdrawn": {400, map[string]string{"error": "invalid_grant"}, fault.Forbidden, "no longer accepts"},
		"unknown client":    {401, map[string]string{"error": "invalid_client"}, fault.Forbidden, "client id"},
		"an error page":     {502, "oops", fault.Unavailable, "no access token"},
		"an empty answer":   {200, map[string]string{}, fault.Unavailable, "no access token"},
		"a redirection":     {302, map[string]string{}, fault.Unavailable, "no access token"},
	} {
		s := httptest.NewServer(&provider{answer: func(int, map[string][]string) (int, any) { return c.status, c.body }})
		tokens := Tokens{Dialer: Dialer{Private: true}, Now: time.Now}
		_, err := tokens.Access(ctx, OAuth{RefreshToken: "r", TokenURL: s.URL})
		if fault.Of(err) != c.kind || !strings.Contains(fault.Sentence(err), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
	tokens := Tokens{Dialer: Dialer{}, Now: time.Now}
	for _, url := range []string{"", "http://login.example.com/token", "ftp://x", "://"} {
		if _, err := tokens.Access(ctx, OAuth{TokenURL: url}); fault.Of(err) != fault.Invalid {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := tokens.Access(ctx, OAuth{TokenURL: "http://127.0.0.1:1/token"}); !strings.Contains(fault.Sentence(err), "private network") {
		t.Errorf("a token address in a private network: %v", err)
	}
}

func TestXOAuth2(t *testing.T) {
	mech, first, err := XOAuth2("maya@example.com", "tok").Start()
	if mech != "XOAUTH2" || string(first) != "user=maya@example.com\x01auth=Bearer tok\x01\x01" || err != nil {
		t.Errorf("%s %q %v", mech, first, err)
	}
	if next, err := XOAuth2("", "").Next([]byte(`{"status":"401"}`)); err != nil || next == nil || len(next) != 0 {
		t.Errorf("a failure is answered %q, %v; want an empty line", next, err)
	}
}
