package conversation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kept/internal/customer"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/job"
	"kept/internal/mail"
	"kept/internal/policy"
	"kept/internal/promise"
	"kept/internal/team"
)

// SendJob is the kind of job that hands a queued message to its channel. Its
// payload is a SendPayload, its key the message's id.
const SendJob = "email.send"

// SendPayload says which message to send.
type SendPayload struct {
	MessageID int64 `json:"message_id"`
}

// A Reply is an answer to be sent.
type Reply struct {
	ConversationID int64
	Text           string
	HTML           string         // "" for plain text only
	To             []mail.Address // empty: the customer, or where he asked answers to go
	Cc, Bcc        []mail.Address
	AttachmentIDs  []int64
	UndoFor        time.Duration // how long it waits before it leaves
	SeenMessageID  int64         // the newest message its writer had read; 0: not said
	Close          bool          // close once it has left
}

// longestUndo bounds how long an answer may be held back for second thoughts.
const longestUndo = 5 * time.Minute

// Send queues an answer. Until it leaves it can be undone; the promise is kept,
// and the conversation waits on the customer, once it has left (Sent). Where
// something was said that the writer had not seen, it is a Conflict, so that two
// colleagues never answer over each other.
func (b *Book) Send(ctx context.Context, acc team.Access, by event.Actor, r Reply) (Message, error) {
	var m Message
	err := b.change(ctx, acc, r.ConversationID, func(tx *db.DB, c *Conversation) error {
		desk, err := b.prepare(ctx, tx, c, &r, by)
		if err != nil {
			return err
		}
		m, err = b.queue(ctx, tx, desk, c, r, by)
		return err
	})
	return m, err
}

// prepare checks a reply and fills in to whom it goes.
func (b *Book) prepare(ctx context.Context, tx *db.DB, c *Conversation, r *Reply, by event.Actor) (team.Desk, error) {
	desk, err := team.DeskByID(ctx, tx, c.DeskID)
	if err != nil {
		return desk, err
	}
	if strings.TrimSpace(r.Text) == "" && len(r.AttachmentIDs) == 0 {
		return desk, fault.New(fault.Invalid, "The answer is empty. Write something, or attach a file.").With("text", "Write something.")
	}
	if err := unseen(ctx, tx, c, r.SeenMessageID, by); err != nil {
		return desk, err
	}
	if len(r.To) == 0 {
		if r.To, err = recipients(ctx, tx, c); err != nil {
			return desk, err
		}
	}
	seen := map[string]bool{}
	r.To, r.Cc, r.Bcc = addresses(desk, seen, r.To), addresses(desk, seen, r.Cc), addresses(desk, seen, r.Bcc)
	return desk, checkRecipients(r.To, r.Cc, r.Bcc)
}

func checkRecipients(to []mail.Address, others ...[]mail.Address) error {
	if len(to) == 0 {
		return fault.New(fault.Invalid, "There is nobody to send this to. Add an address.").With("to", "Add an address.")
	}
	n := 0
	for _, list := range append(others, to) {
		n += len(list)
		for _, a := range list {
			if !customer.Valid(a.Address) {
				return fault.New(fault.Invalid, "%q is not a mail address. Check it for a typing mistake.", a.Address).With("to", "Check "+a.Address+".")
			}
		}
	}
	if n > 100 {
		return fault.New(fault.Invalid, "An answer can go to at most 100 people; this one has %d.", n)
	}
	return nil
}

// unseen refuses an answer whose writer has not read what was said last.
func unseen(ctx context.Context, tx *db.DB, c *Conversation, seen int64, by event.Actor) error {
	if seen == 0 {
		return nil
	}
	newer, err := db.Collect(ctx, tx, scanMessage, `select `+messageColumns+` from message m where m.conversation_id = $1 and m.id > $2 and m.direction in ('in', 'out') and not m.auto and m.state <> 'undone'
		and not (m.author_kind = 'person' and m.author_id = $3) order by m.id`, c.ID, seen, by.ID)
	if err != nil || len(newer) == 0 {
		return err
	}
	last := newer[len(newer)-1]
	obstacle := Obstacle{Kind: "unseen", MessageID: last.ID, Sentence: last.Author.Name + " wrote while you were writing. Read it first, then send."}
	return fault.New(fault.Conflict, "%s", obstacle.Sentence).Data([]Obstacle{obstacle})
}

// recipients are whom an answer goes to: where the newest mail asked for it,
// else whoever wrote it.
func recipients(ctx context.Context, tx *db.DB, c *Conversation) ([]mail.Address, error) {
	people, err := ParticipantsOf(ctx, tx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		if p.Role == "reply_to" {
			return []mail.Address{{Name: p.Name, Address: p.Address}}, nil
		}
	}
	last, err := db.One(ctx, tx, scanMessage, `select `+messageColumns+` from message m where m.conversation_id = $1 and m.direction = 'in' and not m.auto order by m.id desc limit 1`, c.ID)
	if err == nil && last.Author.Address != "" {
		return []mail.Address{{Name: last.Author.Name, Address: last.Author.Address}}, nil
	}
	if ignoreMissing(err) != nil {
		return nil, err
	}
	for _, p := range people {
		if p.Role == "customer" {
			return []mail.Address{{Name: p.Name, Address: p.Address}}, nil
		}
	}
	return nil, nil
}

// queue writes the message and the job that will send it, and makes its writer
// the one who answers here unless somebody is already.
func (b *Book) queue(ctx context.Context, tx *db.DB, desk team.Desk, c *Conversation, r Reply, by event.Actor) (Message, error) {
	now := b.now()
	m, err := b.compose(ctx, tx, desk, c, r, by)
	if err != nil {
		return m, err
	}
	for _, a := range append(m.To, m.Cc...) { // whoever is written to may answer; a blind copy stays unseen
		if err := join(ctx, tx, c.ID, Participant{canonical(a.Address), a.Name, "copied"}, now); err != nil {
			return m, err
		}
	}
	if c.PersonID == 0 && by.Kind == "person" {
		if err := give(ctx, tx, c, c.TeamID, by.ID, now, by); err != nil {
			return m, err
		}
	}
	if err := dropDraft(ctx, tx, c.ID, by.ID); err != nil {
		return m, err
	}
	if err := seenBy(ctx, tx, c.ID, by.ID, m.ID, now); err != nil {
		return m, err
	}
	return m, tell(ctx, tx, "message.queued", c, now, by, map[string]any{"message_id": m.ID, "undo_until": m.UndoUntil})
}

func (b *Book) compose(ctx context.Context, tx *db.DB, desk team.Desk, c *Conversation, r Reply, by event.Actor) (Message, error) {
	author, err := b.author(ctx, tx, desk, by)
	if err != nil {
		return Message{}, err
	}
	now := b.now()
	subject := c.Subject
	if c.MessageCount > 0 {
		subject = subjectOf(c.Subject)
	}
	m := Message{
		Direction: Out, State: StateQueued, Kind: string(mail.Plain), Author: author, To: r.To, Cc: r.Cc, Bcc: r.Bcc, Subject: subject,
		Text: r.Text, VisibleText: r.Text, HTML: r.HTML, MessageID: newMessageID(c.Token, desk), CloseAfter: r.Close,
		UndoUntil: now.Add(min(max(r.UndoFor, 0), longestUndo)), At: now,
	}
	if m, err = add(ctx, tx, c, m, nil); err != nil {
		return m, err
	}
	if m.Attachments, err = claim(ctx, tx, r.AttachmentIDs, m.ID, by.ID); err != nil {
		return m, err
	}
	return m, job.Enqueue(ctx, tx, sending(m))
}

// sending is the job that hands m over.
func sending(m Message) job.Job {
	return job.Job{Kind: SendJob, Payload: SendPayload{m.ID}, RunAt: m.UndoUntil, Key: strconv.FormatInt(m.ID, 10)}
}

func (b *Book) author(ctx context.Context, tx *db.DB, desk team.Desk, by event.Actor) (Author, error) {
	if by.Kind != "person" {
		return Author{Kind: "system", Name: desk.From(), Address: desk.Address}, nil
	}
	name, err := db.One(ctx, tx, db.Value[string], `select name from person where id = $1`, by.ID)
	return Author{Kind: "person", ID: by.ID, Name: name, Address: desk.Address}, err
}

// A Beginning is a conversation that we start.
type Beginning struct {
	DeskID        int64
	To, Cc, Bcc   []mail.Address
	Subject       string
	Text, HTML    string
	AttachmentIDs []int64
	UndoFor       time.Duration
}

// Start writes first: to somebody who may never have written to us.
func (b *Book) Start(ctx context.Context, acc team.Access, by event.Actor, s Beginning) (Conversation, Message, error) {
	var c Conversation
	var m Message
	if err := acc.Desk(s.DeskID); err != nil {
		return c, m, err
	}
	if strings.TrimSpace(s.Subject) == "" {
		return c, m, fault.New(fault.Invalid, "Write a subject, so that the reader knows what it is about.").With("subject", "Write a subject.")
	}
	if err := checkRecipients(s.To, s.Cc, s.Bcc); err != nil {
		return c, m, err
	}
	err := b.db.Tx(ctx, func(tx *db.DB) error {
		desk, err := team.DeskByID(ctx, tx, s.DeskID)
		if err != nil {
			return err
		}
		now := b.now()
		who, isNew, err := customer.Resolve(ctx, tx, customer.Email, s.To[0].Address, s.To[0].Name, now)
		if err != nil {
			return err
		}
		if c, err = open(ctx, tx, desk, Received{Channel: customer.Email, Subject: s.Subject, Visible: s.Text, At: now}, who, 0, by); err != nil {
			return err
		}
		if isNew {
			if err := tellCreated(ctx, tx, &c, who, now, by); err != nil {
				return err
			}
		}
		if err := join(ctx, tx, c.ID, Participant{canonical(s.To[0].Address), s.To[0].Name, "customer"}, now); err != nil {
			return err
		}
		r := Reply{ConversationID: c.ID, Text: s.Text, HTML: s.HTML, To: s.To, Cc: s.Cc, Bcc: s.Bcc, AttachmentIDs: s.AttachmentIDs, UndoFor: s.UndoFor}
		if _, err := b.prepare(ctx, tx, &c, &r, by); err != nil {
			return err
		}
		if m, err = b.queue(ctx, tx, desk, &c, r, by); err != nil {
			return err
		}
		return save(ctx, tx, &c)
	})
	return c, m, err
}

// acknowledge tells a new customer by when he will be answered: at most once a
// day and address, never to a machine.
func acknowledge(ctx context.Context, tx *db.DB, desk team.Desk, c *Conversation, heard Message, p promise.Promise) error {
	first, err := firstToday(ctx, tx, canonical(heard.Author.Address), heard.At)
	if err != nil || !first {
		return err
	}
	zone, err := zoneOf(ctx, tx, c.CustomerID, desk)
	if err != nil {
		return err
	}
	ack := policy.Acknowledgement(desk, heard.Author.Name, c.Language, zone, p.DueAt, heard.At)
	m, err := add(ctx, tx, c, Message{
		Direction: Out, State: StateQueued, Kind: Acknowledgement, Author: Author{Kind: "system", Name: desk.From(), Address: desk.Address},
		To: []mail.Address{{Name: heard.Author.Name, Address: heard.Author.Address}}, Subject: subjectOf(c.Subject), Text: ack.Text, VisibleText: ack.Text, HTML: ack.HTML,
		Auto: true, MessageID: newMessageID(c.Token, desk), At: heard.At, UndoUntil: heard.At,
	}, nil)
	if err != nil {
		return err
	}
	c.Preview = preview(heard) // the list shows the customer's words
	if err := job.Enqueue(ctx, tx, sending(m)); err != nil {
		return err
	}
	return save(ctx, tx, c)
}

// firstToday claims the one automatic answer that an address gets in 24 hours.
func firstToday(ctx context.Context, tx *db.DB, address string, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `insert into auto_reply (address, at) values ($1, $2) on conflict (address) do update set at = excluded.at where auto_reply.at <= $3`,
		address, db.Micros(now), db.Micros(now.Add(-24*time.Hour)))
	return n == 1, err
}

// Undo takes back an answer that has not left yet, and returns it to be mended.
func (b *Book) Undo(ctx context.Context, acc team.Access, by event.Actor, messageID int64) (Message, error) {
	return b.changeMessage(ctx, acc, messageID, func(tx *db.DB, c *Conversation, m *Message) error {
		held, err := job.Withdraw(ctx, tx, SendJob, strconv.FormatInt(m.ID, 10))
		if err != nil {
			return err
		}
		if (m.State == StateQueued || m.State == StateSending) && !held {
			return fault.New(fault.Conflict, "We have begun to hand it over, so it may have left and cannot be taken back. If it does not arrive, it comes back to you.")
		}
		if m.State != StateQueued {
			return fault.New(fault.Conflict, "It has left already and cannot be taken back. Write to the customer again if something needs mending.")
		}
		m.State = StateUndone
		if err := saveMessage(ctx, tx, m); err != nil {
			return err
		}
		if err := lastWords(ctx, tx, c); err != nil {
			return err
		}
		return tell(ctx, tx, "message.undone", c, b.now(), by, map[string]any{"message_id": m.ID})
	})
}

// Retry sends a message that failed once more.
func (b *Book) Retry(ctx context.Context, acc team.Access, by event.Actor, messageID int64) (Message, error) {
	return b.changeMessage(ctx, acc, messageID, func(tx *db.DB, c *Conversation, m *Message) error {
		if m.State != StateFailed && m.State != StateBounced {
			return fault.New(fault.Conflict, "Only a message that did not arrive can be sent again.")
		}
		m.State, m.Error, m.UndoUntil = StateQueued, "", b.now()
		if err := saveMessage(ctx, tx, m); err != nil {
			return err
		}
		if err := stillFailed(ctx, tx, c); err != nil {
			return err
		}
		if err := job.Again(ctx, tx, sending(*m)); err != nil {
			return err
		}
		return tell(ctx, tx, "message.queued", c, b.now(), by, map[string]any{"message_id": m.ID, "again": true})
	})
}

func (b *Book) changeMessage(ctx context.Context, acc team.Access, messageID int64, fn func(tx *db.DB, c *Conversation, m *Message) error) (Message, error) {
	m, err := messageByID(ctx, b.db, messageID)
	if err != nil {
		return m, err
	}
	err = b.change(ctx, acc, m.ConversationID, func(tx *db.DB, c *Conversation) error {
		if m, err = messageByID(ctx, tx, messageID); err != nil {
			return err
		}
		return fn(tx, c, &m)
	})
	return m, err
}

// Sending marks a message as being handed over, so that it can no longer be
// undone. It is a Conflict where it need not be sent (any more).
func (b *Book) Sending(ctx context.Context, messageID int64) error {
	n, err := b.db.Exec(ctx, `update message set state = 'sending' where id = $1 and state in ('queued', 'sending')`, messageID)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "Message %d is not waiting to be sent.", messageID)
	}
	return err
}

// Sent records that a message was handed over at a time; raw is the mail as it
// went. An answer keeps the reply promise, unless the customer wrote again in
// between: then a new one begins with what he wrote.
func (b *Book) Sent(ctx context.Context, messageID int64, at time.Time, raw string) error {
	_, err := b.changeMessage(ctx, team.System, messageID, func(tx *db.DB, c *Conversation, m *Message) error {
		if m.State == StateSent {
			return nil
		}
		if m.State == StateBounced { // it came back before its hand-over was noted: it left, and reached nobody
			m.SentAt, m.RawKey = at, raw
			return saveMessage(ctx, tx, m)
		}
		m.State, m.SentAt, m.RawKey, m.Error = StateSent, at, raw, ""
		if err := saveMessage(ctx, tx, m); err != nil {
			return err
		}
		by := actorOf(m.Author)
		if err := tell(ctx, tx, "message.sent", c, at, by, map[string]any{"message_id": m.ID, "auto": m.Auto}); err != nil || m.Auto {
			return err
		}
		return answer(ctx, tx, c, m, at, by)
	})
	return err
}

// answer draws the consequence of an answer that left. Only one that went to the
// customer keeps what he was promised: while we write to a carrier or a
// colleague of his, he still waits.
func answer(ctx context.Context, tx *db.DB, c *Conversation, m *Message, at time.Time, by event.Actor) error {
	c.Failed = false // what came before did not arrive, this did
	open, err := openReply(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	reached, err := reaches(ctx, tx, c, m)
	switch {
	case err != nil:
		return err
	case !reached && open.ID != 0:
		return nil // somebody else was written to, and the customer is owed his answer as before
	case open.ID != 0:
		if err := promise.Keep(ctx, tx, open.ID, m.ID, at, by); err != nil {
			return err
		}
	}
	c.WaitingOn, c.WaitingSince = Customer, at
	if !reached {
		c.WaitingOn = ThirdParty
	}
	return next(ctx, tx, c, m, at, by)
}

// next is what follows an answer: a further one where the customer wrote in
// between, or the end where its writer wanted it.
func next(ctx context.Context, tx *db.DB, c *Conversation, m *Message, at time.Time, by event.Actor) error {
	newer, err := db.Collect(ctx, tx, scanMessage, `select `+messageColumns+` from message m where m.conversation_id = $1 and m.id > $2 and m.direction = 'in' and not m.auto order by m.id limit 1`, c.ID, m.ID)
	if err != nil {
		return err
	}
	if len(newer) > 0 {
		desk, err := team.DeskByID(ctx, tx, c.DeskID)
		if err != nil {
			return err
		}
		_, err = owe(ctx, tx, desk, c, newer[0])
		return err
	}
	if c.State == Closed {
		c.WaitingOn = Nobody
	}
	if m.CloseAfter {
		return finish(ctx, tx, c, "answered", at, by)
	}
	return nil
}

// openReply is the promise to answer that is open in a conversation, the zero
// Promise where none is.
func openReply(ctx context.Context, tx *db.DB, conversationID int64) (promise.Promise, error) {
	open, err := promise.OpenOf(ctx, tx, conversationID)
	for _, p := range open {
		if p.Kind == promise.Reply {
			return p, err
		}
	}
	return promise.Promise{}, err
}

// reaches reports whether a message went to somebody who waits for it: the
// customer at any address of his, whoever answers are to go to, or whoever wrote.
func reaches(ctx context.Context, tx *db.DB, c *Conversation, m *Message) (bool, error) {
	waiting, err := db.Collect(ctx, tx, db.Value[string], `select address from handle where customer_id = $1
		union select address from participant where conversation_id = $2 and role in ('customer', 'reply_to')
		union select lower(author_address) from message where conversation_id = $2 and direction = 'in' and not auto`, c.CustomerID, c.ID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(slices.Concat(m.To, m.Cc, m.Bcc), func(a mail.Address) bool { return slices.Contains(waiting, canonical(a.Address)) }), nil
}

// Failed records that a message could not be handed over. For good, it comes
// back to the queue of whoever owes the answer; otherwise it will be tried again.
func (b *Book) Failed(ctx context.Context, messageID int64, reason string, permanent bool) error {
	_, err := b.changeMessage(ctx, team.System, messageID, func(tx *db.DB, c *Conversation, m *Message) error {
		if m.State == StateSent || m.State == StateUndone {
			return nil
		}
		if !permanent {
			m.State, m.Error = StateQueued, reason
			return saveMessage(ctx, tx, m)
		}
		desk, err := team.DeskByID(ctx, tx, c.DeskID)
		if err != nil {
			return err
		}
		return undelivered(ctx, tx, desk, c, *m, StateFailed, reason, b.now())
	})
	return err
}

// Outgoing is all that a channel needs to send a message.
type Outgoing struct {
	Desk         team.Desk
	Conversation Conversation
	Message      Message // with attachments
	InReplyTo    string  // "" for the first message
	References   []string
	Before       *Message // what the customer said last, to quote; nil where nothing was said
}

// Outgoing returns what is needed to send a message.
func (b *Book) Outgoing(ctx context.Context, messageID int64) (Outgoing, error) {
	var o Outgoing
	m, err := messageByID(ctx, b.db, messageID)
	if err != nil {
		return o, err
	}
	o.Message = m
	if o.Message.Attachments, err = db.Collect(ctx, b.db, scanAttachment, `select `+attachmentColumns+` from attachment a where a.message_id = $1 order by a.id`, m.ID); err != nil {
		return o, err
	}
	if o.Conversation, err = byID(ctx, b.db, m.ConversationID); err != nil {
		return o, err
	}
	if o.Desk, err = team.DeskByID(ctx, b.db, m.DeskID); err != nil {
		return o, err
	}
	earlier, err := MessagesOf(ctx, b.db, m.ConversationID)
	if err != nil {
		return o, fmt.Errorf("read what was said before message %d: %w", m.ID, err)
	}
	o.chain(earlier)
	return o, nil
}

// chain finds what the message answers among what was said before it.
func (o *Outgoing) chain(earlier []Message) {
	for _, e := range earlier {
		said := e.Direction == In && !e.Auto || e.Direction == Out && (e.State == StateSent || e.State == StateBounced)
		if e.ID >= o.Message.ID || !said || e.MessageID == "" {
			continue
		}
		if len(o.References) == 0 {
			o.References = append(o.References, e.References...) // the customer may have brought a history
		}
		o.References = append(o.References, e.MessageID)
		o.InReplyTo = e.MessageID
		if e.Direction == In {
			o.Before = &e
		}
	}
	if o.Before != nil {
		o.InReplyTo = o.Before.MessageID
	}
}

func actorOf(a Author) event.Actor {
	if a.Kind == "person" {
		return event.Person(a.ID)
	}
	return event.System
}
