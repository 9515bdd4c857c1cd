// Package email is the channel of e-mail: it turns what arrived into messages of conversations, and messages of ours into mail.
//
//	reader (IMAP) ┐
//	receiver (SMTP, LMTP) ├─► intake ─► Worker: parse, fold, keep files ─► conversation.Receive + intake.Done, one transaction
//	archive (mbox, Maildir) ┘
//	conversation.Send ─► job "email.send" ─► sender: compose, keep, hand over ─► conversation.Sent or Failed
//
// The subpackages hold one direction each; this package holds the worker in the middle, the health of the whole, and the wiring.
// Nothing here decides what a message means: threads, promises and automatic answers are the conversation's.
package email

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"kept/internal/blob"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/lease"
	"kept/internal/mail"
	"kept/internal/markup"
	"kept/internal/team"
)

const (
	batchSize  = 32
	parseLimit = time.Minute // for one mail; a mail of the largest size takes seconds
	memory     = 256 << 20   // bytes for parsing at the same time
	perByte    = 5           // bytes of memory that a byte of mail needs while it is parsed, about
	poll       = 300 * time.Millisecond
)

// A Worker works through the arrivals, in order. One worker at a time is active in the whole installation, so that an answer never
// overtakes the mail it answers; reading mails apart, which is the work, is done in parallel.
type Worker struct {
	db     *db.DB
	spool  *intake.Spool
	blobs  blob.Store
	book   *conversation.Book
	now    func() time.Time
	node   string
	check  Checker
	memory *semaphore.Weighted
	parse  func([]byte) *mail.Message
}

// A Checker says whether a mail comes from where it claims, as {"dkim","spf","dmarc"}; it may ask the network and respects ctx.
type Checker func(ctx context.Context, a intake.Arrival, raw []byte, m *mail.Message, trusted string) json.RawMessage

// NewWorker gives the worker of the node called node.
func NewWorker(d *db.DB, spool *intake.Spool, blobs blob.Store, book *conversation.Book, now func() time.Time, node string, check Checker) *Worker {
	return &Worker{db: d, spool: spool, blobs: blobs, book: book, now: now, node: node, check: check, memory: semaphore.NewWeighted(memory), parse: mail.Parse}
}

// Run works until ctx ends. What is in hand then is finished first.
func (w *Worker) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := lease.Term(ctx, w.db, "intake", w.node, w.now, w.term)
		if err != nil && ctx.Err() == nil && fault.Of(err) != fault.Conflict {
			slog.Warn("reading arrivals paused; will go on", "error", err)
			pause(ctx, time.Second)
		}
	}
	return nil
}

// term works while l is held.
func (w *Worker) term(ctx context.Context, l lease.Lease) error {
	wake, stop := w.spool.Subscribe()
	defer stop()
	for ctx.Err() == nil {
		n, err := w.Once(ctx, l.Hold)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(poll):
		}
	}
	return nil
}

// Once works through one batch and says how many arrivals it held. hold guards the claim.
func (w *Worker) Once(ctx context.Context, hold func(context.Context, *db.DB) error) (int, error) {
	waiting, err := w.spool.Waiting(ctx)
	if err != nil || !waiting {
		return 0, err
	}
	batch, err := w.spool.Claim(ctx, hold, batchSize)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	finish := context.WithoutCancel(ctx)
	work := make([]reading, len(batch))
	slots := make(chan struct{}, max(2, runtime.NumCPU()))
	var wg sync.WaitGroup
	for i, a := range batch {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			work[i] = w.read(finish, a)
		})
	}
	wg.Wait()
	return len(batch), w.settle(ctx, work)
}

// A reading is what came out of one arrival: something to receive, or why not.
type reading struct {
	intake.Arrival
	received   conversation.Received
	quarantine string // a sentence; it will never be readable
	err        error  // it may work another time
}

// read makes of an arrival what the conversation needs. It touches no table.
func (w *Worker) read(ctx context.Context, a intake.Arrival) reading {
	r := reading{Arrival: a}
	need := min(max(a.Size*perByte, 1<<20), memory)
	if r.err = w.memory.Acquire(ctx, need); r.err != nil {
		return r
	}
	defer w.memory.Release(need)
	raw, err := blob.Read(ctx, w.blobs, a.Key)
	if fault.Of(err) == fault.NotFound {
		r.quarantine = fault.Sentence(err)
		return r
	}
	if err != nil {
		r.err = unavailable(err)
		return r
	}
	m, visible, err := w.apart(raw)
	if err != nil {
		r.err = err
		return r
	}
	if m.Quarantine != "" {
		r.quarantine = m.Quarantine
		return r
	}
	r.received, r.err = w.received(ctx, a, raw, m, visible)
	return r
}

// apart parses a mail and folds its text, within a time and whatever happens. A parse that does not end is left behind; the mail that
// caused it is quarantined after its last attempt.
func (w *Worker) apart(raw []byte) (*mail.Message, string, error) {
	type result struct {
		m       *mail.Message
		visible string
		err     error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				slog.Error("a mail could not be read", "panic", p)
				r.err = fault.New(fault.Invalid, "We could not read this mail: its form confuses us. Look at its source, and try again after an update.")
			}
			done <- r
		}()
		r.m = w.parse(raw)
		r.visible = Visible(r.m)
	}()
	select {
	case r := <-done:
		return r.m, r.visible, r.err
	case <-time.After(parseLimit):
		return nil, "", fault.New(fault.Invalid, "Reading this mail takes too long. Look at its source, and try again after an update.")
	}
}

// Visible is what the sender newly wrote: without quoted history and signature.
func Visible(m *mail.Message) string {
	text := m.Text
	if m.HTML != "" && strings.TrimSpace(text) == strings.TrimSpace(markup.Text(m.HTML)) {
		text = "" // made from the HTML, whose marks say more
	}
	return markup.Visible(text, m.HTML).Visible()
}

func (w *Worker) received(ctx context.Context, a intake.Arrival, raw []byte, m *mail.Message, visible string) (conversation.Received, error) {
	desk, token, err := w.addressed(ctx, a, m)
	if err != nil {
		return conversation.Received{}, err
	}
	files, err := w.keepFiles(ctx, m.Attachments)
	if err != nil {
		return conversation.Received{}, err
	}
	r := conversation.Received{
		DeskID: a.DeskID, IntakeID: a.ID, Channel: "email", ReplyTo: m.ReplyTo, To: m.To, Cc: m.Cc, Subject: m.Subject, Text: m.Text, Visible: visible, HTML: m.HTML,
		Attachments: files, At: w.at(a, m), MessageID: m.MessageID, InReplyTo: m.InReplyTo, References: m.References, Token: token, Kind: m.Kind, Bulk: m.Auto.Bulk,
		MayAutoReply: m.MayAutoReply() && !a.Options.Quiet && !a.Options.History, RawKey: a.Key, Bounce: m.Bounce, History: a.Options.History,
	}
	if len(m.From) > 0 {
		r.From = m.From[0]
	}
	if fromDesk := a.Kind == "import" && isDesk(r.From.Address, desk); fromDesk {
		r.History = true // our own answer in an archive
	}
	r.Auth = string(w.check(ctx, a, raw, m, desk.TrustedAuthserv))
	return r, nil
}

// addressed is the desk a mail came to, and the reply token in the address that it was sent to, wherever that shows.
func (w *Worker) addressed(ctx context.Context, a intake.Arrival, m *mail.Message) (team.Desk, string, error) {
	desk, err := team.DeskByID(ctx, w.db, a.DeskID)
	if err != nil {
		return desk, "", err
	}
	candidates := []string{a.EnvelopeTo}
	for _, list := range [][]mail.Address{m.To, m.Cc} {
		for _, to := range list[:min(len(list), 50)] {
			candidates = append(candidates, to.Address)
		}
	}
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To"} {
		candidates = append(candidates, m.Header.Get(name))
	}
	for _, c := range candidates {
		if !strings.Contains(c, "+") {
			continue
		}
		at, token, ok, err := team.DeskByAddress(ctx, w.db, c)
		if err != nil {
			return desk, "", err
		}
		if ok && at.ID == desk.ID && token != "" {
			return desk, token, nil
		}
	}
	return desk, "", nil
}

func isDesk(address string, desk team.Desk) bool {
	for _, own := range append([]string{desk.Address}, desk.Aliases...) {
		if strings.EqualFold(address, own) {
			return true
		}
	}
	return false
}

// at is when a mail counts as received: when it reached us or its mailbox, and for old mail when it was written. Never in the future.
func (w *Worker) at(a intake.Arrival, m *mail.Message) time.Time {
	at := a.At
	if a.Kind == "import" && !m.Date.IsZero() {
		at = m.Date
	}
	if now := w.now(); at.After(now) || at.Year() < 1980 {
		return now
	}
	return at
}

func (w *Worker) keepFiles(ctx context.Context, files []mail.Attachment) ([]conversation.Attachment, error) {
	var kept []conversation.Attachment
	for _, f := range files {
		key, size, err := w.blobs.Put(ctx, bytes.NewReader(f.Content))
		if err != nil {
			return nil, unavailable(err)
		}
		kept = append(kept, conversation.Attachment{Name: f.FileName(), Type: f.Type, Size: size, Inline: f.Inline, ContentID: f.ContentID, Key: key})
	}
	return kept, nil
}

// settle receives what was read, in order, all in one transaction. Where that fails each gets its own, so that one mail cannot hold up
// another; where the database refuses, they wait together until it is back.
func (w *Worker) settle(ctx context.Context, work []reading) error {
	finish := context.WithoutCancel(ctx)
	var ready []reading
	for _, r := range work {
		if r.err == nil && r.quarantine == "" {
			ready = append(ready, r)
		}
	}
	err := w.db.Tx(finish, func(tx *db.DB) error {
		for _, r := range ready {
			if err := w.receive(finish, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	var left []reading
	for _, r := range work {
		if err != nil || r.err != nil || r.quarantine != "" {
			left = append(left, r)
		}
	}
	return w.settleEach(ctx, left)
}

// settleEach brings arrivals to their end or back to the spool, one by one. It waits for a database or disk that refuses: the attempt was
// counted once and shall not be counted again for what is not the mail's fault.
func (w *Worker) settleEach(ctx context.Context, left []reading) error {
	finish := context.WithoutCancel(ctx)
	for wait := 200 * time.Millisecond; len(left) > 0; {
		r := left[0]
		if fault.Of(r.err) == fault.Unavailable {
			r = w.read(finish, r.Arrival)
		}
		switch err := w.conclude(finish, r); {
		case err == nil || fault.Of(err) == fault.Conflict:
			left, wait = left[1:], 200*time.Millisecond
		case fault.Of(err) != fault.Unavailable || ctx.Err() != nil:
			return err
		default:
			slog.Warn("arrivals wait for the database or the disk", "first", r.ID, "waiting", len(left), "error", err)
			pause(ctx, wait)
			wait = min(2*wait, 10*time.Second)
		}
	}
	return nil
}

func (w *Worker) conclude(ctx context.Context, r reading) error {
	switch {
	case fault.Of(r.err) == fault.Unavailable:
		return r.err
	case r.err != nil:
		return w.spool.Fail(ctx, r.Arrival, sentence(r.err))
	case r.quarantine != "":
		return w.spool.Quarantine(ctx, r.Arrival, r.quarantine)
	}
	err := w.db.Tx(ctx, func(tx *db.DB) error { return w.receive(ctx, tx, r) })
	if err == nil || fault.Of(err) == fault.Unavailable || errors.Is(err, errTaken) {
		return err
	}
	slog.Error("a mail could not be received; it will be tried again, then quarantined", "arrival", r.ID, "error", err)
	return w.spool.Fail(ctx, r.Arrival, sentence(err))
}

var errTaken = fault.New(fault.Conflict, "This arrival was finished by another node.")

func (w *Worker) receive(ctx context.Context, tx *db.DB, r reading) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("receive arrival %d: panic: %v", r.ID, p)
		}
	}()
	out, err := w.book.Receive(ctx, tx, r.received)
	if err != nil {
		return fmt.Errorf("receive arrival %d: %w", r.ID, err)
	}
	state := intake.Stored
	if out.SetAside != "" {
		state = intake.SetAside
	}
	if err := w.spool.Done(ctx, tx, r.Arrival, state, out.SetAside, out.MessageID, out.ConversationID); fault.Of(err) == fault.Conflict {
		return errTaken
	} else if err != nil {
		return err
	}
	return nil
}

func sentence(err error) string {
	if s := fault.Sentence(err); s != "" {
		return s
	}
	return "We could not file this mail. Look at its source; the log of this time has the cause."
}

// unavailable marks a failure of the blob store as one that passes.
func unavailable(err error) error {
	if fault.Of(err) != fault.Internal {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "The store for mails and files does not answer just now.")
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
