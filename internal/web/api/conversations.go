package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"kept/internal/alarm"
	"kept/internal/conversation"
	"kept/internal/event"
	"kept/internal/promise"
	"kept/internal/team"
	"kept/internal/web"
)

// Party is the customer of a conversation as lists show them.
type Party struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Conversation is one row of an inbox.
type Conversation struct {
	ID             int64      `json:"id"`
	Subject        string     `json:"subject"`
	DeskID         int64      `json:"desk_id"`
	DeskName       string     `json:"desk_name"`
	Channel        string     `json:"channel"`
	State          string     `json:"state" enum:"open,resting,closed"`
	WaitingOn      string     `json:"waiting_on" enum:"us,customer,third_party,nobody"`
	WaitingSince   *time.Time `json:"waiting_since"`
	DueAt          *time.Time `json:"due_at" doc:"When the earliest open promise falls due."`
	DueState       *string    `json:"due_state" enum:"active,missed"`
	DueKind        *string    `json:"due_kind" doc:"Kind of that promise: reply, remind."`
	TeamID         *int64     `json:"team_id"`
	TeamName       *string    `json:"team_name"`
	PersonID       *int64     `json:"person_id" doc:"Who took it; null until somebody does."`
	PersonName     *string    `json:"person_name"`
	Customer       Party      `json:"customer"`
	Preview        string     `json:"preview"`
	LastActivityAt time.Time  `json:"last_activity_at"`
	LastMessageID  int64      `json:"last_message_id"`
	CreatedAt      time.Time  `json:"created_at"`
	ClosedAt       *time.Time `json:"closed_at"`
	SnoozedUntil   *time.Time `json:"snoozed_until"`
	SnoozeReason   *string    `json:"snooze_reason"`
	Muted          bool       `json:"muted" doc:"Part of a flood from one sender: stored, not announced."`
	Unread         bool       `json:"unread"`
	MessageCount   int64      `json:"message_count"`
	Failed         bool       `json:"failed" doc:"An answer of ours did not arrive."`
	Bulk           bool       `json:"bulk" doc:"Came by a mailing list."`
	Language       *string    `json:"language"`
	Rev            int64      `json:"rev" doc:"Rises with every change."`
	LinkedFrom     *int64     `json:"linked_from" doc:"The conversation that somebody outside it answered in."`
}

func conversationOf(c conversation.Conversation) Conversation {
	out := Conversation{ID: c.ID, Subject: c.Subject, DeskID: c.DeskID, DeskName: c.DeskName, Channel: c.Channel, State: c.State, WaitingOn: c.WaitingOn,
		WaitingSince: at(c.WaitingSince), DueAt: at(c.DueAt), DueKind: text(c.DueKind), TeamID: num(c.TeamID), TeamName: text(c.TeamName),
		PersonID: num(c.PersonID), PersonName: text(c.PersonName), Customer: Party{c.CustomerID, c.CustomerName, c.CustomerAddress}, Preview: c.Preview,
		LastActivityAt: c.LastActivityAt, LastMessageID: c.LastMessageID, CreatedAt: c.CreatedAt, ClosedAt: at(c.ClosedAt), SnoozedUntil: at(c.SnoozedUntil),
		SnoozeReason: text(c.SnoozeReason), Muted: c.Muted, Unread: c.Unread, MessageCount: c.MessageCount, Failed: c.Failed, Bulk: c.Bulk,
		Language: text(c.Language), Rev: c.Rev, LinkedFrom: num(c.LinkedFrom)}
	if !c.DueAt.IsZero() {
		state := promise.Active
		if c.DueMissed {
			state = promise.Missed
		}
		out.DueState = &state
	}
	return out
}

// Promise is something that was told would happen by a time.
type Promise struct {
	ID                int64      `json:"id"`
	ConversationID    int64      `json:"conversation_id"`
	CustomerID        int64      `json:"customer_id"`
	DeskID            int64      `json:"desk_id"`
	Kind              string     `json:"kind"`
	What              string     `json:"what"`
	State             string     `json:"state"`
	DueAt             time.Time  `json:"due_at"`
	MadeAt            time.Time  `json:"made_at"`
	SettledAt         *time.Time `json:"settled_at"`
	TeamID            int64      `json:"team_id"`
	TeamName          *string    `json:"team_name"`
	PersonID          *int64     `json:"person_id"`
	PersonName        *string    `json:"person_name"`
	Reason            *string    `json:"reason"`
	SourceMessageID   *int64     `json:"source_message_id"`
	EvidenceMessageID *int64     `json:"evidence_message_id"`
}

// names are what people and teams are called, for shapes that carry ids.
type names struct{ people, teams map[int64]string }

func (a *API) names(ctx context.Context) (names, error) {
	n := names{map[int64]string{}, map[int64]string{}}
	people, err := team.People(ctx, a.DB)
	if err != nil {
		return n, err
	}
	for _, p := range people {
		n.people[p.ID] = p.Name
	}
	teams, err := team.Teams(ctx, a.DB)
	for _, t := range teams {
		n.teams[t.ID] = t.Name
	}
	return n, err
}

func (n names) promise(p promise.Promise) Promise {
	return Promise{p.ID, p.ConversationID, p.CustomerID, p.DeskID, p.Kind, p.What, p.State, p.DueAt, p.MadeAt, at(p.SettledAt), p.TeamID, text(n.teams[p.TeamID]),
		num(p.PersonID), text(n.people[p.PersonID]), text(p.Reason), num(p.SourceMessageID), num(p.EvidenceMessageID)}
}

func (a *API) promises(ctx context.Context, list []promise.Promise) ([]Promise, error) {
	n, err := a.names(ctx)
	return mapped(list, n.promise), err
}

// Participant takes part besides the desk and may write into the conversation.
type Participant struct {
	Address string `json:"address"`
	Name    string `json:"name"`
	Role    string `json:"role" doc:"customer, copied, reply_to"`
}

// Happening is one line of a conversation's history.
type Happening struct {
	Position string          `json:"position"`
	At       time.Time       `json:"at"`
	Kind     string          `json:"kind"`
	Actor    Actor           `json:"actor"`
	Data     json.RawMessage `json:"data"`
}

// Actor is who did something.
type Actor struct {
	Kind string `json:"kind" doc:"person, customer, system"`
	ID   *int64 `json:"id"`
	Name string `json:"name"`
}

// Thread is a conversation with everything in it.
type Thread struct {
	Conversation Conversation  `json:"conversation"`
	Messages     []Message     `json:"messages"`
	Promises     []Promise     `json:"promises"`
	Participants []Participant `json:"participants"`
	Events       []Happening   `json:"events"`
}

func (a *API) thread(ctx context.Context, acc team.Access, id int64) (Thread, error) {
	t, err := a.Book.Get(ctx, acc, id)
	if err != nil {
		return Thread{}, err
	}
	n, err := a.names(ctx)
	return Thread{
		Conversation: conversationOf(t.Conversation), Messages: a.messages(t.Messages), Promises: mapped(t.Promises, n.promise),
		Participants: mapped(t.Participants, func(p conversation.Participant) Participant { return Participant{p.Address, p.Name, p.Role} }),
		Events:       mapped(t.Events, func(e event.Event) Happening { return n.happening(e, t.Conversation) }),
	}, err
}

func (n names) happening(e event.Event, c conversation.Conversation) Happening {
	actor := Actor{Kind: e.Actor.Kind, ID: num(e.Actor.ID)}
	switch e.Actor.Kind {
	case "person":
		actor.Name = n.people[e.Actor.ID]
	case "customer":
		if e.Actor.ID == c.CustomerID {
			actor.Name = c.CustomerName
		}
	}
	return Happening{e.Position.String(), e.At, e.Kind, actor, e.Data}
}

type conversationQuery struct {
	View       string `query:"view" enum:"mine,unassigned,team,due,waiting,snoozed,muted,closed,all" default:"all"`
	DeskID     int64  `query:"desk_id"`
	CustomerID int64  `query:"customer_id"`
	State      string `query:"state" enum:"open,resting,closed"`
	WaitingOn  string `query:"waiting_on" enum:"us,customer,third_party,nobody"`
	Q          string `query:"q" maxLength:"200" doc:"In the subject, the newest words, or the customer's name or address."`
	Cursor     string `query:"cursor" maxLength:"100"`
	Limit      int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
}

func (a *API) list(ctx context.Context, acc team.Access, f conversation.Filter) (List[Conversation], error) {
	page, err := a.Book.List(ctx, acc, f)
	return List[Conversation]{mapped(page.Items, conversationOf), text(page.Next)}, err
}

func (a *API) registerConversations() {
	handle(a, op{method: "GET", path: "/boot", summary: "Everything the workspace needs to show its first screen", tag: "conversations"},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[Boot], error) { return ok(a.boot(ctx, s)) })
	handle(a, op{method: "GET", path: "/counts", summary: "How many conversations are in each view, and how many alarms are open", tag: "conversations"},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[map[string]int64], error) {
			return ok(a.counts(ctx, s.Access))
		})
	handle(a, op{method: "GET", path: "/conversations", summary: "Conversations, newest activity first; view=due soonest due first", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *conversationQuery) (*body[List[Conversation]], error) {
			return ok(a.list(ctx, s.Access, conversation.Filter{View: in.View, DeskID: in.DeskID, CustomerID: in.CustomerID, State: in.State, WaitingOn: in.WaitingOn, Query: in.Q, Cursor: in.Cursor, Limit: in.Limit}))
		})
	handle(a, op{method: "GET", path: "/conversations/{id}", summary: "A conversation with everything in it", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Thread], error) {
			return ok(a.thread(ctx, s.Access, in.ID))
		})
	handle(a, op{method: "PUT", path: "/conversations/{id}/assignee", summary: "Give it to a person, a team, or back to the team", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *assignInput) (*body[Conversation], error) {
			return a.after(ctx, s, in.ID, a.Book.Assign(ctx, s.Access, actor(s), in.ID, deref(in.Body.TeamID), deref(in.Body.PersonID)))
		})
	handle(a, op{method: "PUT", path: "/conversations/{id}/snooze", summary: "Let it rest until a time, for a reason", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *snoozeInput) (*body[Conversation], error) {
			return a.after(ctx, s, in.ID, a.Book.Snooze(ctx, s.Access, actor(s), in.ID, in.Body.Until, in.Body.Reason))
		})
	handle(a, op{method: "DELETE", path: "/conversations/{id}/snooze", summary: "Wake it", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Conversation], error) {
			return a.after(ctx, s, in.ID, a.Book.Wake(ctx, s.Access, actor(s), in.ID))
		})
	handle(a, op{method: "PUT", path: "/conversations/{id}/closed", summary: "Close it; 409 lists what stands in the way", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *closeInput) (*body[Conversation], error) {
			return a.after(ctx, s, in.ID, a.Book.Close(ctx, s.Access, actor(s), in.ID, in.Body.Reason, in.Body.Note))
		})
	handle(a, op{method: "DELETE", path: "/conversations/{id}/closed", summary: "Reopen it", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Conversation], error) {
			return a.after(ctx, s, in.ID, a.Book.Reopen(ctx, s.Access, actor(s), in.ID))
		})
	handle(a, op{method: "DELETE", path: "/conversations/{id}/mute", summary: "Show it again after a flood", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Conversation], error) {
			return a.after(ctx, s, in.ID, a.Book.Unmute(ctx, s.Access, actor(s), in.ID))
		})
	a.registerReading()
}

// registerReading declares what concerns only the person who asks: how far they read, and what they began to write.
func (a *API) registerReading() {
	handle(a, op{method: "PUT", path: "/conversations/{id}/read", summary: "You have read up to this message", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *readInput) (*none, error) {
			return nil, a.Book.MarkRead(ctx, s.Access, in.ID, in.Body.MessageID)
		})
	handle(a, op{method: "DELETE", path: "/conversations/{id}/read", summary: "Mark it unread for you", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *ByID) (*none, error) {
			return nil, a.Book.MarkUnread(ctx, s.Access, in.ID)
		})
	handle(a, op{method: "GET", path: "/conversations/{id}/draft", summary: "What you began to write; empty where nothing is kept", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Draft], error) {
			d, err := a.Book.DraftOf(ctx, s.Access, in.ID)
			if err != nil {
				return nil, err
			}
			out := Draft{Cc: []string{}, Bcc: []string{}}
			if d != nil {
				err = json.Unmarshal(d.Body, &out)
				out.UpdatedAt = at(d.UpdatedAt)
			}
			return ok(out, err)
		})
	handle(a, op{method: "PUT", path: "/conversations/{id}/draft", summary: "Keep what you began to write", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *draftInput) (*none, error) {
			in.Body.Cc, in.Body.Bcc = full(in.Body.Cc), full(in.Body.Bcc)
			kept, err := json.Marshal(in.Body)
			if err != nil {
				return nil, err
			}
			return nil, a.Book.SaveDraft(ctx, s.Access, in.ID, kept)
		})
	handle(a, op{method: "DELETE", path: "/conversations/{id}/draft", summary: "Forget what you began to write", tag: "conversations"},
		func(ctx context.Context, s team.Seat, in *ByID) (*none, error) {
			return nil, a.Book.DropDraft(ctx, s.Access, in.ID)
		})
	handle(a, op{method: "GET", path: "/promises", summary: "What we owe, soonest due first", tag: "conversations"}, a.listPromises)
}

// actor is who acts: a token acts as its person.
func actor(s team.Seat) event.Actor { return event.Person(s.Person.ID) }

// after answers a verb with the conversation as it is now.
func (a *API) after(ctx context.Context, s team.Seat, id int64, err error) (*body[Conversation], error) {
	if err != nil {
		return nil, err
	}
	c, err := a.Book.Row(ctx, s.Access, id)
	return ok(conversationOf(c), err)
}

type assignInput struct {
	ByID
	Body struct {
		PersonID *int64 `json:"person_id,omitempty" nullable:"true" doc:"null gives it back to the team."`
		TeamID   *int64 `json:"team_id,omitempty" nullable:"true"`
	}
}

type snoozeInput struct {
	ByID
	Body struct {
		Until  time.Time `json:"until"`
		Reason string    `json:"reason,omitempty" maxLength:"500"`
	}
}

type closeInput struct {
	ByID
	Body struct {
		Reason string `json:"reason,omitempty" enum:"thanks,spam,wrong_address,newsletter,duplicate,other" doc:"Why no answer is needed."`
		Note   string `json:"note,omitempty" maxLength:"500"`
	}
}

type readInput struct {
	ByID
	Body struct {
		MessageID int64 `json:"message_id" minimum:"0"`
	}
}

// Draft is an answer somebody began.
type Draft struct {
	Text          string     `json:"text"`
	HTML          string     `json:"html"`
	Cc            []string   `json:"cc"`
	Bcc           []string   `json:"bcc"`
	SeenMessageID *int64     `json:"seen_message_id"`
	UpdatedAt     *time.Time `json:"updated_at"`
}

type draftInput struct {
	ByID
	Body struct {
		Text          string   `json:"text" maxLength:"500000"`
		HTML          string   `json:"html,omitempty" maxLength:"1000000"`
		Cc            []string `json:"cc,omitempty" maxItems:"100"`
		Bcc           []string `json:"bcc,omitempty" maxItems:"100"`
		SeenMessageID *int64   `json:"seen_message_id,omitempty" nullable:"true"`
	}
}

type promiseQuery struct {
	State  string `query:"state" enum:"open,all" default:"open"`
	Cursor string `query:"cursor" maxLength:"100"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

func (a *API) listPromises(ctx context.Context, s team.Seat, in *promiseQuery) (*body[List[Promise]], error) {
	due, id, err := timeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, err := promise.Ledger(ctx, a.DB, s.Access, in.State != "all", due, id, in.Limit+1)
	if err != nil {
		return nil, err
	}
	var next *string
	if len(list) > in.Limit {
		list = list[:in.Limit]
		last := list[in.Limit-1]
		next = writeTimeCursor(last.DueAt, last.ID)
	}
	promises, err := a.promises(ctx, list)
	return ok(List[Promise]{promises, next}, err)
}

// Boot is everything the first screen needs, in one answer.
type Boot struct {
	Me       Me                 `json:"me"`
	Counts   map[string]int64   `json:"counts"`
	Views    []string           `json:"views"`
	Desks    []Desk             `json:"desks"`
	Teams    []Team             `json:"teams"`
	People   []Person           `json:"people"`
	Landing  string             `json:"landing" doc:"The view to begin with: mine, or team while nobody is mine."`
	First    List[Conversation] `json:"first" doc:"The first page of that view."`
	Position string             `json:"position" doc:"Follow the stream from here."`
}

var views = []string{conversation.ViewMine, conversation.ViewUnassigned, conversation.ViewTeam, conversation.ViewDue, conversation.ViewWaiting,
	conversation.ViewSnoozed, conversation.ViewMuted, conversation.ViewClosed, conversation.ViewAll}

// boot reads the position first: whatever changes while the rest is read comes again by the stream.
func (a *API) boot(ctx context.Context, s team.Seat) (b Boot, err error) {
	b = Boot{Views: views, Position: a.Live.Head().String()}
	if b.Me, err = a.me(ctx, s); err != nil {
		return b, err
	}
	b.Desks = b.Me.Desks
	if b.Counts, err = a.counts(ctx, s.Access); err != nil {
		return b, err
	}
	teams, err := team.Teams(ctx, a.DB)
	if err != nil {
		return b, err
	}
	people, err := team.People(ctx, a.DB)
	if err != nil {
		return b, err
	}
	b.Teams, b.People = mapped(teams, teamOf), mapped(people, personOf)
	if b.Landing = conversation.ViewMine; b.Counts[conversation.ViewMine] == 0 { // new mail is nobody's: whoever has nobody yet must see it come
		b.Landing = conversation.ViewTeam
	}
	b.First, err = a.list(ctx, s.Access, conversation.Filter{View: b.Landing})
	return b, err
}

// counts are the numbers beside the views, and the alarms that the desk's own red dot stands for.
func (a *API) counts(ctx context.Context, acc team.Access) (map[string]int64, error) {
	numbers, err := a.Book.Counts(ctx, acc)
	if err != nil {
		return nil, err
	}
	numbers["alarms"], err = alarm.Count(ctx, a.DB, acc)
	return numbers, err
}

// BootFor is what the workspace's page carries for whoever asks, or nil where nobody is signed in.
func (a *API) BootFor(r *http.Request) any {
	seat, err := a.identify(r)
	if err != nil || seat == nil || seat.Access.Can(team.Read) != nil {
		return nil
	}
	b, err := a.boot(r.Context(), *seat)
	if err != nil {
		web.ProblemOf(r.Context(), err) // logged; the workspace asks the API itself and shows the answer
		return nil
	}
	return b
}
