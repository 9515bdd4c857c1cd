package conversation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/team"
)

// The built-in views.
const (
	ViewMine       = "mine"       // waits on us, and is mine
	ViewUnassigned = "unassigned" // waits on us, and nobody took it yet
	ViewTeam       = "team"       // everything that waits on us
	ViewDue        = "due"        // something is owed; soonest first
	ViewWaiting    = "waiting"    // waits on the customer
	ViewSnoozed    = "snoozed"
	ViewMuted      = "muted"
	ViewClosed     = "closed"
	ViewAll        = "all"
)

// views are their conditions. %d is the number of the person's argument. What
// needs us and failed to arrive is in them too.
var views = map[string]string{
	ViewMine:       "c.state = 'open' and c.waiting_on = 'us' and not c.muted and c.person_id = %d",
	ViewUnassigned: "c.state = 'open' and c.waiting_on = 'us' and not c.muted and c.person_id is null",
	ViewTeam:       "c.state = 'open' and c.waiting_on = 'us' and not c.muted",
	ViewDue:        "c.state <> 'closed' and c.due_at > 0 and not c.muted",
	ViewWaiting:    "c.state = 'open' and c.waiting_on in ('customer', 'third_party', 'nobody')",
	ViewSnoozed:    "c.state = 'resting'",
	ViewMuted:      "c.state <> 'closed' and c.muted",
	ViewClosed:     "c.state = 'closed'",
	ViewAll:        "",
}

// A Filter says which conversations to list.
type Filter struct {
	View       string // "" is ViewAll
	DeskID     int64  // 0: all that may be seen
	CustomerID int64
	State      string
	WaitingOn  string
	Query      string // in subject, name, address or the newest words
	Cursor     string // from the page before
	Limit      int    // 0: 50; at most 1000
}

// A Page is a part of a list.
type Page struct {
	Items []Conversation
	Next  string // cursor of the next page, "" at the end
}

const rowColumns = columns + `, coalesce(d.name, ''), coalesce(k.name, ''), coalesce((select h.address from handle h where h.customer_id = c.customer_id order by h.id limit 1), ''),
	coalesce(t.name, ''), coalesce(w.name, ''), coalesce(r.message_id, 0),
	coalesce((select min(p.kind) from promise p where p.conversation_id = c.id and p.state in ('active', 'missed') and p.due_at = c.due_at), ''),
	(select count(*) from promise p where p.conversation_id = c.id and p.state = 'missed')`

const rowTables = ` from conversation c left join desk d on d.id = c.desk_id left join customer k on k.id = c.customer_id left join team t on t.id = c.team_id
	left join person w on w.id = c.person_id left join read_mark r on r.conversation_id = c.id and r.person_id = $1`

func scanRow(s db.Scanner) (Conversation, error) {
	var c Conversation
	var read, missed int64
	into, times := c.fields()
	err := s.Scan(append(into, &c.DeskName, &c.CustomerName, &c.CustomerAddress, &c.TeamName, &c.PersonName, &read, &c.DueKind, &missed)...)
	times()
	c.Unread, c.DueMissed = read < c.LastMessageID, missed > 0
	return c, err
}

// row returns one conversation as lists show it.
func (b *Book) row(ctx context.Context, acc team.Access, id int64) (Conversation, error) {
	c, err := db.One(ctx, b.db, scanRow, `select `+rowColumns+rowTables+` where c.id = $2`, acc.PersonID, id)
	if err == nil {
		err = acc.Desk(c.DeskID)
	}
	if fault.Of(err) == fault.NotFound {
		return Conversation{}, fault.Wrap(err, fault.NotFound, "There is no such conversation, or it belongs to a desk that you cannot see.")
	}
	return c, err
}

// Row returns one conversation as lists show it, for streams.
func (b *Book) Row(ctx context.Context, acc team.Access, id int64) (Conversation, error) {
	return b.row(ctx, acc, id)
}

// where builds a condition whose arguments begin at $2; $1 is the person.
type where struct {
	parts []string
	args  []any
}

func (w *where) and(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(w.args)), 1)
	}
	w.parts = append(w.parts, condition)
}

func (w *where) sql() string {
	if len(w.parts) == 0 {
		return ""
	}
	return " where " + strings.Join(w.parts, " and ")
}

func (f Filter) where(acc team.Access) (where, error) {
	w := where{args: []any{acc.PersonID}}
	if f.View == "" {
		f.View = ViewAll
	}
	condition, ok := views[f.View]
	if !ok {
		return w, fault.New(fault.Invalid, "There is no view %q. Use mine, unassigned, team, due, waiting, snoozed, muted, closed or all.", f.View).With("view", "Choose a view.")
	}
	if strings.Contains(condition, "%d") {
		condition = fmt.Sprintf(strings.Replace(condition, "%d", "$%d", 1), 1)
	}
	if condition != "" {
		w.and(condition)
	}
	if visible, args := acc.Where("c.desk_id", len(w.args)+1); visible != "" {
		w.parts, w.args = append(w.parts, visible), append(w.args, args...)
	}
	if f.DeskID != 0 {
		w.and("c.desk_id = ?", f.DeskID)
	}
	if f.CustomerID != 0 {
		w.and("c.customer_id = ?", f.CustomerID)
	}
	if f.State != "" {
		if !slices.Contains([]string{Open, Resting, Closed}, f.State) {
			return w, fault.New(fault.Invalid, "There is no state %q. Use open, resting or closed.", f.State).With("state", "Choose a state.")
		}
		w.and("c.state = '" + f.State + "'") // in the text, so that the index of that state is used
	}
	if f.WaitingOn != "" {
		if !slices.Contains([]string{Us, Customer, ThirdParty, Nobody}, f.WaitingOn) {
			return w, fault.New(fault.Invalid, "Nobody is called %q here. Use us, customer, third_party or nobody.", f.WaitingOn).With("waiting_on", "Choose whom it waits on.")
		}
		w.and("c.waiting_on = '" + f.WaitingOn + "'")
	}
	if q := strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(f.Query, ""), "\x00", "")); q != "" { // PostgreSQL takes neither
		like := "%" + escapeLike(q) + "%"
		w.and(`(lower(c.subject) like lower(?) escape '\' or lower(k.name) like lower(?) escape '\' or lower(c.preview) like lower(?) escape '\'
			or exists (select 1 from handle h where h.customer_id = c.customer_id and h.address like lower(?) escape '\'))`, like, like, like, like)
	}
	return w, nil
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(clip(s, 200))
}

// List returns the conversations that acc may see and f asks for, newest
// activity first; the view of what is due, soonest first.
func (b *Book) List(ctx context.Context, acc team.Access, f Filter) (Page, error) {
	w, err := f.where(acc)
	if err != nil {
		return Page{}, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 1000)
	order := " order by c.last_activity_at desc, c.id desc"
	if f.View == ViewDue {
		order = " order by c.due_at, c.id"
	}
	if f.Cursor != "" {
		at, id, err := readCursor(f.Cursor)
		if err != nil {
			return Page{}, err
		}
		if f.View == ViewDue {
			w.and("(c.due_at, c.id) > (?, ?)", at, id)
		} else {
			w.and("(c.last_activity_at, c.id) < (?, ?)", at, id)
		}
	}
	// the number is part of the text: with a parameter PostgreSQL plans every page anew
	items, err := db.Collect(ctx, b.db, scanRow, `select `+rowColumns+rowTables+w.sql()+order+` limit `+strconv.Itoa(limit+1), w.args...)
	if err != nil {
		return Page{}, fmt.Errorf("list conversations: %w", err)
	}
	return page(items, limit, f.View), nil
}

func page(items []Conversation, limit int, view string) Page {
	if len(items) <= limit {
		return Page{Items: items}
	}
	items = items[:limit]
	last := items[limit-1]
	at := last.LastActivityAt
	if view == ViewDue {
		at = last.DueAt
	}
	return Page{items, strconv.FormatInt(db.Micros(at), 36) + "." + strconv.FormatInt(last.ID, 36)}
}

func readCursor(cursor string) (at, id int64, err error) {
	first, second, ok := strings.Cut(cursor, ".")
	at, err1 := strconv.ParseInt(first, 36, 64)
	id, err2 := strconv.ParseInt(second, 36, 64)
	if !ok || err1 != nil || err2 != nil {
		return 0, 0, fault.New(fault.Invalid, "That is not a cursor of this list. Use the one that the page before gave as next.").With("cursor", "Begin again without it.")
	}
	return at, id, nil
}

// Counts says how many conversations are in each view but closed and all.
func (b *Book) Counts(ctx context.Context, acc team.Access) (map[string]int64, error) {
	names := []string{ViewMine, ViewUnassigned, ViewTeam, ViewDue, ViewWaiting, ViewSnoozed, ViewMuted}
	sums := make([]string, len(names))
	for i, name := range names {
		condition, number := strings.Replace(views[name], "%d", "$1", 1), "c.n"
		if name == ViewDue {
			condition, number = "not c.muted", "c.due"
		}
		sums[i] = "coalesce(sum(case when " + condition + " then " + number + " else 0 end), 0)"
	}
	w := where{args: []any{acc.PersonID}, parts: []string{"c.state <> 'closed'"}}
	if visible, args := acc.Where("c.desk_id", 2); visible != "" {
		w.parts, w.args = append(w.parts, visible), append(w.args, args...)
	}
	counts := make([]int64, len(names))
	into := make([]any, len(names))
	for i := range counts {
		into[i] = &counts[i]
	}
	groups := `select c.state, c.waiting_on, c.muted, c.person_id, count(*) as n, sum(case when c.due_at > 0 then 1 else 0 end) as due
		from conversation c` + w.sql() + ` group by c.desk_id, c.state, c.waiting_on, c.muted, c.person_id` // in the order of an index that holds it all
	if err := b.db.QueryRow(ctx, `select `+strings.Join(sums, ", ")+` from (`+groups+`) c`, w.args...).Scan(into...); err != nil {
		return nil, fmt.Errorf("count conversations: %w", err)
	}
	out := map[string]int64{}
	for i, name := range names {
		out[name] = counts[i]
	}
	return out, nil
}
