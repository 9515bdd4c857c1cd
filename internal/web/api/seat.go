package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"kept/internal/fault"
	"kept/internal/team"
	"kept/internal/web"
)

const cookieName = "kept_session"

// identify finds out who asks. A token that does not work is refused at once; a cookie that does not is as good as none, so that its
// browser can sign in again.
func (a *API) identify(r *http.Request) (*team.Seat, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		secret, bearer := strings.CutPrefix(header, "Bearer ")
		if !bearer {
			return nil, web.Refuse(http.StatusUnauthorized, "Send an API token: Authorization: Bearer kept_…")
		}
		seat, err := a.House.ByToken(r.Context(), strings.TrimSpace(secret))
		if fault.Of(err) == fault.NotFound {
			return nil, web.Refuse(http.StatusUnauthorized, "This API token is unknown, has expired or was revoked. Make a new one in the settings.")
		}
		return &seat, err
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil, nil
	}
	seat, err := a.House.BySession(r.Context(), cookie.Value)
	if fault.Of(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &seat, nil
}

func seatKey(s team.Seat) string {
	if s.TokenID != 0 {
		return "token " + strconv.FormatInt(s.TokenID, 10)
	}
	return "session " + strconv.FormatInt(s.SessionID, 10)
}

// cookie is what carries a session. Lax: a link in a mail to a conversation opens it; another site's form cannot use it.
func cookie(token string, secure bool) string {
	c := http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure, MaxAge: int(team.SessionMax / time.Second)}
	if token == "" {
		c.MaxAge = -1
	}
	return c.String()
}

// AllowOwner lets a request pass that an owner sends.
func (a *API) AllowOwner(r *http.Request) error {
	seat, err := a.identify(r)
	if err != nil {
		return err
	}
	if seat == nil {
		return web.ErrNotSignedIn
	}
	if seat.Person.Role != team.Owner {
		return fault.New(fault.Forbidden, "Only an owner can read this.")
	}
	return seat.Access.Can(team.Read)
}
