// Package api is the one interface to Kept for the browser workspace and for other programs: JSON under /api/v1.
//
// Each operation is declared once, as a Go function with an input and an output type; the OpenAPI 3.1 document, the validation of what
// comes in and the TypeScript types of the workspace follow from it. A file per noun; no rules live here, only translation:
//
//	bytes ─► who asks (cookie or token) ─► limit by seat ─► replay of a known Idempotency-Key ─► may they ─► shape of the input ─► domain
//
// Lists are {items, next}, times RFC 3339 in UTC, ids numbers; what is absent is null. A failure is a web.Problem.
package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kept/internal/blob"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/secret"
	"kept/internal/team"
	"kept/internal/web"
	"kept/internal/web/live"
)

// Prefix is where the API lives.
const Prefix = "/api/v1"

// Deps is what the API translates for.
type Deps struct {
	DB      *db.DB
	Now     func() time.Time
	House   *team.House
	Book    *conversation.Book
	Spool   *intake.Spool
	Blobs   blob.Store
	Box     *secret.Box
	Log     *event.Log
	Live    *live.Hub
	Mail    Mail
	Version string
	Demo    *DemoSeat // of a desk of invented people: the workspace says so, and lets anybody in; nil for a real one
	// MaxUpload is the most one attachment may have, in bytes.
	MaxUpload int64
}

// API is the handler of everything under Prefix.
type API struct {
	Deps
	mux    *http.ServeMux
	huma   huma.API
	bySeat *team.Limiter
	ops    map[string]op // by pattern
	remote *remoteImages
	book   func() []byte // the OpenAPI document, made once
}

// New declares every operation.
func New(d Deps) *API {
	speakPlainly()
	if d.MaxUpload == 0 {
		d.MaxUpload = 25 << 20
	}
	a := &API{Deps: d, mux: http.NewServeMux(), bySeat: team.NewLimiter(600, 10*time.Millisecond, 20_000), ops: map[string]op{}}
	a.remote = newRemoteImages()
	a.huma = humago.New(prefixed{a.mux}, humaConfig(d.Version))
	a.registerSessions()
	a.registerPeople()
	a.registerDesks()
	a.registerMailboxes()
	a.registerConversations()
	a.registerMessages()
	a.registerCustomers()
	a.registerMail()
	a.mux.Handle("GET "+Prefix+"/stream", web.HandlerFunc(a.stream))
	a.document()
	a.book = sync.OnceValue(func() []byte {
		text, _ := json.MarshalIndent(a.huma.OpenAPI(), "", "  ") // made of plain values
		return text
	})
	a.mux.HandleFunc("GET "+Prefix+"/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(a.book())
	})
	a.mux.Handle(Prefix+"/", web.HandlerFunc(a.nowhere))
	return a
}

// Document returns the OpenAPI 3.1 description of the API.
func (a *API) Document() []byte { return a.book() }

// ServeHTTP finds out who asks, and lets the operation answer.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	web.HandlerFunc(a.serve).ServeHTTP(w, r)
}

func (a *API) serve(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	seat, err := a.identify(r)
	if err != nil {
		return err
	}
	_, pattern := a.mux.Handler(r)
	o, declared := a.ops[pattern]
	if seat != nil {
		if wait := a.bySeat.Take(seatKey(*seat), a.Now()); wait > 0 {
			return team.TooMany("There were too many requests at once", wait)
		}
	}
	if declared { // before a byte of the body is read: what nobody may do costs nothing
		if err := o.allows(seat); err != nil {
			return err
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, a.mostBody(o, pattern))
	if seat == nil {
		a.mux.ServeHTTP(w, r)
		return nil
	}
	r = r.WithContext(context.WithValue(r.Context(), keySeat, seat))
	if k := r.Header.Get("Idempotency-Key"); k != "" && r.Method != http.MethodGet && r.Method != http.MethodHead && !o.private {
		return a.once(w, r, *seat, k)
	}
	a.mux.ServeHTTP(w, r)
	return nil
}

// maxPublicBody is the most a stranger may send: a sign-in or a set-up is small, and reading JSON costs more than sending it.
const maxPublicBody = 64 << 10

func (a *API) mostBody(o op, pattern string) int64 {
	switch {
	case o.public:
		return maxPublicBody
	case strings.HasSuffix(pattern, "/attachments"):
		return a.MaxUpload + 1<<20 // the form around the file
	}
	return web.MaxBody
}

type key int

const keySeat key = iota

// SeatOf is who asks, or nil.
func SeatOf(ctx context.Context) *team.Seat {
	s, _ := ctx.Value(keySeat).(*team.Seat)
	return s
}

// nowhere answers addresses and methods that do not exist.
func (a *API) nowhere(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := a.mux.Handler(other); pattern != Prefix+"/" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) == 0 {
		return web.Refuse(http.StatusNotFound, "The API has nothing at this address. Every address is listed at "+Prefix+"/openapi.json.")
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return web.Refuse(http.StatusMethodNotAllowed, "This address takes "+strings.Join(allowed, " and ")+", not "+r.Method+".")
}

// An op declares one operation.
type op struct {
	method, path, summary, tag string
	public                     bool   // needs no seat
	action                     string // "" means Read for GET and Write otherwise
	status                     int    // of success; 0 is 200 with a body and 204 without
	private                    bool   // the answer holds a secret
	maxBody                    int64
}

// handle registers an operation. fn gets the seat; on a public operation it may be the zero Seat.
func handle[I, O any](a *API, o op, fn func(ctx context.Context, s team.Seat, in *I) (*O, error)) {
	if o.action == "" {
		o.action = team.Write
		if o.method == http.MethodGet {
			o.action = team.Read
		}
	}
	a.ops[o.method+" "+Prefix+o.path] = o
	h := huma.Operation{
		OperationID: operationID(o), Method: o.method, Path: o.path, Summary: o.summary, Tags: []string{o.tag},
		DefaultStatus: o.status, MaxBodyBytes: cmpOr(o.maxBody, web.MaxBody+1), BodyReadTimeout: -1,
	}
	if o.public {
		h.Security = []map[string][]string{{}}
	}
	huma.Register(a.huma, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := answer(ctx, o, in, fn)
		if err != nil {
			return nil, web.ProblemOf(ctx, err)
		}
		return out, nil
	})
}

func answer[I, O any](ctx context.Context, o op, in *I, fn func(context.Context, team.Seat, *I) (*O, error)) (*O, error) {
	seat := SeatOf(ctx)
	if err := o.allows(seat); err != nil {
		return nil, err
	}
	if seat == nil {
		seat = &team.Seat{}
	}
	return fn(ctx, *seat, in)
}

// allows says why a seat, nil for nobody, may not do this.
func (o op) allows(seat *team.Seat) error {
	switch {
	case o.public:
		return nil
	case seat == nil:
		return web.ErrNotSignedIn
	}
	return seat.Access.Can(o.action)
}

func cmpOr(a, b int64) int64 {
	if a != 0 {
		return a
	}
	return b
}

// operationID is stable and readable: get-conversations-id-messages.
func operationID(o op) string {
	return strings.ToLower(o.method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(o.path)
}

// prefixed puts every operation under Prefix while the document keeps short paths.
type prefixed struct{ mux *http.ServeMux }

func (p prefixed) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	p.mux.HandleFunc(method+" "+Prefix+path, h)
}

func (p prefixed) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func humaConfig(version string) huma.Config {
	format := huma.Format{Marshal: marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Kept", Version: version, Description: "The desk that keeps its promises. What the workspace can do, a program can do here.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}},
			Servers: []*huma.Server{{URL: Prefix}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":   {Type: "http", Scheme: "bearer", Description: "An API token, kept_…, made in the settings."},
					"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "What signing in sets."},
				},
			},
			Security: []map[string][]string{{"token": {}}, {"session": {}}},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	}
}

func marshal(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// A List is one page of many; Next is the cursor of the following page, or null at the end.
type List[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"Give it as cursor to read on; null at the end."`
}

// A body is an answer that is just JSON.
type body[T any] struct{ Body T }

func ok[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{v}, nil
}

func okList[T any](items []T, err error) (*body[List[T]], error) {
	return ok(List[T]{Items: full(items)}, err)
}

// full is never null in JSON.
func full[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func mapped[A, B any](items []A, fn func(A) B) []B {
	out := make([]B, len(items))
	for i, v := range items {
		out[i] = fn(v)
	}
	return out
}

// at is null in JSON for the zero time.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// num is null in JSON for 0, text for "".
func num(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func deref[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// empty is the input of an operation that takes nothing, none the output of one that says nothing.
type (
	empty struct{}
	none  struct{}
)

// ByID is the input of an operation on one thing.
type ByID struct {
	ID int64 `path:"id" minimum:"1" maximum:"9007199254740991"`
}

func invalid(field, sentence string) error {
	return fault.New(fault.Invalid, "%s", sentence).With(field, sentence)
}
