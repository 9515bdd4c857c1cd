package auth

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// zone is a stub DNS: records by name and type.
type zone struct {
	records map[string]map[string][]string
	timeout map[string]bool
}

var errTimeout = errors.New("the name server is silent")

func (z zone) get(name, kind string) ([]string, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if v := z.records[name][kind]; len(v) > 0 {
		return v, nil
	}
	if z.timeout[name] {
		return nil, errTimeout
	}
	return nil, nil
}

func (z zone) TXT(_ context.Context, name string) ([]string, error) { return z.get(name, "TXT") }

func (z zone) MX(_ context.Context, name string) ([]string, error) { return z.get(name, "MX") }

func (z zone) Addresses(_ context.Context, name string, v6 bool) ([]netip.Addr, error) {
	kind := "A"
	if v6 {
		kind = "AAAA"
	}
	texts, err := z.get(name, kind)
	var out []netip.Addr
	for _, t := range texts {
		out = append(out, netip.MustParseAddr(t))
	}
	return out, err
}

func (z zone) PTR(_ context.Context, ip netip.Addr) ([]string, error) {
	return z.get(reverseName(ip), "PTR")
}

func reverseName(ip netip.Addr) string {
	parts := strings.Split(dotted(ip), ".")
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	if ip.Is4() {
		return strings.Join(parts, ".") + ".in-addr.arpa"
	}
	return strings.Join(parts, ".") + ".ip6.arpa"
}

// node is a piece of YAML: a scalar, or children under keys in order ("-" for list items).
type node struct {
	key, scalar string
	kids        []*node
}

func (n *node) find(key string) *node {
	for _, k := range n.kids {
		if k.key == key {
			return k
		}
	}
	return &node{}
}

// yamlDocs reads the part of YAML that the suite uses: nested maps and lists by indent, block scalars, quotes, [a, b], wrapped lines.
func yamlDocs(text string) []*node {
	var docs []*node
	for _, doc := range strings.Split(text, "\n---") {
		var lines []string
		for _, l := range strings.Split(doc, "\n") {
			if t := strings.TrimSpace(l); t != "" && !strings.HasPrefix(t, "#") && t != "---" {
				lines = append(lines, l)
			}
		}
		root := &node{}
		yamlBlock(lines, root)
		docs = append(docs, root)
	}
	return docs
}

func indent(l string) int { return len(l) - len(strings.TrimLeft(l, " ")) }

func yamlBlock(lines []string, parent *node) {
	for i := 0; i < len(lines); {
		depth := indent(lines[i])
		text := strings.TrimSpace(lines[i])
		j := i + 1
		for j < len(lines) && (indent(lines[j]) > depth) {
			j++
		}
		n := &node{}
		if rest, ok := strings.CutPrefix(text, "- "); ok {
			n.key = "-"
			kid := &node{}
			yamlEntry(rest, lines[i+1:j], kid)
			n.kids = []*node{kid}
		} else {
			yamlEntry(text, lines[i+1:j], n)
		}
		parent.kids = append(parent.kids, n)
		i = j
	}
}

// yamlEntry reads "key: value" whose value may go on in the deeper lines.
func yamlEntry(text string, deeper []string, n *node) {
	quoted := strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'")
	key, value, ok := strings.Cut(text, ": ")
	if !ok && strings.HasSuffix(text, ":") {
		key, ok = strings.TrimSuffix(text, ":"), true
	}
	if !ok || quoted && !strings.HasSuffix(key, text[:1]) {
		n.scalar = text
		return
	}
	n.key = strings.Trim(key, `"'`)
	value = strings.TrimSpace(value)
	if value == "" && len(deeper) > 0 && !startsScalar(deeper[0]) {
		yamlBlock(deeper, n)
		return
	}
	if strings.HasPrefix(value, "|") || strings.HasPrefix(value, ">") {
		value = ""
	}
	for _, d := range deeper {
		value += " " + strings.TrimSpace(d)
	}
	n.scalar = strings.TrimSpace(value)
}

func startsScalar(l string) bool {
	t := strings.TrimSpace(l)
	return !strings.HasPrefix(t, "- ") && !strings.Contains(t, ": ") && !strings.HasSuffix(t, ":")
}

// list splits "[a, 'b']" or gives the one value.
func list(s string) []string {
	if !strings.HasPrefix(s, "[") {
		return []string{unquote(s)}
	}
	var out []string
	inner := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	for _, p := range strings.Split(inner, ",") {
		out = append(out, unquote(strings.TrimSpace(p)))
	}
	return out
}

func unquote(s string) string {
	switch {
	case len(s) > 1 && s[0] == '\'' && s[len(s)-1] == '\'':
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'")
	case len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"':
		if u, err := strconv.Unquote(s); err == nil {
			return u
		}
		return s[1 : len(s)-1]
	}
	return s
}

func zoneOf(data *node) zone {
	z := zone{map[string]map[string][]string{}, map[string]bool{}}
	for _, name := range data.kids {
		host := strings.ToLower(strings.TrimSuffix(name.key, "."))
		rr := map[string][]string{}
		hasTXT := false
		for _, item := range name.kids {
			for _, r := range item.kids {
				switch {
				case r.scalar == "TIMEOUT" || r.key == "TIMEOUT":
					z.timeout[host] = true
				case r.key == "TXT":
					hasTXT = true
					if r.scalar != "NONE" {
						rr["TXT"] = append(rr["TXT"], strings.Join(list(r.scalar), ""))
					}
				case r.key == "MX":
					rr["MX"] = append(rr["MX"], list(r.scalar)[len(list(r.scalar))-1])
				case r.key != "SPF":
					rr[r.key] = append(rr[r.key], unquote(r.scalar))
				}
			}
		}
		for _, item := range name.kids {
			for _, r := range item.kids {
				if r.key == "SPF" && !hasTXT {
					rr["TXT"] = append(rr["TXT"], strings.Join(list(r.scalar), ""))
				}
			}
		}
		z.records[host] = rr
	}
	return z
}

// TestEvalSPF runs the test suite of RFC 7208 with its records as a stub DNS.
func TestEvalSPF(t *testing.T) {
	root := os.Getenv("KEPT_EVAL_DATA")
	if root == "" {
		t.Skip("KEPT_EVAL_DATA is not set: the SPF suite is not here.")
	}
	raw, err := os.ReadFile(filepath.Join(root, "mailauth", "dev", "rfc7208-tests.yml"))
	if err != nil {
		t.Fatal(err)
	}
	n, ok := 0, 0
	for _, doc := range yamlDocs(string(raw)) {
		z := zoneOf(doc.find("zonedata"))
		for _, c := range doc.find("tests").kids {
			e := Envelope{IP: netip.MustParseAddr(unquote(c.find("host").scalar)), HELO: unquote(c.find("helo").scalar), MailFrom: unquote(c.find("mailfrom").scalar)}
			got, _ := SPF(context.Background(), z, e)
			want := list(c.find("result").scalar)
			n++
			if contains(want, got) {
				ok++
				continue
			}
			t.Logf("   missed %s: want %v got %s (%s, %s)", c.key, want, got, e.HELO, e.MailFrom)
		}
	}
	t.Logf("mailauth n=%d SPF verdicts %.4f (gate 0.98)", n, float64(ok)/float64(n))
	if n < 100 || float64(ok) < .98*float64(n) {
		t.Errorf("%d of %d SPF verdicts are right", ok, n)
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
