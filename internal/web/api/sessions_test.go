package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/desktest"
	"kept/internal/team"
)

const goodPassword = "four quiet herons walk"

func setUp(k *desktest.Kept) *desktest.Client {
	maya := k.Anybody()
	maya.Post("/setup", M{"company": "Brook & Sons", "name": "Maya", "email": "Maya@Brook.example", "password": goodPassword, "desk_name": "Support",
		"desk_address": "help@brook.example", "zone": "Europe/Lisbon", "country": "PT"}).Is(201)
	return maya
}

func TestSetUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := desktest.Bare(t, d)
		whole := M{"company": "Brook", "name": "Maya", "email": "maya@brook.example", "password": goodPassword, "desk_name": "Support", "desk_address": "help@brook.example", "zone": "Europe/Lisbon"}
		for _, c := range []struct{ field, value, says string }{
			{"name", " ", "Write a name"},
			{"email", "maya", "Write a mail address"},
			{"password", "short", "at least 10 characters"},
			{"password", "maya@brook.example", "not your address"},
			{"zone", "Mars/Olympus", "not a time zone"},
			{"desk_address", "help", "Write a mail address"},
			{"desk_name", "", "Write a name"},
		} {
			b := M{}
			for k, v := range whole {
				b[k] = v
			}
			b[c.field] = c.value
			k.Anybody().Post("/setup", b).Is(422).Says(c.says)
			if needed := k.Anybody().Get("/setup").Is(200).JSON()["needed"]; needed != true {
				t.Fatalf("a refused set-up (%s) left somebody behind", c.field)
			}
		}
		maya := setUp(k)
		me := maya.Get("/me").Is(200).JSON()
		if me["role"] != "owner" || me["email"] != "maya@brook.example" || len(me["desks"].([]any)) != 1 {
			t.Errorf("me = %v", me)
		}
		setup := k.Anybody().Post("/setup", whole)
		setup.Is(409)
	})
}

// TestSetUpTwice lets two people set up at the same moment: one gets the desk.
func TestSetUpTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := desktest.Bare(t, d)
		answers := make(chan int)
		for _, name := range []string{"Maya", "Eve"} {
			who := k.Anybody()
			go func() {
				answers <- who.Post("/setup", M{"company": name, "name": name, "email": name + "@brook.example", "password": goodPassword, "desk_name": "Support",
					"desk_address": name + "-help@brook.example", "zone": "UTC"}).Status
			}()
		}
		if a, b := <-answers, <-answers; a+b != 201+409 {
			t.Errorf("answers %d and %d, want one 201 and one 409", a, b)
		}
	})
}

func TestSignIn(t *testing.T) {
	k := desktest.Bare(t, dbtest.Open(t))
	setUp(k)
	wrong := k.Anybody().Post("/sessions", M{"email": "maya@brook.example", "password": "not that one"}).Is(401)
	unknown := k.Anybody().Post("/sessions", M{"email": "nobody@brook.example", "password": "not that one"}).Is(401)
	if string(wrong.Body) != string(unknown.Body) {
		t.Errorf("the answers tell who has a seat: %s / %s", wrong.Body, unknown.Body)
	}
	maya := k.Anybody()
	a := maya.Post("/sessions", M{"email": " MAYA@brook.example ", "password": goodPassword}).Is(201)
	set := a.Header.Get("Set-Cookie")
	for _, part := range []string{"kept_session=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, part) {
			t.Errorf("the cookie %q lacks %s", set, part)
		}
	}
	sessions := maya.Get("/sessions").Is(200).Items()
	if len(sessions) != 2 || sessions[0]["current"] != true {
		t.Errorf("sessions = %v", sessions)
	}
	maya.Delete("/sessions/current").Is(204)
	if maya.Cookie != "kept_session=" {
		t.Errorf("the cookie stays: %s", maya.Cookie)
	}
}

func TestSessionsEnd(t *testing.T) {
	k := desktest.Bare(t, dbtest.Open(t))
	first := setUp(k)
	in := func() *desktest.Client {
		c := k.Anybody()
		c.Post("/sessions", M{"email": "maya@brook.example", "password": goodPassword}).Is(201)
		return c
	}
	second := in()
	var other float64
	for _, s := range second.Get("/sessions").Items() {
		if s["current"] != true {
			other = s["id"].(float64)
		}
	}
	second.Delete("/sessions/" + number(other)).Is(204)
	first.Get("/me").Is(401)

	third, before := in(), second.Cookie
	second.Put("/me/password", M{"old": "wrong", "new": "five quiet herons walk"}).Is(422).Says("present password")
	second.Put("/me/password", M{"old": goodPassword, "new": "short"}).Is(422).Says("at least 10")
	second.Put("/me/password", M{"old": goodPassword, "new": "five quiet herons walk"}).Is(204)
	if second.Cookie == before {
		t.Error("the session was not renewed with the password")
	}
	second.Get("/me").Is(200)
	third.Get("/me").Is(401)
	old := k.Anybody()
	old.Cookie = before
	old.Get("/me").Is(401)

	k.Clock.Pass(team.SessionIdle + time.Minute)
	second.Get("/me").Is(401)
}

func TestSessionLastsThirtyDays(t *testing.T) {
	k := desktest.Bare(t, dbtest.Open(t))
	maya := setUp(k)
	for range 4 {
		k.Clock.Pass(7*24*time.Hour - time.Minute)
		maya.Get("/me").Is(200)
	}
	k.Clock.Pass(3 * 24 * time.Hour)
	maya.Get("/me").Is(401)
}

// TestSignInLimit tries to guess, and to dodge the limit with headers.
func TestSignInLimit(t *testing.T) {
	k := desktest.Bare(t, dbtest.Open(t))
	setUp(k)
	guess := func(email, from string) *desktest.Answer {
		c := k.Anybody()
		c.Header = map[string][]string{"X-Forwarded-For": {from}, "X-Real-Ip": {from}, "Forwarded": {"for=" + from}}
		return c.Post("/sessions", M{"email": email, "password": "guess"})
	}
	statuses := map[int]int{}
	for i := range 10 {
		statuses[guess("maya@brook.example", "203.0.113."+number(float64(i))).Status]++
	}
	if statuses[401] != 8 || statuses[429] != 2 {
		t.Errorf("ten guesses at one account: %v, want eight 401 and two 429", statuses)
	}
	a := guess("maya@brook.example", "203.0.113.77").Is(429).Says("too many sign-ins for this account")
	if a.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	for i := range 12 {
		guess("x"+number(float64(i))+"@brook.example", "198.51.100."+number(float64(i)))
	}
	guess("y@brook.example", "198.51.100.9").Is(429).Says("from this address")
	k.Clock.Pass(10 * time.Minute)
	maya := k.Anybody()
	maya.Post("/sessions", M{"email": "maya@brook.example", "password": goodPassword}).Is(201)
}

func TestInvitation(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		link := k.Ravi.Post("/invites", M{"email": "Nora@brook.example", "name": "Nora", "role": "agent", "team_ids": []int64{k.Support.TeamID}}).Is(201).JSON()["link"].(string)
		if !strings.HasPrefix(link, k.URL+"/invite/") {
			t.Fatalf("link %q", link)
		}
		secret := link[strings.LastIndex(link, "/")+1:]
		k.Maya.Post("/invites", M{"email": "dana@brook.example", "role": "agent"}).Is(422).Says("already has a seat")
		k.Anybody().Get("/invites/guess/open").Is(404).Says("Ask for a new one")
		nora := k.Anybody()
		if who := nora.Get("/invites/" + secret + "/open").Is(200).JSON(); who["email"] != "nora@brook.example" || who["role"] != "agent" {
			t.Errorf("the invitation says %v", who)
		}
		nora.Post("/invites/"+secret+"/accept", M{"name": "Nora", "password": "short"}).Is(422)
		nora.Post("/invites/"+secret+"/accept", M{"name": "Nora", "password": goodPassword}).Is(201)
		if desks := nora.Get("/me").Is(200).JSON()["desks"].([]any); len(desks) != 1 {
			t.Errorf("Nora sees %d desks", len(desks))
		}
		k.Anybody().Post("/invites/"+secret+"/accept", M{"name": "Eve", "password": goodPassword}).Is(404).Says("already used")

		k.Maya.Post("/invites", M{"email": "late@brook.example", "role": "lead"}).Is(201)
		open := k.Maya.Get("/invites").Is(200).Items()
		if len(open) != 1 {
			t.Fatalf("open invitations: %v", open)
		}
		k.Clock.Pass(team.InviteLasts)
		if n := len(k.Maya.Get("/invites").Items()); n != 0 {
			t.Errorf("%d invitations outlive their time", n)
		}
		withdrawn := k.Maya.Post("/invites", M{"email": "w@brook.example", "role": "lead"}).Is(201).JSON()
		k.Maya.Delete("/invites/" + number(withdrawn["id"].(float64))).Is(204)
		l := withdrawn["link"].(string)
		k.Anybody().Get("/invites/" + l[strings.LastIndex(l, "/")+1:] + "/open").Is(404)
	})
}

func TestTokens(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		k.Dana.Post("/tokens", M{"name": "x", "scopes": []string{}}).Is(422)
		k.Dana.Post("/tokens", M{"name": "x", "scopes": []string{"everything"}}).Is(422).Says("not a scope")
		k.Dana.Post("/tokens", M{"name": "x", "scopes": []string{"read"}, "expires_at": k.Clock.Now()}).Is(422).Says("still to come")
		made := k.Dana.Post("/tokens", M{"name": "Report", "scopes": []string{"read"}, "expires_at": k.Clock.Now().Add(time.Hour)}).Is(201).JSON()
		robot := k.Anybody()
		robot.Token = made["token"].(string)
		if !strings.HasPrefix(robot.Token, "kept_") {
			t.Errorf("token %q", robot.Token)
		}
		robot.Get("/me").Is(200)
		for _, kept := range k.Dana.Get("/tokens").Is(200).Items() {
			if kept["token"] != nil {
				t.Error("the list of tokens tells their secrets")
			}
		}
		k.Omar.Delete("/tokens/" + number(made["id"].(float64))).Is(404)
		k.Clock.Pass(time.Hour)
		robot.Get("/me").Is(401)
		second := k.Dana.Post("/tokens", M{"name": "Other", "scopes": []string{"write"}}).Is(201).JSON()
		robot.Token = second["token"].(string)
		robot.Get("/me").Is(200)
		k.Dana.Delete("/tokens/" + number(second["id"].(float64))).Is(204)
		robot.Get("/me").Is(401)
	})
}

// TestWhereABrowserStands asks before a sign-in, after it, and at a desk that is no demo.
func TestWhereABrowserStands(t *testing.T) {
	k := desktest.New(t)
	for name, c := range map[string]struct {
		who      *desktest.Client
		signedIn bool
	}{"a stranger": {k.Anybody(), false}, "Dana": {k.Dana, true}} {
		stands := c.who.Get("/setup").Is(200).JSON()
		if stands["needed"] != false || stands["signed_in"] != c.signedIn || stands["demo"] != nil {
			t.Errorf("%s stands at %v", name, stands)
		}
	}
}

// TestLanding begins where new mail is seen to come, until somebody is one's own.
func TestLanding(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
		lands := func(view string) {
			t.Helper()
			boot := k.Dana.Get("/boot").Is(200).JSON()
			first := boot["first"].(M)["items"].([]any)
			if boot["landing"] != view || len(first) != 1 {
				t.Errorf("lands on %v with %d, want %s with Tom", boot["landing"], len(first), view)
			}
			if boot["counts"].(M)["alarms"] != 0.0 {
				t.Errorf("counts %v", boot["counts"])
			}
		}
		lands("team")
		k.Dana.Put(fmt.Sprintf("/conversations/%d/assignee", id), M{"person_id": k.Dana.Get("/me").Is(200).JSON()["id"]}).Is(200)
		lands("mine")
	})
}
