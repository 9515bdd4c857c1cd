package api_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kept/internal/desktest"
	"kept/internal/team"
)

type M = desktest.M

// TestOtherDesk walks every way by which Omar of Repairs might reach what belongs to Support.
func TestOtherDesk(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where is my parcel?")
		theirs := k.Mail("Ines <ines@customer.example>", "repairs@brook.example", "My lamp", "It flickers.")
		thread := k.Dana.Get(fmt.Sprintf("/conversations/%d", id)).Is(200).JSON()
		message := int64(thread["messages"].([]any)[0].(M)["id"].(float64))
		customer := int64(thread["conversation"].(M)["customer"].(M)["id"].(float64))
		conv := fmt.Sprintf("/conversations/%d", id)
		msg := fmt.Sprintf("/messages/%d", message)

		for _, c := range []struct {
			method, path string
			body         any
		}{
			{"GET", conv, nil},
			{"POST", conv + "/messages", M{"text": "Hello"}},
			{"POST", conv + "/notes", M{"text": "Hello"}},
			{"PUT", conv + "/assignee", M{"person_id": k.Omar.Person.ID}},
			{"PUT", conv + "/snooze", M{"until": k.Clock.Now().Add(time.Hour), "reason": "later"}},
			{"DELETE", conv + "/snooze", nil},
			{"PUT", conv + "/closed", M{"reason": "spam"}},
			{"DELETE", conv + "/closed", nil},
			{"DELETE", conv + "/mute", nil},
			{"PUT", conv + "/read", M{"message_id": message}},
			{"DELETE", conv + "/read", nil},
			{"GET", conv + "/draft", nil},
			{"PUT", conv + "/draft", M{"text": "Hello"}},
			{"DELETE", conv + "/draft", nil},
			{"GET", msg + "/raw", nil},
			{"GET", msg + "/html", nil},
			{"GET", msg + "/images?u=x", nil},
			{"DELETE", msg + "/sending", nil},
			{"POST", msg + "/retry", nil},
			{"GET", "/intake/1", nil},
			{"GET", "/intake/1/raw", nil},
			{"POST", "/intake/1/retry", nil},
			{"PUT", "/intake/1/dismissed", M{"reason": "spam"}},
			{"GET", fmt.Sprintf("/customers/%d", customer), nil},
			{"PATCH", fmt.Sprintf("/customers/%d", customer), M{"name": "Thomas"}},
			{"GET", fmt.Sprintf("/desks/%d", k.Support.ID), nil},
			{"POST", "/conversations", M{"desk_id": k.Support.ID, "to": []string{"tom@customer.example"}, "subject": "Hi", "text": "Hello"}},
		} {
			t.Run(c.method+" "+strings.ReplaceAll(c.path, "/", " "), func(t *testing.T) {
				if a := k.Omar.Do(c.method, c.path, c.body); a.Status != 404 {
					t.Errorf("Omar gets %d: %s", a.Status, a.Body)
				}
			})
		}

		t.Run("lists and counts", func(t *testing.T) {
			for path, want := range map[string]int{
				"/conversations": 1, "/conversations?view=team": 1, "/conversations?q=parcel": 0, "/conversations?q=tom@": 0, "/conversations?q=lamp": 1,
				fmt.Sprintf("/conversations?desk_id=%d", k.Support.ID): 0, fmt.Sprintf("/conversations?customer_id=%d", customer): 0,
				"/customers": 1, "/customers?q=tom@": 0, "/desks": 1, "/promises": 1, "/intake?state=stored": 1, "/outbox": 0,
			} {
				if got := len(k.Omar.Get(path).Is(200).Items()); got != want {
					t.Errorf("%s shows Omar %d, want %d", path, got, want)
				}
			}
			if n := k.Omar.Get("/counts").Is(200).JSON()["team"]; n != 1.0 {
				t.Errorf("Omar counts %v in the team's view, want 1", n)
			}
			boot := k.Omar.Get("/boot").Is(200)
			if strings.Contains(string(boot.Body), "parcel") || strings.Contains(string(boot.Body), "help@brook.example") {
				t.Errorf("the boot of Omar tells of Support: %s", boot.Body)
			}
		})
		k.Omar.Get(fmt.Sprintf("/conversations/%d", theirs)).Is(200)
		k.Maya.Get(fmt.Sprintf("/conversations/%d", theirs)).Is(200)
		if n := len(k.Maya.Get("/conversations").Items()); n != 2 {
			t.Errorf("Maya, who owns the place, sees %d, want 2", n)
		}
	})
}

// TestRoles tries what an agent, a lead and narrow tokens may not do.
func TestRoles(t *testing.T) {
	k := desktest.New(t)
	reader, writer := k.With(k.Maya.Person, team.ScopeRead), k.With(k.Maya.Person, team.ScopeWrite)
	id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where is my parcel?")
	conv := fmt.Sprintf("/conversations/%d", id)
	stranger := k.Anybody()
	lost := k.Anybody()
	lost.Token = "kept_unknown"
	ravi := fmt.Sprintf("/people/%d", k.Ravi.Person.ID)
	for _, c := range []struct {
		name         string
		who          *desktest.Client
		method, path string
		body         any
		want         int
		says         string
	}{
		{"nobody reads", stranger, "GET", "/conversations", nil, 401, "Sign in first"},
		{"nobody streams", stranger, "GET", "/stream", nil, 401, "Sign in first"},
		{"nobody boots", stranger, "GET", "/boot", nil, 401, "Sign in first"},
		{"an unknown token is told so", lost, "GET", "/conversations", nil, 401, "unknown, has expired or was revoked"},
		{"an unknown token is refused even where none is needed", lost, "GET", "/setup", nil, 401, "unknown"},
		{"an agent invites nobody", k.Dana, "POST", "/invites", M{"email": "x@brook.example", "role": "agent"}, 403, "lead or an owner"},
		{"an agent makes no desk", k.Dana, "POST", "/desks", M{"name": "X"}, 403, "Only an owner"},
		{"an agent changes no desk", k.Dana, "PATCH", fmt.Sprintf("/desks/%d", k.Support.ID), M{"name": "X"}, 403, "lead or an owner"},
		{"an agent makes no team", k.Dana, "POST", "/teams", M{"name": "X"}, 403, "Only an owner"},
		{"an agent makes nobody owner", k.Dana, "PATCH", fmt.Sprintf("/people/%d", k.Dana.Person.ID), M{"role": "owner"}, 403, "Only an owner"},
		{"an agent sees no mailbox settings", k.Dana, "GET", "/mailboxes", nil, 403, "lead or an owner"},
		{"an agent tests no mailbox", k.Dana, "POST", "/mailboxes/test", M{"host": "10.0.0.1"}, 403, "lead or an owner"},
		{"an agent changes no calendar", k.Dana, "POST", "/calendars", M{"name": "X", "zone": "UTC"}, 403, "lead or an owner"},
		{"a lead changes no role", k.Ravi, "PATCH", ravi, M{"role": "owner"}, 403, "Only an owner"},
		{"a lead changes no desk of another team", k.Ravi, "PATCH", fmt.Sprintf("/desks/%d", k.Repairs.ID), M{"name": "X"}, 404, "no such desk"},
		{"a lead changes no hours that other teams keep", k.Ravi, "PATCH", fmt.Sprintf("/calendars/%d", k.Repairs.CalendarID), M{"name": "X"}, 403, "Other teams keep these hours"},
		{"a lead invites no owner", k.Ravi, "POST", "/invites", M{"email": "x@brook.example", "role": "owner"}, 403, "Ask an owner"},
		{"a lead invites nobody into another team", k.Ravi, "POST", "/invites", M{"email": "x@brook.example", "role": "agent", "team_ids": []int64{k.Repairs.TeamID}}, 403, "own teams"},
		{"a reading token reads", reader, "GET", conv, nil, 200, ""},
		{"a reading token writes no note", reader, "POST", conv + "/notes", M{"text": "x"}, 403, `scope "write"`},
		{"a reading token manages nobody", reader, "PATCH", ravi, M{"role": "owner"}, 403, `scope "admin"`},
		{"a reading token makes no token", reader, "POST", "/tokens", M{"name": "x", "scopes": []string{"read"}}, 403, `scope "write"`},
		{"a writing token writes a note", writer, "POST", conv + "/notes", M{"text": "x"}, 201, ""},
		{"a writing token manages nobody", writer, "PATCH", ravi, M{"role": "owner"}, 403, `scope "admin"`},
		{"a writing token makes no wider token", writer, "POST", "/tokens", M{"name": "x", "scopes": []string{"admin"}}, 403, "more than itself"},
		{"a token changes no password", k.Maya, "PUT", "/me/password", M{"old": "x", "new": "y"}, 403, "Sign in with a browser"},
		{"a token has no session to end", k.Maya, "DELETE", "/sessions/current", nil, 422, "Revoke the token"},
		{"the last owner stays", k.Maya, "PATCH", fmt.Sprintf("/people/%d", k.Maya.Person.ID), M{"role": "agent"}, 409, "last owner"},
		{"the last owner is not disabled", k.Maya, "PATCH", fmt.Sprintf("/people/%d", k.Maya.Person.ID), M{"state": "disabled"}, 409, "last owner"},
		{"set-up is over", stranger, "POST", "/setup", M{"company": "X", "name": "Eve", "email": "eve@x.example", "password": "a long enough one", "desk_name": "D", "desk_address": "d@x.example", "zone": "UTC"}, 409, "already set up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := c.who.Do(c.method, c.path, c.body).Is(c.want)
			if c.says != "" {
				a.Says(c.says)
				if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
					t.Errorf("Content-Type %q", got)
				}
			}
		})
	}
}

// TestATokenDoesNotOutliveItsMaker lets tokens that end make further ones.
func TestATokenDoesNotOutliveItsMaker(t *testing.T) {
	k := desktest.New(t)
	end := k.Clock.Now().Add(time.Hour)
	made := k.Dana.Post("/tokens", M{"name": "a day", "scopes": []string{"write"}, "expires_at": end}).Is(201).JSON()
	short := k.Anybody()
	short.Token = made["token"].(string)
	for _, c := range []struct {
		name string
		body M
		want int
	}{
		{"for ever", M{"name": "x", "scopes": []string{"read"}}, 403},
		{"longer", M{"name": "x", "scopes": []string{"read"}, "expires_at": end.Add(time.Second)}, 403},
		{"as long", M{"name": "x", "scopes": []string{"read"}, "expires_at": end}, 201},
	} {
		if a := short.Post("/tokens", c.body); a.Status != c.want {
			t.Errorf("%s: %d, want %d: %s", c.name, a.Status, c.want, a.Body)
		}
	}
}

// TestALeadWithdrawsOwnInvitesOnly has a lead take back what an owner sent out.
func TestALeadWithdrawsOwnInvitesOnly(t *testing.T) {
	k := desktest.New(t)
	invite := func(who *desktest.Client, email string) string {
		made := who.Post("/invites", M{"email": email, "role": "agent"}).Is(201).JSON()
		return fmt.Sprintf("/invites/%v", made["id"])
	}
	owners, leads := invite(k.Maya, "ada@brook.example"), invite(k.Ravi, "ben@brook.example")
	k.Ravi.Delete(owners).Is(404)
	k.Ravi.Delete(leads).Is(204)
	k.Maya.Delete(owners).Is(204)
}

// watch opens a stream and hands over its lines.
func watch(t *testing.T, k *desktest.Kept, who *desktest.Client, path string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", k.URL+"/api/v1/stream"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+who.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		defer res.Body.Close()
		s := bufio.NewScanner(res.Body)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			lines <- s.Text()
		}
	}()
	return lines
}

// until reads lines until one holds the words, and returns all that came.
func until(t *testing.T, lines <-chan string, words string) string {
	t.Helper()
	var seen []string
	for {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("the stream ended before %q: %v", words, seen)
			}
			seen = append(seen, line)
			if strings.Contains(line, words) {
				return strings.Join(seen, "\n")
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("waited for %q; came: %v", words, seen)
		}
	}
}

func TestStreamShowsOwnDesksOnly(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		dana, omar := watch(t, k, k.Dana, ""), watch(t, k, k.Omar, "")
		until(t, dana, `"position"`)
		until(t, omar, `"position"`)
		k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where is my parcel?")
		k.Mail("Ines <ines@customer.example>", "repairs@brook.example", "My lamp", "It flickers.")
		heard := until(t, omar, "promise.made")
		if strings.Contains(heard, "parcel") || !strings.Contains(heard, "My lamp") {
			t.Errorf("Omar hears %s", heard)
		}
		heard = until(t, dana, "promise.made")
		if strings.Contains(heard, "lamp") || !strings.Contains(heard, "My parcel") || !strings.Contains(heard, `"unread":true`) {
			t.Errorf("Dana hears %s", heard)
		}
	})
}

func TestStreamFollowsAccess(t *testing.T) {
	k := desktest.New(t)
	omar := watch(t, k, k.Omar, "")
	until(t, omar, `"position"`)
	k.Maya.Patch(fmt.Sprintf("/teams/%d", k.Support.TeamID), M{"person_ids": []int64{k.Dana.Person.ID, k.Omar.Person.ID}}).Is(200)
	until(t, omar, `"why":"access"`)
	k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where is my parcel?")
	until(t, omar, "My parcel")
	k.Maya.Patch(fmt.Sprintf("/people/%d", k.Omar.Person.ID), M{"state": "disabled"}).Is(200)
	for range omar { // the stream ends with the seat
	}
}

func TestStreamResumes(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		position := k.Dana.Get("/boot").Is(200).JSON()["position"].(string)
		for i := range 3 {
			k.Mail("Tom <tom@customer.example>", "help@brook.example", fmt.Sprintf("Parcel %d", i), "Where is it?")
		}
		heard := until(t, watch(t, k, k.Dana, "?after="+position), "Parcel 2")
		if !strings.Contains(heard, "Parcel 0") || !strings.Contains(heard, "Parcel 1") {
			t.Errorf("missed some: %s", heard)
		}
		k.Dana.Get("/stream?after=nonsense").Is(422).Says("not a position")
	})
}
