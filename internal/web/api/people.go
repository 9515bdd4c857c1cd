package api

import (
	"context"
	"net/http"
	"time"

	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
	"kept/internal/web"
)

// Person is somebody with a seat.
type Person struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Email    string  `json:"email"`
	Role     string  `json:"role" enum:"owner,lead,agent"`
	State    string  `json:"state" enum:"active,disabled"`
	Zone     string  `json:"zone"`
	Language string  `json:"language"`
	Away     bool    `json:"away"`
	TeamIDs  []int64 `json:"team_ids"`
}

func personOf(p team.Person) Person {
	return Person{p.ID, p.Name, p.Email, p.Role, p.State, p.Zone, p.Language, p.Away, full(p.TeamIDs)}
}

// Team is people who own work together.
type Team struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	PersonIDs []int64 `json:"person_ids"`
}

func teamOf(t team.Team) Team { return Team{t.ID, t.Name, full(t.Members)} }

// Invite is an open invitation.
type Invite struct {
	ID        int64     `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Role      string    `json:"role" enum:"owner,lead,agent"`
	TeamIDs   []int64   `json:"team_ids"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func inviteOf(i team.Invite) Invite {
	return Invite{i.ID, i.Email, i.Name, i.Role, full(i.TeamIDs), i.CreatedAt, i.ExpiresAt}
}

// NewInvite is an invitation just made, with the link to hand over. The link is told once.
type NewInvite struct {
	Invite
	Link string `json:"link"`
}

// Token is an API token, without its secret.
type Token struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	SeenAt    *time.Time `json:"seen_at"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func tokenOf(t team.Token) Token {
	return Token{t.ID, t.Name, t.Scopes, t.CreatedAt, at(t.SeenAt), at(t.ExpiresAt)}
}

// NewToken is a token just made. Its secret is told once.
type NewToken struct {
	Token
	Secret string `json:"token"`
}

func (a *API) registerPeople() {
	handle(a, op{method: "GET", path: "/people", summary: "Everybody with a seat", tag: "people"},
		func(ctx context.Context, _ team.Seat, _ *empty) (*body[List[Person]], error) {
			people, err := team.People(ctx, a.DB)
			return okList(mapped(people, personOf), err)
		})
	handle(a, op{method: "PATCH", path: "/people/{id}", summary: "Change a person's role, state or teams", tag: "people", action: team.ManagePeople}, a.changePerson)
	handle(a, op{method: "GET", path: "/teams", summary: "All teams", tag: "people"},
		func(ctx context.Context, _ team.Seat, _ *empty) (*body[List[Team]], error) {
			teams, err := team.Teams(ctx, a.DB)
			return okList(mapped(teams, teamOf), err)
		})
	handle(a, op{method: "POST", path: "/teams", summary: "Make a team", tag: "people", action: team.ManagePeople, status: http.StatusCreated},
		func(ctx context.Context, s team.Seat, in *teamInput) (*body[Team], error) {
			t, err := a.House.CreateTeam(ctx, event.Person(s.Person.ID), in.Body.Name, in.Body.PersonIDs)
			return ok(teamOf(t), err)
		})
	handle(a, op{method: "PATCH", path: "/teams/{id}", summary: "Change a team", tag: "people", action: team.ManagePeople},
		func(ctx context.Context, s team.Seat, in *teamChange) (*body[Team], error) {
			t, err := a.House.ChangeTeam(ctx, event.Person(s.Person.ID), in.ID, team.TeamChange{Name: in.Body.Name, Members: in.Body.PersonIDs})
			return ok(teamOf(t), err)
		})
	a.registerInvites()
	a.registerTokens()
}

type teamInput struct {
	Body struct {
		Name      string  `json:"name" maxLength:"200"`
		PersonIDs []int64 `json:"person_ids,omitempty"`
	}
}

type teamChange struct {
	ByID
	Body struct {
		Name      *string  `json:"name,omitempty" maxLength:"200"`
		PersonIDs *[]int64 `json:"person_ids,omitempty"`
	}
}

type personChange struct {
	ByID
	Body struct {
		Name    *string  `json:"name,omitempty" maxLength:"200"`
		Role    *string  `json:"role,omitempty" enum:"owner,lead,agent"`
		State   *string  `json:"state,omitempty" enum:"active,disabled"`
		TeamIDs *[]int64 `json:"team_ids,omitempty"`
	}
}

func (a *API) changePerson(ctx context.Context, s team.Seat, in *personChange) (*body[Person], error) {
	b := in.Body
	p, err := a.House.ChangePerson(ctx, event.Person(s.Person.ID), in.ID, team.PersonChange{Name: b.Name, Role: b.Role, State: b.State, TeamIDs: b.TeamIDs})
	return ok(personOf(p), err)
}

type inviteInput struct {
	Body struct {
		Email   string  `json:"email" maxLength:"254"`
		Name    string  `json:"name,omitempty" maxLength:"200"`
		Role    string  `json:"role" enum:"owner,lead,agent"`
		TeamIDs []int64 `json:"team_ids,omitempty"`
	}
}

// BySecret is the input of an operation on what a link leads to.
type BySecret struct {
	Token string `path:"token" maxLength:"100"`
}

type acceptInput struct {
	BySecret
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Password string `json:"password" maxLength:"800"`
	}
}

func (a *API) registerInvites() {
	handle(a, op{method: "POST", path: "/invites", summary: "Invite somebody; the answer holds the link", tag: "people", action: team.InvitePeople, status: http.StatusCreated, private: true},
		func(ctx context.Context, s team.Seat, in *inviteInput) (*body[NewInvite], error) {
			secret, i, err := a.House.Invite(ctx, s, team.Invite{Email: in.Body.Email, Name: in.Body.Name, Role: in.Body.Role, TeamIDs: in.Body.TeamIDs})
			return ok(NewInvite{inviteOf(i), inviteLink(ctx, web.OriginOf(ctx), secret)}, err)
		})
	handle(a, op{method: "GET", path: "/invites", summary: "Invitations not yet accepted", tag: "people", action: team.InvitePeople},
		func(ctx context.Context, _ team.Seat, _ *empty) (*body[List[Invite]], error) {
			invites, err := a.House.Invites(ctx)
			return okList(mapped(invites, inviteOf), err)
		})
	handle(a, op{method: "DELETE", path: "/invites/{id}", summary: "Withdraw an invitation", tag: "people", action: team.InvitePeople},
		func(ctx context.Context, s team.Seat, in *ByID) (*none, error) {
			return nil, a.House.WithdrawInvite(ctx, s, in.ID)
		})
	handle(a, op{method: "GET", path: "/invites/{token}/open", summary: "Look at an invitation by its link", tag: "people", public: true},
		func(ctx context.Context, _ team.Seat, in *BySecret) (*body[OpenInvite], error) {
			i, err := a.House.OpenInvite(ctx, in.Token)
			if err != nil {
				return nil, err
			}
			company, err := team.Setting(ctx, a.DB, "company")
			return ok(OpenInvite{i.Email, i.Name, i.Role, company}, err)
		})
	handle(a, op{method: "POST", path: "/invites/{token}/accept", summary: "Accept an invitation and sign in", tag: "people", public: true, private: true, status: http.StatusCreated},
		func(ctx context.Context, _ team.Seat, in *acceptInput) (*signedIn, error) {
			p, err := a.House.AcceptInvite(ctx, in.Token, in.Body.Name, in.Body.Password)
			if err != nil {
				return nil, err
			}
			token, seat, err := a.House.Start(ctx, p.ID, web.VisitorOf(ctx))
			if err != nil {
				return nil, err
			}
			return a.welcome(ctx, token, seat)
		})
}

// OpenInvite is what the invited person sees before accepting.
type OpenInvite struct {
	Email   string `json:"email"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Company string `json:"company"`
}

type tokenInput struct {
	Body struct {
		Name      string     `json:"name" maxLength:"200"`
		Scopes    []string   `json:"scopes" minItems:"1" maxItems:"3" doc:"read, write, admin"`
		ExpiresAt *time.Time `json:"expires_at,omitempty"`
	}
}

func (a *API) registerTokens() {
	handle(a, op{method: "GET", path: "/tokens", summary: "Your API tokens", tag: "people"},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[List[Token]], error) {
			tokens, err := a.House.Tokens(ctx, s.Person.ID)
			return okList(mapped(tokens, tokenOf), err)
		})
	handle(a, op{method: "POST", path: "/tokens", summary: "Make an API token; the answer holds its secret", tag: "people", status: http.StatusCreated, private: true},
		func(ctx context.Context, s team.Seat, in *tokenInput) (*body[NewToken], error) {
			secret, t, err := a.House.MakeToken(ctx, s, in.Body.Name, in.Body.Scopes, deref(in.Body.ExpiresAt))
			return ok(NewToken{tokenOf(t), secret}, err)
		})
	handle(a, op{method: "DELETE", path: "/tokens/{id}", summary: "Revoke one of your tokens", tag: "people"},
		func(ctx context.Context, s team.Seat, in *ByID) (*none, error) {
			return nil, a.House.RevokeToken(ctx, s.Person.ID, in.ID)
		})
}

// mayManage refuses to change a desk the seat cannot see, or settle anything without the role.
func mayManage(s team.Seat, deskID int64) error {
	if err := s.Access.Can(team.ManageDesks); err != nil {
		return err
	}
	if err := s.Access.Desk(deskID); err != nil {
		return fault.New(fault.NotFound, "There is no such desk, or you are not in its team.")
	}
	return nil
}
