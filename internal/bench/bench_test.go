package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kept/internal/blob"
	"kept/internal/check"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
	"kept/internal/seed"
)

var brief = Pace{WarmUp: time.Millisecond, For: 20 * time.Millisecond, Most: 20}

func seeded(t testing.TB, d *db.DB, conversations int) *Database {
	t.Helper()
	blobs, err := blob.Folder(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	if conversations > 0 {
		if _, err := seed.Run(t.Context(), d, seed.Options{Conversations: conversations, Seed: 1, Now: time.Now(), Blobs: blobs, Password: "a long enough password"}); err != nil {
			t.Fatal(err)
		}
	}
	return &Database{DB: d, Blobs: blobs, Now: time.Now}
}

func TestRefuses(t *testing.T) {
	d := dbtest.Open(t)
	if _, err := Run(t.Context(), seeded(t, d, 0), []string{"inbox"}, brief); fault.Of(err) != fault.NotFound {
		t.Errorf("a desk without desks: %v", err)
	}
	if _, err := Run(t.Context(), seeded(t, d, 10), []string{"weather"}, brief); fault.Of(err) != fault.Invalid {
		t.Errorf("an area that is none: %v", err)
	}
	if _, err := Run(t.Context(), &Server{URL: "http://localhost:1"}, []string{"ingest"}, brief); fault.Of(err) != fault.Invalid {
		t.Errorf("ingest without an SMTP address: %v", err)
	}
	if _, err := Run(t.Context(), &Server{URL: "http://localhost:1"}, []string{"inbox"}, brief); fault.Of(err) != fault.Unavailable {
		t.Errorf("a server that is not there: %v", err)
	}
}

// TestDatabase measures everything for a moment: what was received and answered is well.
func TestDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := seeded(t, d, 300)
		before, err := check.Run(t.Context(), d, s.Blobs, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), s, Areas, brief)
		if err != nil {
			t.Fatal(err)
		}
		for area, names := range map[string][]string{"ingest": {"accept", "receive", "receive_many"}, "inbox": {"list_open", "list_all", "list_all_deep", "list_due", "counts", "open", "reply"}} {
			for _, name := range names {
				f := r.Areas[area][name]
				if f.N < 5 || f.P50 <= 0 || f.P50 > f.P90 || f.P90 > f.P99 || f.P99 > f.Max || f.CPU < 0 {
					t.Errorf("%s %s: %+v", area, name, f)
				}
			}
		}
		if r.MemoryMiB <= 0 {
			t.Errorf("memory %v", r.MemoryMiB)
		}
		after, err := check.Run(t.Context(), d, s.Blobs, time.Now())
		if err != nil || !after.OK || after.Counts.Pending > 0 || after.Counts.Quarantined > 0 {
			t.Errorf("after measuring: %+v, %v", after, err)
		}
		if received := after.Counts.Messages - before.Counts.Messages; received < r.Areas["ingest"]["receive_many"].N {
			t.Errorf("%d mails were received while %d were measured", received, r.Areas["ingest"]["receive_many"].N)
		}
	})
}

// TestServer: the API is asked for what an agent's day asks for, with the token, and a
// refusal is not measured as an answer.
func TestServer(t *testing.T) {
	asked := map[string]int{}
	refuse := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			fmt.Fprintf(w, "# HELP kept_cpu_seconds Time.\nkept_cpu_seconds %d\nkept_memory_bytes 52428800\n", len(asked))
			return
		}
		if r.Header.Get("Authorization") != "Bearer kept_secret" || r.URL.Path == refuse {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if asked[r.Method+" "+r.URL.String()]++; r.URL.Path == "/api/v1/counts" && asked["GET /api/v1/counts"] == 4 {
			w.WriteHeader(http.StatusTooManyRequests) // is waited for, and not measured
			return
		}
		fmt.Fprint(w, `{"items":[{"id":7}],"next":null}`)
	}))
	defer server.Close()
	s := &Server{URL: server.URL, Token: "kept_secret"}
	r, err := Run(t.Context(), s, []string{"inbox"}, brief)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"GET /api/v1/conversations?state=open", "GET /api/v1/conversations", "GET /api/v1/counts", "GET /api/v1/conversations/7", "POST /api/v1/conversations/7/messages"} {
		if asked[want] < 5 {
			t.Errorf("%s was asked %d times of %v", want, asked[want], asked)
		}
	}
	if slow := r.Areas["inbox"]["counts"].Max; slow > 900 {
		t.Errorf("being held back was measured: %v ms", slow)
	}
	if r.MemoryMiB != 50 {
		t.Errorf("memory %v", r.MemoryMiB)
	}
	refuse = "/api/v1/counts"
	if _, err := Run(t.Context(), s, []string{"inbox"}, brief); fault.Of(err) != fault.Unavailable || !strings.Contains(err.Error(), "403") {
		t.Errorf("a refusal: %v", err)
	}
}

func TestSummary(t *testing.T) {
	var took []time.Duration
	for i := 100; i > 0; i-- {
		took = append(took, time.Duration(i)*time.Millisecond)
	}
	if got, want := summary(took, 200*time.Millisecond, 1), (Figures{50, 90, 99, 100, 2, 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := summary(took[:1], time.Millisecond, 4), (Figures{.25, .25, .25, .25, .25, 4}); got != want {
		t.Errorf("shared by four: got %+v, want %+v", got, want)
	}
}

func BenchmarkReceive(b *testing.B) {
	s := seeded(b, dbtest.Open(b), 1000)
	if err := s.open(b.Context()); err != nil {
		b.Fatal(err)
	}
	many := s.ingest()[2]
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if err := many.Do(context.Background(), i); err != nil {
			b.Fatal(err)
		}
	}
}
