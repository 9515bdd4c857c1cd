// Package desktest starts a whole Kept inside a test: database, API, streams, mail in and out, with a small cast of named people.
//
//	Maya  owner  sees every desk
//	Ravi  lead   of Support
//	Dana  agent  at Support
//	Omar  agent  at Repairs, sees nothing of Support
//
// Tom and Ines are customers. The clock stands still until a test moves it; nothing happens by itself: Mail brings a mail in and reads
// it, Leave sends what is queued. So a test tells a story and waits for nothing, except for streams.
package desktest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/internal/blob"
	"kept/internal/calendar"
	"kept/internal/channel/email"
	"kept/internal/channel/email/account"
	"kept/internal/channel/email/mailbox"
	"kept/internal/channel/email/sender"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/intake"
	"kept/internal/mail"
	"kept/internal/secret"
	"kept/internal/team"
	"kept/internal/web"
	"kept/internal/web/api"
	"kept/internal/web/live"
)

// Monday is when every test begins: 9 March 2026, ten in the morning in Lisbon.
var Monday = time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)

// A Clock stands still until it is moved.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is where the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Kept is a running Kept with its cast.
type Kept struct {
	testing.TB
	DB     *db.DB
	Blobs  blob.Store
	Clock  *Clock
	House  *team.House
	Book   *conversation.Book
	Spool  *intake.Spool
	API    *api.API
	Hub    *live.Hub
	Events *event.Log
	URL    string

	Support, Repairs       team.Desk
	Maya, Ravi, Dana, Omar *Client

	worker *email.Worker
	sender *sender.Sender
	mails  int

	mu    sync.Mutex
	asked map[string]bool
}

// Asked reports whether any client sent a request to METHOD /path, and succeeded, with ids and words standing where the path has braces.
func (k *Kept) Asked(method, path string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	want := strings.Split(path, "/")
	for asked := range k.asked {
		m, p, _ := strings.Cut(asked, " ")
		got := strings.Split(p, "/")
		if m != method || len(got) != len(want) {
			continue
		}
		same := true
		for i := range want {
			same = same && (want[i] == got[i] || strings.HasPrefix(want[i], "{"))
		}
		if same {
			return true
		}
	}
	return false
}

func (k *Kept) note(method, path string, status int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asked == nil {
		k.asked = map[string]bool{}
	}
	path, _, _ = strings.Cut(path, "?")
	if status < 300 {
		k.asked[method+" "+path] = true
	}
}

// Each runs fn on a fresh Kept per engine.
func Each(t *testing.T, fn func(t *testing.T, k *Kept)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, Start(t, d)) })
}

// New starts a Kept on SQLite.
func New(t testing.TB) *Kept { return Start(t, dbtest.Open(t)) }

// Start starts a Kept with its cast on a migrated, empty database.
func Start(t testing.TB, d *db.DB) *Kept {
	t.Helper()
	k := Bare(t, d)
	k.furnish()
	return k
}

// Bare starts a Kept that nobody has set up yet.
func Bare(t testing.TB, d *db.DB) *Kept {
	t.Helper()
	k := &Kept{TB: t, DB: d, Clock: &Clock{at: Monday}}
	now := k.Clock.Now
	blobs, err := blob.Folder(t.TempDir())
	k.must(err)
	box, err := secret.New(bytes.Repeat([]byte{7}, 32))
	k.must(err)
	k.Blobs, k.House, k.Book, k.Spool, k.Events = blobs, team.New(d, now), conversation.New(d, now), intake.New(d, blobs, now), event.New(d)
	t.Cleanup(k.Events.Close)
	k.worker = email.NewWorker(d, k.Spool, blobs, k.Book, now, "test", func(context.Context, intake.Arrival, []byte, *mail.Message, string) json.RawMessage {
		return json.RawMessage(`{"dkim":"pass","spf":"none","dmarc":"none"}`)
	})
	k.sender = &sender.Sender{DB: d, Blobs: blobs, Book: k.Book, Secrets: box, Now: now}
	k.Hub = live.New(k.Events, api.Load(k.Book))
	k.must(k.Hub.Start(t.Context()))
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { k.Events.Run(ctx) })
	work.Go(func() { k.Hub.Run(ctx) })
	boxes := mailbox.NewBoxes(d, box, now, account.Dialer{Private: true, Timeout: 2 * time.Second}, false)
	k.API = api.New(api.Deps{DB: d, Now: now, House: k.House, Book: k.Book, Spool: k.Spool, Blobs: blobs, Box: box, Log: k.Events, Live: k.Hub,
		Mail: api.Mail{Boxes: boxes, SMTP: func() string { return "localhost:2525" }, Reconcile: func(context.Context) error { return nil }}, Version: "test", MaxUpload: 1 << 20})
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", k.API)
	server := httptest.NewServer(web.Shell(web.Settings{Now: now}, mux))
	k.URL = server.URL
	t.Cleanup(func() {
		stop()
		work.Wait()
		server.CloseClientConnections()
		server.Close()
	})
	return k
}

func (k *Kept) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *Kept) furnish() {
	ctx := k.Context()
	person := func(name, role string) team.Person {
		p, err := k.House.AddPerson(ctx, event.System, team.Person{Name: name, Email: strings.ToLower(name) + "@brook.example", Role: role, Zone: "Europe/Lisbon"}, "")
		k.must(err)
		return p
	}
	maya, ravi, dana, omar := person("Maya", team.Owner), person("Ravi", team.Lead), person("Dana", team.Agent), person("Omar", team.Agent)
	hours, err := calendar.Create(ctx, k.DB, calendar.Calendar{Name: "Office hours", Zone: "Europe/Lisbon", Hours: calendar.Office()}, k.Clock.Now())
	k.must(err)
	desk := func(name, address string, members ...int64) team.Desk {
		g, err := k.House.CreateTeam(ctx, event.System, name, members)
		k.must(err)
		d, err := k.House.CreateDesk(ctx, event.System, team.Desk{Name: name, Address: address, TeamID: g.ID, CalendarID: hours.ID, ReplyToken: true})
		k.must(err)
		return d
	}
	k.Support = desk("Support", "help@brook.example", ravi.ID, dana.ID)
	k.Repairs = desk("Repairs", "repairs@brook.example", omar.ID)
	k.Maya, k.Ravi, k.Dana, k.Omar = k.As(maya), k.As(ravi), k.As(dana), k.As(omar)
}

// As returns a client that acts for a person with a token of every scope.
func (k *Kept) As(p team.Person) *Client { return k.With(p, team.ScopeAdmin) }

// With returns a client that acts for a person with a token of the given scopes.
func (k *Kept) With(p team.Person, scopes ...string) *Client {
	k.Helper()
	access, err := k.House.Access(k.Context(), p.ID, nil)
	k.must(err)
	secret, _, err := k.House.MakeToken(k.Context(), team.Seat{Person: p, Access: access}, "test", scopes, time.Time{})
	k.must(err)
	return &Client{k: k, Person: p, Token: secret}
}

// Anybody returns a client that nobody knows, with cookies of its own.
func (k *Kept) Anybody() *Client { return &Client{k: k} }

// Mail brings a mail from a customer in, has it read, and returns its conversation. further are header lines.
func (k *Kept) Mail(from, to, subject, text string, further ...string) int64 {
	k.Helper()
	k.mails++
	head := append([]string{"From: " + from, "To: " + to, "Subject: " + subject, "Date: " + k.Clock.Now().Format(time.RFC1123Z),
		fmt.Sprintf("Message-ID: <%d@customer.example>", k.mails)}, further...)
	return k.Raw(to, []byte(strings.Join(head, "\r\n")+"\r\n\r\n"+strings.ReplaceAll(text, "\n", "\r\n")+"\r\n")).ConversationID
}

// Raw brings a mail in as bytes and returns what became of it.
func (k *Kept) Raw(to string, raw []byte) intake.Arrival {
	k.Helper()
	ctx := k.Context()
	kept, err := k.Spool.Keep(ctx, nil, bytes.NewReader(raw), 0)
	k.must(err)
	desk, _, ok, err := team.DeskByAddress(ctx, k.DB, to)
	k.must(err)
	if !ok {
		k.Fatalf("no desk has the address %s", to)
	}
	results, err := k.Spool.Commit(ctx, intake.Entry{Raw: kept, Source: intake.Source{Kind: "smtp", DeskID: desk.ID, EnvelopeTo: to, At: k.Clock.Now()}})
	k.must(err)
	_, err = k.worker.Once(ctx, func(context.Context, *db.DB) error { return nil })
	k.must(err)
	a, err := k.Spool.Get(ctx, team.System, results[0].ID)
	k.must(err)
	return a
}

// Leave hands over every message that waits to leave.
func (k *Kept) Leave() {
	k.Helper()
	queued, err := k.Book.Outbox(k.Context(), team.System, 0, 1000)
	k.must(err)
	for _, m := range queued {
		if m.State == conversation.StateQueued && !m.UndoUntil.After(k.Clock.Now()) {
			k.must(k.sender.SendNow(k.Context(), m.ID))
		}
	}
}

// A Client asks the API for somebody.
type Client struct {
	k      *Kept
	Person team.Person
	Token  string
	Cookie string
	Header http.Header
}

// An Answer is what the API said.
type Answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request; path begins after /api/v1. A body that is no io.Reader is sent as JSON.
func (c *Client) Do(method, path string, body any) *Answer {
	c.k.Helper()
	kind := "application/json"
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r, kind = b, ""
	default:
		text, err := json.Marshal(b)
		c.k.must(err)
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.k.Context(), method, c.k.URL+api.Prefix+path, r)
	c.k.must(err)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for name, values := range c.Header {
		req.Header[name] = values
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if c.Cookie != "" {
		req.Header.Set("Cookie", c.Cookie)
	}
	res, err := http.DefaultClient.Do(req)
	c.k.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	c.k.must(err)
	c.k.note(method, path, res.StatusCode)
	for _, set := range res.Cookies() {
		c.Cookie = set.Name + "=" + set.Value
	}
	return &Answer{c.k, res.StatusCode, res.Header, text}
}

// Get, Post, Put, Patch and Delete are Do.
func (c *Client) Get(path string) *Answer             { c.k.Helper(); return c.Do("GET", path, nil) }
func (c *Client) Post(path string, body any) *Answer  { c.k.Helper(); return c.Do("POST", path, body) }
func (c *Client) Put(path string, body any) *Answer   { c.k.Helper(); return c.Do("PUT", path, body) }
func (c *Client) Patch(path string, body any) *Answer { c.k.Helper(); return c.Do("PATCH", path, body) }
func (c *Client) Delete(path string) *Answer          { c.k.Helper(); return c.Do("DELETE", path, nil) }

// M is a JSON object.
type M = map[string]any

// Is fails the test unless the answer has the status, and returns the answer.
func (a *Answer) Is(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// JSON is the answer as an object.
func (a *Answer) JSON() M {
	a.t.Helper()
	var m M
	if err := json.Unmarshal(a.Body, &m); err != nil {
		a.t.Fatalf("not a JSON object: %v: %s", err, a.Body)
	}
	return m
}

// Items is the answer as a list.
func (a *Answer) Items() []M {
	a.t.Helper()
	var list struct{ Items []M }
	if err := json.Unmarshal(a.Body, &list); err != nil {
		a.t.Fatalf("not a list: %v: %s", err, a.Body)
	}
	return list.Items
}

// Into decodes the answer.
func (a *Answer) Into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%v: %s", err, a.Body)
	}
}

// Says fails the test unless the problem's sentence holds the words.
func (a *Answer) Says(words string) *Answer {
	a.t.Helper()
	if detail, _ := a.JSON()["detail"].(string); !strings.Contains(detail, words) {
		a.t.Fatalf("it says %q, not %q", detail, words)
	}
	return a
}
