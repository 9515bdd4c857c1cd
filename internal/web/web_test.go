package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/internal/fault"
	"kept/internal/team"
)

func settings() Settings {
	return Settings{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Now: func() time.Time { return time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC) }}
}

// logged runs fn and returns what was logged.
func logged(t *testing.T, fn func()) string {
	t.Helper()
	var mu sync.Mutex
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(writer(func(p []byte) { mu.Lock(); b.Write(p); mu.Unlock() }), nil)))
	defer slog.SetDefault(before)
	fn()
	mu.Lock()
	defer mu.Unlock()
	return b.String()
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestProblemOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		detail string
		logs   string
	}{
		{"invalid", fault.New(fault.Invalid, "Write a name."), 422, "Write a name.", ""},
		{"not found", fault.New(fault.NotFound, "Gone."), 404, "Gone.", ""},
		{"conflict", fmt.Errorf("send: %w", fault.New(fault.Conflict, "Somebody was faster.")), 409, "Somebody was faster.", ""},
		{"forbidden", fault.New(fault.Forbidden, "Ask an owner."), 403, "Ask an owner.", ""},
		{"too many", fault.New(fault.TooMany, "Wait."), 429, "Wait.", ""},
		{"unavailable is logged too", fault.Wrap(errors.New("disk full"), fault.Unavailable, "Try again."), 503, "Try again.", "disk full"},
		{"internal says nothing but is logged", errors.New("secret table missing"), 500, "Something went wrong on our side.", "secret table missing"},
		{"a body over the limit", &http.MaxBytesError{Limit: 2 << 20}, 413, "at most 2 MB", ""},
		{"a problem as it is", Refuse(405, "Not so."), 405, "Not so.", ""},
		{"the reader left", fmt.Errorf("query: %w", context.Canceled), 499, "given up", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p *Problem
			log := logged(t, func() { p = ProblemOf(t.Context(), c.err) })
			if p.Status != c.status || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("%d %q", p.Status, p.Detail)
			}
			if strings.Contains(p.Detail, "secret") || strings.Contains(p.Detail, "disk") {
				t.Errorf("the cause shows: %q", p.Detail)
			}
			if c.logs == "" && log != "" || !strings.Contains(log, c.logs) {
				t.Errorf("logged %q", log)
			}
		})
	}
}

func TestProblemCarriesFieldsAndData(t *testing.T) {
	err := fault.New(fault.Conflict, "Not yet.").With("email", "Write one.").Data([]string{"unanswered"})
	p := ProblemOf(t.Context(), err)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.email" || p.Obstacles == nil {
		t.Errorf("%+v", p)
	}
	limited := ProblemOf(t.Context(), team.TooMany("Slow down", 90*time.Second))
	if got := limited.GetHeaders().Get("Retry-After"); got != "90" {
		t.Errorf("Retry-After %q", got)
	}
	if limited.Obstacles != nil {
		t.Errorf("the wait is told as an obstacle: %v", limited.Obstacles)
	}
}

// TestShell sends requests through the whole shell.
func TestShell(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine") })
	mux.HandleFunc("/panic", func(w http.ResponseWriter, r *http.Request) { panic("the secret of the house") })
	mux.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) { WriteError(w, r, errors.New("no such table: secret")) })
	shell := Shell(settings(), mux)
	do := func(method, path string, head ...string) (*httptest.ResponseRecorder, string) {
		r := httptest.NewRequest(method, path, nil)
		for i := 0; i < len(head); i += 2 {
			r.Header.Set(head[i], head[i+1])
		}
		w := httptest.NewRecorder()
		log := logged(t, func() { shell.ServeHTTP(w, r) })
		return w, log
	}
	w, _ := do("GET", "/ok")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options": "DENY", "Strict-Transport-Security": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %q", policy)
	}
	for _, path := range []string{"/panic", "/fail"} {
		w, log := do("GET", path)
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 500 || p.Reference == "" || p.Reference != w.Header().Get("X-Request-Id") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret") || !strings.Contains(log, "secret") || !strings.Contains(log, p.Reference) {
			t.Errorf("%s: answered %s, logged %s", path, w.Body, log)
		}
	}
	for _, c := range []struct {
		name, method string
		head         []string
		want         int
	}{
		{"another site's form", "POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a sibling site's form", "POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"an old browser on another site", "POST", []string{"Origin", "https://evil.example"}, 403},
		{"our own page", "POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"a program", "POST", nil, 200},
		{"a link from another site", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 200},
	} {
		if w, _ := do(c.method, "/ok", c.head...); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
}

// TestAddress finds out where a visitor is, whatever the visitor writes.
func TestAddress(t *testing.T) {
	s := settings()
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
		proto      string
		secure     bool
	}{
		{"no proxy", "203.0.113.5:4000", nil, "203.0.113.5", "", false},
		{"a lie without a proxy", "203.0.113.5:4000", []string{"192.0.2.1"}, "203.0.113.5", "https", false},
		{"through our proxy", "10.0.0.1:4000", []string{"203.0.113.5"}, "203.0.113.5", "https", true},
		{"a lie before our proxy", "10.0.0.1:4000", []string{"192.0.2.1, 203.0.113.5"}, "203.0.113.5", "http", false},
		{"a lie in a header of its own", "10.0.0.1:4000", []string{"192.0.2.1", "203.0.113.5"}, "203.0.113.5", "", false},
		{"two proxies of ours", "10.0.0.1:4000", []string{"203.0.113.5, 10.0.0.2"}, "203.0.113.5", "", false},
		{"nonsense", "10.0.0.1:4000", []string{"unknown"}, "10.0.0.1", "", false},
		{"IPv4 in IPv6", "[::ffff:203.0.113.5]:4000", nil, "203.0.113.5", "", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		r.Header.Set("X-Forwarded-Proto", c.proto)
		if got := s.address(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := s.secure(r); got != c.secure {
			t.Errorf("%s: secure %v", c.name, got)
		}
	}
}

func TestAnAddressWithHTTPSIsSecure(t *testing.T) {
	for origin, want := range map[string]bool{"https://desk.example.com": true, "http://desk.example.com": false, "": false} {
		s := settings()
		s.Origin = origin
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "203.0.113.5:4000"
		if got := s.secure(r); got != want {
			t.Errorf("%q: secure %v", origin, got)
		}
	}
}

func TestLimitByAddress(t *testing.T) {
	shell := Shell(settings(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	statuses := map[int]int{}
	for i := range 2100 {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "203.0.113.5:4000"
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i%250))
		w := httptest.NewRecorder()
		shell.ServeHTTP(w, r)
		statuses[w.Code]++
	}
	if statuses[200] != 2000 || statuses[429] != 100 {
		t.Errorf("%v", statuses)
	}
}

func TestCompress(t *testing.T) {
	long := strings.Repeat(`{"name":"Tom"},`, 500)
	for _, c := range []struct {
		name, accept, kind, body string
		status                   int
		zipped                   bool
	}{
		{"long JSON", "gzip, br", "application/json", long, 200, true},
		{"a long problem", "gzip", "application/problem+json", long, 409, true},
		{"short JSON", "gzip", "application/json", `{"ok":true}`, 200, false},
		{"not wanted", "br", "application/json", long, 200, false},
		{"a picture", "gzip", "image/png", long, 200, false},
		{"a stream", "gzip", "text/event-stream", long, 200, false},
		{"a mail", "gzip", "message/rfc822", long, 200, false},
		{"nothing", "gzip", "application/json", "", 204, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				for rest := c.body; rest != ""; {
					n := min(100, len(rest))
					io.WriteString(w, rest[:n])
					rest = rest[n:]
				}
			}))
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != c.zipped || w.Code != c.status {
				t.Fatalf("zipped %v, status %d", got, w.Code)
			}
			body := io.Reader(w.Body)
			if c.zipped {
				z, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			if got, err := io.ReadAll(body); string(got) != c.body || err != nil {
				t.Errorf("%d bytes came, want %d (%v)", len(got), len(c.body), err)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	ready := error(nil)
	allow := error(nil)
	mux := http.NewServeMux()
	Health{
		Ready: func(context.Context) error { return ready },
		Collect: func(context.Context) ([]Metric, error) {
			return []Metric{
				{Name: "kept_mails_total", Help: "Mails\nin.", Counter: true, Samples: []Sample{{Labels: []string{"by", `s"m\tp`}, Value: 3}, {Labels: []string{"by", "imap"}, Value: 1.5}}},
				Gauge("kept_alarms", "Open alarms.", 0),
			}, nil
		},
		Allow: func(*http.Request) error { return allow },
	}.Register(mux)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	if w := get("/healthz"); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("healthz %d %s", w.Code, w.Body)
	}
	if w := get("/readyz"); w.Code != 200 {
		t.Errorf("readyz %d", w.Code)
	}
	ready = fault.New(fault.Unavailable, "The database does not answer.")
	if w := get("/readyz"); w.Code != 503 {
		t.Errorf("readyz %d while the database is away", w.Code)
	}
	want := "# HELP kept_alarms Open alarms.\n# TYPE kept_alarms gauge\nkept_alarms 0\n" +
		"# HELP kept_mails_total Mails\\nin.\n# TYPE kept_mails_total counter\nkept_mails_total{by=\"imap\"} 1.5\nkept_mails_total{by=\"s\\\"m\\\\tp\"} 3\n"
	if w := get("/metrics"); w.Body.String() != want {
		t.Errorf("metrics:\n%s\nwant:\n%s", w.Body, want)
	}
	allow = ErrNotSignedIn
	if w := get("/metrics"); w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("metrics for nobody: %d", w.Code)
	}
	names := map[string]bool{}
	for _, m := range Process("1", time.Now(), time.Now()) {
		names[m.Name] = true
	}
	if !names["kept_info"] || !names["kept_memory_bytes"] {
		t.Errorf("process says %v", names)
	}
}
