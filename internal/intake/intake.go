// Package intake is the spool of everything that arrives: raw, durable, before anything is read into it.
//
//	Keep    raw bytes to the blob store, on disk when it returns, with a fingerprint
//	Commit  a row "pending" per desk; several arrivals share one transaction; only after it may a peer be told "250 OK"
//	Claim   the oldest pending arrivals, counted as attempted BEFORE anybody reads them
//	Done    in the transaction that makes the message: both or none
//	Fail    later again; after three attempts quarantine, with an alarm, and the next one goes on
//
// An attempt is counted before parsing so that a mail that kills the process counts too: it is tried three times, the second and third time
// alone (an arrival that was attempted before is never claimed together with others, who would be counted with it) and with a pause before
// the third, then quarantined. The
// count is also the fence: Done and Fail name the attempt they belong to and change nothing where another attempt has begun.
//
// The same mail comes to a desk once. What "same" means is the fingerprint: the Message-ID and a hash of what was written, without the
// trace the way left on it. The database keeps it unique per desk; the same mail to two desks is two arrivals.
//
//	pending ─► stored | duplicate | set_aside      quarantined ─► pending (Retry) | dismissed (Dismiss)
//	   └─(3 attempts)─► quarantined                set_aside ─► pending (Retry) | dismissed
package intake

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"kept/internal/blob"
	"kept/internal/db"
	"kept/internal/team"
)

// The states of an arrival.
const (
	Pending     = "pending"     // to be read
	Stored      = "stored"      // became a message
	Duplicate   = "duplicate"   // was here already
	Quarantined = "quarantined" // could not be read; raw source kept; somebody must look
	SetAside    = "set_aside"   // read, and nothing to attach it to: a bounce of somebody else's mail, an automatic answer
	Dismissed   = "dismissed"   // somebody looked and decided
)

// MaxAttempts is how often an arrival is tried before it is quarantined.
const MaxAttempts = 3

// A Raw is a mail in the blob store with what could be told from its header without parsing it.
type Raw struct {
	Key             string // in the blob store
	Size            int64  // bytes, trace included
	Dedupe          string // the fingerprint
	Subject         string // decoded as far as that was easy; for lists, never for decisions
	From            string // address of the first author
	MessageIDHeader string // Message-ID without brackets
	Hops            int    // Received lines; many mean that it goes round in circles
}

// A Source is how a mail came here.
type Source struct {
	Kind         string // imap, smtp, lmtp, import
	DeskID       int64
	MailboxID    int64 // 0 where it came through no mailbox
	Folder       string
	UIDValidity  uint32
	UID          uint32
	EnvelopeFrom string
	EnvelopeTo   string
	Peer, HELO   string
	Auth         json.RawMessage // what was checked at the door: {dkim,spf,dmarc}
	Options      Options
	At           time.Time // when it reached us or, for old mail, its mailbox
}

// Options say how an arrival wants to be received.
type Options struct {
	// History is set for mail from an archive: no acknowledgement, and nobody waits for an answer to it.
	History bool `json:"history,omitempty"`
	// Quiet is set for mail that lay in its mailbox before Kept was connected: it is answered by people only.
	Quiet bool `json:"quiet,omitempty"`
	// FullSize is the size of a mail of which only the header was fetched, because it is over the limit; else 0.
	FullSize int64 `json:"full_size,omitempty"`
}

// An Arrival is one mail for one desk.
type Arrival struct {
	ID int64
	Raw
	Source
	State          string
	Reason         string // why it is quarantined, set aside or dismissed; or what went wrong last
	Attempts       int
	DoneAt         time.Time
	NextAt         time.Time
	MessageID      int64 // the message it became, else 0
	ConversationID int64
}

// A Spool keeps arrivals. It is safe for concurrent use.
type Spool struct {
	db    *db.DB
	blobs blob.Store
	now   func() time.Time

	mu      sync.Mutex
	waiting []*batch // commits that will share the next transaction
	busy    bool
	wakers  map[chan struct{}]struct{}
}

// New gives the spool of the database d with the raw mails in blobs.
func New(d *db.DB, blobs blob.Store, now func() time.Time) *Spool {
	return &Spool{db: d, blobs: blobs, now: now, wakers: map[chan struct{}]struct{}{}}
}

// Subscribe gives a channel that gets a value, coalesced, when arrivals were committed by this process or became pending again.
func (s *Spool) Subscribe() (wake <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakers[c] = struct{}{}
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.wakers, c)
	}
}

func (s *Spool) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.wakers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Get gives an arrival that acc may see.
func (s *Spool) Get(ctx context.Context, acc team.Access, id int64) (Arrival, error) {
	a, err := byID(ctx, s.db, id)
	if err != nil {
		return Arrival{}, err
	}
	return a, acc.Desk(a.DeskID)
}

// List gives up to limit arrivals in a state that acc may see, the newest first, older than the arrival before (0: from the newest).
func (s *Spool) List(ctx context.Context, acc team.Access, state string, before int64, limit int) ([]Arrival, error) {
	return list(ctx, s.db, acc, state, before, limit)
}

// Open gives the raw source of an arrival that acc may see. The caller closes it.
func (s *Spool) Open(ctx context.Context, acc team.Access, id int64) (io.ReadSeekCloser, int64, error) {
	a, err := s.Get(ctx, acc, id)
	if err != nil {
		return nil, 0, err
	}
	return s.blobs.Open(ctx, a.Key)
}
