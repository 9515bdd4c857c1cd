package api

import (
	"context"
	"fmt"
	"time"

	"kept/internal/conversation"
	"kept/internal/intake"
	"kept/internal/team"
)

// Arrival is one mail as it came in, before anything was read into it.
type Arrival struct {
	ID             int64     `json:"id"`
	State          string    `json:"state" enum:"pending,stored,duplicate,quarantined,set_aside,dismissed"`
	Reason         string    `json:"reason" doc:"Why it is quarantined, set aside or dismissed."`
	Subject        string    `json:"subject"`
	From           string    `json:"from"`
	To             string    `json:"to"`
	Source         string    `json:"source" enum:"imap,smtp,lmtp,import"`
	Folder         string    `json:"folder"`
	Size           int64     `json:"size"`
	Attempts       int       `json:"attempts"`
	DeskID         int64     `json:"desk_id"`
	DeskName       *string   `json:"desk_name"`
	MessageHeader  string    `json:"message_id_header"`
	ReceivedAt     time.Time `json:"received_at"`
	ConversationID *int64    `json:"conversation_id"`
	RawURL         string    `json:"raw_url"`
}

// deskNames are what the visible desks are called.
func (a *API) deskNames(ctx context.Context, acc team.Access) (map[int64]string, error) {
	desks, err := team.Desks(ctx, a.DB, acc)
	names := map[int64]string{}
	for _, d := range desks {
		names[d.ID] = d.Name
	}
	return names, err
}

func arrivalOf(desks map[int64]string) func(intake.Arrival) Arrival {
	return func(v intake.Arrival) Arrival {
		return Arrival{v.ID, v.State, v.Reason, v.Subject, v.From, v.EnvelopeTo, v.Kind, v.Folder, v.Size, v.Attempts, v.DeskID, text(desks[v.DeskID]),
			v.MessageIDHeader, v.At, num(v.ConversationID), fmt.Sprintf("%s/intake/%d/raw", Prefix, v.ID)}
	}
}

// Sent is one line of the outbox.
type Sent struct {
	MessageID      int64      `json:"message_id"`
	ConversationID int64      `json:"conversation_id"`
	To             []Address  `json:"to"`
	Subject        string     `json:"subject"`
	At             time.Time  `json:"at"`
	SentAt         *time.Time `json:"sent_at"`
	State          string     `json:"state"`
	Error          *string    `json:"error"`
	RawURL         *string    `json:"raw_url" doc:"The mail as it left; null before."`
}

func sentOf(m conversation.Message) Sent {
	s := Sent{MessageID: m.ID, ConversationID: m.ConversationID, To: addressesOf(m.To), Subject: m.Subject, At: m.At, SentAt: at(m.SentAt), State: m.State, Error: text(m.Error)}
	if m.RawKey != "" {
		s.RawURL = text(fmt.Sprintf("%s/messages/%d/raw", Prefix, m.ID))
	}
	return s
}

type arrivalQuery struct {
	State  string `query:"state" enum:"pending,stored,duplicate,quarantined,set_aside,dismissed" default:"quarantined"`
	Cursor string `query:"cursor" maxLength:"100"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

type pageQuery struct {
	Cursor string `query:"cursor" maxLength:"100"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

type dismissInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"1000"`
	}
}

func (a *API) registerMail() {
	handle(a, op{method: "GET", path: "/intake", summary: "Mail as it came in, by state, newest first", tag: "mail"}, a.listArrivals)
	handle(a, op{method: "GET", path: "/intake/{id}", summary: "One arrival", tag: "mail"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Arrival], error) {
			return ok(a.arrival(ctx, s, in.ID))
		})
	handle(a, op{method: "GET", path: "/intake/{id}/raw", summary: "Its source, message/rfc822", tag: "mail"},
		func(ctx context.Context, s team.Seat, in *ByID) (*streamed, error) {
			r, n, err := a.Spool.Open(ctx, s.Access, in.ID)
			if err != nil {
				return nil, err
			}
			return download(r, n, "message/rfc822", fmt.Sprintf("mail-%d.eml", in.ID), false), nil
		})
	handle(a, op{method: "POST", path: "/intake/{id}/retry", summary: "Try to read it again", tag: "mail"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Arrival], error) {
			if err := a.Spool.Retry(ctx, s.Access, actor(s), in.ID); err != nil {
				return nil, err
			}
			return ok(a.arrival(ctx, s, in.ID))
		})
	handle(a, op{method: "PUT", path: "/intake/{id}/dismissed", summary: "Say why it needs nothing more; its source stays", tag: "mail"},
		func(ctx context.Context, s team.Seat, in *dismissInput) (*body[Arrival], error) {
			if err := a.Spool.Dismiss(ctx, s.Access, actor(s), in.ID, in.Body.Reason); err != nil {
				return nil, err
			}
			return ok(a.arrival(ctx, s, in.ID))
		})
	handle(a, op{method: "GET", path: "/outbox", summary: "What left or is about to, newest first", tag: "mail"}, a.outbox)
}

func (a *API) arrival(ctx context.Context, s team.Seat, id int64) (Arrival, error) {
	v, err := a.Spool.Get(ctx, s.Access, id)
	if err != nil {
		return Arrival{}, err
	}
	desks, err := a.deskNames(ctx, s.Access)
	return arrivalOf(desks)(v), err
}

func (a *API) listArrivals(ctx context.Context, s team.Seat, in *arrivalQuery) (*body[List[Arrival]], error) {
	before, err := idCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	desks, err := a.deskNames(ctx, s.Access)
	if err != nil {
		return nil, err
	}
	rows, err := a.Spool.List(ctx, s.Access, in.State, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return ok(idPage(rows, in.Limit, arrivalOf(desks), func(v intake.Arrival) int64 { return v.ID }), nil)
}

func (a *API) outbox(ctx context.Context, s team.Seat, in *pageQuery) (*body[List[Sent]], error) {
	before, err := idCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := a.Book.Outbox(ctx, s.Access, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return ok(idPage(rows, in.Limit, sentOf, func(m conversation.Message) int64 { return m.ID }), nil)
}
