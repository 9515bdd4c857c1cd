// Package team knows who has a seat, who works with whom at which desk, and who is asking.
//
// A person signs in with a password (argon2id) and gets a session; a program carries an API token. Both are 256 random bits, shown
// once and stored as their SHA-256: there is nothing to guess, so nothing slow is needed. Each request turns into a Seat: the person
// and the Access that says what may be seen and done. Access is the only place that decides; everybody else asks it.
//
//	person ── team_member ── team ── desk        an agent sees the desks of the own teams, an owner sees all
//	   ├── session     a browser, until it is ended, 30 days pass, or 14 days without a visit
//	   ├── api_token   a program, with scopes
//	   └── invite      a link for somebody who has no seat yet
//
// The first person comes by SetUp, which works only while nobody has a seat; everybody else by invitation. At least one active owner
// always remains: SetUp and every change of role or state take one lock, so that two owners cannot remove each other.
package team

import (
	"context"
	"encoding/json"
	"net/mail"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
)

// A House holds the commands on people, teams and desks.
type House struct {
	db        *db.DB
	now       func() time.Time
	hasher    *hasher
	byAddress *Limiter
	byAccount *Limiter
}

// New returns the house kept in d, which takes its time from now.
func New(d *db.DB, now func() time.Time) *House {
	return &House{
		db: d, now: now, hasher: newHasher(max(1, runtime.NumCPU()/2)),
		byAddress: NewLimiter(20, 6*time.Second, 10_000),
		byAccount: NewLimiter(8, time.Minute, 10_000),
	}
}

// A Team is people who own work together.
type Team struct {
	ID      int64
	Name    string
	Members []int64 // person ids, ascending
}

// cleanName refuses a name that is empty or too long to be one.
func cleanName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", invalid(field, "Write a name.")
	}
	if utf8.RuneCountInString(name) > 200 {
		return "", invalid(field, "Write a shorter name, of at most 200 letters.")
	}
	return name, nil
}

// cleanAddress returns a mail address in lower case.
func cleanAddress(field, address string) (string, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > 254 {
		return "", invalid(field, "Write a mail address, such as maya@example.com.")
	}
	return address, nil
}

// cleanZone refuses zones this machine does not know.
func cleanZone(field, zone string) (string, error) {
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return "", invalid(field, "%q is not a time zone. Write one such as Europe/Lisbon.", zone)
	}
	return zone, nil
}

// CreateTeam makes a team of the given members.
func (h *House) CreateTeam(ctx context.Context, by event.Actor, name string, members []int64) (Team, error) {
	var t Team
	err := h.db.Tx(ctx, func(tx *db.DB) error {
		var err error
		t, err = CreateTeam(ctx, tx, name, members, h.now())
		return err
	})
	return t, err
}

// CreateTeam is House.CreateTeam inside the caller's transaction.
func CreateTeam(ctx context.Context, tx *db.DB, name string, members []int64, now time.Time) (Team, error) {
	name, err := cleanName("name", name)
	if err != nil {
		return Team{}, err
	}
	id, err := db.Insert(ctx, tx, `insert into team (name, created_at) values ($1, $2) returning id`, name, db.Micros(now))
	if err != nil {
		return Team{}, err
	}
	if err := setMembers(ctx, tx, id, members); err != nil {
		return Team{}, err
	}
	return TeamByID(ctx, tx, id)
}

// TeamChange is what may change about a team; nil leaves as is.
type TeamChange struct {
	Name    *string
	Members *[]int64
}

// ChangeTeam renames a team or replaces its members.
func (h *House) ChangeTeam(ctx context.Context, by event.Actor, id int64, c TeamChange) (Team, error) {
	var t Team
	err := h.db.Tx(ctx, func(tx *db.DB) error {
		if _, err := TeamByID(ctx, tx, id); err != nil {
			return err
		}
		if err := changeTeam(ctx, tx, id, c); err != nil {
			return err
		}
		var err error
		if t, err = TeamByID(ctx, tx, id); err != nil {
			return err
		}
		return h.tell(ctx, tx, by, "person.updated", 0, map[string]any{"team_id": id})
	})
	return t, err
}

func changeTeam(ctx context.Context, tx *db.DB, id int64, c TeamChange) error {
	if c.Name != nil {
		name, err := cleanName("name", *c.Name)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update team set name = $2 where id = $1`, id, name); err != nil {
			return err
		}
	}
	if c.Members != nil {
		return setMembers(ctx, tx, id, *c.Members)
	}
	return nil
}

// tell appends an event about the house itself. Streams read these to see what their reader may still see.
func (h *House) tell(ctx context.Context, tx *db.DB, by event.Actor, kind string, deskID int64, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return event.Append(ctx, tx, event.Event{At: h.now(), Kind: kind, Actor: by, DeskID: deskID, Data: text})
}

func notThere(what string) error {
	return fault.New(fault.NotFound, "There is no such %s here. It may have been removed.", what)
}
