package team

import (
	"context"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
)

// TokenPrefix begins every API token, so that scanners of public code know one when they see it.
const TokenPrefix = "kept_"

// A Token lets a program act for a person, within scopes.
type Token struct {
	ID        int64
	PersonID  int64
	Name      string
	Scopes    []string
	CreatedAt time.Time
	SeenAt    time.Time // zero: never used
	ExpiresAt time.Time // zero: does not
}

// MakeToken makes a token for the person of s; the secret is returned once. A token cannot make one that may do more than itself, or live
// longer.
func (h *House) MakeToken(ctx context.Context, s Seat, name string, scopes []string, expires time.Time) (secret string, t Token, err error) {
	if name, err = cleanName("name", name); err != nil {
		return "", t, err
	}
	if err := CheckScopes(scopes); err != nil {
		return "", t, err
	}
	for _, scope := range scopes {
		if !s.Access.holds(scope) {
			return "", t, fault.New(fault.Forbidden, "A token cannot make one that may do more than itself. Sign in to make a token with the scope %q.", scope)
		}
	}
	if !expires.IsZero() && !expires.After(h.now()) {
		return "", t, invalid("expires_at", "Choose a time that is still to come.")
	}
	if err := h.mayOutlive(ctx, s, expires); err != nil {
		return "", t, err
	}
	secret = TokenPrefix + newSecret()
	t = Token{PersonID: s.Person.ID, Name: name, Scopes: scopes, CreatedAt: h.now(), ExpiresAt: expires}
	t.ID, err = insertToken(ctx, h.db, t, digest(secret))
	return secret, t, err
}

// mayOutlive refuses a token that would go on after the one that makes it has ended: a lost token must not renew itself.
func (h *House) mayOutlive(ctx context.Context, s Seat, expires time.Time) error {
	if s.TokenID == 0 {
		return nil
	}
	ends, err := db.One(ctx, h.db, db.Value[int64], `select expires_at from api_token where id = $1`, s.TokenID)
	if err != nil || ends == 0 {
		return err
	}
	if expires.IsZero() || expires.After(db.Time(ends)) {
		return fault.New(fault.Forbidden, "A token cannot make one that lives longer than itself. Choose an earlier end, or sign in to make this token.").With("expires_at", "Choose an earlier end.")
	}
	return nil
}

// ByToken returns the seat of an API token. Revoked, expired and unknown ones are NotFound.
func (h *House) ByToken(ctx context.Context, secret string) (Seat, error) {
	if !strings.HasPrefix(secret, TokenPrefix) {
		return Seat{}, notThere("token")
	}
	t, err := tokenByDigest(ctx, h.db, digest(secret))
	if err != nil {
		return Seat{}, err
	}
	now := h.now()
	if !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return Seat{}, notThere("token")
	}
	if now.Sub(t.SeenAt) > seenEvery {
		if _, err := h.db.Exec(ctx, `update api_token set seen_at = $2 where id = $1`, t.ID, db.Micros(now)); err != nil && fault.Of(err) != fault.Unavailable {
			return Seat{}, err
		}
	}
	return h.seat(ctx, t.PersonID, t.Scopes, Seat{TokenID: t.ID})
}

// Tokens lists a person's tokens that still work or ran out by themselves, the latest first.
func (h *House) Tokens(ctx context.Context, personID int64) ([]Token, error) {
	return tokensOf(ctx, h.db, personID)
}

// RevokeToken ends one of the person's own tokens.
func (h *House) RevokeToken(ctx context.Context, personID, id int64) error {
	n, err := h.db.Exec(ctx, `update api_token set revoked_at = $3 where id = $1 and person_id = $2 and revoked_at = 0`, id, personID, db.Micros(h.now()))
	if err == nil && n == 0 {
		return notThere("token")
	}
	return err
}
