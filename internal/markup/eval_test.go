package markup_test

import (
	"bufio"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kept/internal/markup"
)

// evalSet opens one set of the evaluation data, or skips the test with the reason.
func evalSet(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("KEPT_EVAL_DATA")
	if root == "" {
		t.Skip("Set KEPT_EVAL_DATA to the folder with the evaluation data to measure this.")
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

func readLines[T any](t *testing.T, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// tally counts successes per metric and prints them as a table with their gates.
type tally struct {
	set   string
	order []string
	n, ok map[string]int
}

func newTally(set string) *tally { return &tally{set: set, n: map[string]int{}, ok: map[string]int{}} }

func (c *tally) add(metric string, ok bool) bool {
	if c.n[metric] == 0 {
		c.order = append(c.order, metric)
	}
	c.n[metric]++
	if ok {
		c.ok[metric]++
	}
	return ok
}

func (c *tally) report(t *testing.T, gates map[string]float64) {
	t.Logf("%-16s %5s  %-34s %7s  %s", "set", "n", "metric", "value", "gate")
	for _, m := range c.order {
		value := float64(c.ok[m]) / float64(c.n[m])
		t.Logf("%-16s %5d  %-34s %7.3f  %.3f", c.set, c.n[m], m, value, gates[m])
		if value < gates[m] {
			t.Errorf("%s: %s is %.3f and should be at least %.3f", c.set, m, value, gates[m])
		}
	}
}

type expectation struct {
	File, Kind string
	Expect     struct {
		Equals       *string  `json:"reply_equals"`
		EqualsLoose  *string  `json:"reply_equals_ignoring_whitespace"`
		StartsWith   *string  `json:"reply_startswith"`
		Contains     []string `json:"reply_contains"`
		NotContains  []string `json:"reply_not_contains"`
		Elided       *string  `json:"elided_equals"`
		Before       *string  `json:"forward_before"`
		Embedded     *string  `json:"forward_embedded"`
		Signature    *string  `json:"signature_equals"`
		NothingMoved bool     `json:"nothing_removed"`
	}
}

func TestEvalReplies(t *testing.T) {
	dir := evalSet(t, "reply-parsing", "dev")
	c := newTally("reply-parsing")
	for _, e := range readLines[expectation](t, filepath.Join(dir, "expectations.jsonl")) {
		raw, err := os.ReadFile(filepath.Join(dir, e.File))
		if err != nil {
			t.Fatal(err)
		}
		z := zonedFile(t, e.Kind, string(raw))
		judge(t, c, e, z)
	}
	c.report(t, map[string]float64{
		"joined zones are the text": 1, "reply equals": .90, "reply equals, white space apart": 1, "reply starts with": 1, "reply contains": 1, "reply does not contain": 1,
		"elided equals": .85, "forward: before": 1, "forward: embedded": 1, "signature equals": 1, "nothing removed": 1, "not empty": 1,
	})
}

func judge(t *testing.T, c *tally, e expectation, z markup.Zoned) {
	x, got := e.Expect, z.Visible()
	var joined strings.Builder
	for _, p := range z.Zones {
		joined.WriteString(z.Text[p.Start:p.End])
	}
	check := func(metric string, ok bool, want string) {
		if !c.add(metric, ok) {
			t.Logf("MISS %s: %s\n--- want\n%s\n--- visible\n%s\n", metric, e.File, want, got)
		}
	}
	check("joined zones are the text", joined.String() == z.Text, "")
	if x.Equals != nil {
		check("reply equals", rtrim(got) == rtrim(*x.Equals), *x.Equals)
	}
	if x.EqualsLoose != nil {
		check("reply equals, white space apart", loose(got) == loose(*x.EqualsLoose), *x.EqualsLoose)
	}
	if x.StartsWith != nil {
		check("reply starts with", strings.HasPrefix(rtrim(got), rtrim(*x.StartsWith)), *x.StartsWith)
	}
	for _, s := range x.Contains {
		check("reply contains", strings.Contains(got, s), s)
	}
	for _, s := range x.NotContains {
		check("reply does not contain", !strings.Contains(got, s), s)
	}
	if x.Elided != nil {
		check("elided equals", loose(folded(z)) == loose(*x.Elided), *x.Elided+"\n--- folded\n"+folded(z))
	}
	if x.Before != nil {
		check("forward: before", rtrim(got) == rtrim(*x.Before), *x.Before)
	}
	if x.Embedded != nil {
		check("forward: embedded", loose(z.Embedded()) == loose(*x.Embedded), *x.Embedded+"\n--- embedded\n"+z.Embedded())
	}
	if x.Signature != nil {
		check("signature equals", loose(z.Signed()) == loose(*x.Signature), *x.Signature+"\n--- signed\n"+z.Signed())
	}
	if x.NothingMoved {
		check("nothing removed", loose(got) == loose(z.Text), z.Text)
	}
	if x.Equals == nil {
		check("not empty", got != "", "")
	}
}

func folded(z markup.Zoned) string {
	var b strings.Builder
	for _, p := range z.Zones {
		if p.Folded || p.Kind == markup.Forward {
			b.WriteString(z.Text[p.Start:p.End])
		}
	}
	return strings.TrimSpace(b.String())
}

// rtrim compares lines without the spaces at their ends, as a reader does.
func rtrim(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func loose(s string) string { return strings.Join(strings.Fields(s), " ") }

func zonedFile(t *testing.T, kind, raw string) markup.Zoned {
	switch kind {
	case "html":
		return markup.Visible("", raw)
	case "eml":
		text, html := parts(t, raw)
		return markup.Visible(text, html)
	}
	return markup.Visible(raw, "")
}

// parts reads the plain and HTML part of a mail; the sets' mails are two levels deep at most.
func parts(t *testing.T, raw string) (text, html string) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return part(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

func part(ctype, enc string, body io.Reader) (text, html string) {
	media, params, _ := mime.ParseMediaType(ctype)
	if strings.HasPrefix(media, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextPart()
			if err != nil {
				return text, html
			}
			a, b := part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
			text, html = text+a, html+b
		}
	}
	if strings.EqualFold(enc, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	b, _ := io.ReadAll(body)
	if media == "text/html" {
		return "", string(b)
	}
	return string(b), ""
}

func TestEvalHostileHTML(t *testing.T) {
	type payload struct{ ID, Source, Payload string }
	c := newTally("xss-html")
	gates := map[string]float64{"idempotent": 1}
	for _, p := range readLines[payload](t, filepath.Join(evalSet(t, "xss-html", "dev"), "data.jsonl")) {
		for _, opt := range []markup.SafeOptions{{}, {RemoteImages: true, CID: func(id string) string { return "/files/" + id }}} {
			safe := markup.Sanitise(p.Payload, opt)
			found := active(safe.HTML)
			if !c.add("nothing active: "+p.Source, found == "") {
				t.Logf("%s: %s\n%s\n%s", p.ID, found, p.Payload, safe.HTML)
			}
			gates["nothing active: "+p.Source] = 1
			if again := markup.Sanitise(safe.HTML, opt); !c.add("idempotent", again.HTML == safe.HTML) {
				t.Logf("%s: %s\n%s", p.ID, safe.HTML, again.HTML)
			}
			c.add("settled as HTML", !safe.Plain)
		}
	}
	c.report(t, gates)
}

func TestEvalBenignText(t *testing.T) {
	c := newTally("reply-parsing")
	files, err := filepath.Glob(filepath.Join(evalSet(t, "reply-parsing", "dev"), "*.html"))
	if err != nil || len(files) == 0 {
		t.Fatal("There are no HTML files in the set.", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		safe := markup.Sanitise(string(raw), markup.SafeOptions{})
		c.add("words survive sanitising", loose(markup.Text(safe.HTML)) == loose(markup.Text(string(raw))))
		visible, folded, _ := markup.FoldHTML(safe.HTML)
		c.add("folded HTML keeps every word", sameWords(markup.Text(visible)+" "+strings.Replace(markup.Text(folded), "…", "", 1), markup.Text(safe.HTML)))
	}
	c.report(t, map[string]float64{"words survive sanitising": 1, "folded HTML keeps every word": 1})
}

// TestEvalURLs compares with twitter-text's lists. On purpose we differ where that set knows rules of one service only
// (the longest t.co address), and its autolink half leaves names without a scheme alone, which mail readers expect to be links.
func TestEvalURLs(t *testing.T) {
	type sample struct {
		ID, Test, Text string
		Expected       any
	}
	c := newTally("addresses-urls")
	for _, s := range readLines[sample](t, filepath.Join(evalSet(t, "addresses-urls", "dev"), "url_extraction.jsonl")) {
		var want []string
		switch x := s.Expected.(type) {
		case []any:
			for _, v := range x {
				if m, ok := v.(map[string]any); ok {
					v = m["url"]
				}
				want = append(want, v.(string))
			}
		case string:
			want = hrefs(x)
		}
		var got []string
		for _, f := range markup.FindURLs(s.Text) {
			if _, bare := s.Expected.(string); bare && !strings.Contains(f.URL, "://") {
				continue // the autolink half of the set leaves names without a scheme alone; we do not
			}
			got = append(got, f.URL)
		}
		if !c.add("URLs, exact list", strings.Join(got, " ") == strings.Join(want, " ")) {
			t.Logf("MISS %s\n text %s\n want %q\n  got %q", s.ID, s.Text, want, got)
		}
	}
	c.report(t, map[string]float64{"URLs, exact list": .97})
}
