package team

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
)

// How long a session lasts: at most SessionMax, and SessionIdle without a visit.
const (
	SessionMax  = 30 * 24 * time.Hour
	SessionIdle = 14 * 24 * time.Hour
	// A visit is written down at most this often: reading a page must not cost a write.
	seenEvery = 5 * time.Minute
)

// A Session is one browser that is signed in.
type Session struct {
	ID        int64
	PersonID  int64
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	Address   string // of the browser
	Agent     string // what the browser calls itself
}

// A Seat is who is asking: the person, what they may see and do, and how they proved it (one of the two ids).
type Seat struct {
	Person    Person
	Access    Access
	SessionID int64
	TokenID   int64
}

// Visitor is where a sign-in comes from: the address of the connection, never one that a header claims (unless a trusted proxy set it).
type Visitor struct {
	Address netip.Addr
	Agent   string
}

// Origin is what counts as one place: a household gets a whole /64 of IPv6 addresses.
func (v Visitor) Origin() string {
	a := v.Address.Unmap()
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// ErrSignIn is the one answer to every sign-in that fails, whatever the reason: it does not tell whether the address has a seat.
var ErrSignIn = fault.New(fault.Invalid, "That address and password do not belong together. Check both and try again.")

// SignIn checks the password and starts a session, whose token is returned once. Attempts are counted per place and failures per
// account; who runs out of either waits.
func (h *House) SignIn(ctx context.Context, email, password string, v Visitor) (token string, s Seat, err error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if wait := h.byAddress.Take(v.Origin(), h.now()); wait > 0 {
		return "", s, TooMany("There were too many sign-ins from this address", wait)
	}
	if wait := h.byAccount.Take(email, h.now()); wait > 0 {
		return "", s, TooMany("There were too many sign-ins for this account", wait)
	}
	p, hashed, err := credentials(ctx, h.db, email)
	if err != nil {
		return "", s, err
	}
	ok, err := h.hasher.matches(ctx, hashed, password)
	if err != nil {
		return "", s, err
	}
	if !ok || p.State != Active {
		return "", s, ErrSignIn
	}
	h.byAccount.Forget(email)
	return h.start(ctx, p, v)
}

// Start begins a session for somebody who proved who they are another way: by setting up, or by an invitation.
func (h *House) Start(ctx context.Context, personID int64, v Visitor) (token string, s Seat, err error) {
	p, err := PersonByID(ctx, h.db, personID)
	if err != nil {
		return "", s, err
	}
	return h.start(ctx, p, v)
}

func (h *House) start(ctx context.Context, p Person, v Visitor) (string, Seat, error) {
	token := newSecret()
	now := h.now()
	id, err := insertSession(ctx, h.db, Session{
		PersonID: p.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(SessionMax), Address: v.Address.Unmap().String(), Agent: clip(v.Agent, 200),
	}, digest(token))
	if err != nil {
		return "", Seat{}, err
	}
	access, err := accessOf(ctx, h.db, p, nil)
	return token, Seat{Person: p, Access: access, SessionID: id}, err
}

// BySession returns the seat of a session token. Ended, expired and unknown ones are NotFound.
func (h *House) BySession(ctx context.Context, token string) (Seat, error) {
	s, err := sessionByDigest(ctx, h.db, digest(token))
	if err != nil {
		return Seat{}, err
	}
	now := h.now()
	if !now.Before(s.ExpiresAt) || now.Sub(s.SeenAt) > SessionIdle {
		return Seat{}, notThere("session")
	}
	if now.Sub(s.SeenAt) > seenEvery {
		if err := touchSession(ctx, h.db, s.ID, now); err != nil && fault.Of(err) != fault.Unavailable {
			return Seat{}, err
		}
	}
	return h.seat(ctx, s.PersonID, nil, Seat{SessionID: s.ID})
}

// seat fills in person and access, provided the person is still active.
func (h *House) seat(ctx context.Context, personID int64, scopes []string, s Seat) (Seat, error) {
	p, err := PersonByID(ctx, h.db, personID)
	if err != nil {
		return Seat{}, err
	}
	if p.State != Active {
		return Seat{}, notThere("person")
	}
	s.Person = p
	s.Access, err = accessOf(ctx, h.db, p, scopes)
	return s, err
}

// Access computes afresh what a person may see, with the given scopes: streams ask when the house changed.
func (h *House) Access(ctx context.Context, personID int64, scopes []string) (Access, error) {
	s, err := h.seat(ctx, personID, scopes, Seat{})
	return s.Access, err
}

// Sessions lists a person's sessions, the latest first.
func (h *House) Sessions(ctx context.Context, personID int64) ([]Session, error) {
	return sessionsOf(ctx, h.db, personID, h.now())
}

// EndSession ends one of the person's own sessions.
func (h *House) EndSession(ctx context.Context, personID, id int64) error {
	n, err := h.db.Exec(ctx, `delete from session where id = $1 and person_id = $2`, id, personID)
	if err == nil && n == 0 {
		return notThere("session")
	}
	return err
}

// ChangePassword replaces the seat's own password, which needs the old one. Every session ends, this one is renewed: its new token is
// returned.
func (h *House) ChangePassword(ctx context.Context, s Seat, old, new string, v Visitor) (token string, err error) {
	if wait := h.byAccount.Take(s.Person.Email, h.now()); wait > 0 {
		return "", TooMany("There were too many attempts", wait)
	}
	_, hashed, err := credentials(ctx, h.db, s.Person.Email)
	if err != nil {
		return "", err
	}
	ok, err := h.hasher.matches(ctx, hashed, old)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", invalid("old", "That is not your present password.")
	}
	h.byAccount.Forget(s.Person.Email)
	if err := h.SetPassword(ctx, s.Person.ID, new); err != nil {
		return "", err
	}
	token, _, err = h.start(ctx, s.Person, v)
	return token, err
}

// SweepSessions forgets sessions that ran out; a clock calls it daily.
func (h *House) SweepSessions(ctx context.Context) error {
	now := h.now()
	_, err := h.db.Exec(ctx, `delete from session where expires_at <= $1 or seen_at < $2`, db.Micros(now), db.Micros(now.Add(-SessionIdle)))
	return err
}

// newSecret returns 256 random bits.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// clip makes what a browser says fit for a text column: at most n bytes of valid UTF-8, which a header need not be.
func clip(s string, n int) string {
	return strings.ToValidUTF8(s[:min(len(s), n)], "")
}
