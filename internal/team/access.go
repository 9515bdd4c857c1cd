package team

import (
	"slices"
	"strconv"
	"strings"

	"kept/internal/fault"
)

// The roles. An owner sees every desk and settles everything; a lead settles the desks of the own teams and invites agents; an agent
// answers customers at the desks of the own teams.
const (
	Owner = "owner"
	Lead  = "lead"
	Agent = "agent"
)

// The scopes of an API token: admin holds write, write holds read.
const (
	ScopeRead  = "read"
	ScopeWrite = "write"
	ScopeAdmin = "admin"
)

// What somebody may want to do, besides answering customers at a desk he sees.
const (
	Read         = "read"          // look at anything
	Write        = "write"         // change anything
	ManagePeople = "manage people" // roles, removing people, teams
	InvitePeople = "invite"        // ask somebody in
	ManageDesks  = "manage desks"  // desks, calendars, mailboxes, quarantine
	CreateDesks  = "create desks"
)

// Access is what one person, token or the machine may see and do. It is the only place that knows: lists and counts use Where, direct
// ids and streams use Desk, everything else uses Can. The zero Access sees nothing.
type Access struct {
	PersonID int64
	Role     string
	All      bool     // sees every desk
	DeskIDs  []int64  // sees these, in ascending order
	Scopes   []string // nil: signed in with a browser, every scope
}

// System is the access of the machine itself: receiving, clocks, the command line.
var System = Access{Role: Owner, All: true}

// Desk answers nil where desk id may be seen. Otherwise it is as if the thing were not there: whether it exists is not told.
func (a Access) Desk(id int64) error {
	if a.Sees(id) {
		return nil
	}
	return fault.New(fault.NotFound, "There is nothing at this address, or it belongs to a desk that you cannot see. Ask a lead or an owner to add you to its team.")
}

// Sees reports whether desk id may be seen.
func (a Access) Sees(id int64) bool {
	if a.All {
		return true
	}
	_, found := slices.BinarySearch(a.DeskIDs, id)
	return found
}

// Where returns a condition on column that keeps the rows of visible desks, and its arguments, numbered from $from. It is "" where
// everything may be seen and "1 = 0" where nothing may.
func (a Access) Where(column string, from int) (sql string, args []any) {
	if a.All {
		return "", nil
	}
	if len(a.DeskIDs) == 0 {
		return "1 = 0", nil
	}
	marks := make([]string, len(a.DeskIDs))
	for i, id := range a.DeskIDs {
		marks[i] = "$" + strconv.Itoa(from+i)
		args = append(args, id)
	}
	return column + " in (" + strings.Join(marks, ",") + ")", args
}

// Can answers nil where the action is allowed to this role and these scopes.
func (a Access) Can(action string) error {
	if need := scopeOf(action); !a.holds(need) {
		return fault.New(fault.Forbidden, "This token may not do that: it lacks the scope %q. Make a token with that scope in the settings.", need)
	}
	switch action {
	case ManagePeople, CreateDesks:
		if a.Role != Owner {
			return fault.New(fault.Forbidden, "Only an owner can do that. Ask an owner of this desk.")
		}
	case ManageDesks, InvitePeople:
		if a.Role != Owner && a.Role != Lead {
			return fault.New(fault.Forbidden, "Only a lead or an owner can do that. Ask one of them.")
		}
	}
	return nil
}

func scopeOf(action string) string {
	switch action {
	case Read:
		return ScopeRead
	case Write:
		return ScopeWrite
	}
	return ScopeAdmin
}

func (a Access) holds(scope string) bool {
	if a.Scopes == nil || slices.Contains(a.Scopes, scope) || slices.Contains(a.Scopes, ScopeAdmin) {
		return true
	}
	return scope == ScopeRead && slices.Contains(a.Scopes, ScopeWrite)
}

// CheckScopes refuses scopes that do not exist, and none at all.
func CheckScopes(scopes []string) error {
	if len(scopes) == 0 {
		return invalid("scopes", "Choose at least one scope: read, write or admin.")
	}
	for _, s := range scopes {
		if s != ScopeRead && s != ScopeWrite && s != ScopeAdmin {
			return invalid("scopes", "%q is not a scope. Choose among read, write and admin.", s)
		}
	}
	return nil
}
