// Package check asks the database whether Kept keeps its own rules.
//
// Every rule is one statement that finds the rows which break it, so that a
// healthy desk answers nothing, whatever its size: waits without a promise, rows
// that point nowhere, mail that was stored without becoming a message, numbers a
// conversation carries that its rows do not bear out, and files that are named
// but not there. The rules look at the rows alone and share no code with what
// writes them, except the one rule of the product, which has one home.
//
// What a person should look at but what breaks no rule (alarms, quarantine) is
// reported beside it and does not make the answer "not well".
package check

import (
	"context"
	"fmt"
	"time"

	"kept/internal/alarm"
	"kept/internal/blob"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/team"
)

// A Report is what was found.
type Report struct {
	OK             bool           `json:"ok"`
	At             time.Time      `json:"at"`
	NakedWaits     int            `json:"naked_waits"`
	Naked          []int64        `json:"naked"`   // conversations, the first hundred
	Orphans        []Finding      `json:"orphans"` // [] where every rule holds
	Reconciliation Reconciliation `json:"reconciliation"`
	Alarms         []Alarm        `json:"alarms"`
	Counts         Counts         `json:"counts"`
	FilesChecked   bool           `json:"files_checked"`
}

// A Finding is a rule that is broken, and where.
type Finding struct {
	Kind     string  `json:"kind"`
	Count    int     `json:"count"`
	IDs      []int64 `json:"ids"` // the first twenty
	Sentence string  `json:"sentence"`
}

// Reconciliation is what the last comparison with the mail servers said.
type Reconciliation struct {
	OK   bool  `json:"ok"`
	Gaps []Gap `json:"gaps"`
}

// A Gap is a mailbox whose server holds mail that is not stored and could not be fetched, or that could not be asked.
type Gap struct {
	MailboxID int64     `json:"mailbox_id"`
	At        time.Time `json:"at"`
	Missing   int       `json:"missing"`
	Error     string    `json:"error,omitempty"`
}

// An Alarm is something to look at.
type Alarm struct {
	Kind     string    `json:"kind"`
	Key      string    `json:"key"`
	Text     string    `json:"text"`
	RaisedAt time.Time `json:"raised_at"`
}

// Counts say how much was looked at.
type Counts struct {
	Conversations int `json:"conversations"`
	Messages      int `json:"messages"`
	OpenPromises  int `json:"open_promises"`
	Pending       int `json:"pending"`     // mail that waits to be read
	Quarantined   int `json:"quarantined"` // mail that could not be
}

const (
	mostNaked = 100
	mostIDs   = 20
)

// Run applies every rule. Where blobs is nil, files are not looked for.
func Run(ctx context.Context, d *db.DB, blobs blob.Store, now time.Time) (Report, error) {
	r := Report{At: now.UTC(), Orphans: []Finding{}, FilesChecked: blobs != nil}
	steps := []func(context.Context, *db.DB) error{r.naked, r.rules, r.reconciled, r.alarms, r.count}
	if blobs != nil {
		steps = append(steps, func(ctx context.Context, d *db.DB) error { return r.files(ctx, d, blobs) })
	}
	for _, step := range steps {
		if err := step(ctx, d); err != nil {
			return r, err
		}
	}
	r.OK = r.NakedWaits == 0 && len(r.Orphans) == 0 && r.Reconciliation.OK
	return r, nil
}

func (r *Report) naked(ctx context.Context, d *db.DB) error {
	ids, err := conversation.Naked(ctx, d)
	r.NakedWaits, r.Naked = len(ids), append([]int64{}, ids[:min(len(ids), mostNaked)]...)
	return err
}

func (r *Report) rules(ctx context.Context, d *db.DB) error {
	for _, rule := range rules {
		n, err := db.One(ctx, d, db.Value[int], `select count(*) from (`+rule.find+`) found`)
		if err != nil {
			return fmt.Errorf("rule %s: %w", rule.kind, err)
		}
		if n == 0 {
			continue
		}
		ids, err := db.Collect(ctx, d, db.Value[int64], rule.find+` order by 1 limit $1`, mostIDs)
		if err != nil {
			return fmt.Errorf("rule %s: %w", rule.kind, err)
		}
		r.Orphans = append(r.Orphans, Finding{rule.kind, n, ids, fmt.Sprintf(rule.sentence, n)})
	}
	return nil
}

func (r *Report) reconciled(ctx context.Context, d *db.DB) error {
	r.Reconciliation = Reconciliation{OK: true, Gaps: []Gap{}}
	last, err := db.Collect(ctx, d, func(s db.Scanner) (Gap, error) {
		var g Gap
		var at int64
		err := s.Scan(&g.MailboxID, &at, &g.Missing, &g.Error)
		g.At = db.Time(at)
		return g, err
	}, `select r.mailbox_id, r.at, r.on_server - r.stored - r.refetched, r.error from reconciliation r join mailbox m on m.id = r.mailbox_id
		where m.enabled and r.id = (select max(l.id) from reconciliation l where l.mailbox_id = r.mailbox_id) order by r.mailbox_id`)
	for _, g := range last {
		if g.Missing > 0 || g.Error != "" {
			r.Reconciliation.Gaps = append(r.Reconciliation.Gaps, g)
			r.Reconciliation.OK = false
		}
	}
	return err
}

func (r *Report) alarms(ctx context.Context, d *db.DB) error {
	r.Alarms = []Alarm{}
	open, err := alarm.Open(ctx, d, team.System)
	for _, a := range open {
		r.Alarms = append(r.Alarms, Alarm{a.Kind, a.Key, a.Text, a.RaisedAt})
	}
	return err
}

func (r *Report) count(ctx context.Context, d *db.DB) error {
	for text, into := range map[string]*int{
		`select count(*) from conversation`:                                &r.Counts.Conversations,
		`select count(*) from message`:                                     &r.Counts.Messages,
		`select count(*) from promise where state in ('active', 'missed')`: &r.Counts.OpenPromises,
		`select count(*) from intake where state = 'pending'`:              &r.Counts.Pending,
		`select count(*) from intake where state = 'quarantined'`:          &r.Counts.Quarantined,
	} {
		n, err := db.One(ctx, d, db.Value[int], text)
		if err != nil {
			return err
		}
		*into = n
	}
	return nil
}

// files looks for every file that a row names.
func (r *Report) files(ctx context.Context, d *db.DB, blobs blob.Store) error {
	for _, named := range []struct{ kind, table, column, where, sentence string }{
		{"attachment_without_file", "attachment", "blob_key", "message_id is not null", "%d attachments are named whose file is not there. Restore the files from a backup."},
		{"message_without_raw", "message", "raw_key", "raw_key <> ''", "%d messages name an original that is not there. Restore the files from a backup."},
		{"intake_without_raw", "intake", "raw_key", "raw_key <> ''", "%d received mails name an original that is not there. Restore the files from a backup."},
	} {
		f := Finding{Kind: named.kind, IDs: []int64{}}
		text := `select id, ` + named.column + ` from ` + named.table + ` where id > $1 and ` + named.where + ` order by id limit 1000`
		for after := int64(0); ; {
			page, err := db.Collect(ctx, d, scanKey, text, after)
			if err != nil {
				return err
			}
			if err := f.look(ctx, blobs, page); err != nil {
				return err
			}
			if len(page) < 1000 {
				break
			}
			after = page[len(page)-1].id
		}
		if f.Sentence = fmt.Sprintf(named.sentence, f.Count); f.Count > 0 {
			r.Orphans = append(r.Orphans, f)
		}
	}
	return nil
}

type key struct {
	id  int64
	key string
}

func scanKey(s db.Scanner) (key, error) {
	var k key
	err := s.Scan(&k.id, &k.key)
	return k, err
}

func (f *Finding) look(ctx context.Context, blobs blob.Store, page []key) error {
	for _, k := range page {
		there, err := blobs.Has(ctx, k.key)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		f.Count++
		if len(f.IDs) < mostIDs {
			f.IDs = append(f.IDs, k.id)
		}
	}
	return nil
}
