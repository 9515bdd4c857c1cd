package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/internal/alarm"
	"kept/internal/blob"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

var (
	monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ctx    = context.Background()
	free   = func(context.Context, *db.DB) error { return nil }
)

// A world is a spool with two desks, bikes and boats, and a clock.
type world struct {
	t            *testing.T
	d            *db.DB
	spool        *Spool
	blobs        blob.Store
	now          time.Time
	bikes, boats int64
}

func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		blobs, err := blob.Folder(filepath.Join(t.TempDir(), "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, d: d, blobs: blobs, now: monday}
		w.spool = New(d, blobs, func() time.Time { return w.now })
		w.bikes, w.boats = w.desk("bikes@example.com"), w.desk("boats@example.com")
		fn(w)
	})
}

func (w *world) desk(address string) int64 {
	w.t.Helper()
	cal, err := db.Insert(ctx, w.d, `insert into calendar (name, zone, hours) values ('Week', 'UTC', '[]') returning id`)
	if err != nil {
		w.t.Fatal(err)
	}
	crew, err := db.Insert(ctx, w.d, `insert into team (name, created_at) values ('Crew', 1) returning id`)
	if err != nil {
		w.t.Fatal(err)
	}
	id, err := db.Insert(ctx, w.d, `insert into desk (name, address, team_id, calendar_id, created_at) values ($1, $1, $2, $3, 1) returning id`, address, crew, cal)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) keep(mail string) Raw {
	w.t.Helper()
	raw, err := w.spool.Keep(ctx, nil, strings.NewReader(mail), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

func (w *world) store(mail string, src Source) Result {
	w.t.Helper()
	if src.Kind == "" {
		src.Kind = "smtp"
	}
	src.At = w.now
	r, err := w.spool.Commit(ctx, Entry{Raw: w.keep(mail), Source: src})
	if err != nil {
		w.t.Fatal(err)
	}
	return r[0]
}

func (w *world) claim(limit int) []Arrival {
	w.t.Helper()
	got, err := w.spool.Claim(ctx, free, limit)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) in(state string) int {
	w.t.Helper()
	got, err := w.spool.List(ctx, team.System, state, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(got)
}

func (w *world) get(id int64) Arrival {
	w.t.Helper()
	a, err := w.spool.Get(ctx, team.System, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func from(name string, n int) string {
	return fmt.Sprintf("From: %s <%s@example.org>\r\nDate: Mon, 2 Mar 2026 08:%02d:00 +0000\r\nMessage-ID: <%s.%d@example.org>\r\nSubject: Wheel %d\r\n\r\nMy wheel squeaks.\r\n", name, strings.ToLower(name), n%60, strings.ToLower(name), n, n)
}

func TestKeepRefusesWhatIsTooLarge(t *testing.T) {
	each(t, func(w *world) {
		_, err := w.spool.Keep(ctx, nil, strings.NewReader(strings.Repeat("x", 1001)), 1000)
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("got %v", err)
		}
		if _, err := w.spool.Keep(ctx, []byte("Received: by us\r\n"), strings.NewReader(strings.Repeat("x", 1000)), 1000); err != nil {
			t.Errorf("exactly the limit: %v", err)
		}
		_, err = w.spool.Keep(ctx, nil, io.MultiReader(strings.NewReader("From: Tom"), broken{}), 0)
		if err == nil {
			t.Error("half a mail was kept as a whole one")
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTheSameMailComesOnce(t *testing.T) {
	each(t, func(w *world) {
		mail := from("Tom", 1)
		first := w.store(mail, Source{DeskID: w.bikes})
		for name, again := range map[string]string{
			"sent again":               mail,
			"by another way":           "Received: from mx.example.net\r\n\tby relay.example.net\r\nDKIM-Signature: v=1\r\n" + mail,
			"with other line ends":     strings.ReplaceAll(mail, "\r\n", "\n"),
			"with blank lines at end":  mail + "\r\n\r\n",
			"with a refolded subject":  strings.Replace(mail, "Subject: Wheel 1", "Subject:\r\n Wheel\r\n\t1", 1),
			"with other header order":  reorder(mail),
			"with a second Message-ID": strings.Replace(mail, "\r\n\r\n", "\r\nMessage-ID: <relay@example.net>\r\n\r\n", 1),
		} {
			if r := w.store(again, Source{DeskID: w.bikes}); r.Fresh || r.ID != first.ID {
				t.Errorf("%s: %+v, want the arrival %d again", name, r, first.ID)
			}
		}
		if r := w.store(mail, Source{DeskID: w.boats}); !r.Fresh {
			t.Error("the same mail to another desk did not arrive there")
		}
	})
}

func reorder(mail string) string {
	lines := strings.SplitAfterN(mail, "\r\n", 4)
	return lines[2] + lines[0] + lines[1] + lines[3]
}

func TestOtherMailsAreNotTheSame(t *testing.T) {
	each(t, func(w *world) {
		mail := from("Tom", 1)
		w.store(mail, Source{DeskID: w.bikes})
		alarmMail := "Received: by mx.example.net; 08:00\r\nFrom: disk@example.net\r\nSubject: full\r\n\r\nfull\r\n"
		w.store(alarmMail, Source{DeskID: w.bikes})
		for name, other := range map[string]string{
			"another text under the same Message-ID": strings.Replace(mail, "squeaks", "fell off", 1),
			"another author":                         strings.Replace(mail, "Tom <tom@", "Tim <tim@", 1),
			"no Message-ID":                          strings.Replace(mail, "Message-ID", "X-Was", 1),
			"no id, no date, sent later":             strings.Replace(alarmMail, "08:00", "08:05", 1),
			"nothing at all":                         "",
			"one line":                               "hello",
			"an empty header":                        "\r\nhello",
			"NUL and broken UTF-8":                   "Subject: a\x00b\xff\r\nFrom: \xff\x00\r\n\r\n\x00\xff",
		} {
			if r := w.store(other, Source{DeskID: w.bikes}); !r.Fresh {
				t.Errorf("%s: taken for the same mail", name)
			}
		}
	})
}

func TestTheFingerprintDoesNotDependOnHowItIsCut(t *testing.T) {
	mail := from("Tom", 1) + "\r\n\r\nRegards\r\n\r\n\r\n"
	whole := summaryOf(mail, len(mail))
	for size := 1; size < 9; size++ {
		if got := summaryOf(mail, size); got != whole {
			t.Errorf("in pieces of %d: %+v, want %+v", size, got, whole)
		}
	}
	if whole.MessageIDHeader != "tom.1@example.org" || whole.From != "tom@example.org" || whole.Subject != "Wheel 1" {
		t.Errorf("summary: %+v", whole)
	}
}

func summaryOf(mail string, size int) Raw {
	var f fingerprint
	for b := []byte(mail); len(b) > 0; b = b[min(size, len(b)):] {
		f.Write(b[:min(size, len(b))])
	}
	return f.summary()
}

// TestAFieldOfManyLinesIsReadOnce folds one field as often as a header has room for: unfolding it line by line took ten seconds.
func TestAFieldOfManyLinesIsReadOnce(t *testing.T) {
	mail := "Message-ID: <a@x>\r\nSubject: wheel\r\nReferences: <0@x>\r\n" + strings.Repeat(" <1@x>\r\n", 25_000) + "\r\nHello"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := summaryOf(mail, len(mail))
	runtime.ReadMemStats(&after)
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 50 {
		t.Errorf("%d kB of header took %d MB of memory in all", len(mail)>>10, mb)
	}
	if unfolded := summaryOf(strings.ReplaceAll(mail, "\r\n <", " <"), 4096); got != unfolded {
		t.Errorf("folded %+v, unfolded %+v", got, unfolded)
	}
}

func TestAHeaderWithoutEndIsNotHeldInMemory(t *testing.T) {
	var f fingerprint
	line := []byte("X-Long: " + strings.Repeat("y", 1000) + "\r\n")
	for range 2000 {
		f.Write(line)
	}
	if len(f.header) > maxHeader+len(line) {
		t.Errorf("%d bytes of header held", len(f.header))
	}
}

func TestManyCommitAtOnce(t *testing.T) {
	each(t, func(w *world) {
		var wait sync.WaitGroup
		for i := range 60 {
			wait.Go(func() {
				raw := w.keep(from("Maya", i/2)) // every mail comes twice
				if _, err := w.spool.Commit(ctx, Entry{Raw: raw, Source: Source{Kind: "smtp", DeskID: w.bikes, At: w.now}}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := w.in(Pending); n != 30 {
			t.Errorf("%d arrivals, want 30", n)
		}
	})
}

func TestOneBadCommitDoesNotTakeTheOthersWithIt(t *testing.T) {
	each(t, func(w *world) {
		var wait sync.WaitGroup
		failed := make([]bool, 20)
		for i := range failed {
			wait.Go(func() {
				desk := w.bikes
				if i == 7 {
					desk = 404 // there is no such desk
				}
				_, err := w.spool.Commit(ctx, Entry{Raw: w.keep(from("Noor", i)), Source: Source{Kind: "smtp", DeskID: desk, At: w.now}})
				failed[i] = err != nil
			})
		}
		wait.Wait()
		for i, bad := range failed {
			if bad != (i == 7) {
				t.Errorf("caller %d: failed %v", i, bad)
			}
		}
		if n := w.in(Pending); n != 19 {
			t.Errorf("%d arrivals, want 19", n)
		}
	})
}

func TestArrivalsOfAMailboxLeaveTheirNumbers(t *testing.T) {
	each(t, func(w *world) {
		at := func(folder string, validity, uid uint32) Source {
			return Source{Kind: "imap", DeskID: w.bikes, MailboxID: 1, Folder: folder, UIDValidity: validity, UID: uid}
		}
		first := w.store(from("Tom", 1), at("INBOX", 5, 10))
		w.store(from("Tom", 1), at("INBOX", 5, 10)) // fetched again after a crash
		if w.in(Pending) != 1 || w.in(Duplicate) != 0 {
			t.Fatalf("fetched again: %d pending, %d duplicates", w.in(Pending), w.in(Duplicate))
		}
		w.store(from("Tom", 1), at("INBOX", 6, 3)) // the server numbered anew
		if a := w.get(first.ID); a.UIDValidity != 6 || a.UID != 3 {
			t.Errorf("after renumbering: %d/%d, want 6/3", a.UIDValidity, a.UID)
		}
		w.store(from("Tom", 1), at("INBOX", 6, 4))   // delivered twice into the folder
		w.store(from("Tom", 1), at("Archive", 9, 1)) // copied
		w.store(from("Tom", 1), at("Archive", 9, 1))
		if w.in(Pending) != 1 || w.in(Duplicate) != 2 {
			t.Errorf("%d pending, %d duplicates; want 1 and 2", w.in(Pending), w.in(Duplicate))
		}
	})
}

func TestClaimCountsBeforeReading(t *testing.T) {
	each(t, func(w *world) {
		for i := range 3 {
			w.store(from("Tom", i), Source{DeskID: w.bikes})
		}
		batch := w.claim(3)
		if len(batch) != 3 || batch[0].Attempts != 1 || !strings.HasSuffix(batch[0].Subject, "0") {
			t.Fatalf("claimed %+v", batch)
		}
		killer, innocent := batch[0].ID, batch[1:]
		one := func(when string, want int64, attempt int) Arrival {
			t.Helper()
			got := w.claim(3)
			if len(got) != 1 || got[0].ID != want || got[0].Attempts != attempt {
				t.Fatalf("%s: claimed %+v, want arrival %d alone, attempt %d", when, got, want, attempt)
			}
			return got[0]
		}
		// The process dies. All three were counted, so from now on each comes alone.
		one("after the first crash", killer, 2)
		// It dies again. The killer waits; the others are only counted once more, and are done.
		for _, a := range innocent {
			done := one("after the second crash", a.ID, 2)
			if err := w.d.Tx(ctx, func(tx *db.DB) error { return w.spool.Done(ctx, tx, done, Stored, "", 1, 1) }); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.claim(3); len(got) != 0 {
			t.Fatalf("claimed %+v without a pause", got)
		}
		w.now = w.now.Add(10 * time.Second)
		w.store(from("Maya", 9), Source{DeskID: w.bikes})
		first := w.claim(3)
		if len(first) != 1 || first[0].Subject != "Wheel 9" {
			t.Fatalf("claimed %+v, want what is new before what is suspected", first)
		}
		if err := w.d.Tx(ctx, func(tx *db.DB) error { return w.spool.Done(ctx, tx, first[0], Stored, "", 1, 1) }); err != nil {
			t.Fatal(err)
		}
		one("after the pause", killer, 3)
		// It dies a third time.
		w.now = w.now.Add(40 * time.Second)
		for range 2 {
			w.claim(3)
		}
		if a := w.get(killer); a.State != Quarantined || !strings.Contains(a.Reason, "stopped Kept 3 times") {
			t.Errorf("the killer is %s: %s", a.State, a.Reason)
		}
		if open, err := alarm.Open(ctx, w.d, team.System); err != nil || len(open) != 1 || open[0].Kind != alarm.Quarantine {
			t.Errorf("alarms: %v, %v", open, err)
		}
	})
}

func TestDoneBelongsToOneAttempt(t *testing.T) {
	each(t, func(w *world) {
		w.store(from("Tom", 1), Source{DeskID: w.bikes})
		slow := w.claim(1)[0]
		fast := w.claim(1)[0]
		done := func(a Arrival) error {
			return w.d.Tx(ctx, func(tx *db.DB) error { return w.spool.Done(ctx, tx, a, Stored, "", 70, 7) })
		}
		if err := done(slow); fault.Of(err) != fault.Conflict {
			t.Errorf("an attempt that was overtaken finished: %v", err)
		}
		if err := w.spool.Fail(ctx, slow, "Too slow."); fault.Of(err) != fault.Conflict {
			t.Errorf("an attempt that was overtaken failed the other: %v", err)
		}
		if err := done(fast); err != nil {
			t.Fatal(err)
		}
		if err := done(fast); fault.Of(err) != fault.Conflict {
			t.Errorf("done twice: %v", err)
		}
		if a := w.get(fast.ID); a.State != Stored || a.MessageID != 70 || a.ConversationID != 7 || !a.DoneAt.Equal(w.now) {
			t.Errorf("got %+v", a)
		}
	})
}

func TestDoneIsUndoneWithItsTransaction(t *testing.T) {
	each(t, func(w *world) {
		w.store(from("Tom", 1), Source{DeskID: w.bikes})
		a := w.claim(1)[0]
		w.d.Tx(ctx, func(tx *db.DB) error {
			if err := w.spool.Done(ctx, tx, a, Stored, "", 70, 7); err != nil {
				t.Error(err)
			}
			return errors.New("the message could not be written")
		})
		if w.in(Pending) != 1 {
			t.Error("an arrival without a message is no longer pending")
		}
	})
}

func TestAFailureWaitsAndLetsOthersPass(t *testing.T) {
	each(t, func(w *world) {
		bad := w.store(from("Tom", 1), Source{DeskID: w.bikes})
		good := w.store(from("Maya", 2), Source{DeskID: w.bikes})
		for attempt := range MaxAttempts {
			a := w.claim(1)
			if len(a) != 1 || a[0].ID != bad.ID {
				t.Fatalf("attempt %d: claimed %+v", attempt, a)
			}
			if err := w.spool.Fail(ctx, a[0], "We could not read this mail."); err != nil {
				t.Fatal(err)
			}
			if next := w.claim(1); attempt == 0 && (len(next) != 1 || next[0].ID != good.ID) {
				t.Fatalf("the next one is blocked: %+v", next)
			} else if attempt == 0 {
				w.d.Tx(ctx, func(tx *db.DB) error { return w.spool.Done(ctx, tx, next[0], Stored, "", 1, 1) })
			}
			w.now = w.now.Add(time.Minute)
		}
		if a := w.get(bad.ID); a.State != Quarantined || a.Reason != "We could not read this mail." {
			t.Errorf("got %s, %s", a.State, a.Reason)
		}
	})
}

func TestClaimIsRefusedWithoutTheLease(t *testing.T) {
	each(t, func(w *world) {
		w.store(from("Tom", 1), Source{DeskID: w.bikes})
		lost := func(context.Context, *db.DB) error { return fault.New(fault.Conflict, "Another node works.") }
		if _, err := w.spool.Claim(ctx, lost, 1); fault.Of(err) != fault.Conflict {
			t.Errorf("got %v", err)
		}
		if a := w.claim(1); a[0].Attempts != 1 {
			t.Error("a refused claim was counted as an attempt")
		}
	})
}

func TestReviewRefuses(t *testing.T) {
	each(t, func(w *world) {
		bad := w.store(from("Tom", 1), Source{DeskID: w.bikes}).ID
		fine := w.store(from("Tom", 2), Source{DeskID: w.bikes}).ID
		big, err := w.spool.Commit(ctx, Entry{Raw: w.keep("Subject: film\r\n\r\n"), Quarantine: "Over the limit.",
			Source: Source{Kind: "imap", DeskID: w.bikes, MailboxID: 1, UID: 4, Options: Options{FullSize: 9 << 30}, At: w.now}})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.spool.Quarantine(ctx, w.claim(1)[0], "Unreadable."); err != nil {
			t.Fatal(err)
		}
		maya := event.Person(2)
		boatsOnly := team.Access{DeskIDs: []int64{w.boats}}
		for name, c := range map[string]struct {
			err  error
			want fault.Kind
		}{
			"retry of another desk's mail": {w.spool.Retry(ctx, boatsOnly, maya, bad), fault.NotFound},
			"dismissal without a reason":   {w.spool.Dismiss(ctx, team.System, maya, bad, ""), fault.Invalid},
			"retry of what is pending":     {w.spool.Retry(ctx, team.System, maya, fine), fault.Conflict},
			"dismissal of what is pending": {w.spool.Dismiss(ctx, team.System, maya, fine, "spam"), fault.Conflict},
			"retry of a header alone":      {w.spool.Retry(ctx, team.System, maya, big[0].ID), fault.Conflict},
			"an arrival that is not there": {w.spool.Retry(ctx, team.System, maya, 404), fault.NotFound},
		} {
			if fault.Of(c.err) != c.want {
				t.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		if _, err := w.spool.Get(ctx, boatsOnly, bad); fault.Of(err) != fault.NotFound {
			t.Errorf("another desk's mail was shown: %v", err)
		}
		if got, err := w.spool.List(ctx, boatsOnly, Quarantined, 0, 10); err != nil || len(got) != 0 {
			t.Errorf("another desk's quarantine was listed: %v, %v", got, err)
		}
	})
}

// TestTwoDecideAtOnce lets Jonas dismiss a mail while Maya's decision to try again is being written.
func TestTwoDecideAtOnce(t *testing.T) {
	each(t, func(w *world) {
		id := w.store(from("Tom", 1), Source{DeskID: w.bikes}).ID
		if err := w.spool.Quarantine(ctx, w.claim(1)[0], "Unreadable."); err != nil {
			t.Fatal(err)
		}
		late := make(chan error, 1)
		err := w.d.Tx(ctx, func(tx *db.DB) error {
			err := New(tx, w.blobs, w.spool.now).Retry(ctx, team.System, event.Person(2), id)
			go func() { late <- w.spool.Dismiss(ctx, team.System, event.Person(3), id, "spam") }()
			dbtest.UntilBlocked(w.t, tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-late; fault.Of(err) != fault.Conflict || w.get(id).State != Pending {
			t.Errorf("the second was told %v, and the mail is %s", err, w.get(id).State)
		}
	})
}

func TestRetryAndDismissEmptyTheQuarantine(t *testing.T) {
	each(t, func(w *world) {
		for i := range 2 {
			w.store(from("Tom", i), Source{DeskID: w.bikes})
			if err := w.spool.Quarantine(ctx, w.claim(1)[0], "Unreadable."); err != nil {
				t.Fatal(err)
			}
		}
		n, err := Count(ctx, w.d, team.System)
		if err != nil || n.Quarantined != 2 || n.Pending != 0 || !n.OldestPending.IsZero() {
			t.Fatalf("numbers %+v, %v", n, err)
		}
		both, err := w.spool.List(ctx, team.System, Quarantined, 0, 10)
		if err != nil || len(both) != 2 {
			t.Fatal(both, err)
		}
		older, err := w.spool.List(ctx, team.System, Quarantined, both[0].ID, 10)
		if err != nil || len(older) != 1 || older[0].ID != both[1].ID {
			t.Errorf("second page: %v, %v", older, err)
		}
		if err := w.spool.Dismiss(ctx, team.System, event.Person(2), both[0].ID, "spam"); err != nil {
			t.Fatal(err)
		}
		wake, stop := w.spool.Subscribe()
		defer stop()
		if err := w.spool.Retry(ctx, team.System, event.Person(2), both[1].ID); err != nil {
			t.Fatal(err)
		}
		select {
		case <-wake:
		default:
			t.Error("nobody was woken to try again")
		}
		if a := w.claim(5); len(a) != 1 || a[0].Attempts != 1 {
			t.Errorf("tried again as %+v", a)
		}
		if open, _ := alarm.Open(ctx, w.d, team.System); len(open) != 0 {
			t.Errorf("alarm stays: %v", open)
		}
		r, size, err := w.spool.Open(ctx, team.System, both[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if source, err := io.ReadAll(r); err != nil || int64(len(source)) != size || !bytes.Contains(source, []byte("squeaks")) {
			t.Errorf("the source of a dismissed mail: %d bytes, %v", len(source), err)
		}
	})
}
