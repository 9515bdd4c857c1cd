package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"kept/internal/fault"
	"kept/internal/team"
)

// A Problem is how every failure is told, as application/problem+json (RFC 9457). Detail is one plain sentence that says what to do.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank: the status says the kind, detail says the rest." example:"about:blank"`
	Title     string         `json:"title" doc:"The status in words." example:"Conflict"`
	Status    int            `json:"status" example:"409"`
	Detail    string         `json:"detail" doc:"One plain sentence for the reader that says what to do."`
	Errors    []ProblemField `json:"errors,omitempty" doc:"What is wrong with single fields."`
	Obstacles any            `json:"obstacles,omitempty" doc:"What stands in the way, for programs: for example why a conversation cannot be closed yet."`
	Reference string         `json:"reference,omitempty" doc:"Tell this to whoever runs the server: the log has the cause beside it."`

	retryAfter int
}

// A ProblemField is what is wrong with one field of the request.
type ProblemField struct {
	Location string `json:"location" doc:"Where, such as body.email or query.limit."`
	Message  string `json:"message"`
}

// Error returns the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names a problem's own type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders returns the headers that belong to the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="kept"`)
	}
	return h
}

// Refuse makes a problem that is about HTTP itself, which the domain has no word for.
func Refuse(status int, sentence string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: sentence}
}

// ErrNotSignedIn is the answer to a request that needs to know who asks.
var ErrNotSignedIn = Refuse(http.StatusUnauthorized, "Sign in first, or send an API token: Authorization: Bearer kept_…")

var statusOf = map[fault.Kind]int{
	fault.Internal:    http.StatusInternalServerError,
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.NotFound:    http.StatusNotFound,
	fault.Conflict:    http.StatusConflict,
	fault.Forbidden:   http.StatusForbidden,
	fault.TooMany:     http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// ProblemOf is the one place where a failure becomes a response. What is no fault is logged here, once, with its cause, and shown
// with a reference only.
func ProblemOf(ctx context.Context, err error) *Problem {
	var ready *Problem
	if errors.As(err, &ready) {
		return ready
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return Refuse(http.StatusRequestEntityTooLarge, "That is too large. Send at most "+size(large.Limit)+".")
	}
	kind := fault.Of(err)
	p := Refuse(statusOf[kind], fault.Sentence(err))
	switch kind {
	case fault.Internal:
		return internal(ctx, p, err)
	case fault.Unavailable:
		slog.WarnContext(ctx, "something we depend on does not answer", "reference", RequestID(ctx), "err", err)
		p.retryAfter = 5
	}
	for _, f := range fault.Fields(err) {
		p.Errors = append(p.Errors, ProblemField{Location: "body." + f.Name, Message: f.Sentence})
	}
	switch data := fault.Data(err).(type) {
	case nil:
	case team.RetryAfter:
		p.retryAfter = int(data)
	default:
		p.Obstacles = data
	}
	return p
}

func internal(ctx context.Context, p *Problem, err error) *Problem {
	if errors.Is(err, context.Canceled) {
		return Refuse(499, "The request was given up before it was answered.")
	}
	p.Reference = RequestID(ctx)
	p.Detail = "Something went wrong on our side. Nothing you wrote is lost; try again, and tell whoever runs this server the reference " + p.Reference + " if it stays."
	slog.ErrorContext(ctx, "a request failed", "reference", p.Reference, "err", err)
	return p
}

func size(bytes int64) string {
	if bytes >= 1<<20 {
		return strconv.FormatInt(bytes>>20, 10) + " MB"
	}
	return strconv.FormatInt(bytes>>10, 10) + " kB"
}

// WriteError answers a plain handler's failure.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	p := ProblemOf(r.Context(), err)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Del("Content-Disposition")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// A HandlerFunc is a handler that returns its failure instead of answering it.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP runs the handler and answers its failure.
func (f HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := f(w, r); err != nil {
		WriteError(w, r, err)
	}
}
