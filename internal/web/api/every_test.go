package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"kept/internal/desktest"
)

func upload(t *testing.T, who *desktest.Client, name, kind string, content []byte, query string) *desktest.Answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, name)}, "Content-Type": {kind}})
	if err != nil {
		t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	sender := *who
	sender.Header = map[string][]string{"Content-Type": {w.FormDataContentType()}}
	return sender.Do("POST", "/attachments"+query, &b)
}

var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82")

// TestDay is a day at the desk through the API, on both engines. At its end every operation that the document names was asked for, so
// that none can be added without a place in the story.
func TestDay(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		settle(t, k)
		converse(t, k)
		leave(t, k)
		look(t, k)
		var doc struct {
			Paths map[string]map[string]any
		}
		if err := json.Unmarshal(k.API.Document(), &doc); err != nil {
			t.Fatal(err)
		}
		elsewhere := "POST /setup, POST /sessions, DELETE /sessions/{id}, DELETE /sessions/current, PUT /me/password, GET /stream, GET /openapi.json, " +
			"GET /messages/{id}/images, POST /intake/{id}/retry, PUT /intake/{id}/dismissed, POST /messages/{id}/retry, DELETE /conversations/{id}/mute"
		for path, methods := range doc.Paths {
			for method := range methods {
				method = strings.ToUpper(method)
				if !k.Asked(method, path) && !strings.Contains(elsewhere, method+" "+path) {
					t.Errorf("nobody asked for %s %s", method, path)
				}
			}
		}
	})
}

// settle arranges people, teams, desks, hours and mailboxes.
func settle(t *testing.T, k *desktest.Kept) {
	k.Maya.Patch("/me", M{"theme": "dark", "zone": "Europe/Vienna", "name": "Maya Brook", "language": "de", "away": false}).Is(200)
	k.Maya.Patch("/me", M{"language": "x"}).Is(422).Says("or nothing to follow the browser")
	if me := k.Maya.Patch("/me", M{"language": ""}).Is(200).JSON(); me["language"] != "" {
		t.Errorf("me = %v", me)
	}
	k.Maya.Patch("/me", M{"theme": "purple"}).Is(422)
	link := k.Maya.Post("/invites", M{"email": "nora@brook.example", "role": "agent"}).Is(201).JSON()
	secret := link["link"].(string)[strings.LastIndex(link["link"].(string), "/")+1:]
	k.Anybody().Get("/setup").Is(200)
	k.Anybody().Get("/invites/" + secret + "/open").Is(200)
	k.Anybody().Post("/invites/"+secret+"/accept", M{"name": "Nora", "password": goodPassword}).Is(201)
	other := k.Maya.Post("/invites", M{"email": "otto@brook.example", "role": "agent"}).Is(201).JSON()
	k.Maya.Get("/invites").Is(200)
	k.Maya.Delete("/invites/" + number(other["id"].(float64))).Is(204)
	people := k.Maya.Get("/people").Is(200).Items()
	if len(people) != 5 {
		t.Errorf("%d people", len(people))
	}
	k.Maya.Patch(fmt.Sprintf("/people/%d", k.Dana.Person.ID), M{"role": "lead"}).Is(200)
	k.Maya.Patch(fmt.Sprintf("/people/%d", k.Dana.Person.ID), M{"role": "agent"}).Is(200)
	made := k.Maya.Post("/tokens", M{"name": "Report", "scopes": []string{"read"}}).Is(201).JSON()
	k.Maya.Get("/tokens").Is(200)
	k.Maya.Delete("/tokens/" + number(made["id"].(float64))).Is(204)
	k.Maya.Get("/sessions").Is(200)

	g := k.Maya.Post("/teams", M{"name": "Night", "person_ids": []int64{k.Omar.Person.ID}}).Is(201).JSON()
	k.Maya.Patch("/teams/"+number(g["id"].(float64)), M{"name": "Late shift"}).Is(200)
	k.Maya.Patch("/teams/"+number(g["id"].(float64)), M{"person_ids": []int64{99}}).Is(422).Says("no person with the number 99")
	k.Maya.Get("/teams").Is(200)
	c := k.Maya.Post("/calendars", M{"name": "Late", "zone": "Europe/Lisbon", "hours": [7][]M{{{"from": 1320, "to": 1800}}, {}, {}, {}, {}, {}, {}}}).Is(201).JSON()
	k.Maya.Patch("/calendars/"+number(c["id"].(float64)), M{"holidays": []M{{"date": "2026-12-24", "name": "Christmas Eve", "own": true}}}).Is(200)
	k.Maya.Get("/calendars").Is(200)
	d := k.Maya.Post("/desks", M{"name": "Night", "address": "Night@Brook.example", "team_id": g["id"], "calendar_id": c["id"]}).Is(201).JSON()
	desk := "/desks/" + number(d["id"].(float64))
	k.Maya.Patch(desk, M{"aliases": []string{"help@brook.example"}}).Is(422).Says("already belongs to the desk Support")
	k.Maya.Patch(desk, M{"transport": "smtp"}).Is(422).Says("server that sends your mail")
	k.Maya.Patch(desk, M{"first_reply_minutes": 0}).Is(422)
	k.Maya.Patch(desk, M{"smtp": M{"host": "smtp.example.com", "password": "s3cret"}, "transport": "smtp", "dkim": M{"domain": "brook.example", "selector": "k1"}, "aliases": []string{"nacht@brook.example"}}).Is(200)
	got := k.Maya.Get(desk).Is(200)
	if smtp := got.JSON()["smtp"].(M); smtp["has_password"] != true || strings.Contains(string(got.Body), "s3cret") {
		t.Errorf("the relay's password shows: %s", got.Body)
	}
	for _, elsewhere := range []M{{"host": "smtp.elsewhere.example"}, {"security": "none"}} {
		k.Maya.Patch(desk, M{"smtp": elsewhere}).Is(422).Says("Enter the password again")
	}
	k.Maya.Patch(desk, M{"smtp": M{"host": "SMTP.example.com", "port": 465, "security": "tls"}}).Is(200)
	k.Maya.Get("/desks").Is(200)

	k.Maya.Post("/mailboxes", M{"desk_id": k.Support.ID, "host": ""}).Is(422)
	box := k.Maya.Post("/mailboxes", M{"desk_id": k.Support.ID, "host": "imap.example.com", "username": "help@brook.example", "secret": "s3cret", "enabled": false}).Is(201)
	if strings.Contains(string(box.Body), "s3cret") {
		t.Errorf("the mailbox's password shows: %s", box.Body)
	}
	id := number(box.JSON()["id"].(float64))
	if m := k.Maya.Patch("/mailboxes/"+id, M{"folders": []string{"INBOX", "Orders"}}).Is(200).JSON(); m["host"] != "imap.example.com" || len(m["folders"].([]any)) != 2 {
		t.Errorf("mailbox = %v", m)
	}
	k.Maya.Get("/mailboxes").Is(200)
	tried := k.Maya.Post("/mailboxes/test", M{"desk_id": k.Support.ID, "host": "127.0.0.1", "port": 1, "security": "none", "username": "x", "secret": "y"}).Is(200).JSON()
	if tried["ok"] != false || len(tried["steps"].([]any)) == 0 {
		t.Errorf("tried = %v", tried)
	}
	k.Maya.Delete("/mailboxes/" + id).Is(204)
}

// converse has Tom write, and everything that can be done with what he wrote.
func converse(t *testing.T, k *desktest.Kept) {
	id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where is my parcel?\n\nTom")
	conv := fmt.Sprintf("/conversations/%d", id)
	row := k.Dana.Get("/conversations?view=unassigned").Is(200).Items()[0]
	if row["waiting_on"] != "us" || row["due_state"] != "active" || row["due_at"] == nil || row["subject"] != "My parcel" || row["unread"] != true {
		t.Errorf("row = %v", row)
	}
	thread := k.Dana.Get(conv).Is(200).JSON()
	first := thread["messages"].([]any)[0].(M)
	k.Dana.Put(conv+"/read", M{"message_id": first["id"]}).Is(204)
	k.Dana.Delete(conv + "/read").Is(204)
	k.Dana.Put(conv+"/assignee", M{"person_id": k.Dana.Person.ID}).Is(200)
	k.Dana.Put(conv+"/assignee", M{"person_id": nil}).Is(200)
	k.Dana.Put(conv+"/assignee", M{"person_id": k.Omar.Person.ID}).Is(422).Says("cannot see this desk")
	k.Dana.Put(conv+"/draft", M{"text": "Dear Tom", "html": "<p>Dear Tom</p>", "cc": []string{"ines@customer.example"}}).Is(204)
	if d := k.Dana.Get(conv + "/draft").Is(200).JSON(); d["text"] != "Dear Tom" || len(d["cc"].([]any)) != 1 {
		t.Errorf("draft = %v", d)
	}
	if d := k.Ravi.Get(conv + "/draft").Is(200).JSON(); d["text"] != "" {
		t.Errorf("Ravi reads the draft of Dana: %v", d)
	}
	k.Dana.Delete(conv + "/draft").Is(204)
	k.Dana.Post(conv+"/notes", M{"text": "He called, too.", "mentions": []int64{k.Ravi.Person.ID}}).Is(201)

	closed := k.Dana.Put(conv+"/closed", M{}).Is(409)
	if o := closed.JSON()["obstacles"].([]any); len(o) != 1 || o[0].(M)["kind"] != "unanswered" {
		t.Errorf("obstacles = %v", o)
	}
	k.Dana.Put(conv+"/snooze", M{"until": k.Clock.Now().Add(48 * time.Hour), "reason": "later"}).Is(409)

	file := upload(t, k.Dana, "label.pdf", "application/pdf", []byte("%PDF-1.4"), "").Is(201).JSON()
	answer := k.Dana.Post(conv+"/messages", M{"text": "It is on its way.", "html": "<p>It is <b>on its way</b>.</p>", "cc": []string{"Ines <ines@customer.example>"},
		"attachment_ids": []any{file["id"]}, "undo_seconds": 10, "seen_message_id": first["id"]}).Is(201).JSON()
	if answer["state"] != "queued" || answer["send_at"] == nil {
		t.Errorf("answer = %v", answer)
	}
	undone := k.Dana.Delete("/messages/" + number(answer["id"].(float64)) + "/sending").Is(200).JSON()
	if undone["state"] != "undone" {
		t.Errorf("undone = %v", undone)
	}
	sent := k.Dana.Post(conv+"/messages", M{"text": "It arrives tomorrow."}).Is(201).JSON()
	k.Leave()
	k.Dana.Delete("/messages/" + number(sent["id"].(float64)) + "/sending").Is(409).Says("has left already")
	raw := k.Dana.Get("/messages/" + number(sent["id"].(float64)) + "/raw").Is(200)
	if !strings.Contains(string(raw.Body), "It arrives tomorrow.") || raw.Header.Get("Content-Type") != "message/rfc822" || !strings.HasPrefix(raw.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("raw: %v %s", raw.Header, raw.Body)
	}
	k.Dana.Get("/messages/" + number(first["id"].(float64)) + "/html").Is(200)
	if row := k.Dana.Get(conv).JSON()["conversation"].(M); row["waiting_on"] != "customer" || row["due_at"] != nil {
		t.Errorf("after the answer: %v", row)
	}
	k.Mail("Tom <tom@customer.example>", "help@brook.example", "Re: My parcel", "And the second one?", "In-Reply-To: <1@customer.example>")
	k.Dana.Post(conv+"/messages", M{"text": "Bye", "seen_message_id": sent["id"]}).Is(409).Says("wrote while you were writing")
	k.Dana.Post(conv+"/messages", M{"text": "It, too.", "close": true}).Is(201)
	k.Leave()
	if row := k.Dana.Get(conv).JSON()["conversation"].(M); row["state"] != "closed" {
		t.Errorf("it did not close: %v", row)
	}
	k.Dana.Delete(conv + "/closed").Is(200)
	k.Dana.Put(conv+"/snooze", M{"until": k.Clock.Now().Add(time.Hour), "reason": "Ask Tom whether it came"}).Is(200)
	k.Dana.Delete(conv + "/snooze").Is(200)
	k.Dana.Put(conv+"/closed", M{"reason": "thanks"}).Is(200)
}

// leave writes first.
func leave(t *testing.T, k *desktest.Kept) {
	k.Dana.Post("/conversations", M{"desk_id": k.Support.ID, "to": []string{"no address"}, "subject": "Hello", "text": "x"}).Is(422).Says("not a mail address")
	started := k.Dana.Post("/conversations", M{"desk_id": k.Support.ID, "to": []string{"Ines <ines@customer.example>"}, "subject": "Your lamp is ready", "text": "Come by."}).Is(201).JSON()
	if started["conversation"].(M)["customer"].(M)["address"] != "ines@customer.example" {
		t.Errorf("started = %v", started)
	}
	k.Leave()
	out := k.Dana.Get("/outbox?limit=1").Is(200)
	if items := out.Items(); items[0]["subject"] != "Your lamp is ready" || items[0]["state"] != "sent" || out.JSON()["next"] == nil {
		t.Errorf("outbox = %s", out.Body)
	}
	if second := k.Dana.Get("/outbox?limit=50&cursor=" + out.JSON()["next"].(string)).Is(200).Items(); len(second) != 2 {
		t.Errorf("the next page of the outbox has %d", len(second))
	}
}

// look reads what is left to read.
func look(t *testing.T, k *desktest.Kept) {
	k.Dana.Get("/boot").Is(200)
	k.Dana.Get("/counts").Is(200)
	k.Dana.Get("/promises?state=all").Is(200)
	customers := k.Dana.Get("/customers?q=tom@").Is(200).Items()
	page := "/customers/" + number(customers[0]["id"].(float64))
	if c := k.Dana.Get(page).Is(200).JSON(); len(c["conversations"].([]any)) != 1 || len(c["handles"].([]any)) != 1 {
		t.Errorf("customer = %v", c)
	}
	k.Dana.Patch(page, M{"name": "Thomas Berger", "zone": "Europe/Berlin"}).Is(200)
	health := k.Maya.Get("/mail-health").Is(200).JSON()
	if health["smtp"].(M)["listening"] != true || health["quarantined"] != 0.0 {
		t.Errorf("health = %v", health)
	}
	k.Maya.Post("/mail-health/reconciliation", M{}).Is(200)
	stored := k.Maya.Get("/intake?state=stored").Is(200).Items()
	one := "/intake/" + number(stored[0]["id"].(float64))
	k.Maya.Get(one).Is(200)
	k.Maya.Get(one + "/raw").Is(200)
	k.Maya.Post(one+"/retry", M{}).Is(409).Says("no longer in quarantine")
	k.Maya.Put(one+"/dismissed", M{"reason": ""}).Is(422)
	k.Maya.Get("/attachments/1").Is(200)
	k.Maya.Get("/me").Is(200)
	k.Maya.Get("/openapi.json").Is(200)
}

func TestPages(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		for i := range 7 {
			k.Clock.Pass(time.Minute)
			k.Mail(fmt.Sprintf("C%d <c%d@customer.example>", i, i), "help@brook.example", fmt.Sprintf("Question %d", i), "?")
		}
		for _, path := range []string{"/conversations?limit=3", "/conversations?view=due&limit=3", "/customers?limit=3", "/intake?state=stored&limit=3", "/promises?limit=3"} {
			seen := map[any]bool{}
			next := ""
			for range 4 {
				page := k.Dana.Get(path + next).Is(200)
				for _, item := range page.Items() {
					if seen[item["id"]] {
						t.Errorf("%s shows %v twice", path, item["id"])
					}
					seen[item["id"]] = true
				}
				cursor, more := page.JSON()["next"].(string)
				if !more {
					break
				}
				next = "&cursor=" + cursor
			}
			if len(seen) != 7 {
				t.Errorf("%s shows %d of 7", path, len(seen))
			}
			k.Dana.Get(path + "&cursor=%21").Is(422)
		}
	})
}
