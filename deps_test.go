// Package kept_test holds what is true of the repository as a whole: which way
// imports point, one comment per package, and no test machinery in the program.
package kept_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// A layer is a set of folders that may import the layers before it.
type layer struct {
	name    string
	folders string // of internal/, unless they begin with "/"
	reason  string // why a lower layer must not import this one, and no neighbour either
	free    bool   // neighbours may import one another; Go itself refuses circles
}

const sideways = "Among the domain's nouns imports go down one order only: what would point up travels as an event, what would point sideways belongs in the noun above both."

// layers, lowest first. A folder that is not here has no place yet: give it one.
var layers = []layer{
	{"failures", "fault", "", false},
	{"protocol", "mail markup", "Mail and markup are pure: bytes in, values out.", true},
	{"foundation", "db event job blob lease secret filter ai", "Protocols know no database; pass them what they need.", true},
	{"who works here, and when", "team calendar", "The foundation knows no customer: what it needs is given to it as a value or a function.", false},
	{"whom we serve, and what is wrong", "customer alarm", sideways, false},
	{"what arrived", "intake", sideways, false},
	{"what is owed", "promise", sideways, false},
	{"what we may promise", "policy", sideways, false},
	{"conversations", "conversation", sideways, false},
	{"around a conversation", "routing coach answer search", sideways, false},
	{"making it good", "offer recovery feedback training", sideways, false},
	{"what reacts and reports", "rule bot broadcast fairness report webhook notify check", sideways, false},
	{"edges", "channel web /ui", "An edge turns bytes into calls and results into bytes; it is wired in cmd/kept, and nothing else may know it.", false},
	{"stage", "demo seed bench desktest", "Made-up desks use the product as anybody does, and the product does not know them.", true},
	{"command", "/cmd tools", "Nothing imports a program.", true},
}

// allowed are the exceptions, each with its reason. One that is no longer needed must go.
var allowed = map[string]string{
	"internal/web/api -> internal/channel/email/account": "the one guard against connecting to private networks fetches a mail's pictures too",
	"internal/web/api -> internal/channel/email/mailbox": "mailboxes are set up, tried out and compared with their servers over the API",
	"internal/channel/email/account -> net/http":         "an access token is fetched from the mail provider by HTTP (RFC 6749)",
}

// A file is one Go file of the program.
type file struct {
	dir, path string
	syntax    *ast.File
}

// program parses every Go file that is not a test, whatever its build tags.
func program(t *testing.T) []file {
	t.Helper()
	var all []file
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			if base := e.Name(); base != "." && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, file{path.Dir(name), name, syntax})
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	return all
}

func (f file) imports() []string {
	var all []string
	for _, i := range f.syntax.Imports {
		all = append(all, strings.TrimPrefix(strings.Trim(i.Path.Value, `"`), "kept/"))
	}
	return all
}

// place returns the layer of a folder such as internal/web/api, and the name
// there under which its neighbours know it; -1 where it has no place.
func place(dir string) (int, string) {
	for i, l := range layers {
		for _, folder := range strings.Fields(l.folders) {
			if root := strings.TrimPrefix(folder, "/"); root != folder && strings.HasPrefix(dir+"/", root+"/") || strings.HasPrefix(dir+"/", "internal/"+folder+"/") {
				return i, folder
			}
		}
	}
	return -1, ""
}

// refuse says why the folder from must not import to, "" where it may.
func refuse(from, to string) string {
	here, mine := place(from)
	if to == "net/http" {
		if edges, _ := place("internal/web"); here < edges || mine == "channel" {
			return "Only the web edge speaks HTTP, and clients of outside services that are excepted by name."
		}
		return ""
	}
	if !strings.HasPrefix(to, "internal/") && !strings.HasPrefix(to, "cmd/") && to != "ui" {
		return "" // not ours
	}
	there, yours := place(to)
	switch {
	case there < 0:
		return "It has no place in the order of layers: give it one in deps_test.go."
	case there < here, there == here && (mine == yours || layers[here].free):
		return ""
	}
	return layers[there].reason
}

func TestImportsPointDown(t *testing.T) {
	used := map[string]bool{}
	for _, f := range program(t) {
		if here, _ := place(f.dir); here < 0 {
			t.Errorf("%s has no place in the order of layers: give it one in deps_test.go", f.dir)
			continue
		}
		for _, to := range f.imports() {
			why := refuse(f.dir, to)
			if why == "" {
				continue
			}
			if edge := f.dir + " -> " + to; allowed[edge] != "" {
				used[edge] = true
			} else {
				t.Errorf("%s must not import %s. %s", f.path, to, why)
			}
		}
	}
	for edge := range allowed {
		if !used[edge] {
			t.Errorf("the exception %s is no longer needed: take it out", edge)
		}
	}
}

func TestTheOrderRefuses(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"internal/db", "internal/team", false},
		{"internal/mail", "internal/db", false},
		{"internal/team", "internal/calendar", false},
		{"internal/promise", "internal/conversation", false},
		{"internal/conversation", "internal/web/api", false},
		{"internal/conversation", "net/http", false},
		{"internal/channel/email", "net/http", false},
		{"internal/channel/email", "internal/channel/email/account", true},
		{"internal/channel/email", "internal/web", false},
		{"internal/web/api", "internal/channel/email", false},
		{"internal/web/api", "internal/demo", false},
		{"internal/desktest", "cmd/kept", false},
		{"internal/conversation", "internal/common", false},
		{"cmd/kept", "internal/web/api", true},
		{"internal/conversation", "internal/promise", true},
		{"internal/web/api", "internal/web/live", true},
		{"internal/web/api", "net/http", true},
		{"ui", "net/http", true},
		{"internal/desktest", "net/http", true},
		{"internal/event", "internal/db", true},
	} {
		if why := refuse(c.from, c.to); (why == "") != c.ok {
			t.Errorf("%s -> %s: %q", c.from, c.to, why)
		}
	}
}

func TestOneCommentPerPackage(t *testing.T) {
	comments := map[string][]string{}
	for _, f := range program(t) {
		if comments[f.dir] == nil {
			comments[f.dir] = []string{}
		}
		if f.syntax.Doc == nil || strings.TrimSpace(f.syntax.Doc.Text()) == "" {
			continue
		}
		comments[f.dir] = append(comments[f.dir], f.path)
		if first, want := f.syntax.Doc.Text(), "Package "+f.syntax.Name.Name+" "; f.syntax.Name.Name != "main" && !strings.HasPrefix(first, want) {
			t.Errorf("%s: the comment of a package begins with %q", f.path, want)
		}
	}
	for dir, in := range comments {
		if len(in) != 1 {
			t.Errorf("%s has %d package comments, in %q; it needs one, with what the package is for and how it works", dir, len(in), in)
		}
	}
}

func TestNoTestMachineryInTheProgram(t *testing.T) {
	for _, f := range program(t) {
		if strings.HasSuffix(f.dir, "test") { // dbtest, desktest: they exist for tests
			continue
		}
		for _, name := range f.imports() {
			if name == "testing" || strings.HasPrefix(name, "testing/") || strings.HasSuffix(name, "test") && strings.HasPrefix(name, "internal/") {
				t.Errorf("%s imports %s, which belongs in tests", f.path, name)
			}
		}
	}
	if !slices.ContainsFunc(program(t), func(f file) bool { return slices.Contains(f.imports(), "testing") }) {
		t.Error("nothing imports testing, not even dbtest: the test looks in the wrong place")
	}
}
