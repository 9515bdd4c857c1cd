package conversation

import (
	"context"
	"strings"
	"time"

	"kept/internal/customer"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/mail"
	"kept/internal/team"
)

// receiveReport attaches a delivery report to the message it is about. It never
// opens a conversation, and nothing answers it.
func receiveReport(ctx context.Context, tx *db.DB, desk team.Desk, r Received) (Outcome, error) {
	sent, err := reported(ctx, tx, desk, r)
	if err != nil {
		return Outcome{}, err
	}
	if sent.ID == 0 {
		return Outcome{SetAside: "A delivery report about a mail that Kept did not send from this desk."}, nil
	}
	c, err := lock(ctx, tx, sent.ConversationID)
	if err != nil {
		return Outcome{}, err
	}
	if sent, err = messageByID(ctx, tx, sent.ID); err != nil { // as it is now that nobody else changes it
		return Outcome{}, err
	}
	m, err := add(ctx, tx, &c, Message{
		Direction: System, State: StateReceived, Kind: string(r.Kind), Author: Author{Kind: "system", Name: r.From.Name, Address: r.From.Address}, Subject: r.Subject,
		Text: r.Text, VisibleText: r.Visible, HTML: r.HTML, Auto: true, Auth: r.Auth, MessageID: r.MessageID, RawKey: r.RawKey, At: r.At,
	}, r.Attachments)
	if err != nil {
		return Outcome{}, err
	}
	if err := learn(ctx, tx, desk, &c, sent, r); err != nil {
		return Outcome{}, err
	}
	return Outcome{ConversationID: c.ID, MessageID: m.ID}, save(ctx, tx, &c)
}

// learn draws the consequence of a report: it arrived, it may yet, or it did not.
func learn(ctx context.Context, tx *db.DB, desk team.Desk, c *Conversation, sent Message, r Received) error {
	b := r.Bounce
	switch {
	case b == nil || r.Kind == mail.FeedbackReport || b.Delayed:
		return nil
	case b.Delivered:
		sent.Delivered = true
		return saveMessage(ctx, tx, &sent)
	}
	reason := "The mail system of " + recipientOf(b) + " did not accept it"
	if b.Said != "" {
		reason += ": " + clip(b.Said, 300)
	}
	if b.Hard {
		if err := customer.Bounced(ctx, tx, customer.Email, recipientOf(b), r.At); err != nil {
			return err
		}
	}
	return undelivered(ctx, tx, desk, c, sent, StateBounced, reason, r.At)
}

func recipientOf(b *mail.Bounce) string {
	if b.Recipient == "" {
		return "the recipient"
	}
	return b.Recipient
}

// undelivered marks an answer that did not reach its customer. He still waits,
// so the conversation comes back to us with a promise of its own.
func undelivered(ctx context.Context, tx *db.DB, desk team.Desk, c *Conversation, m Message, state, reason string, at time.Time) error {
	if m.State == state {
		return nil // told already
	}
	m.State, m.Error = state, reason
	if err := saveMessage(ctx, tx, &m); err != nil {
		return err
	}
	c.Failed = true
	kind := "message.bounced"
	if state == StateFailed {
		kind = "message.failed"
	}
	if err := tell(ctx, tx, kind, c, at, event.System, map[string]any{"message_id": m.ID, "reason": reason, "person_id": m.Author.ID}); err != nil || m.Auto {
		return err // a lost acknowledgement leaves the promise as it is
	}
	_, err := owe(ctx, tx, desk, c, Message{ID: m.ID, At: at})
	return err
}

// reported is the message of ours that a report is about: by the Message-ID it
// quotes, by the token in the address it came to, or by our ids among its references.
func reported(ctx context.Context, tx *db.DB, desk team.Desk, r Received) (Message, error) {
	ids := references(r)
	if r.Bounce != nil && r.Bounce.OriginalMessageID != "" {
		ids = append([]string{r.Bounce.OriginalMessageID}, ids...)
	}
	for _, id := range ids {
		_, messageID, err := referred(ctx, tx, desk.ID, strings.Trim(id, "<>"))
		if err != nil {
			return Message{}, err
		}
		if messageID == 0 {
			continue
		}
		if m, err := messageByID(ctx, tx, messageID); err != nil || m.Direction == Out {
			return m, err
		}
	}
	return lastTo(ctx, tx, desk, r)
}

// lastTo is our newest message in the conversation whose token r was sent to.
func lastTo(ctx context.Context, tx *db.DB, desk team.Desk, r Received) (Message, error) {
	if r.Token == "" {
		return Message{}, nil
	}
	c, err := byToken(ctx, tx, r.Token)
	if err != nil || c.DeskID != desk.ID {
		return Message{}, ignoreMissing(err)
	}
	m, err := db.One(ctx, tx, scanMessage, `select `+messageColumns+` from message m where m.conversation_id = $1 and m.direction = 'out' and m.state <> 'undone' order by m.id desc limit 1`, c.ID)
	return m, ignoreMissing(err)
}

// receiveAutoReply adds an automatic answer to the conversation it answers. It
// changes nothing about who waits, and opens no conversation.
func receiveAutoReply(ctx context.Context, tx *db.DB, c Conversation, found bool, r Received, sender customer.Customer) (Outcome, error) {
	if !found {
		return Outcome{SetAside: "An automatic answer to a mail that Kept did not send from this desk."}, nil
	}
	m := inbound(r, &c, sender)
	m.Auto = true
	m, err := add(ctx, tx, &c, m, r.Attachments)
	if err != nil {
		return Outcome{}, err
	}
	if err := tell(ctx, tx, "message.received", &c, r.At, event.Customer(sender.ID), map[string]any{"message_id": m.ID, "subject": m.Subject, "auto": true}); err != nil {
		return Outcome{}, err
	}
	return Outcome{ConversationID: c.ID, MessageID: m.ID}, save(ctx, tx, &c)
}

// receiveOurOwn stores an answer of ours found in an imported mailbox.
func receiveOurOwn(ctx context.Context, tx *db.DB, desk team.Desk, r Received) (Outcome, error) {
	to := addresses(desk, map[string]bool{}, r.To, r.Cc)
	if len(to) == 0 {
		return Outcome{SetAside: "A mail from this desk to nobody else."}, nil
	}
	customerOf := r
	customerOf.From = to[0]
	sender, isNew, err := resolve(ctx, tx, &customerOf)
	if err != nil {
		return Outcome{}, err
	}
	c, found, err := thread(ctx, tx, desk, customerOf, sender)
	if err != nil {
		return Outcome{}, err
	}
	if !found {
		if c, err = open(ctx, tx, desk, r, sender, 0, event.System); err != nil {
			return Outcome{}, err
		}
	}
	if isNew {
		if err := tellCreated(ctx, tx, &c, sender, r.At, event.System); err != nil {
			return Outcome{}, err
		}
	}
	m := inbound(r, &c, sender)
	m.Direction, m.State, m.SentAt = Out, StateSent, r.At
	m.Author = Author{Kind: "person", Name: r.From.Name, Address: r.From.Address}
	if m, err = add(ctx, tx, &c, m, r.Attachments); err != nil {
		return Outcome{}, err
	}
	if err := joinAll(ctx, tx, desk, c.ID, customerOf); err != nil {
		return Outcome{}, err
	}
	return Outcome{ConversationID: c.ID, MessageID: m.ID, Opened: !found}, save(ctx, tx, &c)
}
