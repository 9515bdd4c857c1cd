package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kept/internal/fault"
	"kept/internal/secret"
)

// TestFetchPictures asks a server for pictures, and gets nothing else from it.
func TestFetchPictures(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	mux := http.NewServeMux()
	serve := func(path, kind, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" || r.Header.Get("User-Agent") != remoteAgent {
				t.Errorf("the sender learns more than that somebody asked: %v", r.Header)
			}
			w.Header().Set("Content-Type", kind)
			fmt.Fprint(w, body)
		})
	}
	serve("/good.png", "image/png", png)
	serve("/lies.png", "text/html", png) // what it is counts, not what it is called
	serve("/page.png", "image/png", "<html><script>alert(1)</script>")
	serve("/drawing.svg", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>")
	serve("/huge.png", "image/png", png+strings.Repeat("x", remoteMost))
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/good.png", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	guarded, open := newRemoteImages(), newRemoteImages()
	open.client = &http.Client{CheckRedirect: open.client.CheckRedirect}
	for _, c := range []struct {
		name    string
		by      *remoteImages
		address string
		want    string
	}{
		{"a picture", open, server.URL + "/good.png", "image/png"},
		{"a picture by another name", open, server.URL + "/lies.png", "image/png"},
		{"a picture that moved", open, server.URL + "/moved", "image/png"},
		{"a page", open, server.URL + "/page.png", ""},
		{"a drawing that may hold a script", open, server.URL + "/drawing.svg", ""},
		{"too large", open, server.URL + "/huge.png", ""},
		{"round in circles", open, server.URL + "/round", ""},
		{"a file of ours", open, server.URL + "/file", ""},
		{"not there", open, server.URL + "/gone.png", ""},
		{"no address", open, "http://[::", ""},
		{"this machine", guarded, server.URL + "/good.png", ""},
		{"this machine by name", guarded, strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/good.png", ""},
		{"a private network", guarded, "http://10.0.0.1/a.png", ""},
		{"the cloud's credentials", guarded, "http://169.254.169.254/latest", ""},
		{"this machine in IPv6", guarded, "http://[::1]/a.png", ""},
		{"this machine in disguise", guarded, "http://[::ffff:127.0.0.1]/a.png", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, kind, err := c.by.fetch(t.Context(), c.address)
			if kind != c.want || (err == nil) != (c.want != "") {
				t.Errorf("%q %v", kind, err)
			}
			if err != nil && fault.Of(err) != fault.NotFound {
				t.Errorf("kind %v: %v", fault.Of(err), err)
			}
		})
	}
}

func TestPicturesGoThroughUs(t *testing.T) {
	box, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	a := &API{Deps: Deps{Box: box}}
	html := a.throughUs(7, `<p>Hi &amp; hello <img src="https://shop.example/a.png?x=1&amp;y=2" alt="A &quot;thing&quot;"><img src="/api/v1/attachments/3"><a href="https://shop.example/">x</a></p>`)
	if strings.Contains(html, "shop.example/a.png") || !strings.Contains(html, `src="/api/v1/attachments/3"`) || !strings.Contains(html, `href="https://shop.example/"`) || !strings.Contains(html, "Hi &amp; hello") {
		t.Fatalf("%s", html)
	}
	_, rest, _ := strings.Cut(html, "/api/v1/messages/7/images?u=")
	sealed, _, _ := strings.Cut(rest, `"`)
	if got, err := a.opened(7, sealed); got != "https://shop.example/a.png?x=1&y=2" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if _, err := a.opened(8, sealed); fault.Of(err) != fault.NotFound {
		t.Errorf("another message opens it: %v", err)
	}
}

func TestContentDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf":        "attachment; filename=a.pdf",
		"a b.pdf":      `attachment; filename="a b.pdf"`,
		"":             "attachment; filename=file",
		"..":           "attachment; filename=file",
		"a\r\nX: y":    `attachment; filename="a__X_ y"`,
		`a"; x="y.pdf`: `attachment; filename="a_; x=_y.pdf"`,
	} {
		if got := contentDisposition("attachment", name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	if got := contentDisposition("inline", strings.Repeat("ü", 400)); len(got) > 1000 || !strings.HasPrefix(got, "inline; filename*=utf-8''") {
		t.Errorf("a long name becomes %s", got)
	}
}
