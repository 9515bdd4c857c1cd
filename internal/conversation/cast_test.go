package conversation

import (
	"context"
	"strconv"
	"testing"
	"time"

	"kept/internal/calendar"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/job"
	"kept/internal/mail"
	"kept/internal/team"
)

// monday is a working day on which every story begins at ten in the morning.
var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// A house is a small company in a test: Maya and Jonas answer at the desk, Rosa
// belongs to another one. Time moves only when the story says so.
type house struct {
	*testing.T
	ctx   context.Context
	db    *db.DB
	book  *Book
	clock time.Time
	desk  team.Desk
	other team.Desk
	maya  team.Access
	jonas team.Access
	rosa  team.Access
	n     int
}

func each(t *testing.T, story func(h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { story(newHouse(t, d)) })
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{T: t, ctx: context.Background(), db: d, clock: monday}
	h.book = New(d, func() time.Time { return h.clock })
	cal, err := calendar.Create(h.ctx, d, calendar.Calendar{Name: "Office", Zone: "UTC", Hours: [7][]calendar.Span{{{From: 540, To: 1020}}, {{From: 540, To: 1020}}, {{From: 540, To: 1020}}, {{From: 540, To: 1020}}, {{From: 540, To: 1020}}}}, monday)
	h.ok(err)
	maya, jonas, rosa := h.person("Maya Lind"), h.person("Jonas Weber"), h.person("Rosa Ortiz")
	h.desk = h.newDesk("Support", "support@lumen.example", cal.ID, maya, jonas)
	h.other = h.newDesk("Orders", "orders@lumen.example", cal.ID, rosa)
	h.maya = team.Access{PersonID: maya, Role: team.Agent, DeskIDs: []int64{h.desk.ID}}
	h.jonas = team.Access{PersonID: jonas, Role: team.Agent, DeskIDs: []int64{h.desk.ID}}
	h.rosa = team.Access{PersonID: rosa, Role: team.Agent, DeskIDs: []int64{h.other.ID}}
	return h
}

func (h *house) person(name string) int64 {
	h.Helper()
	h.n++
	id, err := db.Insert(h.ctx, h.db, `insert into person (name, email, role, state, created_at) values ($1, $2, 'agent', 'active', 1) returning id`, name, "p"+strconv.Itoa(h.n)+"@lumen.example")
	h.ok(err)
	return id
}

func (h *house) newDesk(name, address string, calendarID int64, members ...int64) team.Desk {
	h.Helper()
	t, err := team.CreateTeam(h.ctx, h.db, name, members, monday)
	h.ok(err)
	d, err := team.New(h.db, func() time.Time { return monday }).CreateDesk(h.ctx, event.System, team.Desk{
		Name: name, Address: address, TeamID: t.ID, CalendarID: calendarID, FirstReplyMinutes: 240, NextReplyMinutes: 120, Acknowledge: true, ReplyToken: true,
	})
	h.ok(err)
	return d
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused fails unless err is a fault of the kind, with a sentence for people.
func (h *house) refused(err error, kind fault.Kind) {
	h.Helper()
	if fault.Of(err) != kind || fault.Sentence(err) == "" {
		h.Fatalf("got %v, want a refusal of kind %v", err, kind)
	}
}

// amina is a mail from a customer of that name.
func (h *house) amina(subject, text string) Received {
	h.n++
	return Received{
		DeskID: h.desk.ID, Channel: "email", From: mail.Address{Name: "Amina Okafor", Address: "amina@mail.example"}, To: []mail.Address{{Address: "support@lumen.example"}},
		Subject: subject, Text: text, Visible: text, At: h.clock, MessageID: "a" + strconv.Itoa(h.n) + "@mail.example", Kind: mail.Plain, MayAutoReply: true,
	}
}

func (h *house) receive(r Received) Outcome {
	h.Helper()
	var o Outcome
	h.ok(h.db.Tx(h.ctx, func(tx *db.DB) (err error) {
		o, err = h.book.Receive(h.ctx, tx, r)
		return err
	}))
	return o
}

// answer lets Maya answer, and the answer leave.
func (h *house) answer(id int64, text string) Message {
	h.Helper()
	m, err := h.book.Send(h.ctx, h.maya, event.Person(h.maya.PersonID), Reply{ConversationID: id, Text: text})
	h.ok(err)
	h.leave(m)
	return m
}

// leave hands a queued message over, as the channel's job does.
func (h *house) leave(m Message) {
	h.Helper()
	h.ok(h.book.Sending(h.ctx, m.ID))
	h.ok(h.book.Sent(h.ctx, m.ID, h.clock, "raw"))
}

func (h *house) get(id int64) Thread {
	h.Helper()
	t, err := h.book.Get(h.ctx, team.System, id)
	h.ok(err)
	return t
}

// sound fails when the rule of the product is broken.
func (h *house) sound() {
	h.Helper()
	naked, err := Naked(h.ctx, h.db)
	h.ok(err)
	if len(naked) > 0 {
		h.Fatalf("these conversations wait without a promise: %v", naked)
	}
}

func (h *house) is(id int64, state, waitingOn string) Conversation {
	h.Helper()
	c := h.get(id).Conversation
	if c.State != state || c.WaitingOn != waitingOn {
		h.Fatalf("conversation is %s and waits on %s, want %s and %s", c.State, c.WaitingOn, state, waitingOn)
	}
	h.sound()
	return c
}

func (h *house) kinds(id int64) (kinds []string) {
	for _, e := range h.get(id).Events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (h *house) jobs() int {
	h.Helper()
	n, err := job.Count(h.ctx, h.db, SendJob)
	h.ok(err)
	return n.Pending
}

// overlap does one thing in a transaction that has the conversation's row, and lets
// another one begin before that has ended (on SQLite it waits from its beginning).
func (h *house) overlap(id int64, one func(book *Book) error, other func() error) {
	h.Helper()
	done := make(chan error, 1)
	h.ok(h.db.Tx(h.ctx, func(tx *db.DB) error {
		if _, err := lock(h.ctx, tx, id); err != nil {
			return err
		}
		go func() { done <- other() }()
		dbtest.UntilBlocked(h, tx)
		return one(New(tx, h.book.now))
	}))
	h.ok(<-done)
}
