package check

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/internal/alarm"
	"kept/internal/blob"
	"kept/internal/calendar"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/mail"
	"kept/internal/team"
)

var now = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

// shop is the desk of Fern & Clay, to which Tom and Lena wrote; Nadia answered Lena, and
// what she wrote to Tom has not left yet.
type shop struct {
	d     *db.DB
	blobs blob.Store
}

func open(t *testing.T, d *db.DB) shop {
	t.Helper()
	ctx := t.Context()
	blobs, err := blob.Folder(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := blobs.Put(ctx, strings.NewReader("From: tom@example.com\r\n\r\nHello"))
	if err != nil {
		t.Fatal(err)
	}
	file, _, err := blobs.Put(ctx, strings.NewReader("a picture of a broken vase"))
	if err != nil {
		t.Fatal(err)
	}
	cal, err := calendar.Create(ctx, d, calendar.Calendar{Name: "Office", Zone: "Europe/Vienna", Hours: calendar.Office()}, now)
	if err != nil {
		t.Fatal(err)
	}
	teamID := must(t)(db.Insert(ctx, d, `insert into team (name, created_at) values ('Shop', 0) returning id`))
	desk := must(t)(db.Insert(ctx, d, `insert into desk (name, address, team_id, calendar_id, created_at) values ('Shop', 'help@fernandclay.example', $1, $2, 0) returning id`, teamID, cal.ID))
	nadia := must(t)(db.Insert(ctx, d, `insert into person (name, email, role, state, created_at) values ('Nadia', 'nadia@fernandclay.example', 'agent', 'active', 0) returning id`))
	clock := now
	book := conversation.New(d, func() time.Time { return clock })
	receive := func(from, id string) conversation.Outcome {
		var out conversation.Outcome
		err := d.Tx(ctx, func(tx *db.DB) error {
			var err error
			out, err = book.Receive(ctx, tx, conversation.Received{DeskID: desk, Channel: "email", From: mail.Address{Address: from}, Subject: "My vase", Text: "It broke.", Visible: "It broke.",
				At: now, MessageID: id, Kind: mail.Plain, RawKey: raw, Attachments: []conversation.Attachment{{Name: "vase.jpg", Type: "image/jpeg", Size: 26, Key: file}}})
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `insert into intake (desk_id, source, state, dedupe, raw_key, size, received_at, message_id, conversation_id) values ($1, 'smtp', 'stored', $2, $3, 32, 1, $4, $5)`,
				desk, id, raw, out.MessageID, out.ConversationID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	tom := receive("tom@example.com", "1@example.com")
	lena := receive("lena@example.net", "2@example.net")
	clock = now.Add(time.Hour)
	m, err := book.Send(ctx, team.System, event.Person(nadia), conversation.Reply{ConversationID: lena.ConversationID, Text: "We will send another one."})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Sent(ctx, m.ID, clock, raw); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Send(ctx, team.System, event.Person(nadia), conversation.Reply{ConversationID: tom.ConversationID, Text: "May I ask for a picture?", UndoFor: time.Minute}); err != nil {
		t.Fatal(err)
	}
	return shop{d, blobs}
}

func must(t *testing.T) func(int64, error) int64 {
	return func(id int64, err error) int64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
}

func TestAHealthyDeskIsWell(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r, err := Run(t.Context(), d, s.blobs, now)
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK || r.NakedWaits != 0 || len(r.Orphans) != 0 || !r.Reconciliation.OK || !r.FilesChecked {
			t.Errorf("%+v", r)
		}
		if r.Counts.Conversations != 2 || r.Counts.OpenPromises != 1 || r.Counts.Messages < 3 {
			t.Errorf("counted %+v", r.Counts)
		}
	})
}

// TestEveryRuleFindsItsBreach spoils a healthy desk in one way at a time.
func TestEveryRuleFindsItsBreach(t *testing.T) {
	// the engine itself refuses these; the rules are for a database somebody repaired by hand
	guarded := []string{"message_without_conversation"}
	situations := []struct{ kind, spoil string }{
		{"naked", `update promise set state = 'dismissed', settled_at = 1 where state = 'active'`},
		{"naked", `update promise set kind = 'remind' where state = 'active'`},
		{"naked", `update promise set team_id = 0 where state = 'active'`},
		{"message_of_another_desk", `update message set desk_id = desk_id + 1`},
		{"promise_without_conversation", `update promise set conversation_id = conversation_id + 1000`},
		{"promise_to_another_customer", `update promise set customer_id = customer_id + 1000`},
		{"promise_without_owner", `update promise set team_id = team_id + 1000`},
		{"promise_settled_without_time", `update promise set settled_at = 1 where state = 'active'`},
		{"promise_settled_without_time", `update promise set settled_at = 0 where state = 'kept'`},
		{"promise_kept_late_as_kept", `update promise set settled_at = due_at + 1 where state = 'kept'`},
		{"reply_kept_without_evidence", `update promise set evidence_message_id = null`},
		{"reply_kept_without_evidence", `update promise set evidence_message_id = source_message_id where state = 'kept'`},
		{"promise_open_in_closed_conversation", `update conversation set state = 'closed'`},
		{"closed_conversation_waits", `update conversation set state = 'closed'`},
		{"reply_owed_unseen", `update conversation set waiting_on = 'customer'`},
		{"resting_without_end", `update conversation set state = 'resting'`},
		{"resting_without_end", `update conversation set snoozed_until = 5`},
		{"wrong_due_time", `update conversation set due_at = due_at + 1`},
		{"wrong_message_count", `update conversation set message_count = message_count + 1`},
		{"wrong_message_count", `update conversation set last_message_id = 0`},
		{"conversation_without_message", `update conversation set message_count = 0`},
		{"conversation_without_participant", `delete from participant`},
		{"customer_without_address", `delete from handle`},
		{"attachment_without_message", `update attachment set message_id = 1000`},
		{"intake_without_message", `update intake set message_id = null`},
		{"intake_without_message", `update intake set message_id = 1000`},
		{"reference_to_nowhere", `update message_ref set message_id = 1000`},
		{"queued_without_job", `delete from job`},
		{"attachment_without_file", `update attachment set blob_key = '` + strings.Repeat("0", 64) + `'`},
		{"message_without_raw", `update message set raw_key = '` + strings.Repeat("0", 64) + `' where direction = 'in'`},
		{"intake_without_raw", `update intake set raw_key = '` + strings.Repeat("0", 64) + `'`},
	}
	for _, r := range rules {
		found := slices.ContainsFunc(situations, func(s struct{ kind, spoil string }) bool { return s.kind == r.kind })
		if found == slices.Contains(guarded, r.kind) {
			t.Errorf("rule %s needs a situation that breaks it", r.kind)
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for _, c := range situations {
			r := spoiled(t, s, c.spoil)
			if r.OK {
				t.Errorf("%s: counts as well", c.spoil)
			}
			if c.kind == "naked" {
				if r.NakedWaits == 0 || len(r.Naked) != r.NakedWaits {
					t.Errorf("%s: no naked wait", c.spoil)
				}
				continue
			}
			at := slices.IndexFunc(r.Orphans, func(f Finding) bool { return f.Kind == c.kind })
			if at < 0 || r.Orphans[at].Count == 0 || len(r.Orphans[at].IDs) == 0 || !strings.HasSuffix(r.Orphans[at].Sentence, ".") {
				t.Errorf("%s: %s is not among %v", c.spoil, c.kind, r.Orphans)
			}
		}
	})
}

// spoiled runs the check after a statement whose effect is taken back.
func spoiled(t *testing.T, s shop, statement string) (r Report) {
	t.Helper()
	undo := errors.New("undo")
	err := s.d.Tx(t.Context(), func(tx *db.DB) error {
		n, err := tx.Exec(t.Context(), statement)
		if err != nil || n == 0 {
			t.Errorf("%s: changed %d rows, %v", statement, n, err)
		}
		if r, err = Run(t.Context(), tx, s.blobs, now); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatalf("%s: %v", statement, err)
	}
	return r
}

func TestReconciliationGaps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		open(t, d)
		box := must(t)(db.Insert(ctx, d, `insert into mailbox (desk_id, host, port, security, username, auth, secret, folders, created_at) select min(id), 'imap.example', 993, 'tls', 'help', 'password', '', '[]', 0 from desk returning id`))
		compare := func(stored, refetched int, failure string) Report {
			t.Helper()
			if _, err := d.Exec(ctx, `insert into reconciliation (mailbox_id, at, on_server, stored, refetched, error) values ($1, 7, 3, $2, $3, $4)`, box, stored, refetched, failure); err != nil {
				t.Fatal(err)
			}
			r, err := Run(ctx, d, nil, now)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := compare(1, 1, ""); r.OK || r.Reconciliation.OK || r.Reconciliation.Gaps[0].Missing != 1 {
			t.Errorf("a mail is missing: %+v", r.Reconciliation)
		}
		if r := compare(1, 2, ""); !r.OK || len(r.Reconciliation.Gaps) != 0 {
			t.Errorf("what was missing was fetched: %+v", r.Reconciliation)
		}
		if r := compare(0, 0, "The server refused the password."); r.OK || r.Reconciliation.Gaps[0].Error == "" {
			t.Errorf("the server could not be asked: %+v", r.Reconciliation)
		}
		if r := compare(3, 0, ""); !r.OK || len(r.Reconciliation.Gaps) != 0 {
			t.Errorf("only the last comparison counts: %+v", r.Reconciliation)
		}
	})
}

func TestWatchRaisesAndClears(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		open(t, d)
		raised := func() int {
			t.Helper()
			if err := Watch(ctx, d, now); err != nil {
				t.Fatal(err)
			}
			open, err := alarm.Open(context.Background(), d, team.System)
			if err != nil {
				t.Fatal(err)
			}
			return len(open)
		}
		if n := raised(); n != 0 {
			t.Errorf("all is well: %d alarms", n)
		}
		if _, err := d.Exec(ctx, `update promise set team_id = 0 where state = 'active'`); err != nil {
			t.Fatal(err)
		}
		if n := raised(); n != 1 {
			t.Errorf("one is naked: %d alarms", n)
		}
		if n := raised(); n != 1 {
			t.Errorf("still one alarm: %d", n)
		}
		if _, err := d.Exec(ctx, `update promise set team_id = 1 where state = 'active'`); err != nil {
			t.Fatal(err)
		}
		if n := raised(); n != 0 {
			t.Errorf("mended: %d alarms", n)
		}
	})
}

func TestDoorsThatOnlyLookOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		open(t, d)
		told := func(receiving bool) (kinds string) {
			t.Helper()
			if err := Doors(ctx, d, receiving, now); err != nil {
				t.Fatal(err)
			}
			open, err := alarm.Open(ctx, d, team.System)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range open {
				kinds += a.Kind + " "
			}
			return kinds
		}
		for _, c := range []struct {
			name, change string
			receiving    bool
			holds, shut  bool
		}{
			{"a new desk keeps its answers, and nothing comes in", ``, false, true, true},
			{"mail servers may hand mail over", ``, true, true, false},
			{"it has a relay", `update desk set transport = 'smtp', smtp_host = 'smtp.example.com'`, false, false, true},
			{"and a mailbox", `insert into mailbox (desk_id, host, port, security, username, auth, secret, folders, created_at) select id, 'imap.example.com', 993, 'tls', 'help', 'password', '', '[]', 0 from desk`, false, false, false},
			{"which is switched off", `update mailbox set enabled = false`, false, false, true},
			{"nobody uses the desk any more", `update desk set archived_at = 1, transport = 'hold'`, false, false, false},
		} {
			if c.change != "" {
				if _, err := d.Exec(ctx, c.change); err != nil {
					t.Fatal(err)
				}
			}
			got := told(c.receiving)
			if strings.Contains(got, DeskHolds) != c.holds || strings.Contains(got, DeskClosed) != c.shut {
				t.Errorf("%s: told %q", c.name, got)
			}
		}
	})
}
