// Package ui serves the browser workspace that is compiled into the program.
//
// Layout of the embedded tree, as the Node build leaves it:
//
//	index.html            the one page; every address of the workspace answers with it
//	assets/NAME-HASH.EXT  scripts, styles, fonts: the name changes with the content, so browsers may keep them for ever
//	*.br, *.gz            the same file compressed at build time, chosen by Accept-Encoding
//
// The page carries one JSON block (id "boot") with what the first screen needs, written per request, so that the
// first list appears without another round trip. It holds no inline script or style: the content security policy
// forbids both, and also every address but our own.
package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Policy is the content security policy of the workspace. Mail HTML is shown inside this page (sanitised, in a
// shadow root), so nothing may load from elsewhere and no text may become a script.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
	"connect-src 'self'; frame-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types kept ProseMirrorClipboard"

const bootMark = `<script type="application/json" id="boot">null</script>`

const missingPage = "This build of Kept holds no browser workspace. Run `make build` (it needs Node), or use the API under /api/v1.\n"

// Boot gives what the first page carries for this request, as a value that encodes to JSON. Nil means nothing.
type Boot func(r *http.Request) any

// Handler serves the workspace from tree (usually Desk): assets with immutable caching, and the page itself,
// never cached, for every other address. Where tree holds no page it answers 503 with a sentence that says what to do.
func Handler(tree fs.FS, boot Boot) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This address can only be read.", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if isAsset(name) {
			serveAsset(w, r, tree, name)
			return
		}
		servePage(w, r, tree, boot)
	})
}

func isAsset(name string) bool {
	return strings.HasPrefix(name, "assets/") || (path.Ext(name) != "" && !strings.Contains(name, "/") && name != "index.html")
}

func servePage(w http.ResponseWriter, r *http.Request, tree fs.FS, boot Boot) {
	page, err := fs.ReadFile(tree, "index.html")
	if err != nil {
		http.Error(w, missingPage, http.StatusServiceUnavailable)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Security-Policy", Policy)
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	io.Copy(w, bytes.NewReader(withBoot(page, boot, r)))
}

// withBoot writes the boot value into the page. encoding/json escapes <, > and &, so no value can end the block early.
func withBoot(page []byte, boot Boot, r *http.Request) []byte {
	if boot == nil {
		return page
	}
	value := boot(r)
	if value == nil {
		return page
	}
	text, err := json.Marshal(value)
	if err != nil {
		return page // the workspace then asks the API, as it does after a sign-in
	}
	block := fmt.Sprintf(`<script type="application/json" id="boot">%s</script>`, text)
	return bytes.Replace(page, []byte(bootMark), []byte(block), 1)
}

func serveAsset(w http.ResponseWriter, r *http.Request, tree fs.FS, name string) {
	if !fs.ValidPath(name) || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
		http.NotFound(w, r)
		return
	}
	file, encoding, err := openBest(tree, name, r.Header.Get("Accept-Encoding"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	head := w.Header()
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		head.Set("Content-Type", kind)
	}
	if encoding != "" {
		head.Set("Content-Encoding", encoding)
	}
	if info, err := file.Stat(); err == nil {
		head.Set("Content-Length", fmt.Sprint(info.Size()))
	}
	head.Set("Vary", "Accept-Encoding")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", cacheFor(name))
	if r.Method != http.MethodHead {
		io.Copy(w, file)
	}
}

func cacheFor(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "public, max-age=3600"
}

// openBest opens the smallest twin of name that the browser takes, and says how it is encoded ("" for as it is).
func openBest(tree fs.FS, name, accept string) (fs.File, string, error) {
	for _, twin := range []struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(accept, twin.encoding) {
			continue
		}
		if file, err := tree.Open(name + twin.suffix); err == nil {
			return file, twin.encoding, nil
		}
	}
	file, err := tree.Open(name)
	if err != nil {
		return nil, "", err
	}
	if info, err := file.Stat(); err != nil || info.IsDir() {
		file.Close()
		return nil, "", fs.ErrNotExist
	}
	return file, "", nil
}

// accepts reads an Accept-Encoding header: listed, and not with q=0 (RFC 9110 §12.5.3).
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q := strings.TrimPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		return strings.Trim(q, "0.") != "" || q == ""
	}
	return false
}
