package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/team"
	"kept/internal/web"
)

// ReplayFor is how long an Idempotency-Key is remembered.
const ReplayFor = 48 * time.Hour

// diesAfter is when a request that still has no answer died with the process that ran it: its key may be used again.
const diesAfter = 2 * time.Minute

type remembered struct {
	request string // hash of method, address and body
	status  int64  // 0 while the first one still runs
	body    string
	created time.Time
}

// once answers a write that carries an Idempotency-Key: the first time by doing it, later by saying again what was said then.
// The answers of failures that may pass (5xx, 429) are forgotten, so that trying again with the same key does try again.
func (a *API) once(w http.ResponseWriter, r *http.Request, seat team.Seat, key string) error {
	if len(key) > 200 || !utf8.ValidString(key) {
		return fault.New(fault.Invalid, "An Idempotency-Key is text of at most 200 characters. A random UUID is fine.")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	request := fingerprint(r, body)
	before, first, err := a.remember(r.Context(), seat.Person.ID, key, request)
	if err != nil {
		return err
	}
	if !first {
		return replay(w, before, request)
	}
	ctx := context.WithoutCancel(r.Context()) // who went away will ask again and must get the same answer
	running, end := context.WithTimeout(ctx, diesAfter)
	defer end()
	answer := &recorder{ResponseWriter: w}
	settled := false
	defer func() {
		if !settled || answer.status >= 500 || answer.status == http.StatusTooManyRequests {
			a.forget(ctx, seat.Person.ID, key)
			return
		}
		a.settle(ctx, seat.Person.ID, key, answer)
	}()
	a.mux.ServeHTTP(answer, r.WithContext(running))
	settled = true
	return nil
}

func fingerprint(r *http.Request, body []byte) string {
	h := sha256.New()
	io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n")
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// remember claims the key, or returns what is known about it.
func (a *API) remember(ctx context.Context, person int64, key, request string) (before remembered, first bool, err error) {
	err = a.DB.Tx(ctx, func(tx *db.DB) error {
		stale, dead := db.Micros(a.Now().Add(-ReplayFor)), db.Micros(a.Now().Add(-diesAfter))
		if _, err := tx.Exec(ctx, `delete from idempotency where person_id = $1 and key = $2 and (created_at < $3 or status = 0 and created_at < $4)`, person, key, stale, dead); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `insert into idempotency (person_id, key, request, created_at) values ($1, $2, $3, $4) on conflict do nothing`, person, key, request, db.Micros(a.Now()))
		if err != nil || n == 1 {
			first = n == 1
			return err
		}
		before, err = db.One(ctx, tx, scanRemembered, `select request, status, body, created_at from idempotency where person_id = $1 and key = $2`, person, key)
		return err
	})
	return before, first, err
}

func scanRemembered(s db.Scanner) (remembered, error) {
	var v remembered
	var created int64
	err := s.Scan(&v.request, &v.status, &v.body, &created)
	v.created = db.Time(created)
	return v, err
}

func replay(w http.ResponseWriter, before remembered, request string) error {
	switch {
	case before.request != request:
		return fault.New(fault.Invalid, "This Idempotency-Key was used for another request. Use a new key for each thing you do.")
	case before.status == 0:
		return fault.New(fault.Conflict, "The first request with this Idempotency-Key is still running. Ask again in a moment.")
	}
	w.Header().Set("Content-Type", "application/json")
	if before.status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(int(before.status))
	_, err := io.WriteString(w, before.body)
	return err
}

// settle keeps the answer. A crash before this leaves the key running, for diesAfter.
func (a *API) settle(ctx context.Context, person int64, key string, answer *recorder) {
	if _, err := a.DB.Exec(ctx, `update idempotency set status = $3, body = $4 where person_id = $1 and key = $2`, person, key, answer.status, answer.body.String()); err != nil {
		web.ProblemOf(ctx, err) // logged; the thing itself is done
	}
}

func (a *API) forget(ctx context.Context, person int64, key string) {
	if _, err := a.DB.Exec(ctx, `delete from idempotency where person_id = $1 and key = $2`, person, key); err != nil {
		web.ProblemOf(ctx, err)
	}
}

// SweepReplays forgets old keys, and those whose request died with the process that ran it.
func (a *API) SweepReplays(ctx context.Context) error {
	_, err := a.DB.Exec(ctx, `delete from idempotency where created_at < $1 or status = 0 and created_at < $2`,
		db.Micros(a.Now().Add(-ReplayFor)), db.Micros(a.Now().Add(-diesAfter)))
	return err
}

// recorder keeps a copy of the answer.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}
