package conversation

import (
	"context"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/promise"
	"kept/internal/team"
)

// An Obstacle is one thing that stands in the way, told to a person and to a
// program alike.
type Obstacle struct {
	Kind      string `json:"kind"` // unanswered, promise, sending, failed, unseen
	Sentence  string `json:"sentence"`
	PromiseID int64  `json:"promise_id,omitempty"`
	MessageID int64  `json:"message_id,omitempty"`
}

// WriteNote adds words among colleagues. They are stored in this desk and never sent.
func (b *Book) WriteNote(ctx context.Context, acc team.Access, by event.Actor, id int64, text, html string, mentions []int64) (Message, error) {
	var m Message
	if strings.TrimSpace(text) == "" {
		return m, fault.New(fault.Invalid, "The note is empty. Write something.").With("text", "Write something.")
	}
	err := b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		desk, err := team.DeskByID(ctx, tx, c.DeskID)
		if err != nil {
			return err
		}
		author, err := b.author(ctx, tx, desk, by)
		if err != nil {
			return err
		}
		author.Address = "" // a note comes from a colleague, not from the desk
		before := c.Preview
		m, err = add(ctx, tx, c, Message{Direction: Note, State: StateWritten, Kind: "note", Author: author, Text: text, VisibleText: text, HTML: html, At: b.now()}, nil)
		if err != nil {
			return err
		}
		c.Preview = before // the list shows what customer and desk said to each other
		if err := seenBy(ctx, tx, c.ID, by.ID, m.ID, m.At); err != nil {
			return err
		}
		return tell(ctx, tx, "note.written", c, m.At, by, map[string]any{"message_id": m.ID, "mentions": mentions})
	})
	return m, err
}

// Assign gives the conversation, and what is owed in it, to a team and a person
// of it (0: anybody of the team).
func (b *Book) Assign(ctx context.Context, acc team.Access, by event.Actor, id, teamID, personID int64) error {
	return b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		if teamID == 0 {
			teamID = c.TeamID
		}
		if err := checkOwner(ctx, tx, c, teamID, personID); err != nil {
			return err
		}
		return give(ctx, tx, c, teamID, personID, b.now(), by)
	})
}

func checkOwner(ctx context.Context, tx *db.DB, c *Conversation, teamID, personID int64) error {
	if _, err := db.One(ctx, tx, db.Value[int64], `select id from team where id = $1`, teamID); err != nil {
		return fault.Wrap(err, fault.Invalid, "There is no such team. Choose another one.").With("team_id", "Choose a team.")
	}
	if personID == 0 {
		return nil
	}
	serves, err := team.Serves(ctx, tx, personID, c.DeskID)
	if err == nil && !serves {
		return fault.New(fault.Invalid, "That person cannot see this desk. Add the person to the desk's team first, or choose somebody else.").With("person_id", "Choose somebody of the desk's team.")
	}
	return err
}

func give(ctx context.Context, tx *db.DB, c *Conversation, teamID, personID int64, at time.Time, by event.Actor) error {
	if c.TeamID == teamID && c.PersonID == personID {
		return nil
	}
	c.TeamID, c.PersonID = teamID, personID
	if err := promise.Delegate(ctx, tx, c.ID, teamID, personID); err != nil {
		return err
	}
	return tell(ctx, tx, "conversation.assigned", c, at, by, map[string]any{"team_id": teamID, "person_id": personID})
}

// Snooze lets the conversation rest until a time, for a reason: a promise to
// ourselves to look at it then. It cannot rest past an answer that is owed.
func (b *Book) Snooze(ctx context.Context, acc team.Access, by event.Actor, id int64, until time.Time, reason string) error {
	return b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		now := b.now()
		reason = strings.TrimSpace(reason)
		switch {
		case !until.After(now):
			return fault.New(fault.Invalid, "Choose a time in the future.").With("until", "Choose a time in the future.")
		case until.After(now.AddDate(2, 0, 0)):
			return fault.New(fault.Invalid, "Choose a time within two years.").With("until", "Choose a time within two years.")
		case reason == "":
			return fault.New(fault.Invalid, "Say in a few words what you are waiting for.").With("reason", "Say what you are waiting for.")
		case c.State == Closed:
			return fault.New(fault.Conflict, "This conversation is closed. Open it again first.")
		}
		if err := mayRest(ctx, tx, c, until); err != nil {
			return err
		}
		if err := wake(ctx, tx, c, now, by, "Snoozed again."); err != nil {
			return err
		}
		c.State, c.SnoozedUntil, c.SnoozeReason = Resting, until, clip(reason, 500)
		if _, err := promise.Make(ctx, tx, promise.Promise{
			ConversationID: c.ID, CustomerID: c.CustomerID, DeskID: c.DeskID, Kind: promise.Remind, What: c.SnoozeReason, TeamID: c.TeamID, PersonID: c.PersonID, DueAt: until, MadeAt: now,
		}, by); err != nil {
			return err
		}
		return tell(ctx, tx, "conversation.snoozed", c, now, by, map[string]any{"until": until, "reason": c.SnoozeReason})
	})
}

// mayRest refuses to let a conversation rest past an answer that its customer waits for.
func mayRest(ctx context.Context, tx *db.DB, c *Conversation, until time.Time) error {
	open, err := promise.OpenOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	var in []Obstacle
	for _, p := range open {
		if p.Kind != promise.Remind && p.DueAt.Before(until) {
			in = append(in, Obstacle{Kind: "promise", PromiseID: p.ID, Sentence: "The customer was told: " + p.What + ". It is due before that time."})
		}
	}
	if len(in) > 0 {
		return fault.New(fault.Conflict, "The customer waits for an answer that is due before that. Answer first, even if only to say what happens next, or choose an earlier time.").Data(in)
	}
	return nil
}

// Wake ends a rest before its time.
func (b *Book) Wake(ctx context.Context, acc team.Access, by event.Actor, id int64) error {
	return b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		return wake(ctx, tx, c, b.now(), by, "Taken up before its time.")
	})
}

// wake ends a rest. At its time the reminder is kept by it; before, there is
// nothing left to remind of.
func wake(ctx context.Context, tx *db.DB, c *Conversation, at time.Time, by event.Actor, why string) error {
	if c.State != Resting {
		return nil
	}
	open, err := promise.OpenOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	due := c.SnoozedUntil
	for _, p := range open {
		if p.Kind != promise.Remind {
			continue
		}
		if at.Before(due) {
			err = promise.Dismiss(ctx, tx, p.ID, why, at, by)
		} else {
			err = promise.Keep(ctx, tx, p.ID, 0, p.DueAt, by) // the clock comes round a moment after the time itself
		}
		if err != nil {
			return err
		}
	}
	reason := c.SnoozeReason
	c.State, c.SnoozedUntil, c.SnoozeReason = Open, time.Time{}, ""
	if at.After(c.LastActivityAt) {
		c.LastActivityAt = at
	}
	return tell(ctx, tx, "conversation.woken", c, at, by, map[string]any{"reason": reason})
}

// Reasons for closing without an answer, and the words kept with the promise.
var closeReasons = map[string]string{
	"thanks":        "The customer said thanks; no answer is needed.",
	"spam":          "Not written by a customer.",
	"wrong_address": "Meant for somebody else.",
	"newsletter":    "A newsletter or notification.",
	"duplicate":     "Answered in another conversation.",
	"other":         "",
}

// Close ends the conversation, unless something stands in its way: an unanswered
// message, a promise to the customer, an answer that is still leaving or did not
// arrive. The obstacles come as data with the Conflict. A reason says that no
// answer is needed, and takes the unanswered message out of the way.
func (b *Book) Close(ctx context.Context, acc team.Access, by event.Actor, id int64, reason, words string) error {
	if why, ok := closeReasons[reason]; reason != "" && (!ok || why == "" && strings.TrimSpace(words) == "") {
		return fault.New(fault.Invalid, "Say why no answer is needed: thanks, spam, wrong_address, newsletter, duplicate, or other with a few words.").With("reason", "Choose a reason.")
	}
	return b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		if c.State == Closed {
			return nil
		}
		in, err := obstacles(ctx, tx, c, reason != "")
		if err != nil {
			return err
		}
		if len(in) > 0 {
			return fault.New(fault.Conflict, "%s", in[0].Sentence).Data(in)
		}
		if words == "" {
			words = closeReasons[reason]
		}
		if reason != "" {
			if err := dismissReplies(ctx, tx, c, words, b.now(), by); err != nil {
				return err
			}
		}
		return finish(ctx, tx, c, clip(strings.TrimSpace(reason+" "+words), 500), b.now(), by)
	})
}

// Obstacles returns what stands in the way of closing, none where nothing does.
func (b *Book) Obstacles(ctx context.Context, acc team.Access, id int64) ([]Obstacle, error) {
	c, err := byID(ctx, b.db, id)
	if err != nil {
		return nil, err
	}
	if err := acc.Desk(c.DeskID); err != nil {
		return nil, err
	}
	return obstacles(ctx, b.db, &c, false)
}

// obstacles lists what is open. excused: somebody said that no answer is needed.
func obstacles(ctx context.Context, d *db.DB, c *Conversation, excused bool) ([]Obstacle, error) {
	in := []Obstacle{}
	open, err := promise.OpenOf(ctx, d, c.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range open {
		switch {
		case p.Kind == promise.Remind || p.Kind == promise.Reply && excused:
		case p.Kind == promise.Reply:
			in = append(in, Obstacle{Kind: "unanswered", PromiseID: p.ID, MessageID: p.SourceMessageID, Sentence: "The last message has no answer yet. Answer it, or say why none is needed."})
		default:
			in = append(in, Obstacle{Kind: "promise", PromiseID: p.ID, Sentence: "We still owe the customer: " + p.What + "."})
		}
	}
	leaving, err := db.Collect(ctx, d, scanMessage, `select `+messageColumns+` from message m where m.conversation_id = $1 and m.direction = 'out' and not m.auto and m.state in ('queued', 'sending', 'failed', 'bounced') order by m.id`, c.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range leaving {
		switch {
		case m.State == StateQueued || m.State == StateSending:
			in = append(in, Obstacle{Kind: "sending", MessageID: m.ID, Sentence: "An answer is still being sent. Wait until it has left, or take it back."})
		case c.Failed && !excused:
			in = append(in, Obstacle{Kind: "failed", MessageID: m.ID, Sentence: "An answer did not arrive: " + m.Error + ". Send it another way, or say why none is needed."})
		}
	}
	return in, nil
}

func dismissReplies(ctx context.Context, tx *db.DB, c *Conversation, why string, at time.Time, by event.Actor) error {
	open, err := promise.OpenOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, p := range open {
		if p.Kind != promise.Reply {
			continue
		}
		if err := promise.Dismiss(ctx, tx, p.ID, why, at, by); err != nil {
			return err
		}
	}
	return nil
}

// finish closes c once nothing stands in the way.
func finish(ctx context.Context, tx *db.DB, c *Conversation, reason string, at time.Time, by event.Actor) error {
	if err := wake(ctx, tx, c, at, by, "Closed."); err != nil {
		return err
	}
	c.State, c.WaitingOn, c.WaitingSince, c.ClosedAt, c.CloseReason, c.Failed = Closed, Nobody, time.Time{}, at, reason, false
	return tell(ctx, tx, "conversation.closed", c, at, by, map[string]any{"reason": reason})
}

// Reopen takes up a closed conversation again. Nobody waits in it until somebody writes.
func (b *Book) Reopen(ctx context.Context, acc team.Access, by event.Actor, id int64) error {
	return b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		if c.State != Closed {
			return nil
		}
		c.State, c.ClosedAt, c.CloseReason = Open, time.Time{}, ""
		return tell(ctx, tx, "conversation.reopened", c, b.now(), by, nil)
	})
}

// Unmute gives a conversation back its voice after a flood.
func (b *Book) Unmute(ctx context.Context, acc team.Access, by event.Actor, id int64) error {
	return b.change(ctx, acc, id, func(tx *db.DB, c *Conversation) error {
		c.Muted = false
		return tell(ctx, tx, "conversation.updated", c, b.now(), by, map[string]any{"muted": false})
	})
}
