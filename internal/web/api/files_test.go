package api_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kept/internal/desktest"
)

// TestFiles downloads what strangers might send, and finds nothing that a browser would run.
func TestFiles(t *testing.T) {
	k := desktest.New(t)
	for _, c := range []struct {
		name, kind string
		content    []byte
		served     string
		how, saved string
	}{
		{"photo.png", "image/png", onePixel, "image/png", "inline", "photo.png"},
		{"page.html", "text/html", []byte("<script>alert(1)</script>"), "application/octet-stream", "attachment", "page.html"},
		{"drawing.svg", "image/svg+xml", []byte("<svg onload=alert(1)>"), "application/octet-stream", "attachment", "drawing.svg"},
		{"letter.pdf", "application/pdf", []byte("%PDF-1.4"), "application/octet-stream", "attachment", "letter.pdf"},
		{"../../etc/passwd", "text/plain", []byte("x"), "application/octet-stream", "attachment", "passwd"},
		{`C:\\windows\\system.ini`, "text/plain", []byte("x"), "application/octet-stream", "attachment", "system.ini"},
		{"Rechnung März.pdf", "application/pdf", []byte("x"), "application/octet-stream", "attachment", "Rechnung März.pdf"},
		{"gpj.\u202eexe", "application/x-msdownload", []byte("MZ"), "application/octet-stream", "attachment", "gpj._exe"},
		{"nothing", "no type at all", []byte("x"), "application/octet-stream", "attachment", "nothing"},
	} {
		t.Run(c.saved, func(t *testing.T) {
			up := upload(t, k.Dana, c.name, c.kind, c.content, "").Is(201).JSON()
			path := fmt.Sprintf("/attachments/%s", number(up["id"].(float64)))
			a := k.Dana.Get(path).Is(200)
			how, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
			if err != nil || how != c.how || params["filename"] != c.saved {
				t.Errorf("Content-Disposition %q, want %s %q (%v)", a.Header.Get("Content-Disposition"), c.how, c.saved, err)
			}
			if a.Header.Get("Content-Type") != c.served || a.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("served as %v", a.Header)
			}
			if policy := a.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") {
				t.Errorf("policy %q", policy)
			}
			if string(a.Body) != string(c.content) {
				t.Errorf("content %q", a.Body)
			}
			k.Ravi.Get(path).Is(404) // not sent yet: it is Dana's alone
		})
	}
	upload(t, k.Dana, "big", "text/plain", make([]byte, 1<<20+1), "").Is(413).Says("at most 1 MB")
	upload(t, k.Dana, "huge", "text/plain", make([]byte, 5<<20), "").Is(413)
	k.Dana.Post("/attachments", M{"file": "x"}).Is(422)
}

// TestInlinePicture puts a picture into an answer.
func TestInlinePicture(t *testing.T) {
	k := desktest.New(t)
	id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
	up := upload(t, k.Dana, "photo.png", "image/png", onePixel, "?inline=true").Is(201).JSON()
	m := k.Dana.Post(fmt.Sprintf("/conversations/%d/messages", id), M{"text": "See", "html": fmt.Sprintf(`<p>See <img src="cid:%s" alt="it"></p>`, up["content_id"]), "attachment_ids": []any{up["id"]}}).Is(201).JSON()
	if html := m["html"].(string); !strings.Contains(html, up["url"].(string)) {
		t.Errorf("the picture is not shown: %s", html)
	}
	k.Leave()
	raw := string(k.Dana.Get("/messages/" + number(m["id"].(float64)) + "/raw").Is(200).Body)
	if !strings.Contains(raw, "Content-Id: <"+up["content_id"].(string)+">") && !strings.Contains(raw, "Content-ID: <"+up["content_id"].(string)+">") {
		t.Errorf("the picture did not go along: %s", raw)
	}
}

// TestFilesOfWhatWasTakenBack sends a file, thinks better of it, and sends it with other words.
func TestFilesOfWhatWasTakenBack(t *testing.T) {
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) {
		id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
		up := upload(t, k.Dana, "label.pdf", "application/pdf", []byte("%PDF-1.4"), "").Is(201).JSON()
		answers := fmt.Sprintf("/conversations/%d/messages", id)
		first := k.Dana.Post(answers, M{"text": "Here", "attachment_ids": []any{up["id"]}, "undo_seconds": 10}).Is(201).JSON()
		k.Dana.Post(answers, M{"text": "Twice", "attachment_ids": []any{up["id"]}}).Is(422).Says("Attach it again")
		k.Dana.Delete("/messages/" + number(first["id"].(float64)) + "/sending").Is(200)
		k.Ravi.Post(answers, M{"text": "Not mine", "attachment_ids": []any{up["id"]}}).Is(422).Says("Attach it again")
		second := k.Dana.Post(answers, M{"text": "Here it is", "attachment_ids": []any{up["id"]}}).Is(201).JSON()
		if files := second["attachments"].([]any); len(files) != 1 {
			t.Errorf("the file did not go along: %v", second)
		}
		for _, m := range k.Dana.Get("/outbox").Is(200).Items() {
			if m["id"] == first["id"] {
				t.Errorf("what was taken back is in the outbox: %v", m)
			}
		}
	})
}

// TestMailHTML shows a hostile mail: safe in the thread, and as a page with pictures only through us.
func TestMailHTML(t *testing.T) {
	k := desktest.New(t)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the shop's server was asked for %s", r.URL)
	}))
	defer shop.Close()
	html := fmt.Sprintf(`<p onclick="x()">Hello<script>alert(1)</script><img src="%s/a.png?who=tom" width=100 height=50><a href="javascript:x()">here</a></p>`, shop.URL)
	id := k.Mail("Shop <shop@customer.example>", "help@brook.example", "Offer", html, "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8")
	m := k.Dana.Get(fmt.Sprintf("/conversations/%d", id)).Is(200).JSON()["messages"].([]any)[0].(M)
	shown := m["html"].(string)
	for _, bad := range []string{"script", "onclick", "javascript:", ` src="http`} {
		if strings.Contains(shown, bad) {
			t.Errorf("%q is in %s", bad, shown)
		}
	}
	if m["remote_images"] != 1.0 {
		t.Errorf("remote_images = %v", m["remote_images"])
	}
	path := "/messages/" + number(m["id"].(float64))
	page := k.Dana.Get(path + "/html?images=1").Is(200)
	body := string(page.Body)
	at := strings.Index(body, `src="/api/v1`+path+"/images?u=")
	if at < 0 || strings.Contains(body, shop.URL) {
		t.Fatalf("the page asks elsewhere: %s", body)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "img-src 'self' data:") || strings.Contains(policy, "script") {
		t.Errorf("policy %q", policy)
	}
	link := body[at+len(`src="/api/v1`):]
	link = link[:strings.IndexByte(link, '"')]
	k.Dana.Get(link).Is(404).Says("did not give this picture") // it stands in a private network
	other := k.Mail("Tom <tom@customer.example>", "help@brook.example", "Other", "x")
	k.Dana.Get(strings.Replace(link, path, fmt.Sprintf("/messages/%d", other+0), 1))
	k.Dana.Get(path + "/images?u=v1.AAAA").Is(404).Says("not valid any more")
	k.Dana.Get(path + "/images").Is(422)
	k.Omar.Get(link).Is(404)
}

// TestEvalNaughty stores every naughty string in every text field and reads it back byte by byte.
func TestEvalNaughty(t *testing.T) {
	root := os.Getenv("KEPT_EVAL_DATA")
	if root == "" {
		t.Skip("KEPT_EVAL_DATA names no data")
	}
	text, err := os.ReadFile(filepath.Join(root, "naughty-strings", "dev", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var naughty []string
	if err := json.Unmarshal(text, &naughty); err != nil {
		t.Fatal(err)
	}
	naughty = append(naughty, "\u202eright to left", "emoji 🧵👩🏽‍🚀", strings.Repeat("å", 199), "line\r\nfeeds\tand tabs", "'; drop table person; --", "\ufeffmark", "\ufffd")
	desktest.Each(t, func(t *testing.T, k *desktest.Kept) { roundTrip(t, k, naughty) })
}

// roundTrip counts what came back as it was sent. Names lose the blanks around them and may not be empty; nothing else changes.
func roundTrip(t *testing.T, k *desktest.Kept, naughty []string) {
	id := k.Mail("Tom <tom@customer.example>", "help@brook.example", "My parcel", "Where?")
	conv := fmt.Sprintf("/conversations/%d", id)
	customer := fmt.Sprintf("/customers/%s", number(k.Dana.Get("/customers").Items()[0]["id"].(float64)))
	desk := fmt.Sprintf("/desks/%d", k.Support.ID)
	same, refused := 0, 0
	var notes []string // compared at the end, at one go
	check := func(field, sent string, a *desktest.Answer, read func() any) {
		t.Helper()
		switch {
		case a.Status == 422 || a.Status == 400:
			refused++
			if strings.TrimSpace(sent) != "" && len(sent) <= 200 {
				t.Errorf("%s refuses %q: %s", field, sent, a.Body)
			}
		case a.Status >= 300:
			t.Errorf("%s answers %d to %q: %s", field, a.Status, sent, a.Body)
		default:
			if got := read(); got != sent && got != strings.TrimSpace(sent) {
				t.Errorf("%s: sent %q, read %q", field, sent, got)
				return
			}
			same++
		}
	}
	for _, s := range naughty {
		k.Clock.Pass(time.Second)
		note := k.Dana.Post(conv+"/notes", M{"text": s})
		check("note.text", s, note, func() any {
			notes = append(notes, s)
			return s
		})
		check("draft.text", s, k.Dana.Put(conv+"/draft", M{"text": s}), func() any { return k.Dana.Get(conv + "/draft").Is(200).JSON()["text"] })
		check("me.name", s, k.Dana.Patch("/me", M{"name": s}), func() any { return k.Dana.Get("/me").Is(200).JSON()["name"] })
		check("desk.name", s, k.Maya.Patch(desk, M{"name": s}), func() any { return k.Maya.Get(desk).Is(200).JSON()["name"] })
		check("desk.signature_text", s, k.Maya.Patch(desk, M{"signature_text": s}), func() any { return k.Maya.Get(desk).Is(200).JSON()["signature_text"] })
		check("customer.name", s, k.Dana.Patch(customer, M{"name": s}), func() any { return k.Dana.Get(customer).Is(200).JSON()["customer"].(M)["name"] })
		check("snooze.reason", s, k.Dana.Put(conv+"/closed", M{"reason": "other", "note": s}), func() any {
			k.Dana.Delete(conv + "/closed").Is(200)
			return s
		})
	}
	for i, m := range k.Dana.Get(conv).Is(200).JSON()["messages"].([]any)[1:] {
		if got := m.(M)["text"]; got != notes[i] {
			t.Errorf("note.text: sent %q, read %q", notes[i], got)
		}
	}
	t.Logf("%d strings, %d fields the same, %d refused with a sentence", len(naughty), same, refused)
	for _, s := range naughty {
		k.Clock.Pass(time.Second)
		for _, path := range []string{"/conversations?q=", "/customers?q="} {
			if a := k.Dana.Get(path + query(s)); a.Status >= 500 {
				t.Errorf("%s%q answers %d", path, s, a.Status)
			}
		}
	}
}
