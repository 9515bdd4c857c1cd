package conversation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/abadojack/whatlanggo"

	"kept/internal/calendar"
	"kept/internal/customer"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/mail"
	"kept/internal/policy"
	"kept/internal/promise"
	"kept/internal/team"
)

// Received is what a channel made of bytes: who wrote what, to which desk.
type Received struct {
	DeskID       int64
	IntakeID     int64
	Channel      string // email
	From         mail.Address
	ReplyTo      []mail.Address
	To, Cc       []mail.Address
	Subject      string
	Text         string
	Visible      string // without quoted history and signature
	HTML         string
	Attachments  []Attachment // in the blob store already
	At           time.Time    // when it reached us; of an import, when it was written
	MessageID    string
	InReplyTo    []string
	References   []string
	Token        string // from the address it was sent to, "" for none
	Kind         mail.Kind
	Bulk         bool // came by a list or to many
	MayAutoReply bool
	RawKey       string
	Auth         string // JSON: {dkim,spf,dmarc}
	Bounce       *mail.Bounce
	History      bool // an import of what is long settled: nobody waits, nobody is answered
}

// Outcome says what became of it.
type Outcome struct {
	ConversationID int64
	MessageID      int64
	Opened         bool   // a new conversation
	SetAside       string // why it is in no conversation, "" where it is
}

// Receive stores what a customer wrote: message, conversation, customer and
// handles, reply promise and events, all in the caller's transaction. A report
// or an automatic answer joins the conversation it is about, and opens none.
func (b *Book) Receive(ctx context.Context, tx *db.DB, r Received) (Outcome, error) {
	desk, err := team.DeskByID(ctx, tx, r.DeskID)
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case r.Kind == mail.Bounced || r.Kind == mail.FeedbackReport:
		return receiveReport(ctx, tx, desk, r)
	case r.History && sameAddress(r.From.Address, desk):
		return receiveOurOwn(ctx, tx, desk, r)
	}
	if sameAddress(r.From.Address, desk) && len(r.ReplyTo) > 0 {
		r.From = r.ReplyTo[0] // a list in front of the desk writes in its own name and says here who wrote
	}
	if sameAddress(r.From.Address, desk) {
		r.MayAutoReply = false // or the desk would talk to itself
	}
	sender, isNew, err := resolve(ctx, tx, &r)
	if err != nil {
		return Outcome{}, err
	}
	c, found, err := thread(ctx, tx, desk, r, sender)
	if err != nil {
		return Outcome{}, err
	}
	if r.Kind == mail.AutoReply {
		return receiveAutoReply(ctx, tx, c, found, r, sender)
	}
	if !found {
		if c, err = open(ctx, tx, desk, r, sender, c.ID, event.Customer(sender.ID)); err != nil {
			return Outcome{}, err
		}
	}
	if isNew {
		if err := tellCreated(ctx, tx, &c, sender, r.At, event.Customer(sender.ID)); err != nil {
			return Outcome{}, err
		}
	}
	m, err := b.store(ctx, tx, desk, &c, r, sender)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{ConversationID: c.ID, MessageID: m.ID, Opened: !found}, nil
}

// store adds the customer's message to c and makes sure that an answer is owed.
func (b *Book) store(ctx context.Context, tx *db.DB, desk team.Desk, c *Conversation, r Received, sender customer.Customer) (Message, error) {
	m, err := add(ctx, tx, c, inbound(r, c, sender), r.Attachments)
	if err != nil {
		return m, err
	}
	if c.MessageCount > 1 && r.refuted() {
		r.ReplyTo = nil // whoever writes in a customer's name must not get the answers to him
	}
	if err := joinAll(ctx, tx, desk, c.ID, r); err != nil {
		return m, err
	}
	if err := tell(ctx, tx, "message.received", c, r.At, event.Customer(sender.ID), map[string]any{"message_id": m.ID, "subject": m.Subject, "from": m.Author.Name, "address": m.Author.Address}); err != nil {
		return m, err
	}
	if r.History {
		return m, save(ctx, tx, c)
	}
	if err := mute(ctx, tx, c, r.At); err != nil {
		return m, err
	}
	p, err := owe(ctx, tx, desk, c, m)
	if err != nil {
		return m, err
	}
	if err := save(ctx, tx, c); err != nil {
		return m, err
	}
	if desk.Acknowledge && r.MayAutoReply && !r.refuted() && c.MessageCount == 1 && !c.Muted && c.LinkedFrom == 0 {
		return m, acknowledge(ctx, tx, desk, c, m, p)
	}
	return m, nil
}

// owe makes c wait on us, with a promise to answer m unless one is open.
func owe(ctx context.Context, tx *db.DB, desk team.Desk, c *Conversation, m Message) (promise.Promise, error) {
	if err := wake(ctx, tx, c, m.At, event.System, "The customer wrote."); err != nil {
		return promise.Promise{}, err
	}
	if c.State == Closed {
		c.State, c.ClosedAt, c.CloseReason = Open, time.Time{}, ""
		if err := tell(ctx, tx, "conversation.reopened", c, m.At, event.Customer(c.CustomerID), nil); err != nil {
			return promise.Promise{}, err
		}
	}
	open, err := promise.OpenOf(ctx, tx, c.ID)
	if err != nil {
		return promise.Promise{}, err
	}
	if c.WaitingOn != Us {
		c.WaitingOn, c.WaitingSince = Us, m.At
	}
	for _, p := range open {
		if p.Kind == promise.Reply {
			return p, nil
		}
	}
	first, err := unanswered(ctx, tx, c.ID)
	if err != nil {
		return promise.Promise{}, err
	}
	cal, err := calendar.ByID(ctx, tx, desk.CalendarID)
	if err != nil {
		return promise.Promise{}, err
	}
	return promise.Make(ctx, tx, promise.Promise{
		ConversationID: c.ID, CustomerID: c.CustomerID, DeskID: c.DeskID, Kind: promise.Reply, What: answerTo(c.Subject),
		TeamID: c.TeamID, PersonID: c.PersonID, DueAt: policy.ReplyDue(desk, cal, first, m.At), MadeAt: m.At, SourceMessageID: m.ID,
	}, event.System)
}

// unanswered reports whether nobody of ours ever answered in the conversation.
func unanswered(ctx context.Context, tx *db.DB, conversationID int64) (bool, error) {
	n, err := db.One(ctx, tx, db.Value[int64], `select count(*) from message where conversation_id = $1 and direction = 'out' and not auto and state in ('sent', 'bounced')`, conversationID)
	return n == 0, err
}

func answerTo(subject string) string {
	if subject == "" {
		return "An answer to your message"
	}
	return "An answer to “" + clip(subject, 200) + "”"
}

// The flood limit: what one sender may open, or write into one conversation,
// within an hour before it is stored without being announced.
const flood = 20

// mute marks c as part of a flood from one sender. Its promise stands: it is
// stored, listed and owed an answer, but it neither rings nor fills the inbox.
func mute(ctx context.Context, tx *db.DB, c *Conversation, now time.Time) error {
	if c.Muted {
		return nil
	}
	n, err := db.One(ctx, tx, db.Value[int64], `select (select count(*) from (select 1 from conversation where customer_id = $1 and created_at > $2 and last_activity_at > $2 limit $3) a)
		+ (select count(*) from (select 1 from message where conversation_id = $4 and direction = 'in' and at > $2 limit $3) b)`,
		c.CustomerID, db.Micros(now.Add(-time.Hour)), flood+2, c.ID)
	if err != nil || n <= flood+1 {
		return err
	}
	c.Muted = true
	return tell(ctx, tx, "conversation.muted", c, now, event.System, map[string]any{"reason": "More than 20 mails from this sender within an hour."})
}

// tellCreated says that who became a customer with the conversation c.
func tellCreated(ctx context.Context, tx *db.DB, c *Conversation, who customer.Customer, at time.Time, by event.Actor) error {
	return tell(ctx, tx, "customer.created", c, at, by, map[string]any{"name": who.Name})
}

// open begins a conversation with a customer; by is who wrote first. linkedFrom is
// the one that the sender answered in without taking part, 0 for none.
func open(ctx context.Context, tx *db.DB, desk team.Desk, r Received, sender customer.Customer, linkedFrom int64, by event.Actor) (Conversation, error) {
	c := Conversation{
		DeskID: desk.ID, CustomerID: sender.ID, Channel: r.Channel, Subject: clip(r.Subject, 1000), Token: newToken(), State: Open, WaitingOn: Nobody,
		TeamID: desk.TeamID, Language: languageOf(r.Visible), Bulk: r.Bulk, LinkedFrom: linkedFrom, LastActivityAt: r.At, CreatedAt: r.At,
	}
	if r.History {
		c.State = Closed
	}
	if err := insert(ctx, tx, &c); err != nil {
		return c, err
	}
	if err := tell(ctx, tx, "conversation.opened", &c, r.At, by, map[string]any{"subject": c.Subject, "linked_from": linkedFrom}); err != nil {
		return c, err
	}
	if r.History {
		c.ClosedAt, c.CloseReason = r.At, "imported"
	}
	return c, nil
}

func inbound(r Received, c *Conversation, sender customer.Customer) Message {
	author := Author{Kind: "customer", ID: sender.ID, Name: nameOf(r.From, sender), Address: r.From.Address}
	if sender.ID != c.CustomerID {
		author.Kind = "participant"
	}
	return Message{
		Direction: In, State: StateReceived, Kind: string(r.Kind), Author: author, To: r.To, Cc: r.Cc, Subject: r.Subject, Text: r.Text, VisibleText: r.Visible, HTML: r.HTML,
		Auth: r.Auth, MessageID: r.MessageID, InReplyTo: r.InReplyTo, References: r.References, RawKey: r.RawKey, At: r.At,
	}
}

// add adds m with its files to c and to what answers refer to.
func add(ctx context.Context, tx *db.DB, c *Conversation, m Message, files []Attachment) (Message, error) {
	m.ConversationID, m.DeskID = c.ID, c.DeskID
	if err := insertMessage(ctx, tx, &m); err != nil {
		return m, err
	}
	for _, a := range files {
		a.MessageID = m.ID
		if err := insertAttachment(ctx, tx, &a, 0, m.At); err != nil {
			return m, err
		}
		m.Attachments = append(m.Attachments, a)
	}
	if err := refer(ctx, tx, c.DeskID, m.MessageID, c.ID, m.ID); err != nil {
		return m, err
	}
	c.MessageCount++
	c.LastMessageID = m.ID
	if m.At.After(c.LastActivityAt) {
		c.LastActivityAt = m.At
	}
	if m.Direction != System {
		c.Preview = preview(m)
	}
	return m, nil
}

// preview is how a message begins, on one line.
func preview(m Message) string {
	text := m.VisibleText
	if strings.TrimSpace(text) == "" {
		text = m.Text
	}
	return clip(strings.Join(strings.Fields(clip(text, 2000)), " "), 240)
}

// resolve finds or makes the customer who wrote r. A mail whose sender is no
// address gets a customer of its own, so that it can be read and closed but
// answers nobody.
func resolve(ctx context.Context, tx *db.DB, r *Received) (customer.Customer, bool, error) {
	c, isNew, err := customer.Resolve(ctx, tx, r.Channel, r.From.Address, r.From.Name, r.At)
	if fault.Of(err) != fault.Invalid {
		return c, isNew, err
	}
	sum := sha256.Sum256([]byte(r.RawKey + r.MessageID + r.From.Name + r.From.Address))
	r.From.Address = "unknown-" + hex.EncodeToString(sum[:6]) + "@sender.invalid"
	r.MayAutoReply = false
	return customer.Resolve(ctx, tx, r.Channel, r.From.Address, r.From.Name, r.At)
}

func nameOf(a mail.Address, c customer.Customer) string {
	if a.Name != "" {
		return a.Name
	}
	return c.Name
}

// refuted reports whether the domain that r claims to come from says that it does
// not. Nobody is written to by himself on the word of such a mail: it would be one
// more victim of its forger.
func (r Received) refuted() bool {
	var said struct{ SPF, DMARC string }
	if json.Unmarshal([]byte(r.Auth), &said) != nil {
		return false
	}
	return said.DMARC == "fail" || said.DMARC != "pass" && said.SPF == "fail"
}

// joinAll makes everybody named in r a participant: the sender, and the people
// copied in, who are not customers until they write. Answers go where r asks, and
// no longer where an earlier mail did.
func joinAll(ctx context.Context, tx *db.DB, desk team.Desk, conversationID int64, r Received) error {
	if err := forgetReplyTo(ctx, tx, conversationID); err != nil {
		return err
	}
	people := []Participant{{canonical(r.From.Address), r.From.Name, "customer"}}
	for _, a := range r.ReplyTo {
		if canonical(a.Address) != people[0].Address {
			people = append(people, Participant{canonical(a.Address), a.Name, "reply_to"})
		}
	}
	for _, list := range [][]mail.Address{r.To, r.Cc} {
		for _, a := range list[:min(len(list), 100)] { // a mail to thousands is no conversation among them
			people = append(people, Participant{canonical(a.Address), a.Name, "copied"})
		}
	}
	for i, p := range people {
		if !strings.Contains(p.Address, "@") || i > 0 && sameAddress(p.Address, desk) {
			continue
		}
		if err := join(ctx, tx, conversationID, p, r.At); err != nil {
			return err
		}
	}
	return nil
}

// languageOf is the language somebody wrote in, "" unless it is clear.
func languageOf(text string) string {
	info := whatlanggo.Detect(clip(text, 400)) // more letters cost more and tell no more
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}
