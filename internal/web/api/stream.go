package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"kept/internal/conversation"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
	"kept/internal/web"
	"kept/internal/web/live"
)

// Change is what a stream says about one event.
type Change struct {
	Kind           string           `json:"kind"`
	At             time.Time        `json:"at"`
	ConversationID *int64           `json:"conversation_id"`
	Conversation   *Conversation    `json:"conversation" doc:"As it is now; null where it concerns none."`
	MessageID      *int64           `json:"message_id"`
	Counts         map[string]int64 `json:"counts,omitempty" doc:"With the last change of a burst."`
}

// loaded is a change before it is fitted to its viewer.
type loaded struct {
	change       Change
	conversation *conversation.Conversation
}

// Load adds the conversation to each event, once for all viewers; of several events on one conversation all get its newest state.
func Load(book *conversation.Book) func(ctx context.Context, events []event.Event) ([]live.Frame, error) {
	return func(ctx context.Context, events []event.Event) ([]live.Frame, error) {
		known := map[int64]*conversation.Conversation{}
		frames := make([]live.Frame, len(events))
		for i, e := range events {
			l := loaded{change: Change{Kind: e.Kind, At: e.At, ConversationID: num(e.ConversationID), MessageID: messageID(e)}}
			if e.ConversationID != 0 {
				c, seen := known[e.ConversationID]
				if !seen {
					row, err := book.Row(ctx, team.System, e.ConversationID)
					if err != nil && fault.Of(err) != fault.NotFound {
						return nil, err
					}
					if err == nil {
						c = &row
					}
					known[e.ConversationID] = c
				}
				l.conversation = c
			}
			frames[i] = live.Frame{Event: e, Value: l}
		}
		return frames, nil
	}
}

func messageID(e event.Event) *int64 {
	var data struct {
		MessageID int64 `json:"message_id"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return nil
	}
	return num(data.MessageID)
}

// encode fits frames to a viewer: what is unread differs by person, and so do the counts.
func (a *API) encode(ctx context.Context, acc team.Access, frames []live.Frame) ([][]byte, error) {
	lines := make([][]byte, len(frames))
	read := map[int64]int64{}
	for i, f := range frames {
		l := f.Value.(loaded)
		if c := l.conversation; c != nil {
			mark, known := read[c.ID]
			if !known {
				var err error
				if mark, err = a.Book.ReadUpTo(ctx, acc, c.ID); err != nil {
					return nil, err
				}
				read[c.ID] = mark
			}
			shape := conversationOf(*c)
			shape.Unread = mark < c.LastMessageID
			if acc.Sees(c.DeskID) {
				l.change.Conversation = &shape
			}
		}
		if i == len(frames)-1 {
			var err error
			if l.change.Counts, err = a.counts(ctx, acc); err != nil {
				return nil, err
			}
		}
		line, err := json.Marshal(l.change)
		if err != nil {
			return nil, err
		}
		lines[i] = line
	}
	return lines, nil
}

// stream sends what happens at the desks the reader sees.
func (a *API) stream(w http.ResponseWriter, r *http.Request) error {
	seat := SeatOf(r.Context())
	if seat == nil {
		return web.ErrNotSignedIn
	}
	if err := seat.Access.Can(team.Read); err != nil {
		return err
	}
	v := live.Viewer{Access: seat.Access, Encode: a.encode, Renew: func(ctx context.Context) (team.Access, error) {
		now, err := a.identify(r)
		if err == nil && now == nil {
			return team.Access{}, web.ErrNotSignedIn
		}
		if err != nil {
			return team.Access{}, err
		}
		return now.Access, nil
	}}
	from := r.Header.Get("Last-Event-ID")
	if from == "" {
		from = r.URL.Query().Get("after")
	}
	if from != "" {
		p, err := event.ParsePosition(from)
		if err != nil {
			return err
		}
		v.After = &p
	}
	return a.Live.Serve(w, r, v)
}
