package team

import (
	"context"
	"slices"
	"time"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
)

// InviteLasts is how long an invitation can be accepted.
const InviteLasts = 7 * 24 * time.Hour

// An Invite asks somebody in. Its link carries a secret that is stored as a hash only; it works once.
type Invite struct {
	ID        int64
	Email     string
	Name      string
	Role      string
	TeamIDs   []int64
	InvitedBy int64
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Invite makes an invitation and returns the secret of its link, once. A lead may invite agents into the own teams, an owner anybody.
func (h *House) Invite(ctx context.Context, s Seat, i Invite) (secret string, _ Invite, err error) {
	if err := s.Access.Can(InvitePeople); err != nil {
		return "", i, err
	}
	if i.Email, err = cleanAddress("email", i.Email); err != nil {
		return "", i, err
	}
	if err := checkRole(i.Role); err != nil {
		return "", i, err
	}
	if err := mayInvite(s, i); err != nil {
		return "", i, err
	}
	now := h.now()
	i.InvitedBy, i.CreatedAt, i.ExpiresAt = s.Person.ID, now, now.Add(InviteLasts)
	secret = newSecret()
	err = h.db.Tx(ctx, func(tx *db.DB) error {
		if err := addressFree(ctx, tx, i.Email); err != nil {
			return err
		}
		if err := teamsExist(ctx, tx, i.TeamIDs); err != nil {
			return err
		}
		i.ID, err = insertInvite(ctx, tx, i, digest(secret))
		return err
	})
	return secret, i, err
}

func mayInvite(s Seat, i Invite) error {
	if s.Access.Role == Owner {
		return nil
	}
	if i.Role != Agent {
		return fault.New(fault.Forbidden, "A lead can invite agents. Ask an owner to invite a %s.", i.Role)
	}
	for _, id := range i.TeamIDs {
		if !slices.Contains(s.Person.TeamIDs, id) {
			return fault.New(fault.Forbidden, "A lead can invite people into the own teams. Ask an owner for the others.")
		}
	}
	return nil
}

// Invites lists the invitations that can still be accepted, the latest first.
func (h *House) Invites(ctx context.Context) ([]Invite, error) {
	return openInvites(ctx, h.db, h.now())
}

// WithdrawInvite makes an invitation's link useless. A lead withdraws the own ones, an owner any.
func (h *House) WithdrawInvite(ctx context.Context, s Seat, id int64) error {
	n, err := h.db.Exec(ctx, `update invite set withdrawn_at = $2 where id = $1 and used_at = 0 and withdrawn_at = 0 and ($3 or invited_by = $4)`,
		id, db.Micros(h.now()), s.Access.Role == Owner, s.Person.ID)
	if err == nil && n == 0 {
		return notThere("invitation")
	}
	return err
}

// OpenInvite returns the invitation behind a link.
func (h *House) OpenInvite(ctx context.Context, secret string) (Invite, error) {
	i, err := inviteByDigest(ctx, h.db, digest(secret), h.now())
	if fault.Of(err) == fault.NotFound {
		return Invite{}, fault.New(fault.NotFound, "This invitation was already used, was withdrawn or has expired. Ask for a new one.")
	}
	return i, err
}

// AcceptInvite gives the invited person a seat; the link is used up.
func (h *House) AcceptInvite(ctx context.Context, secret, name, password string) (Person, error) {
	i, err := h.OpenInvite(ctx, secret)
	if err != nil {
		return Person{}, err
	}
	if password == "" {
		return Person{}, checkPassword(password, i.Email)
	}
	p := Person{Name: name, Email: i.Email, Role: i.Role, TeamIDs: i.TeamIDs}
	hashed, err := h.preparePerson(ctx, &p, password)
	if err != nil {
		return Person{}, err
	}
	err = h.db.Tx(ctx, func(tx *db.DB) error {
		n, err := tx.Exec(ctx, `update invite set used_at = $2 where id = $1 and used_at = 0 and withdrawn_at = 0`, i.ID, db.Micros(h.now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "This invitation was used a moment ago. Sign in instead.")
		}
		p, err = h.addPerson(ctx, tx, event.Actor{Kind: "person", ID: i.InvitedBy}, p, hashed)
		return err
	})
	return p, err
}
