// Command budgets prints how large things have become: functions, packages,
// folders, user-interface files, tests against code, the binary. It never
// fails: where a budget is passed, the reason is written in the change or the
// code is reshaped.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
)

const (
	functionMedian = 12
	functionP90    = 45
	functionLong   = 60  // lines; share below
	longShare      = 4.0 // per cent
	packageLines   = 3_000
	apiLines       = 4_000 // internal/web/api, then it is split by noun
	folderFiles    = 15
	uiFileLines    = 400
	testRatio      = 0.9
	binaryMB       = 45
)

// sizes is what a walk over the tree found.
type sizes struct {
	functions []named        // Go functions outside tests
	packages  map[string]int // lines of Go code by folder
	folders   map[string]int // source files by folder, tests included
	ui        []named        // TypeScript and style files
	code      int            // lines of Go and TypeScript
	tests     int
}

type named struct {
	name  string
	lines int
}

func main() {
	found, err := measure(os.DirFS("."))
	if err != nil {
		fmt.Fprintln(os.Stderr, "budgets:", err)
		os.Exit(1)
	}
	found.report(os.Stdout)
	if info, err := os.Stat("bin/kept"); err == nil {
		line(os.Stdout, "binary, MB", float64(info.Size())/1e6, binaryMB, "")
	}
}

func measure(tree fs.FS) (*sizes, error) {
	s := &sizes{packages: map[string]int{}, folders: map[string]int{}}
	err := fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if skip := e.Name(); skip != "." && strings.HasPrefix(skip, ".") || slices.Contains([]string{"node_modules", "dist", "testdata", "bin", "results"}, skip) {
				return fs.SkipDir
			}
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		return s.add(name, text)
	})
	return s, err
}

// add counts one file, if it is source text that somebody wrote.
func (s *sizes) add(name string, text []byte) error {
	ext := path.Ext(name)
	if !slices.Contains([]string{".go", ".ts", ".tsx", ".css"}, ext) || strings.HasSuffix(name, "schema.d.ts") {
		return nil
	}
	s.folders[path.Dir(name)]++
	lines := bytes.Count(text, []byte("\n"))
	if strings.HasSuffix(name, "_test.go") || strings.Contains(name, ".test.") || strings.HasPrefix(name, "e2e/") || strings.HasSuffix(path.Dir(name), "test") {
		s.tests += lines
		return nil
	}
	s.code += lines
	if ext != ".go" {
		s.ui = append(s.ui, named{name, lines})
		return nil
	}
	s.packages[path.Dir(name)] += lines
	return s.addFunctions(name, text)
}

func (s *sizes) addFunctions(name string, text []byte) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			s.functions = append(s.functions, named{name + " " + f.Name.Name, files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1})
		}
	}
	return nil
}

// report prints one line per budget, with whoever is over it.
func (s *sizes) report(w io.Writer) {
	slices.SortFunc(s.functions, byLines)
	slices.SortFunc(s.ui, byLines)
	long := slices.DeleteFunc(slices.Clone(s.functions), func(f named) bool { return f.lines <= functionLong })
	fmt.Fprintf(w, "%-44s %10s %10s\n", "budget", "is", "at most")
	line(w, "function, median lines", float64(quantile(s.functions, 0.5)), functionMedian, "")
	line(w, "function, 90th percentile", float64(quantile(s.functions, 0.9)), functionP90, "")
	line(w, fmt.Sprintf("functions over %d lines, %%", functionLong), 100*float64(len(long))/float64(max(1, len(s.functions))), longShare, "")
	line(w, "largest function", float64(quantile(s.functions, 1)), 0, last(s.functions))
	packages, folders := list(s.packages), list(s.folders)
	overs(w, "package, lines", packages, func(n named) int {
		if n.name == "internal/web/api" {
			return apiLines
		}
		return packageLines
	})
	overs(w, "folder, files", folders, func(named) int { return folderFiles })
	overs(w, "user interface file, lines", s.ui, func(named) int { return uiFileLines })
	fmt.Fprintf(w, "%-44s %10.2f %10s\n", "test lines to code lines", float64(s.tests)/float64(max(1, s.code)), fmt.Sprintf(">= %.1f", testRatio))
	fmt.Fprintf(w, "%-44s %10d\n%-44s %10d\n", "lines of code", s.code, "lines of tests", s.tests)
	writeLong(w, long)
}

// overs prints the largest of many and, where it is over, everybody who is.
func overs(w io.Writer, what string, all []named, budget func(named) int) {
	if len(all) == 0 {
		return
	}
	most := all[len(all)-1]
	line(w, what, float64(most.lines), float64(budget(most)), most.name)
	for _, n := range slices.Backward(all[:len(all)-1]) {
		if n.lines > budget(n) {
			line(w, "", float64(n.lines), float64(budget(n)), n.name)
		}
	}
}

func writeLong(w io.Writer, long []named) {
	if len(long) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "functions over %d lines:\n", functionLong)
	for _, f := range slices.Backward(long) {
		fmt.Fprintf(t, "  %d\t%s\n", f.lines, f.name)
	}
	t.Flush()
}

// line prints a measure against its budget, 0 for one that has none.
func line(w io.Writer, what string, is, budget float64, who string) {
	limit, mark := "", ""
	if budget > 0 {
		limit = fmt.Sprintf("%.4g", budget)
		if is > budget {
			mark = "over "
		}
	}
	fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-44s %10.4g %10s  %s%s", what, is, limit, mark, who), " "))
}

func list(m map[string]int) []named {
	var all []named
	for name, n := range m {
		all = append(all, named{name, n})
	}
	slices.SortFunc(all, byLines)
	return all
}

func byLines(a, b named) int {
	return cmp.Or(cmp.Compare(a.lines, b.lines), strings.Compare(a.name, b.name))
}

// quantile returns the q-th quantile of what is sorted by lines, 0 of nothing.
func quantile(sorted []named, q float64) int {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))].lines
}

func last(sorted []named) string {
	if len(sorted) == 0 {
		return ""
	}
	return sorted[len(sorted)-1].name
}
