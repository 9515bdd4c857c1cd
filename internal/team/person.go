package team

import (
	"context"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
)

// The states of a person.
const (
	Active   = "active"
	Disabled = "disabled"
)

// A Person has a seat. Nobody is ever deleted: what they wrote stays theirs, and a disabled person only cannot sign in.
type Person struct {
	ID        int64
	Name      string
	Email     string // lower case
	Role      string // Owner, Lead, Agent
	State     string // Active, Disabled
	Zone      string // "" follows the browser
	Language  string // of the workspace; "" follows the browser
	Theme     string // system, light, dark
	Away      bool
	CreatedAt time.Time
	TeamIDs   []int64
}

// First is what the first person says about the company and about themself.
type First struct {
	Company, Name, Email, Password, Zone string
}

// SetUp gives the first person a seat as owner, in a first team. It works only while nobody has a seat; of two who try at once, one
// gets it. furnish runs in the same transaction and makes the first desk.
func (h *House) SetUp(ctx context.Context, f First, furnish func(tx *db.DB, owner Person, first Team) error) (Person, error) {
	if needed, err := h.NeedsSetUp(ctx); err != nil || !needed {
		return Person{}, alreadySetUp(err)
	}
	p := Person{Name: f.Name, Email: f.Email, Role: Owner, Zone: f.Zone}
	hashed, err := h.preparePerson(ctx, &p, f.Password)
	if err != nil {
		return Person{}, err
	}
	err = h.db.Tx(ctx, func(tx *db.DB) error {
		if err := lockSeats(ctx, tx); err != nil {
			return err
		}
		if n, err := countPeople(ctx, tx); err != nil || n > 0 {
			return alreadySetUp(err)
		}
		if err := SetSetting(ctx, tx, "company", strings.TrimSpace(f.Company)); err != nil {
			return err
		}
		if p, err = insertPerson(ctx, tx, p, hashed, h.now()); err != nil {
			return err
		}
		t, err := CreateTeam(ctx, tx, "Support", []int64{p.ID}, h.now())
		if err != nil {
			return err
		}
		p.TeamIDs = []int64{t.ID}
		return furnish(tx, p, t)
	})
	return p, err
}

func alreadySetUp(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "This Kept is already set up. Sign in, or ask an owner for an invitation.")
}

// NeedsSetUp reports whether nobody has a seat yet.
func (h *House) NeedsSetUp(ctx context.Context) (bool, error) {
	n, err := countPeople(ctx, h.db)
	return n == 0, err
}

// AddPerson gives somebody a seat without an invitation: for the command line and for demo desks. An empty password lets nobody in
// until one is set.
func (h *House) AddPerson(ctx context.Context, by event.Actor, p Person, password string) (Person, error) {
	hashed, err := h.preparePerson(ctx, &p, password)
	if err != nil {
		return Person{}, err
	}
	err = h.db.Tx(ctx, func(tx *db.DB) error {
		p, err = h.addPerson(ctx, tx, by, p, hashed)
		return err
	})
	return p, err
}

// addPerson stores p, whose fields are clean, with its teams.
func (h *House) addPerson(ctx context.Context, tx *db.DB, by event.Actor, p Person, hashed string) (Person, error) {
	teams := p.TeamIDs
	p, err := insertPerson(ctx, tx, p, hashed, h.now())
	if db.IsUnique(err) {
		return Person{}, invalid("email", "Somebody already has a seat with the address %s.", p.Email)
	}
	if err != nil {
		return Person{}, err
	}
	if err := setTeams(ctx, tx, p.ID, teams); err != nil {
		return Person{}, err
	}
	p.TeamIDs = teams
	return p, h.tell(ctx, tx, by, "person.updated", 0, map[string]any{"person_id": p.ID})
}

// preparePerson checks and cleans the fields of a new person and hashes the password, outside of any transaction.
func (h *House) preparePerson(ctx context.Context, p *Person, password string) (hashed string, err error) {
	if p.Name, err = cleanName("name", p.Name); err != nil {
		return "", err
	}
	if p.Email, err = cleanAddress("email", p.Email); err != nil {
		return "", err
	}
	if p.Zone, err = cleanZone("zone", p.Zone); err != nil {
		return "", err
	}
	if err := checkRole(p.Role); err != nil {
		return "", err
	}
	p.State, p.Theme = Active, "system"
	if password == "" {
		return "", nil
	}
	if err := checkPassword(password, p.Email); err != nil {
		return "", err
	}
	return h.hasher.hash(ctx, password)
}

func checkRole(role string) error {
	if role != Owner && role != Lead && role != Agent {
		return invalid("role", "%q is not a role. Choose among owner, lead and agent.", role)
	}
	return nil
}

// PersonChange is what may change about a person; nil leaves as is.
type PersonChange struct {
	Name, Role, State, Zone, Language, Theme *string
	Away                                     *bool
	TeamIDs                                  *[]int64
}

// ChangePerson changes a person. Who is disabled is signed out everywhere at once; the last active owner stays one.
func (h *House) ChangePerson(ctx context.Context, by event.Actor, id int64, c PersonChange) (Person, error) {
	var p Person
	err := h.db.Tx(ctx, func(tx *db.DB) error {
		if err := lockSeats(ctx, tx); err != nil {
			return err
		}
		var err error
		if p, err = PersonByID(ctx, tx, id); err != nil {
			return err
		}
		if err := c.apply(&p); err != nil {
			return err
		}
		if err := h.storeChange(ctx, tx, p, c); err != nil {
			return err
		}
		return h.tell(ctx, tx, by, "person.updated", 0, map[string]any{"person_id": id})
	})
	return p, err
}

func (h *House) storeChange(ctx context.Context, tx *db.DB, p Person, c PersonChange) error {
	if err := updatePerson(ctx, tx, p); err != nil {
		return err
	}
	if c.TeamIDs != nil {
		if err := setTeams(ctx, tx, p.ID, *c.TeamIDs); err != nil {
			return err
		}
	}
	if p.State == Disabled {
		if err := endAll(ctx, tx, p.ID, h.now()); err != nil {
			return err
		}
	}
	return keepAnOwner(ctx, tx)
}

func (c PersonChange) apply(p *Person) (err error) {
	if c.Name != nil {
		if p.Name, err = cleanName("name", *c.Name); err != nil {
			return err
		}
	}
	if c.Role != nil {
		if p.Role = *c.Role; checkRole(p.Role) != nil {
			return checkRole(p.Role)
		}
	}
	if c.State != nil {
		if p.State = *c.State; p.State != Active && p.State != Disabled {
			return invalid("state", "%q is not a state. Choose active or disabled.", p.State)
		}
	}
	if c.Zone != nil {
		if p.Zone, err = cleanZone("zone", *c.Zone); err != nil {
			return err
		}
	}
	if c.Language != nil {
		if p.Language = *c.Language; len(p.Language) == 1 || len(p.Language) > 35 {
			return invalid("language", "Write a language as a short code, such as en or pt-BR, or nothing to follow the browser.")
		}
	}
	if c.Theme != nil {
		if p.Theme = *c.Theme; p.Theme != "system" && p.Theme != "light" && p.Theme != "dark" {
			return invalid("theme", "%q is not a theme. Choose among system, light and dark.", p.Theme)
		}
	}
	if c.Away != nil {
		p.Away = *c.Away
	}
	if c.TeamIDs != nil {
		p.TeamIDs = *c.TeamIDs
	}
	return nil
}

// keepAnOwner refuses a change after which nobody could settle anything.
func keepAnOwner(ctx context.Context, tx *db.DB) error {
	n, err := db.One(ctx, tx, db.Value[int64], `select count(*) from person where role = $1 and state = $2`, Owner, Active)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "This is the last owner. Make somebody else an owner first.")
	}
	return nil
}

// SetPassword replaces a person's password from the command line and ends all their sessions.
func (h *House) SetPassword(ctx context.Context, id int64, password string) error {
	p, err := PersonByID(ctx, h.db, id)
	if err != nil {
		return err
	}
	if err := checkPassword(password, p.Email); err != nil {
		return err
	}
	hashed, err := h.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return h.db.Tx(ctx, func(tx *db.DB) error {
		if err := updatePassword(ctx, tx, id, hashed); err != nil {
			return err
		}
		return endSessions(ctx, tx, id)
	})
}
