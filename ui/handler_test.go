package ui

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func tree() fstest.MapFS {
	return fstest.MapFS{
		"index.html":             {Data: []byte("<html>" + bootMark + "</html>")},
		"icon.svg":               {Data: []byte("<svg/>")},
		"assets/desk-1a2b.js":    {Data: []byte("plain")},
		"assets/desk-1a2b.js.br": {Data: []byte("brotli")},
		"assets/desk-1a2b.js.gz": {Data: []byte("gzip")},
	}
}

func ask(t *testing.T, files fs.FS, boot Boot, method, target, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	Handler(files, boot).ServeHTTP(w, r)
	return w
}

func TestHandlerRefuses(t *testing.T) {
	for _, c := range []struct {
		name, method, target string
		files                fs.FS
		status               int
	}{
		{"a write", "POST", "/", tree(), http.StatusMethodNotAllowed},
		{"an asset that is not there", "GET", "/assets/none.js", tree(), http.StatusNotFound},
		{"a folder", "GET", "/assets", fstest.MapFS{}, http.StatusServiceUnavailable},
		{"a twin asked for by name", "GET", "/assets/desk-1a2b.js.br", tree(), http.StatusNotFound},
		{"a way out of the tree", "GET", "/assets/../../secret.js", tree(), http.StatusNotFound},
		{"a build without the workspace", "GET", "/", fstest.MapFS{}, http.StatusServiceUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ask(t, c.files, nil, c.method, c.target, "").Code; got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
		})
	}
}

func TestAssetsComeInTheSmallestFormTheBrowserTakes(t *testing.T) {
	for _, c := range []struct{ accept, body, encoding string }{
		{"gzip, deflate, br", "brotli", "br"},
		{"gzip", "gzip", "gzip"},
		{"br;q=0, gzip", "gzip", "gzip"},
		{"br;q=0.5", "brotli", "br"},
		{"", "plain", ""},
	} {
		w := ask(t, tree(), nil, "GET", "/assets/desk-1a2b.js", c.accept)
		if w.Body.String() != c.body || w.Header().Get("Content-Encoding") != c.encoding {
			t.Errorf("%q: got %q as %q", c.accept, w.Body.String(), w.Header().Get("Content-Encoding"))
		}
		if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%q: not kept for ever: %q", c.accept, w.Header().Get("Cache-Control"))
		}
		if kind := w.Header().Get("Content-Type"); !strings.Contains(kind, "javascript") {
			t.Errorf("content type %q", kind)
		}
	}
}

func TestEveryAddressOfTheWorkspaceIsThePage(t *testing.T) {
	boot := func(*http.Request) any { return map[string]string{"name": "</script><b>Amina"} }
	for _, target := range []string{"/", "/inbox/mine/17", "/settings/people", "/index.html"} {
		w := ask(t, tree(), boot, "GET", target, "br")
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, `\u003c/script\u003e`) || strings.Contains(body, "null") {
			t.Errorf("%s: %d %s", target, w.Code, body)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Security-Policy") != Policy {
			t.Errorf("%s: headers %v", target, w.Header())
		}
	}
}

func TestThePageStandsWithoutABootValue(t *testing.T) {
	for _, boot := range []Boot{nil, func(*http.Request) any { return nil }, func(*http.Request) any { return func() {} }} {
		if body := ask(t, tree(), boot, "GET", "/", "").Body.String(); !strings.Contains(body, bootMark) {
			t.Errorf("page %q", body)
		}
	}
}
