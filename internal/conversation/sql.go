package conversation

import (
	"context"
	"encoding/json"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/mail"
)

const columns = `c.id, c.desk_id, c.customer_id, c.channel, c.subject, c.token, c.state, c.waiting_on, c.waiting_since, c.team_id, coalesce(c.person_id, 0), c.due_at, c.snoozed_until, c.snooze_reason,
	c.preview, c.language, c.muted, c.failed, c.bulk, c.message_count, c.last_message_id, c.last_activity_at, coalesce(c.linked_from, 0), c.created_at, c.closed_at, c.close_reason, c.rev`

// fields are where columns go; times come back by the function.
func (c *Conversation) fields() ([]any, func()) {
	var since, due, snoozed, activity, created, closed int64
	return []any{&c.ID, &c.DeskID, &c.CustomerID, &c.Channel, &c.Subject, &c.Token, &c.State, &c.WaitingOn, &since, &c.TeamID, &c.PersonID, &due, &snoozed, &c.SnoozeReason,
			&c.Preview, &c.Language, &c.Muted, &c.Failed, &c.Bulk, &c.MessageCount, &c.LastMessageID, &activity, &c.LinkedFrom, &created, &closed, &c.CloseReason, &c.Rev}, func() {
			c.WaitingSince, c.DueAt, c.SnoozedUntil = db.Time(since), db.Time(due), db.Time(snoozed)
			c.LastActivityAt, c.CreatedAt, c.ClosedAt = db.Time(activity), db.Time(created), db.Time(closed)
		}
}

func scan(s db.Scanner) (Conversation, error) {
	var c Conversation
	into, times := c.fields()
	err := s.Scan(into...)
	times()
	return c, err
}

// lock takes the row of a conversation until the transaction ends.
func lock(ctx context.Context, tx *db.DB, id int64) (Conversation, error) {
	if _, err := tx.Exec(ctx, `update conversation set rev = rev + 1 where id = $1`, id); err != nil {
		return Conversation{}, err
	}
	return byID(ctx, tx, id)
}

func byID(ctx context.Context, d *db.DB, id int64) (Conversation, error) {
	c, err := db.One(ctx, d, scan, `select `+columns+` from conversation c where c.id = $1`, id)
	if fault.Of(err) == fault.NotFound {
		return c, fault.Wrap(err, fault.NotFound, "There is no such conversation, or it belongs to a desk that you cannot see.")
	}
	return c, err
}

func byToken(ctx context.Context, d *db.DB, token string) (Conversation, error) {
	return db.One(ctx, d, scan, `select `+columns+` from conversation c where c.token = $1`, token)
}

func insert(ctx context.Context, tx *db.DB, c *Conversation) (err error) {
	c.ID, err = db.Insert(ctx, tx, `insert into conversation (desk_id, customer_id, channel, subject, token, state, waiting_on, waiting_since, team_id, person_id, language, muted, bulk, linked_from, last_activity_at, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning id`,
		c.DeskID, c.CustomerID, c.Channel, c.Subject, c.Token, c.State, c.WaitingOn, db.Micros(c.WaitingSince), c.TeamID, db.Null(c.PersonID), c.Language, c.Muted, c.Bulk, db.Null(c.LinkedFrom),
		db.Micros(c.LastActivityAt), db.Micros(c.CreatedAt))
	return err
}

// save writes what verbs change, and the due time that its promises give it.
func save(ctx context.Context, tx *db.DB, c *Conversation) error {
	_, err := tx.Exec(ctx, `update conversation set state = $1, waiting_on = $2, waiting_since = $3, team_id = $4, person_id = $5, snoozed_until = $6, snooze_reason = $7, preview = $8,
		muted = $9, failed = $10, message_count = $11, last_message_id = $12, last_activity_at = $13, closed_at = $14, close_reason = $15, language = $16,
		due_at = coalesce((select min(p.due_at) from promise p where p.conversation_id = conversation.id and p.state in ('active', 'missed')), 0)
		where id = $17`,
		c.State, c.WaitingOn, db.Micros(c.WaitingSince), c.TeamID, db.Null(c.PersonID), db.Micros(c.SnoozedUntil), c.SnoozeReason, c.Preview,
		c.Muted, c.Failed, c.MessageCount, c.LastMessageID, db.Micros(c.LastActivityAt), db.Micros(c.ClosedAt), c.CloseReason, c.Language, c.ID)
	return err
}

const messageColumns = `m.id, m.conversation_id, m.desk_id, m.direction, m.state, m.kind, m.author_kind, m.author_id, m.author_name, m.author_address, m.to_list, m.cc_list, m.bcc_list, m.subject,
	m.text, m.visible_text, m.html, m.auto, m.auth, m.message_id, m.in_reply_to, m.refs, m.raw_key, m.undo_until, m.sent_at, m.error, m.close_after, m.delivered, m.at`

func scanMessage(s db.Scanner) (Message, error) {
	var m Message
	var undo, sent, at int64
	var to, cc, bcc, replies, refs string
	err := s.Scan(&m.ID, &m.ConversationID, &m.DeskID, &m.Direction, &m.State, &m.Kind, &m.Author.Kind, &m.Author.ID, &m.Author.Name, &m.Author.Address, &to, &cc, &bcc, &m.Subject,
		&m.Text, &m.VisibleText, &m.HTML, &m.Auto, &m.Auth, &m.MessageID, &replies, &refs, &m.RawKey, &undo, &sent, &m.Error, &m.CloseAfter, &m.Delivered, &at)
	m.UndoUntil, m.SentAt, m.At = db.Time(undo), db.Time(sent), db.Time(at)
	m.To, m.Cc, m.Bcc = decode[mail.Address](to), decode[mail.Address](cc), decode[mail.Address](bcc)
	m.InReplyTo, m.References = decode[string](replies), decode[string](refs)
	return m, err
}

func insertMessage(ctx context.Context, tx *db.DB, m *Message) (err error) {
	m.ID, err = db.Insert(ctx, tx, `insert into message (conversation_id, desk_id, direction, state, kind, author_kind, author_id, author_name, author_address, to_list, cc_list, bcc_list, subject,
		text, visible_text, html, auto, auth, message_id, in_reply_to, refs, raw_key, undo_until, sent_at, close_after, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) returning id`,
		m.ConversationID, m.DeskID, m.Direction, m.State, m.Kind, m.Author.Kind, m.Author.ID, m.Author.Name, m.Author.Address, encode(m.To), encode(m.Cc), encode(m.Bcc), m.Subject,
		m.Text, m.VisibleText, m.HTML, m.Auto, orEmpty(m.Auth), m.MessageID, encode(m.InReplyTo), encode(m.References), m.RawKey, db.Micros(m.UndoUntil), db.Micros(m.SentAt), m.CloseAfter, db.Micros(m.At))
	return err
}

// saveMessage writes what happens to a message after it was written.
func saveMessage(ctx context.Context, tx *db.DB, m *Message) error {
	_, err := tx.Exec(ctx, `update message set state = $1, raw_key = $2, sent_at = $3, error = $4, delivered = $5, undo_until = $6, close_after = $7 where id = $8`,
		m.State, m.RawKey, db.Micros(m.SentAt), m.Error, m.Delivered, db.Micros(m.UndoUntil), m.CloseAfter, m.ID)
	return err
}

func messageByID(ctx context.Context, d *db.DB, id int64) (Message, error) {
	m, err := db.One(ctx, d, scanMessage, `select `+messageColumns+` from message m where m.id = $1`, id)
	if fault.Of(err) == fault.NotFound {
		return m, fault.Wrap(err, fault.NotFound, "There is no such message, or it belongs to a desk that you cannot see.")
	}
	return m, err
}

// MessagesOf returns a conversation's messages in the order they came, without attachments.
func MessagesOf(ctx context.Context, d *db.DB, conversationID int64) ([]Message, error) {
	return db.Collect(ctx, d, scanMessage, `select `+messageColumns+` from message m where m.conversation_id = $1 order by m.id`, conversationID)
}

const attachmentColumns = `a.id, coalesce(a.message_id, 0), a.name, a.type, a.size, a.inline, a.content_id, a.blob_key`

func scanAttachment(s db.Scanner) (Attachment, error) {
	var a Attachment
	err := s.Scan(&a.ID, &a.MessageID, &a.Name, &a.Type, &a.Size, &a.Inline, &a.ContentID, &a.Key)
	return a, err
}

func insertAttachment(ctx context.Context, tx *db.DB, a *Attachment, uploadedBy int64, at time.Time) (err error) {
	a.ID, err = db.Insert(ctx, tx, `insert into attachment (message_id, uploaded_by, name, type, size, inline, content_id, blob_key, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
		db.Null(a.MessageID), db.Null(uploadedBy), a.Name, a.Type, a.Size, a.Inline, a.ContentID, a.Key, db.Micros(at))
	return err
}

func attachmentsOf(ctx context.Context, d *db.DB, conversationID int64) ([]Attachment, error) {
	return db.Collect(ctx, d, scanAttachment, `select `+attachmentColumns+` from attachment a join message m on m.id = a.message_id where m.conversation_id = $1 order by a.id`, conversationID)
}

// claim gives uploaded files to a message; only their uploader's own, and only once, unless the message they were in was taken back.
func claim(ctx context.Context, tx *db.DB, ids []int64, messageID, personID int64) ([]Attachment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	n, err := tx.Exec(ctx, `update attachment set message_id = $1 where (message_id is null or message_id in (select id from message where state = 'undone'))
		and uploaded_by = $2 and id in (`+db.In(len(ids), 3)+`)`,
		append([]any{messageID, personID}, db.Args(ids)...)...)
	if err != nil {
		return nil, err
	}
	if int(n) != len(ids) {
		return nil, fault.New(fault.Invalid, "A file to be attached is not there any more. Attach it again.")
	}
	return db.Collect(ctx, tx, scanAttachment, `select `+attachmentColumns+` from attachment a where a.message_id = $1 order by a.id`, messageID)
}

// join adds a participant; one who is there already keeps his role, unless he is
// now the one whom answers go to.
func join(ctx context.Context, tx *db.DB, conversationID int64, p Participant, at time.Time) error {
	if p.Address == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into participant (conversation_id, address, name, role, created_at) values ($1, $2, $3, $4, $5) on conflict (conversation_id, address)
		do update set role = excluded.role where excluded.role = 'reply_to' and participant.role = 'copied'`,
		conversationID, p.Address, p.Name, p.Role, db.Micros(at))
	return err
}

// forgetReplyTo makes whomever an earlier mail wanted the answers to go to one of
// those copied in.
func forgetReplyTo(ctx context.Context, tx *db.DB, conversationID int64) error {
	_, err := tx.Exec(ctx, `update participant set role = 'copied' where conversation_id = $1 and role = 'reply_to'`, conversationID)
	return err
}

func scanParticipant(s db.Scanner) (Participant, error) {
	var p Participant
	err := s.Scan(&p.Address, &p.Name, &p.Role)
	return p, err
}

// ParticipantsOf returns who takes part, the customer first.
func ParticipantsOf(ctx context.Context, d *db.DB, conversationID int64) ([]Participant, error) {
	return db.Collect(ctx, d, scanParticipant, `select address, name, role from participant where conversation_id = $1 order by case role when 'customer' then 0 when 'reply_to' then 1 else 2 end, created_at, address`, conversationID)
}

// refer remembers by which Message-IDs an answer finds the conversation. The
// first conversation of a desk that used one keeps it.
func refer(ctx context.Context, tx *db.DB, deskID int64, ref string, conversationID, messageID int64) error {
	if ref == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into message_ref (desk_id, ref, conversation_id, message_id) values ($1, $2, $3, $4) on conflict (desk_id, ref) do nothing`, deskID, clip(ref, 500), conversationID, messageID)
	return err
}

func referred(ctx context.Context, d *db.DB, deskID int64, ref string) (conversationID, messageID int64, err error) {
	pair, err := db.One(ctx, d, func(s db.Scanner) (p [2]int64, err error) { err = s.Scan(&p[0], &p[1]); return p, err },
		`select conversation_id, message_id from message_ref where desk_id = $1 and ref = $2`, deskID, clip(ref, 500))
	if fault.Of(err) == fault.NotFound {
		return 0, 0, nil
	}
	return pair[0], pair[1], err
}

func encode[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(list) // strings and structs of strings cannot fail
	return string(b)
}

func decode[T any](text string) []T {
	var list []T
	_ = json.Unmarshal([]byte(text), &list) // written by encode
	return list
}

func orEmpty(object string) string {
	if object == "" {
		return "{}"
	}
	return object
}

// clip cuts s to at most n bytes, between two characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
