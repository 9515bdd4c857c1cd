package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kept/internal/desktest"
	"kept/internal/team"
)

// TestShape sends bodies of the wrong shape: each is answered with a sentence beside the field.
func TestShape(t *testing.T) {
	k := desktest.New(t)
	id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
	conv := fmt.Sprintf("/conversations/%d", id)
	text := func(s string) io.Reader { return strings.NewReader(s) }
	for _, c := range []struct {
		name, method, path string
		body               io.Reader
		status             int
		location, says     string
	}{
		{"no body", "POST", conv + "/notes", nil, 400, "", "needs a JSON body"},
		{"not JSON", "POST", conv + "/notes", text(`{"text":`), 400, "body", "not JSON"},
		{"a list", "POST", conv + "/notes", text(`[]`), 422, "body", "curly brackets"},
		{"a number for text", "POST", conv + "/notes", text(`{"text":5}`), 422, "body.text", "Write text"},
		{"null for text", "POST", conv + "/notes", text(`{"text":null}`), 422, "body.text", "Write text"},
		{"a field too many", "POST", conv + "/notes", text(`{"text":"x","shout":true}`), 422, "body.shout", "no such field"},
		{"a field too few", "POST", conv + "/notes", text(`{}`), 422, "body.text", "missing"},
		{"NUL", "POST", conv + "/notes", text(`{"text":"a\u0000b"}`), 400, "body", "NUL character"},
		{"NUL in a name", "POST", conv + "/notes", text(`{"te\u0000xt":"a"}`), 400, "body", "NUL character"},
		{"not UTF-8", "POST", conv + "/notes", text("{\"text\":\"a\xffb\"}"), 400, "body", "not valid UTF-8"},
		{"an empty note", "POST", conv + "/notes", text(`{"text":"  "}`), 422, "body.text", "Write something"},
		{"too long", "POST", conv + "/notes", text(`{"text":"` + strings.Repeat("x", 500_001) + `"}`), 422, "body.text", "at most 500000"},
		{"far too large", "POST", conv + "/notes", text(`{"text":"` + strings.Repeat("x", 3<<20) + `"}`), 413, "", "too large"},
		{"a word for an id", "GET", "/conversations/abc", nil, 422, "path.id", "whole number"},
		{"id zero", "GET", "/conversations/0", nil, 422, "path.id", "at least 1"},
		{"an id beyond all", "GET", "/conversations/9007199254740993", nil, 422, "path.id", "at most"},
		{"a view that is none", "GET", "/conversations?view=shiny", nil, 422, "query.view", "Choose one of"},
		{"a limit of thousands", "GET", "/conversations?limit=5000", nil, 422, "query.limit", "at most 1000"},
		{"a time that is none", "PUT", conv + "/snooze", text(`{"until":"tomorrow","reason":"x"}`), 422, "body.until", "Write a time"},
		{"a time gone by", "PUT", conv + "/snooze", text(`{"until":"2020-01-01T00:00:00Z","reason":"x"}`), 422, "body.until", "in the future"},
		{"a recipient that is none", "POST", conv + "/messages", text(`{"text":"x","cc":["ok@x.example","nonsense"]}`), 422, "body.cc[1]", "not a mail address"},
		{"a header in a recipient", "POST", conv + "/messages", text(`{"text":"x","cc":["a@x.example\r\nBcc: b@x.example"]}`), 422, "body.cc[0]", "not a mail address"},
		{"six days of hours", "POST", "/calendars", text(`{"name":"x","zone":"UTC","hours":[[],[],[],[],[],[]]}`), 422, "body.hours", "at least 7"},
		{"somebody else's file", "POST", conv + "/messages", text(`{"text":"x","attachment_ids":[77]}`), 422, "", "Attach it again"},
		{"an address that is none", "GET", "/tickets", nil, 404, "", "nothing at this address"},
		{"a method that is none", "PUT", "/me", text(`{}`), 405, "", "GET and PATCH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var body any = c.body
			if c.body == nil {
				body = nil
			}
			who := *k.Maya
			who.Header = http.Header{"Content-Type": {"application/json"}}
			a := who.Do(c.method, c.path, body).Is(c.status).Says(c.says)
			if c.location == "" {
				return
			}
			errs, _ := a.JSON()["errors"].([]any)
			for _, e := range errs {
				if e.(M)["location"] == c.location {
					return
				}
			}
			t.Errorf("no error at %s: %s", c.location, a.Body)
		})
	}
	who := *k.Maya
	who.Header = http.Header{"Content-Type": {"text/plain"}}
	who.Do("POST", conv+"/notes", text(`{"text":"x"}`)).Is(415).Says("Send JSON")
}

// TestOnce sends writes again, as a browser with a bad line does.
func TestOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
		conv := fmt.Sprintf("/conversations/%d", id)
		with := func(who *desktest.Client, key string) *desktest.Client {
			c := *who
			c.Header = http.Header{"Idempotency-Key": {key}}
			return &c
		}
		first := with(k.Dana, "k1").Post(conv+"/notes", M{"text": "once"}).Is(201)
		again := with(k.Dana, "k1").Post(conv+"/notes", M{"text": "once"}).Is(201)
		if !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("the second answer differs: %s / %s", first.Body, again.Body)
		}
		with(k.Dana, "k1").Post(conv+"/notes", M{"text": "twice"}).Is(422).Says("used for another request")
		with(k.Dana, "k1").Put(conv+"/read", M{"message_id": 1}).Is(422).Says("used for another request")
		with(k.Ravi, "k1").Post(conv+"/notes", M{"text": "mine"}).Is(201)
		if n := len(k.Dana.Get(conv).JSON()["messages"].([]any)); n != 3 {
			t.Errorf("%d messages, want Tom's and two notes", n)
		}
		refusal := with(k.Dana, "k2").Put(conv+"/closed", M{}).Is(409)
		if again := with(k.Dana, "k2").Put(conv+"/closed", M{}).Is(409); !bytes.Equal(refusal.Body, again.Body) || again.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("a refusal is not repeated as it was: %s", again.Body)
		}
		with(k.Dana, strings.Repeat("x", 300)).Post(conv+"/notes", M{"text": "x"}).Is(422).Says("at most 200")
		secret := with(k.Dana, "k3").Post("/tokens", M{"name": "x", "scopes": []string{"read"}}).Is(201)
		other := with(k.Dana, "k3").Post("/tokens", M{"name": "x", "scopes": []string{"read"}}).Is(201)
		if bytes.Equal(secret.Body, other.Body) {
			t.Error("the answer with a secret was stored and repeated")
		}
		k.Clock.Pass(3 * 24 * 3600 * 1e9)
		with(k.Dana, "k1").Post(conv+"/notes", M{"text": "much later"}).Is(201)
		if err := k.API.SweepReplays(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestOnceAtOnce sends the same write many times at the same moment: it happens once.
func TestOnceAtOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
		conv := fmt.Sprintf("/conversations/%d", id)
		who := *k.Dana
		who.Header = http.Header{"Idempotency-Key": {"same"}}
		answers := make(chan int)
		for range 8 {
			go func() { answers <- who.Post(conv+"/notes", M{"text": "once"}).Status }()
		}
		for range 8 {
			if status := <-answers; status != 201 && status != 409 {
				t.Errorf("status %d", status)
			}
		}
		if n := len(k.Dana.Get(conv).JSON()["messages"].([]any)); n != 2 {
			t.Errorf("%d messages, want Tom's and one note", n)
		}
	})
}

// TestRefusedBeforeTheBody opens requests whose bodies never come: whoever may not do a thing is told so without them.
func TestRefusedBeforeTheBody(t *testing.T) {
	k := desktest.New(t)
	reader := k.With(k.Dana.Person, team.ScopeRead)
	for _, c := range []struct{ name, line, token, want string }{
		{"a stranger uploads", "POST /api/v1/attachments", "", "401"},
		{"a stranger answers", "POST /api/v1/conversations/1/messages", "", "401"},
		{"a reading token uploads", "POST /api/v1/attachments", reader.Token, "403"},
		{"an agent makes a desk", "POST /api/v1/desks", k.Dana.Token, "403"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(k.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: desk.example\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n", c.line)
			if c.token != "" {
				fmt.Fprintf(conn, "Authorization: Bearer %s\r\nIdempotency-Key: once\r\n", c.token)
			}
			fmt.Fprint(conn, "\r\n")
			conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.Contains(line, c.want) {
				t.Errorf("answered %q (%v), want %s", line, err, c.want)
			}
		})
	}
}

// TestHugeRequestsGetSmallAnswers sends bodies in which everything is wrong. The answer must cost less than the question.
func TestHugeRequestsGetSmallAnswers(t *testing.T) {
	k := desktest.New(t)
	fields := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%d":1`, i)
		}
		return b.String()
	}
	numbers := func(n int) string { return strings.Repeat("1,", n) + "1" }
	for _, c := range []struct {
		name   string
		who    *desktest.Client
		path   string
		body   string
		status int
	}{
		{"a stranger signs in with a library", k.Anybody(), "/sessions", `{"email":"x@x.example","password":"x"` + fields(100_000) + `}`, 413},
		{"a stranger signs in with a page", k.Anybody(), "/sessions", `{"email":"x@x.example","password":"x"` + fields(3000) + `}`, 422},
		{"a million recipients", k.Dana, "/conversations/1/messages", `{"text":"x","to":[` + numbers(900_000) + `]}`, 400},
		{"thousands of recipients", k.Dana, "/conversations/1/messages", `{"text":"x","to":[` + numbers(5000) + `]}`, 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			who := *c.who
			who.Header = http.Header{"Content-Type": {"application/json"}}
			a := who.Do("POST", c.path, strings.NewReader(c.body)).Is(c.status)
			if len(a.Body) > 20<<10 {
				t.Errorf("%d bytes of answer to %d of question", len(a.Body), len(c.body))
			}
		})
	}
}

// TestBytesThatAreNoText sends what HTTP carries and a database does not take, where it travels outside of JSON.
func TestBytesThatAreNoText(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
		for path, want := range map[string]int{"/conversations?q=par%00cel": 1, "/conversations?q=%ff%feparcel": 1, "/conversations?q=%ff%00": 1, "/customers?q=%00tom%ff": 1} {
			if n := len(k.Dana.Get(path).Is(200).Items()); n != want {
				t.Errorf("%s finds %d, want %d", path, n, want)
			}
		}
		who := *k.Dana
		who.Header = http.Header{"Idempotency-Key": {"\x80\xff"}}
		who.Do("PUT", "/conversations/1/read", map[string]any{"message_id": 1}).Is(422).Says("Idempotency-Key")
		odd := k.Anybody()
		odd.Header = http.Header{"User-Agent": {"\xff\xfeBrowser/\x80"}}
		link := k.Maya.Post("/invites", map[string]any{"email": "nora@brook.example", "role": "agent"}).Is(201).JSON()["link"].(string)
		odd.Post("/invites/"+link[strings.LastIndex(link, "/")+1:]+"/accept", map[string]any{"name": "Nora", "password": "a few words in a row"}).Is(201)
	})
}
