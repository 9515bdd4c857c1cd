// Package conversation holds the exchanges with customers: receiving what they
// write, answering it, and never losing sight of who is waiting.
//
// A conversation has a state (open, resting until it wakes, closed) and somebody
// it waits on. The rule of the product is kept here:
//
//	no naked wait: while a conversation waits on us, there is an open promise to
//	its customer, owned by a team.
//
// Receiving makes that promise in the transaction that stores the message;
// sending an answer keeps it in the transaction that records the hand-over;
// Close returns what still stands in its way. Naked asks the database for
// violations and must always find none.
//
//	Receive ─► open, waits on us ── Sent ─► waits on customer ── Close ─► closed
//	              ▲   │ Snooze ▲                    │                       │
//	              │   ▼        │ Wake               │                       │
//	              │  resting ──┘                    │                       │
//	              └──────────── the customer writes ┴───────────────────────┘
//
// Every verb first takes the conversation's row (raising its rev), so that two
// of them on one conversation happen one after the other on both engines.
package conversation

import (
	"context"
	"time"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/mail"
	"kept/internal/team"
)

// The states of a conversation.
const (
	Open    = "open"
	Resting = "resting" // nobody looks at it until SnoozedUntil
	Closed  = "closed"
)

// Whom a conversation waits on.
const (
	Us         = "us"
	Customer   = "customer"
	ThirdParty = "third_party"
	Nobody     = "nobody"
)

// A Conversation is an exchange about connected needs with one customer.
type Conversation struct {
	ID              int64
	DeskID          int64
	DeskName        string
	CustomerID      int64
	CustomerName    string
	CustomerAddress string // the customer's first address
	Channel         string
	Subject         string
	Token           string // secret: whoever takes part may continue the conversation with it
	State           string
	WaitingOn       string
	WaitingSince    time.Time
	TeamID          int64
	TeamName        string
	PersonID        int64 // 0 until somebody takes it
	PersonName      string
	DueAt           time.Time // earliest due time of its open promises, zero for none
	DueKind         string    // kind of that promise
	DueMissed       bool
	SnoozedUntil    time.Time
	SnoozeReason    string
	Preview         string // how the newest message begins
	Language        string // ISO 639-1 of the customer's words, "" when unsure
	Muted           bool   // part of a flood from one sender: stored, not announced
	Failed          bool   // an answer of ours did not arrive
	Bulk            bool   // came by a mailing list
	Unread          bool   // for the person who asked
	MessageCount    int64
	LastMessageID   int64
	LastActivityAt  time.Time
	LinkedFrom      int64 // the conversation somebody outside it answered in, 0 for none
	CreatedAt       time.Time
	ClosedAt        time.Time
	CloseReason     string
	Rev             int64
}

// Where a message goes.
const (
	In     = "in"
	Out    = "out"
	Note   = "note"   // among colleagues, never sent
	System = "system" // a delivery report
)

// The states of a message.
const (
	StateReceived = "received"
	StateQueued   = "queued" // may still be undone
	StateSending  = "sending"
	StateSent     = "sent"
	StateFailed   = "failed"
	StateBounced  = "bounced"
	StateUndone   = "undone"
	StateWritten  = "written" // a note
)

// Acknowledgement is the kind of message that says when we will answer.
const Acknowledgement = "acknowledgement"

// An Author is who wrote a message.
type Author struct {
	Kind    string `json:"kind"` // customer, participant, person, system
	ID      int64  `json:"id,omitempty"`
	Name    string `json:"name"`
	Address string `json:"address"`
}

// A Message is one utterance in a conversation. What was sent is never changed.
type Message struct {
	ID             int64
	ConversationID int64
	DeskID         int64
	Direction      string
	State          string
	Kind           string // as mail.Kind says, or Acknowledgement
	Author         Author
	To, Cc, Bcc    []mail.Address
	Subject        string
	Text           string
	VisibleText    string // without quoted history and signature
	HTML           string // as received or written; sanitise before showing
	Auto           bool   // written by no person
	Auth           string // JSON: {dkim,spf,dmarc}
	MessageID      string // RFC 5322, without brackets
	InReplyTo      []string
	References     []string
	RawKey         string // the mail as it was, in the blob store
	UndoUntil      time.Time
	SentAt         time.Time
	Error          string // why it did not arrive
	CloseAfter     bool
	Delivered      bool // the customer's mail system said that it arrived
	At             time.Time
	Attachments    []Attachment
}

// An Attachment is a file that came with a message, or is to go with one.
type Attachment struct {
	ID        int64
	MessageID int64 // 0 while it is being written
	Name      string
	Type      string
	Size      int64 // bytes
	Inline    bool
	ContentID string
	Key       string // in the blob store
}

// A Participant takes part besides the desk and may write into the conversation.
type Participant struct {
	Address string
	Name    string
	Role    string // customer, copied, reply_to
}

// Book holds the commands on conversations.
type Book struct {
	db  *db.DB
	now func() time.Time
}

// New returns the book kept in d, which takes its time from now.
func New(d *db.DB, now func() time.Time) *Book { return &Book{d, now} }

// change runs a verb on a conversation that acc sees, as the only one at a time.
func (b *Book) change(ctx context.Context, acc team.Access, id int64, fn func(tx *db.DB, c *Conversation) error) error {
	return b.db.Tx(ctx, func(tx *db.DB) error {
		c, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := acc.Desk(c.DeskID); err != nil {
			return err
		}
		if err := fn(tx, &c); err != nil {
			return err
		}
		return save(ctx, tx, &c)
	})
}

// tell appends an event about c.
func tell(ctx context.Context, tx *db.DB, kind string, c *Conversation, at time.Time, by event.Actor, data map[string]any) error {
	return event.Append(ctx, tx, event.Event{At: at, Kind: kind, Actor: by, DeskID: c.DeskID, ConversationID: c.ID, CustomerID: c.CustomerID, Data: event.Data(data)})
}
