// Package event is the desk's one log: what happened, to whom, by whom.
//
// State and its event are written in one transaction, so the log never claims
// what did not happen and never misses what did. Everything that reacts (live
// streams, rules, webhooks, read models) reads the log by position; a wake-up
// only says "look", and a lost one only delays.
//
// A position is the pair (txn, id), because on PostgreSQL the identity column
// alone has gaps that close later: a transaction that took id 5 may commit after
// one that took id 6. Rows are ordered by the transaction that wrote them, and a
// reader goes no further than the oldest transaction still running
// (Dialect.Settled), so nothing with a smaller position can appear behind it.
// SQLite has one writer: txn is 0 and ids are in commit order.
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
)

// An Actor is who did it.
type Actor struct {
	Kind string `json:"kind"` // person, customer, system
	ID   int64  `json:"id,omitempty"`
}

// System is the desk itself: the clock, a rule of the house, an import.
var System = Actor{Kind: "system"}

// Person is somebody with a seat.
func Person(id int64) Actor { return Actor{Kind: "person", ID: id} }

// Customer is somebody we serve.
func Customer(id int64) Actor { return Actor{Kind: "customer", ID: id} }

// A Position says how far a reader came. The zero Position is before everything.
type Position struct{ Txn, ID int64 }

// String is "txn.id", fit for an SSE id.
func (p Position) String() string { return fmt.Sprintf("%d.%d", p.Txn, p.ID) }

// Less reports whether p comes before q.
func (p Position) Less(q Position) bool {
	return p.Txn < q.Txn || p.Txn == q.Txn && p.ID < q.ID
}

// ParsePosition reads what String wrote.
func ParsePosition(s string) (Position, error) {
	txn, id, ok := strings.Cut(s, ".")
	t, err1 := strconv.ParseInt(txn, 10, 64)
	i, err2 := strconv.ParseInt(id, 10, 64)
	if !ok || err1 != nil || err2 != nil || t < 0 || i < 0 {
		return Position{}, fault.New(fault.Invalid, "%q is not a position in the event log. Use one that the stream sent.", s)
	}
	return Position{t, i}, nil
}

// An Event is one thing that happened. It is never changed.
type Event struct {
	Position       Position
	At             time.Time
	Kind           string // noun.verb in the past: message.received
	Actor          Actor
	DeskID         int64 // 0 where it concerns no desk: everybody may know
	ConversationID int64
	CustomerID     int64
	Data           json.RawMessage // a JSON object, by kind
}

// Data encodes v as an event's data.
func Data(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("event: data %T cannot be encoded: %v", v, err)) // a programming error: our own types only
	}
	return b
}

const columns = `txn, id, at, kind, actor_kind, actor_id, desk_id, conversation_id, customer_id, data`

func scan(s db.Scanner) (Event, error) {
	var e Event
	var at int64
	var data []byte
	err := s.Scan(&e.Position.Txn, &e.Position.ID, &at, &e.Kind, &e.Actor.Kind, &e.Actor.ID, &e.DeskID, &e.ConversationID, &e.CustomerID, &data)
	e.At, e.Data = db.Time(at), data
	return e, err
}

// Append writes e in the caller's transaction and wakes the log's followers
// once that has committed.
func Append(ctx context.Context, tx *db.DB, e Event) error {
	if e.At.IsZero() {
		return fmt.Errorf("append %s: an event needs its time", e.Kind)
	}
	if e.Data == nil {
		e.Data = json.RawMessage(`{}`)
	}
	_, err := tx.Exec(ctx, `insert into event (at, kind, actor_kind, actor_id, desk_id, conversation_id, customer_id, data) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		db.Micros(e.At), e.Kind, e.Actor.Kind, e.Actor.ID, e.DeskID, e.ConversationID, e.CustomerID, string(e.Data))
	if err != nil {
		return fmt.Errorf("append %s: %w", e.Kind, err)
	}
	tx.After(func() { wake(tx.Pool()) })
	return nil
}

// OfConversation returns a conversation's events in the order they happened.
func OfConversation(ctx context.Context, d *db.DB, id int64) ([]Event, error) {
	return db.Collect(ctx, d, scan, `select `+columns+` from event where conversation_id = $1 and conversation_id > 0 order by id`, id)
}
