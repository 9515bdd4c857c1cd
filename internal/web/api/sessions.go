package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"kept/internal/calendar"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
	"kept/internal/web"
)

// Me is the person who asks, with what their workspace needs at once.
type Me struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Role     string   `json:"role" enum:"owner,lead,agent"`
	Zone     string   `json:"zone" doc:"A time zone such as Europe/Lisbon; empty follows the browser."`
	Language string   `json:"language" doc:"Of the workspace; empty follows the browser."`
	Theme    string   `json:"theme" enum:"system,light,dark"`
	Away     bool     `json:"away"`
	Company  string   `json:"company"`
	Desks    []Desk   `json:"desks"`
	Teams    []Team   `json:"teams" doc:"The teams this person is in."`
	Scopes   []string `json:"scopes" doc:"What this token may do; empty for a browser, which may do everything its role may."`
	Demo     bool     `json:"demo" doc:"This desk serves invented people."`
	Version  string   `json:"version"`
}

func (a *API) me(ctx context.Context, s team.Seat) (Me, error) {
	desks, err := team.Desks(ctx, a.DB, s.Access)
	if err != nil {
		return Me{}, err
	}
	teams, err := team.Teams(ctx, a.DB)
	if err != nil {
		return Me{}, err
	}
	company, err := team.Setting(ctx, a.DB, "company")
	p := s.Person
	me := Me{ID: p.ID, Name: p.Name, Email: p.Email, Role: p.Role, Zone: p.Zone, Language: p.Language, Theme: p.Theme, Away: p.Away,
		Company: company, Desks: mapped(desks, a.desk), Teams: []Team{}, Scopes: full(s.Access.Scopes), Demo: a.Demo != nil, Version: a.Version}
	for _, t := range teams {
		for _, id := range p.TeamIDs {
			if t.ID == id {
				me.Teams = append(me.Teams, teamOf(t))
			}
		}
	}
	return me, err
}

// Session is one browser that is signed in.
type Session struct {
	ID        int64     `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Address   string    `json:"address"`
	Agent     string    `json:"agent"`
	Current   bool      `json:"current" doc:"The one that asks."`
}

// signedIn sets the session's cookie and says who came in.
type signedIn struct {
	SetCookie string `header:"Set-Cookie"`
	Body      Me
}

func (a *API) welcome(ctx context.Context, token string, s team.Seat) (*signedIn, error) {
	me, err := a.me(ctx, s)
	return &signedIn{cookie(token, web.Secure(ctx)), me}, err
}

type cookieOnly struct {
	SetCookie string `header:"Set-Cookie"`
}

func (a *API) registerSessions() {
	handle(a, op{method: "GET", path: "/setup", summary: "Where a browser stands: whether anybody has a seat yet, and whether it is signed in", tag: "sign-in", public: true},
		func(ctx context.Context, _ team.Seat, _ *empty) (*body[SetupState], error) {
			needed, err := a.House.NeedsSetUp(ctx)
			return ok(SetupState{Needed: needed, SignedIn: SeatOf(ctx) != nil, Demo: a.Demo}, err)
		})
	handle(a, op{method: "POST", path: "/setup", summary: "Make the first person, team and desk", tag: "sign-in", public: true, private: true, status: http.StatusCreated}, a.setUp)
	handle(a, op{method: "POST", path: "/sessions", summary: "Sign in", tag: "sign-in", public: true, private: true, status: http.StatusCreated},
		func(ctx context.Context, _ team.Seat, in *signInInput) (*signedIn, error) {
			token, seat, err := a.House.SignIn(ctx, in.Body.Email, in.Body.Password, web.VisitorOf(ctx))
			if err != nil {
				return nil, signInFailure(err)
			}
			return a.welcome(ctx, token, seat)
		})
	handle(a, op{method: "GET", path: "/sessions", summary: "Where you are signed in", tag: "sign-in"},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[List[Session]], error) {
			sessions, err := a.House.Sessions(ctx, s.Person.ID)
			return okList(mapped(sessions, func(v team.Session) Session {
				return Session{v.ID, v.CreatedAt, v.SeenAt, v.ExpiresAt, v.Address, v.Agent, v.ID == s.SessionID}
			}), err)
		})
	handle(a, op{method: "DELETE", path: "/sessions/current", summary: "Sign out", tag: "sign-in", action: team.Read},
		func(ctx context.Context, s team.Seat, _ *empty) (*cookieOnly, error) {
			if s.SessionID == 0 {
				return nil, fault.New(fault.Invalid, "A token has no session. Revoke the token instead.")
			}
			return &cookieOnly{cookie("", web.Secure(ctx))}, a.House.EndSession(ctx, s.Person.ID, s.SessionID)
		})
	handle(a, op{method: "DELETE", path: "/sessions/{id}", summary: "End one of your sessions", tag: "sign-in"},
		func(ctx context.Context, s team.Seat, in *ByID) (*none, error) {
			return nil, a.House.EndSession(ctx, s.Person.ID, in.ID)
		})
	handle(a, op{method: "GET", path: "/me", summary: "Who you are", tag: "sign-in"},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[Me], error) { return ok(a.me(ctx, s)) })
	handle(a, op{method: "PATCH", path: "/me", summary: "Change what is yours", tag: "sign-in"}, a.changeMe)
	handle(a, op{method: "PUT", path: "/me/password", summary: "Change your password; every other session ends", tag: "sign-in", private: true}, a.changePassword)
}

// SetupState says how a browser gets in.
type SetupState struct {
	Needed   bool      `json:"needed" doc:"Nobody has a seat yet."`
	SignedIn bool      `json:"signed_in"`
	Demo     *DemoSeat `json:"demo" doc:"A seat for anybody, at a desk of invented people."`
}

// DemoSeat is how anybody signs in to a demo desk.
type DemoSeat struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

type setUpInput struct {
	Body struct {
		Company     string `json:"company" maxLength:"200"`
		Name        string `json:"name" doc:"Your name." maxLength:"200"`
		Email       string `json:"email" maxLength:"254"`
		Password    string `json:"password" maxLength:"800"`
		DeskName    string `json:"desk_name" maxLength:"200" example:"Support"`
		DeskAddress string `json:"desk_address" maxLength:"254" doc:"The address customers write to."`
		Zone        string `json:"zone" example:"Europe/Lisbon"`
		Country     string `json:"country,omitempty" doc:"Two letters; brings public holidays."`
	}
}

// setUp furnishes an empty house: owner, team, office hours in the owner's zone, one desk that keeps mail until a relay is set.
func (a *API) setUp(ctx context.Context, _ team.Seat, in *setUpInput) (*signedIn, error) {
	b := in.Body
	first := team.First{Company: b.Company, Name: b.Name, Email: b.Email, Password: b.Password, Zone: b.Zone}
	p, err := a.House.SetUp(ctx, first, func(tx *db.DB, owner team.Person, t team.Team) error {
		hours := calendar.Calendar{Name: "Office hours", Zone: b.Zone, Hours: calendar.Office()}
		if calendar.Known(b.Country) { // a country whose holidays we do not know must not keep anybody from beginning
			hours.Country = b.Country
		}
		c, err := calendar.Create(ctx, tx, hours, a.Now())
		if err != nil {
			return err
		}
		_, err = a.House.CreateDeskIn(ctx, tx, event.Person(owner.ID), team.Desk{
			Name: b.DeskName, Address: b.DeskAddress, TeamID: t.ID, CalendarID: c.ID, Acknowledge: true, ReplyToken: true})
		return err
	})
	if err != nil {
		return nil, err
	}
	token, seat, err := a.House.Start(ctx, p.ID, web.VisitorOf(ctx))
	if err != nil {
		return nil, err
	}
	return a.welcome(ctx, token, seat)
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"800"`
	}
}

// signInFailure answers a wrong password as what it is in HTTP: 401.
func signInFailure(err error) error {
	if err == team.ErrSignIn {
		return web.Refuse(http.StatusUnauthorized, fault.Sentence(err))
	}
	return err
}

type meChange struct {
	Body struct {
		Name     *string `json:"name,omitempty"`
		Zone     *string `json:"zone,omitempty"`
		Language *string `json:"language,omitempty"`
		Theme    *string `json:"theme,omitempty" enum:"system,light,dark"`
		Away     *bool   `json:"away,omitempty"`
	}
}

func (a *API) changeMe(ctx context.Context, s team.Seat, in *meChange) (*body[Me], error) {
	b := in.Body
	p, err := a.House.ChangePerson(ctx, event.Person(s.Person.ID), s.Person.ID,
		team.PersonChange{Name: b.Name, Zone: b.Zone, Language: b.Language, Theme: b.Theme, Away: b.Away})
	if err != nil {
		return nil, err
	}
	s.Person = p
	return ok(a.me(ctx, s))
}

type passwordChange struct {
	Body struct {
		Old string `json:"old" maxLength:"800" doc:"Your present password."`
		New string `json:"new" maxLength:"800"`
	}
}

func (a *API) changePassword(ctx context.Context, s team.Seat, in *passwordChange) (*cookieOnly, error) {
	if s.SessionID == 0 {
		return nil, fault.New(fault.Forbidden, "A token cannot change a password. Sign in with a browser to do that.")
	}
	token, err := a.House.ChangePassword(ctx, s, in.Body.Old, in.Body.New, web.VisitorOf(ctx))
	if err != nil {
		return nil, err
	}
	return &cookieOnly{cookie(token, web.Secure(ctx))}, nil
}

// inviteLink is where an invitation is opened in the browser.
func inviteLink(ctx context.Context, origin, secret string) string {
	return origin + "/invite/" + url.PathEscape(secret)
}
