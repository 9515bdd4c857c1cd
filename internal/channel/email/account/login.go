package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"

	"kept/internal/fault"
)

// A Login is who we are to a server: a password or, where OAuth is set, an access token.
type Login struct {
	User, Password string
	OAuth          *OAuth
}

// OAuth is a registered client of a mail provider and the consent it was given (RFC 6749 §6).
type OAuth struct {
	ClientID, ClientSecret, RefreshToken string
	TokenURL                             string
	// Save keeps a refresh token that the provider replaced; nil where nobody needs it.
	Save func(ctx context.Context, refresh string) error
}

// XOAuth2 is the client side of the SASL mechanism that Google and Microsoft use for access tokens.
func XOAuth2(user, token string) sasl.Client { return &xoauth2{user, token} }

type xoauth2 struct{ user, token string }

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the challenge that describes a failure with an empty line, after which the server says no in its own words.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// Tokens keeps access tokens while they are valid. It is safe for concurrent use; two that need the same token ask for it once.
type Tokens struct {
	Dialer Dialer
	Now    func() time.Time
	mu     sync.Mutex
	held   map[string]token
}

type token struct {
	access string
	until  time.Time
}

// Access gives an access token for o, asking the provider where none is held for another minute.
func (t *Tokens) Access(ctx context.Context, o OAuth) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if have, ok := t.held[o.key()]; ok && t.Now().Add(time.Minute).Before(have.until) {
		return have.access, nil
	}
	got, err := t.refresh(ctx, o)
	if err != nil {
		return "", err
	}
	if t.held == nil {
		t.held = map[string]token{}
	}
	fresh := token{got.Access, t.Now().Add(time.Duration(got.Seconds) * time.Second)}
	t.held[o.key()] = fresh
	if got.Refresh == "" || got.Refresh == o.RefreshToken || o.Save == nil {
		return got.Access, nil
	}
	save := o.Save
	o.RefreshToken = got.Refresh
	t.held[o.key()] = fresh
	return got.Access, save(ctx, got.Refresh)
}

// Forget drops the held token of o: a server refused it.
func (t *Tokens) Forget(o OAuth) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.held, o.key())
}

func (o OAuth) key() string { return o.TokenURL + "\n" + o.ClientID + "\n" + o.RefreshToken }

type grant struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Seconds int64  `json:"expires_in"`
	Error   string `json:"error"`
}

func (t *Tokens) refresh(ctx context.Context, o OAuth) (grant, error) {
	req, err := o.request(ctx)
	if err != nil {
		return grant{}, err
	}
	client := http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{DialContext: t.Dialer.DialContext, TLSClientConfig: t.Dialer.TLSConfig(Server{Host: req.URL.Hostname()}), DisableKeepAlives: true},
		// A token endpoint that redirects would carry the client's secret elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return grant{}, Explain(err, Server{Host: req.URL.Hostname()})
	}
	defer res.Body.Close()
	return readGrant(res)
}

func (o OAuth) request(ctx context.Context) (*http.Request, error) {
	at, err := url.Parse(o.TokenURL)
	if err != nil || at.Host == "" || at.Scheme != "https" && !(at.Scheme == "http" && local(at.Hostname())) {
		return nil, fault.New(fault.Invalid, "The token address of the mailbox must begin with https://.")
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {o.RefreshToken}, "client_id": {o.ClientID}}
	if o.ClientSecret != "" {
		form.Set("client_secret", o.ClientSecret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("token request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	return req, nil
}

func local(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func readGrant(res *http.Response) (grant, error) {
	var g grant
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return g, Explain(err, Server{Host: res.Request.URL.Hostname()})
	}
	bad := json.Unmarshal(body, &g)
	switch {
	case g.Error == "invalid_grant":
		return g, fault.New(fault.Forbidden, "The mail provider no longer accepts the permission given to Kept. Give it again in the mailbox settings.")
	case g.Error == "invalid_client", g.Error == "unauthorized_client":
		return g, fault.New(fault.Forbidden, "The mail provider does not know this client. Check the client id and its secret in the mailbox settings.")
	case res.StatusCode/100 != 2 || bad != nil || g.Access == "":
		return g, fault.Wrap(errors.Join(bad, fmt.Errorf("token endpoint: status %d, error %q", res.StatusCode, g.Error)), fault.Unavailable,
			"The mail provider gave no access token. We will try again; if this stays, check the token address.")
	}
	return g, nil
}
