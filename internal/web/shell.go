// Package web is the edge that speaks HTTP: it puts every request through one shell, and turns every failure into one kind of answer.
//
//	request ─► number it ─► guard against panics ─► security headers ─► same site only ─► limit by address ─► compress ─┐
//	                                                                                                                   │
//	   /api/v1/…   web/api: JSON for the workspace and for programs  ◄─────────────────────────────────────────────────┤
//	   /healthz /readyz /metrics                                     ◄─────────────────────────────────────────────────┤
//	   everything else: the browser workspace                        ◄─────────────────────────────────────────────────┘
//
// Handlers return errors. ProblemOf alone knows which kind of fault is which status. What is no fault is logged with its cause and
// shown as one sentence with a reference, which is the request's number.
//
// The address of a visitor is that of the connection. X-Forwarded-For counts only where the connection comes from a proxy that the
// configuration names, and is then read from the right, so that no header a visitor writes can move a limit.
package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"kept/internal/team"
)

// Settings are what the shell needs to know about the place it runs in.
type Settings struct {
	Trusted []netip.Prefix // proxies whose X-Forwarded-For and X-Forwarded-Proto are believed
	Origin  string         // where browsers reach this Kept, such as https://desk.example.com; "" trusts the Host header
	Now     func() time.Time
}

// MaxBody is the most a request may carry, uploads excepted.
const MaxBody = 2 << 20

type key int

const (
	keyRequestID key = iota
	keyVisitor
	keySecure
	keyOrigin
)

// RequestID is the number of the request, as the log and the answer carry it.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// VisitorOf is where the request comes from.
func VisitorOf(ctx context.Context) team.Visitor {
	v, _ := ctx.Value(keyVisitor).(team.Visitor)
	return v
}

// Secure reports whether the browser came by https, directly or through a trusted proxy.
func Secure(ctx context.Context) bool {
	s, _ := ctx.Value(keySecure).(bool)
	return s
}

// OriginOf is where the browser reached us, for links that are handed on: the configured origin, or what the request says.
func OriginOf(ctx context.Context) string {
	o, _ := ctx.Value(keyOrigin).(string)
	return o
}

// Shell wraps the whole server.
func Shell(s Settings, next http.Handler) http.Handler {
	h := compress(next)
	h = limitByAddress(s, h)
	h = sameSite(s, h)
	h = headers(h)
	h = guard(h)
	return number(s, h)
}

// number gives the request its id, visitor and security, which everything below reads from the context.
func number(s Settings, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [6]byte
		rand.Read(b[:])
		id := hex.EncodeToString(b[:])
		w.Header().Set("X-Request-Id", id)
		ctx := context.WithValue(r.Context(), keyRequestID, id)
		ctx = context.WithValue(ctx, keyVisitor, team.Visitor{Address: s.address(r), Agent: r.UserAgent()})
		ctx = context.WithValue(ctx, keySecure, s.secure(r))
		ctx = context.WithValue(ctx, keyOrigin, s.origin(r))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s Settings) origin(r *http.Request) string {
	switch {
	case s.Origin != "":
		return strings.TrimSuffix(s.Origin, "/")
	case s.secure(r):
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func peer(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

func (s Settings) trusts(a netip.Addr) bool {
	for _, p := range s.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// address reads X-Forwarded-For from the right, as long as trusted proxies wrote it.
func (s Settings) address(r *http.Request) netip.Addr {
	a := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusts(a); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		a = hop.Unmap()
	}
	return a
}

// secure believes the configured address first: a proxy that nobody named as trusted must not make cookies travel in the clear.
func (s Settings) secure(r *http.Request) bool {
	return strings.HasPrefix(s.Origin, "https://") || r.TLS != nil || s.trusts(peer(r)) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// guard turns a panic into an ordinary answer: one request fails, the desk goes on.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				slog.ErrorContext(r.Context(), "a handler panicked", "reference", RequestID(r.Context()), "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				WriteError(w, r, fmt.Errorf("panic: %v", p))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// apiPolicy is for everything but the workspace, which brings a policy of its own: no answer of the API is a page.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", apiPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		if Secure(r.Context()) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// sameSite refuses what another site's page makes a browser send.
func sameSite(s Settings, next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	if s.Origin != "" {
		if err := p.AddTrustedOrigin(s.Origin); err != nil {
			slog.Warn("the address of this Kept is not an origin", "address", s.Origin, "err", err)
		}
	}
	p.SetDenyHandler(HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		return Refuse(http.StatusForbidden, "This request came from another site. Open Kept itself and try again there.")
	}))
	return p.Handler(next)
}

// limitByAddress stops one address from taking the server for itself. It is generous: a whole office may share an address.
func limitByAddress(s Settings, next http.Handler) http.Handler {
	l := team.NewLimiter(2000, 5*time.Millisecond, 50_000)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wait := l.Take(VisitorOf(r.Context()).Origin(), s.Now()); wait > 0 {
			WriteError(w, r, team.TooMany("There were too many requests from this address", wait))
			return
		}
		next.ServeHTTP(w, r)
	})
}
