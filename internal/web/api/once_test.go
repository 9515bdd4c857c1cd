package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/team"
)

// TestWhoGoesAwayInTheMiddleIsServed lets a program lose its connection while what it asked for is being done, and ask again.
func TestWhoGoesAwayInTheMiddleIsServed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := &API{Deps: Deps{DB: d, Now: time.Now}, mux: http.NewServeMux()}
		lost, lose := context.WithCancel(t.Context())
		done := 0
		a.mux.HandleFunc("POST /letters", func(w http.ResponseWriter, r *http.Request) {
			done++
			lose()
			if r.Context().Err() != nil {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			w.WriteHeader(http.StatusCreated)
		})
		ask := func(ctx context.Context) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("POST", "/letters", strings.NewReader("{}")).WithContext(ctx)
			if err := a.once(w, r, team.Seat{Person: team.Person{ID: 7}}, "a key"); err != nil {
				t.Fatal(err)
			}
			return w
		}
		ask(lost)
		again := ask(t.Context())
		if done != 1 || again.Code != http.StatusCreated || again.Header().Get("Idempotency-Replayed") != "true" {
			t.Errorf("done %d times, the second answer is %d", done, again.Code)
		}
	})
}
