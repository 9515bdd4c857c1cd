// Package sender hands our mail over to the relay of its desk.
//
//	job "email.send" ─► conversation.Outgoing ─► compose ─► blob (the mail as it goes) ─► relay ─► conversation.Sent
//	                                                                    temporary: later, same Message-ID ┤
//	                                                                    for good: back to the agent ──────┘
//
// A message goes to all of its recipients or to none: where the relay refuses one of them for good, nothing is transmitted, the sentence is
// on the message, and whoever corrects it sends it again without anybody getting it twice. Everything a relay may say tomorrow differently
// (greylisting, a full queue, a wrong password, no network) is tried again for hours and shown meanwhile. The one moment that cannot be made
// safe is between the relay's "250" and our note of it: a crash there sends the mail again, under the same Message-ID.
//
// A desk whose transport is "hold" composes and keeps its mail and sends nothing: the demo, and a company that tries Kept out.
package sender

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"kept/internal/alarm"
	"kept/internal/blob"
	"kept/internal/channel/email/account"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/job"
	"kept/internal/secret"
	"kept/internal/team"
)

// A Sender hands over mail. It is safe for concurrent use.
type Sender struct {
	DB      *db.DB
	Blobs   blob.Store
	Book    *conversation.Book
	Secrets *secret.Box
	Now     func() time.Time
	Dialer  account.Dialer
	// AllowPlain lets a relay beyond this machine be used without encryption where its desk says "none".
	AllowPlain bool
	// Login says who we are to the relay of a desk.
	Login func(ctx context.Context, desk team.Desk) (account.Login, error)
	// Tokens gives access tokens for logins with OAuth.
	Tokens *account.Tokens
}

// alarmAfter is the attempt from which a relay that does not take our mail is worth an alarm.
const alarmAfter = 3

// Register makes q send.
func (s *Sender) Register(q *job.Queue) {
	q.Handle(conversation.SendJob, 4, s.work)
	q.OnDead(conversation.SendJob, s.dead)
}

func (s *Sender) work(ctx context.Context, payload []byte, attempt int) error {
	var p conversation.SendPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return job.Permanent(err)
	}
	if err := s.Book.Sending(ctx, p.MessageID); fault.Of(err) == fault.Conflict {
		return nil // undone, or sent already
	} else if err != nil {
		return err
	}
	o, err := s.Book.Outgoing(ctx, p.MessageID)
	if err != nil {
		return err
	}
	raw, key, err := s.compose(ctx, o)
	if err != nil {
		return s.failed(ctx, o, attempt, err)
	}
	if o.Desk.Transport == team.TransportHold {
		return s.Book.Sent(ctx, p.MessageID, s.Now(), key)
	}
	said, err := s.transmit(ctx, o, raw)
	if err != nil {
		return s.failed(ctx, o, attempt, err)
	}
	return s.sent(ctx, o, key, said)
}

func (s *Sender) sent(ctx context.Context, o conversation.Outgoing, key, said string) error {
	if err := s.Book.Sent(ctx, o.Message.ID, s.Now(), key); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.DB) error {
		for _, id := range renamed(o.Desk.SMTPHost, said) {
			if err := s.Book.LearnReference(ctx, tx, o.Desk.ID, o.Message.MessageID, id); err != nil {
				return err
			}
		}
		return alarm.Clear(ctx, tx, alarm.RelayRefuses, deskKey(o.Desk), s.Now())
	})
}

// failed notes a failure on the message. For good, the job ends; otherwise it comes back.
func (s *Sender) failed(ctx context.Context, o conversation.Outgoing, attempt int, cause error) error {
	sentence := fault.Sentence(cause)
	if sentence == "" {
		sentence = "This message could not be handed over. We will try again."
	}
	if isPermanent(cause) {
		if err := s.Book.Failed(ctx, o.Message.ID, sentence, true); err != nil {
			return err
		}
		slog.Warn("a message was refused for good", "message", o.Message.ID, "error", cause)
		return nil
	}
	if err := s.Book.Failed(ctx, o.Message.ID, sentence, false); err != nil {
		return err
	}
	if attempt >= alarmAfter || isLogin(cause) {
		text := fmt.Sprintf("Mail from %s is not being sent: %s", o.Desk.Name, sentence)
		if err := alarm.Raise(ctx, s.DB, alarm.RelayRefuses, deskKey(o.Desk), o.Desk.ID, text, s.Now()); err != nil {
			return err
		}
	}
	return cause
}

// dead gives a message back that failed for hours.
func (s *Sender) dead(ctx context.Context, payload []byte, cause error) error {
	var p conversation.SendPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil // nobody can say which message it was
	}
	sentence := fault.Sentence(cause)
	if sentence == "" {
		sentence = "This message could not be handed over."
	}
	return s.Book.Failed(ctx, p.MessageID, sentence+" We have stopped trying; send it again when the cause is gone.", true)
}

func deskKey(d team.Desk) string { return strconv.FormatInt(d.ID, 10) }
