package conversation

import (
	"context"
	"encoding/json"
	"time"

	"kept/internal/calendar"
	"kept/internal/customer"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/promise"
	"kept/internal/team"
)

// MarkRead records how far a person has read.
func (b *Book) MarkRead(ctx context.Context, acc team.Access, id, messageID int64) error {
	return b.db.Tx(ctx, func(tx *db.DB) error {
		c, err := byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := acc.Desk(c.DeskID); err != nil {
			return err
		}
		return seenBy(ctx, tx, id, acc.PersonID, min(messageID, c.LastMessageID), b.now())
	})
}

func seenBy(ctx context.Context, tx *db.DB, conversationID, personID, messageID int64, at time.Time) error {
	if personID == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into read_mark (conversation_id, person_id, message_id, at) values ($1, $2, $3, $4)
		on conflict (conversation_id, person_id) do update set message_id = excluded.message_id, at = excluded.at`, conversationID, personID, messageID, db.Micros(at))
	return err
}

// MarkUnread lets a conversation stand out again for the person.
func (b *Book) MarkUnread(ctx context.Context, acc team.Access, id int64) error {
	return b.MarkRead(ctx, acc, id, 0)
}

// A Draft is an answer somebody began. It is kept on the server, one for each
// person and conversation.
type Draft struct {
	Body      json.RawMessage // as the composer left it
	UpdatedAt time.Time
}

// SaveDraft keeps what acc's person began to write.
func (b *Book) SaveDraft(ctx context.Context, acc team.Access, id int64, body json.RawMessage) error {
	if err := b.visible(ctx, acc, id); err != nil {
		return err
	}
	_, err := b.db.Exec(ctx, `insert into draft (conversation_id, person_id, body, updated_at) values ($1, $2, $3, $4)
		on conflict (conversation_id, person_id) do update set body = excluded.body, updated_at = excluded.updated_at`, id, acc.PersonID, string(body), db.Micros(b.now()))
	return err
}

// DraftOf returns what acc's person began to write, nil where nothing is kept.
func (b *Book) DraftOf(ctx context.Context, acc team.Access, id int64) (*Draft, error) {
	if err := b.visible(ctx, acc, id); err != nil {
		return nil, err
	}
	d, err := db.One(ctx, b.db, func(s db.Scanner) (Draft, error) {
		var body string
		var at int64
		err := s.Scan(&body, &at)
		return Draft{json.RawMessage(body), db.Time(at)}, err
	}, `select body, updated_at from draft where conversation_id = $1 and person_id = $2`, id, acc.PersonID)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	return &d, nil
}

// DropDraft forgets it.
func (b *Book) DropDraft(ctx context.Context, acc team.Access, id int64) error {
	if err := b.visible(ctx, acc, id); err != nil {
		return err
	}
	return dropDraft(ctx, b.db, id, acc.PersonID)
}

func dropDraft(ctx context.Context, d *db.DB, conversationID, personID int64) error {
	_, err := d.Exec(ctx, `delete from draft where conversation_id = $1 and person_id = $2`, conversationID, personID)
	return err
}

func (b *Book) visible(ctx context.Context, acc team.Access, id int64) error {
	c, err := byID(ctx, b.db, id)
	if err != nil {
		return err
	}
	return acc.Desk(c.DeskID)
}

// Attach keeps a file that is to go with an answer still being written. key names
// its bytes in the blob store.
func (b *Book) Attach(ctx context.Context, acc team.Access, a Attachment) (Attachment, error) {
	a.MessageID = 0
	err := insertAttachment(ctx, b.db, &a, acc.PersonID, b.now())
	return a, err
}

// Attachment returns a file that acc may see: of a conversation at one of its
// desks, or uploaded by its own person.
func (b *Book) Attachment(ctx context.Context, acc team.Access, id int64) (Attachment, error) {
	type found struct {
		a            Attachment
		desk, person int64
	}
	f, err := db.One(ctx, b.db, func(s db.Scanner) (f found, err error) {
		err = s.Scan(&f.a.ID, &f.a.MessageID, &f.a.Name, &f.a.Type, &f.a.Size, &f.a.Inline, &f.a.ContentID, &f.a.Key, &f.desk, &f.person)
		return f, err
	}, `select `+attachmentColumns+`, coalesce(m.desk_id, 0), coalesce(a.uploaded_by, 0) from attachment a left join message m on m.id = a.message_id where a.id = $1`, id)
	if err != nil {
		return f.a, err
	}
	if f.a.MessageID == 0 && f.person == acc.PersonID {
		return f.a, nil
	}
	return f.a, acc.Desk(f.desk)
}

// Message returns a message that acc may see, without attachments.
func (b *Book) Message(ctx context.Context, acc team.Access, id int64) (Message, error) {
	m, err := messageByID(ctx, b.db, id)
	if err != nil {
		return m, err
	}
	return m, acc.Desk(m.DeskID)
}

// A Thread is a conversation with everything in it.
type Thread struct {
	Conversation Conversation
	Messages     []Message
	Promises     []promise.Promise
	Participants []Participant
	Events       []event.Event
}

// Get returns a conversation that acc may see, with everything in it.
func (b *Book) Get(ctx context.Context, acc team.Access, id int64) (Thread, error) {
	var t Thread
	var err error
	if t.Conversation, err = b.row(ctx, acc, id); err != nil {
		return t, err
	}
	if t.Messages, err = MessagesOf(ctx, b.db, id); err != nil {
		return t, err
	}
	files, err := attachmentsOf(ctx, b.db, id)
	if err != nil {
		return t, err
	}
	enclose(t.Messages, files)
	if t.Promises, err = promise.OfConversation(ctx, b.db, id); err != nil {
		return t, err
	}
	if t.Participants, err = ParticipantsOf(ctx, b.db, id); err != nil {
		return t, err
	}
	t.Events, err = event.OfConversation(ctx, b.db, id)
	return t, err
}

// enclose gives files to their messages. One of a message that came while we were
// reading is not for anybody yet.
func enclose(messages []Message, files []Attachment) {
	at := map[int64]int{}
	for i, m := range messages {
		at[m.ID] = i
	}
	for _, a := range files {
		if i, here := at[a.MessageID]; here {
			messages[i].Attachments = append(messages[i].Attachments, a)
		}
	}
}

// lastWords recomputes how the newest message begins, after one was taken back.
func lastWords(ctx context.Context, tx *db.DB, c *Conversation) error {
	m, err := db.One(ctx, tx, scanMessage, `select `+messageColumns+` from message m where m.conversation_id = $1 and m.direction in ('in', 'out') and not m.auto and m.state <> 'undone' order by m.id desc limit 1`, c.ID)
	c.Preview = preview(m)
	return ignoreMissing(err)
}

// stillFailed recomputes whether an answer of ours is undelivered and nothing later arrived.
func stillFailed(ctx context.Context, tx *db.DB, c *Conversation) error {
	n, err := db.One(ctx, tx, db.Value[int64], `select count(*) from message m where m.conversation_id = $1 and m.direction = 'out' and not m.auto and m.state in ('failed', 'bounced')
		and not exists (select 1 from message l where l.conversation_id = m.conversation_id and l.id > m.id and l.direction = 'out' and not l.auto and l.state = 'sent')`, c.ID)
	c.Failed = n > 0
	return err
}

func ignoreMissing(err error) error {
	if fault.Of(err) == fault.NotFound {
		return nil
	}
	return err
}

// zoneOf is the zone in which to tell the customer a time: his, else the desk's.
func zoneOf(ctx context.Context, tx *db.DB, customerID int64, desk team.Desk) (string, error) {
	who, err := customer.ByID(ctx, tx, customerID)
	if err != nil || who.Zone != "" {
		return who.Zone, err
	}
	cal, err := calendar.ByID(ctx, tx, desk.CalendarID)
	return cal.Zone, err
}

// ReadUpTo returns the newest message of a conversation that acc's person has read, 0 for none.
func (b *Book) ReadUpTo(ctx context.Context, acc team.Access, id int64) (int64, error) {
	read, err := db.One(ctx, b.db, db.Value[int64], `select message_id from read_mark where conversation_id = $1 and person_id = $2`, id, acc.PersonID)
	return read, ignoreMissing(err)
}
