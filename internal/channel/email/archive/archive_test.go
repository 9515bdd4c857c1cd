package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/internal/channel/email/emailtest"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/team"
)

var ctx = context.Background()

// An office has a desk, a folder with old mail, and somebody who reads arrivals as they come.
type office struct {
	*emailtest.World
	im   *Importer
	desk team.Desk
	old  string
}

func newOffice(w *emailtest.World) *office {
	o := &office{World: w, desk: w.Desk("support@example.com"), old: w.T.TempDir()}
	o.im = &Importer{DB: w.DB, Spool: w.Spool, Now: w.Now}
	return o
}

func each(t *testing.T, fn func(o *office)) {
	t.Helper()
	emailtest.Each(t, func(w *emailtest.World) { fn(newOffice(w)) })
}

func (o *office) write(name, content string) string {
	o.T.Helper()
	path := filepath.Join(o.old, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		o.T.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		o.T.Fatal(err)
	}
	return path
}

// run imports, and plays the worker: what has arrived counts as read.
func (o *office) run(opt Options, paths ...string) Report {
	o.T.Helper()
	r, err := o.try(ctx, opt, paths...)
	if err != nil {
		o.T.Fatal(err)
	}
	return r
}

func (o *office) try(ctx context.Context, opt Options, paths ...string) (Report, error) {
	opt.Desk = o.desk
	return o.im.Import(ctx, paths, opt, func(r Report) {
		if r.Phase == "done" {
			if _, err := o.DB.Exec(context.Background(), `update intake set state = 'stored' where state = 'pending'`); err != nil {
				o.T.Error(err)
			}
		}
	})
}

func (o *office) imported() []intake.Arrival { return o.Arrivals(intake.Stored) }

func subjects(all []intake.Arrival) string {
	var s []string
	for _, a := range all {
		s = append(s, a.Subject)
	}
	return strings.Join(s, ",")
}

// dated is a mail written some days before the world begins.
func dated(name, subject string, daysAgo int, headers ...string) string {
	m := strings.ReplaceAll(emailtest.Mail(name, subject, headers...), "\r\n", "\n")
	return strings.Replace(m, "Date: Mon, 2 Mar 2026 08:55:00 +0000", "Date: "+emailtest.Start.AddDate(0, 0, -daysAgo).Format(time.RFC1123Z), 1)
}

func mbox(mails ...string) string {
	var b strings.Builder
	for _, m := range mails {
		b.WriteString("From tom@example.org Mon Mar  2 09:00:00 2026\n" + m + "\n")
	}
	return b.String()
}

func TestWhatCannotBeImported(t *testing.T) {
	each(t, func(o *office) {
		if _, err := o.try(ctx, Options{}); fault.Of(err) != fault.Invalid {
			o.T.Errorf("nothing named: %v", err)
		}
		if _, err := o.try(ctx, Options{}, filepath.Join(o.old, "gone.mbox")); fault.Of(err) != fault.NotFound {
			o.T.Errorf("a path that is not there: %v", err)
		}
		o.write("notes.txt", "buy milk")
		o.write("empty.eml", "")
		o.write("large.eml", dated("Tom", "film", 3)+strings.Repeat("0123456789\n", 300))
		o.write("box/cur/1:2,ST", dated("Tom", "deleted", 3))
		o.write("box/cur/2:2,D", dated("Tom", "draft", 3))
		o.write("box/new/.keep", "")
		o.write("box/tmp/3", dated("Tom", "never finished", 3))
		o.write("fine.eml", dated("Tom", "fine", 3))
		r := o.run(Options{Limit: 2000}, o.old)
		var reasons []string
		for _, s := range r.Skipped {
			reasons = append(reasons, filepath.Base(s.Path)+": "+s.Reason)
		}
		slices.Sort(reasons)
		want := []string{".keep: It is empty.", "1:2,ST: It was deleted in the mail program.", "2:2,D: It is a draft.", "empty.eml: It is empty.",
			"large.eml: It is larger than we accept.", "notes.txt: It is neither a mail (.eml) nor an mbox file."}
		if !slices.Equal(reasons, want) {
			o.T.Errorf("skipped %q", reasons)
		}
		if got := subjects(o.imported()); got != "fine" || r.Stored != 1 || r.Found != 2 {
			o.T.Errorf("imported %s; %+v", got, r)
		}
	})
}

func TestMboxDialects(t *testing.T) {
	text := "Dear all,\n\nFrom Monday on we meet at 9:30.\n>From the office.\n>>From home.\nRegards\n"
	plain := "From: Tom <tom@example.org>\nDate: Mon, 2 Mar 2026 08:00:00 +0000\nMessage-ID: <a@example.org>\nSubject: one\n\n" + text
	second := dated("Maya", "two", 0)
	rd := strings.NewReplacer("\n>>From", "\n>>>From", "\n>From", "\n>>From", "\nFrom", "\n>From")
	quoted := strings.Replace(rd.Replace("\n"+plain), "\n>From: Tom", "\nFrom: Tom", 1)[1:]
	counted := strings.Replace(plain, "Subject: one\n", fmt.Sprintf("Subject: one\nContent-Length: %d\n", len(text)), 1)
	wrong := strings.Replace(quoted, "Subject: one\n", "Subject: one\nContent-Length: 7\n", 1)
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for name, box := range map[string]string{
		"mboxrd":                          mbox(quoted, second),
		"mboxrd with CRLF":                crlf(mbox(quoted, second)),
		"mboxcl2, counted and not quoted": mbox(counted, second),
		"a count that is wrong":           mbox(wrong, second),
		"separators without a time":       "From tom\n" + quoted + "\nFrom maya\n" + second,
		"Mozilla":                         strings.ReplaceAll(mbox(quoted, second), "From tom@example.org", "From -"),
		"no newline at the end":           strings.TrimRight(mbox(quoted, second), "\n"),
		"a From line after an empty line": mbox(strings.Replace(quoted, "\n>From Monday on we meet at 9:30.", "\nFrom Monday on we meet at nine.", 1), second),
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(emailtest.New(t, dbtest.Open(t)))
			r := o.run(Options{}, o.write("old.mbox", box))
			all := o.imported()
			if r.Found != 2 || subjects(all) != "one,two" && subjects(all) != "two,one" {
				t.Fatalf("found %d: %s", r.Found, subjects(all))
			}
			for _, a := range all {
				got := strings.TrimRight(strings.ReplaceAll(o.Source(a), "\r\n", "\n"), "\n")
				got = strings.NewReplacer(fmt.Sprintf("Content-Length: %d\n", len(text)), "", "Content-Length: 7\n", "").Replace(got)
				want := strings.TrimRight(plain, "\n")
				if strings.Contains(name, "after an empty line") {
					want = strings.Replace(want, "at 9:30", "at nine", 1)
				}
				if a.Subject == "two" {
					want = strings.TrimRight(second, "\n")
				}
				if got != want {
					t.Errorf("%s:\n%q, want\n%q", a.Subject, got, want)
				}
			}
		})
	}
}

func TestOddMboxes(t *testing.T) {
	for name, c := range map[string]struct {
		box   string
		found int
	}{
		"nothing but a separator": {"From tom Mon Mar  2 09:00:00 2026\n", 0},
		"two separators in a row": {"From a 1:00\nFrom b 2:00\nSubject: x\n\ny\n", 1},
		"a line of 300,000 bytes": {mbox(dated("Tom", "long", 1)+strings.Repeat("z", 300000)+"\n", dated("Tom", "next", 1)), 2},
		"NUL and broken UTF-8":    {mbox("Subject: \x00\xff\n\n\x00\xff\xfe\n", dated("Tom", "next", 1)), 2},
		"a count beyond the end":  {mbox("Subject: x\nContent-Length: 99999999\n\nhello\n", dated("Tom", "next", 1)), 2},
		"a negative count":        {mbox("Subject: x\nContent-Length: -5\n\nhello\n", dated("Tom", "next", 1)), 2},
		"a header without end":    {mbox("Subject: x\n"+strings.Repeat("X-Long: y\n", 20000), dated("Tom", "next", 1)), 2},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(emailtest.New(t, dbtest.Open(t)))
			if r := o.run(Options{}, o.write("odd", c.box)); r.Found != c.found || r.Stored != c.found {
				t.Errorf("%+v, want %d", r, c.found)
			}
		})
	}
}

func TestMailComesInTheOrderItWasWritten(t *testing.T) {
	each(t, func(o *office) {
		o.write("sent.mbox", mbox(dated("Support", "answer", 8)))
		o.write("inbox.mbox", mbox(dated("Tom", "thanks", 7), dated("Tom", "question", 9)))
		o.write("more/a.eml", dated("Maya", "oldest", 30))
		o.write("box/cur/1:2,S", dated("Noor", "newest", 1))
		o.write("box/new/2", strings.Replace(dated("Noor", "undated", 1), "Date:", "X-Date:", 1))
		r := o.run(Options{}, o.old)
		if got := subjects(o.imported()); got != "oldest,question,answer,thanks,newest,undated" {
			o.T.Errorf("order: %s", got)
		}
		if r.Files != 5 || r.Found != 6 || r.Read != 6 || r.Stored != 6 || r.BytesDone != r.Bytes || r.Phase != "done" || r.Waiting != 0 {
			o.T.Errorf("report %+v", r)
		}
		for _, a := range o.imported() {
			if !a.Options.History || !a.Options.Quiet || a.Kind != "import" {
				o.T.Errorf("%s: %+v", a.Subject, a.Options)
			}
		}
	})
}

func TestImportingAgainAddsNothing(t *testing.T) {
	each(t, func(o *office) {
		box := o.write("old.mbox", mbox(dated("Tom", "one", 3), dated("Tom", "two", 2)))
		o.write("copy/one.eml", strings.ReplaceAll(dated("Tom", "one", 3), "\n", "\r\n"))
		first := o.run(Options{}, o.old)
		if first.Stored != 2 || first.Duplicates != 1 {
			o.T.Errorf("a mail that is in two places: %+v", first)
		}
		if again := o.run(Options{}, o.old); again.Read != 0 || again.Before != 3 || again.Stored != 0 {
			o.T.Errorf("again: %+v", again)
		}
		o.write("old.mbox", mbox(dated("Tom", "one", 3), dated("Tom", "two", 2), dated("Tom", "three", 1)))
		grown := o.run(Options{}, o.old)
		if grown.Before != 0 || grown.Stored != 1 || grown.Duplicates != 3 {
			o.T.Errorf("after the file grew: %+v", grown)
		}
		if other := o.run(Options{}, box); other.Stored != 0 || other.Duplicates != 3 {
			o.T.Errorf("under another path: %+v", other)
		}
	})
}

func TestAStoppedImportGoesOn(t *testing.T) {
	each(t, func(o *office) {
		var mails []string
		for i := range 3*together + 7 {
			mails = append(mails, dated("Tom", fmt.Sprint("mail ", i), 1000-i))
		}
		box := o.write("old.mbox", mbox(mails...))
		stop, cancel := context.WithCancel(ctx)
		r, err := o.im.Import(stop, []string{box}, Options{Desk: o.desk}, func(r Report) {
			if r.Read >= together {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || r.Read == 0 || r.Read == len(mails) {
			o.T.Fatalf("stopped: %+v, %v", r, err)
		}
		rest := o.run(Options{}, box)
		if rest.Before != r.Read || rest.Read != len(mails)-r.Read || rest.Stored != rest.Read || rest.Duplicates != 0 {
			o.T.Errorf("went on: %+v after %+v", rest, r)
		}
		if n := len(o.imported()); n != len(mails) {
			o.T.Errorf("%d mails, want %d", n, len(mails))
		}
	})
}

func TestWhatStillWaits(t *testing.T) {
	each(t, func(o *office) {
		re := func(id string) string { return "In-Reply-To: <" + id + "@example.org>" }
		mails := []string{
			dated("Tom", "old", 40),
			dated("Tom", "asked", 9), dated("Support", "answered", 8, re("tom.asked")),
			dated("Maya", "first", 7), dated("Maya", "second", 6, re("maya.first")), dated("Support", "answers the second only", 5, re("maya.second")),
			dated("Noor", "question", 4), dated("Support", "reply", 3, re("noor.question")), dated("Noor", "and another thing", 2, re("support.reply")),
			dated("Kim", "never answered", 20),
			strings.Replace(dated("Eve", "without a date", 1), "Date:", "X-Date:", 1),
		}
		for i, m := range mails {
			mails[i] = strings.Replace(m, "support@example.org", "support@example.com", 1)
		}
		o.write("old.mbox", strings.ReplaceAll(mbox(mails...), " Mon Mar  2 09:00:00 2026", " some day, 9:00"))
		o.write("box/new/.x", "")
		o.write("box/cur/1:2,RS", dated("Lee", "answered by flag", 2))
		o.write("box/cur/2:2,S", dated("Ann", "read but open", 2))
		r := o.run(Options{OpenSince: emailtest.Start.AddDate(0, 0, -30)}, o.old)
		var waiting []string
		for _, a := range o.imported() {
			if !a.Options.History {
				waiting = append(waiting, a.Subject)
			}
		}
		if got := strings.Join(waiting, ","); got != "never answered,read but open,and another thing" || r.Waiting != 3 {
			o.T.Errorf("waiting: %s (%d)", got, r.Waiting)
		}
	})
}

func TestWhatComesOfItIsReported(t *testing.T) {
	each(t, func(o *office) {
		box := o.write("old.mbox", mbox(dated("Tom", "fine", 2), dated("Eve", "evil", 1)))
		looks := 0
		r, err := o.im.Import(ctx, []string{box}, Options{Desk: o.desk}, func(r Report) {
			if r.Phase != "done" {
				return
			}
			if looks++; looks == 2 { // the worker comes to it after a while
				o.DB.Exec(ctx, `update intake set state = case when subject = 'evil' then 'quarantined' else 'stored' end`)
			}
		})
		if err != nil || r.Pending != 0 || r.Quarantined != 1 || looks < 3 {
			o.T.Errorf("%+v, %v after %d looks", r, err, looks)
		}
	})
}

func TestADatabaseThatRefusesStopsTheImport(t *testing.T) {
	o := newOffice(emailtest.New(t, dbtest.Open(t)))
	box := o.write("old.mbox", mbox(dated("Tom", "one", 2)))
	if err := os.RemoveAll(filepath.Join(o.Dir, "blobs", "tmp")); err != nil {
		t.Fatal(err)
	}
	if r, err := o.try(ctx, Options{}, box); fault.Of(err) != fault.Unavailable || r.Read != 0 || len(r.Skipped) != 0 {
		t.Errorf("a full disk was blamed on the mail: %+v, %v", r, err)
	}
	n, err := db.One(ctx, o.DB, db.Value[int64], `select count(*) from import_file`)
	if err != nil || n != 0 {
		t.Errorf("%d checkpoints (%v)", n, err)
	}
}
