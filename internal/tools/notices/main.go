// Command notices writes THIRD-PARTY-NOTICES.txt: every Go module and every
// browser package that the program is made of, with the text of its licence, as
// those licences ask of whoever passes the program on.
//
// With -check it writes nothing and fails where the file is out of date. What is
// only used to build or test is not in the program and not in the file.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const file = "THIRD-PARTY-NOTICES.txt"

// A part is something the program is made of.
type part struct {
	name, version string
	texts         []string // of its licence and notice files
}

func main() {
	check := flag.Bool("check", false, "fail where the file is out of date, and write nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	parts, err := collect()
	if err != nil {
		return err
	}
	text := write(parts)
	if !check {
		return os.WriteFile(file, []byte(text), 0o644)
	}
	have, err := os.ReadFile(file)
	if err != nil || string(have) != text {
		return fmt.Errorf("%s does not say what the program is made of now: run make notices, and look at what changed", file)
	}
	fmt.Printf("%s: %d parts\n", file, len(parts))
	return nil
}

func collect() ([]part, error) {
	modules, err := goModules()
	if err != nil {
		return nil, err
	}
	packages, err := browserPackages("ui")
	if err != nil {
		return nil, err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("look for Go itself: %w", err)
	}
	own, err := licences(strings.TrimSpace(string(root)))
	if err != nil {
		return nil, err
	}
	return append(append([]part{{"The Go standard library", "", own}}, modules...), packages...), nil
}

// goModules lists the modules that are compiled into the program. The tag "ui" adds files, no modules, and would ask for them to be built.
func goModules() ([]part, error) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/kept").Output()
	if err != nil {
		return nil, fmt.Errorf("list the modules: %w", err)
	}
	lines := strings.Fields(strings.ReplaceAll(string(out), "\t", "|"))
	slices.Sort(lines)
	var parts []part
	for _, line := range slices.Compact(lines) {
		field := strings.Split(line, "|")
		texts, err := licences(field[2])
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{field[0], field[1], texts})
	}
	return parts, nil
}

// browserPackages lists the npm packages that the built workspace holds, from the lock file in dir.
func browserPackages(dir string) ([]part, error) {
	text, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct {
			Version, License string
			Dev, Peer        bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("read the lock file: %w", err)
	}
	var parts []part
	for path, p := range lock.Packages {
		if path == "" || p.Dev || p.Peer {
			continue
		}
		texts, err := licences(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		if len(texts) == 0 {
			texts = []string{"Licence: " + p.License + " (the package holds no text of it)\n"}
		}
		parts = append(parts, part{path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):], p.Version, texts})
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.version, b.version))
	})
	return parts, nil
}

// licences reads the licence and notice files in a folder.
func licences(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for a licence: %w", err)
	}
	var texts []string
	for _, e := range entries {
		if !isLicence(e) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))+"\n")
	}
	return texts, nil
}

func isLicence(e fs.DirEntry) bool {
	name := strings.ToUpper(e.Name())
	for _, prefix := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"} {
		if strings.HasPrefix(name, prefix) && !strings.HasSuffix(name, ".GO") && e.Type().IsRegular() {
			return true
		}
	}
	return false
}

// write lists all parts, then each text once with everybody it belongs to.
func write(parts []part) string {
	var b strings.Builder
	b.WriteString("Kept is made of its own code (Apache-2.0, see LICENSE) and of the following.\nThis file is written by `make notices`.\n\n")
	owners := map[string][]string{}
	var order []string
	for _, p := range parts {
		name := strings.TrimSpace(p.name + " " + p.version)
		fmt.Fprintf(&b, "  %s\n", name)
		for _, text := range p.texts {
			if owners[text] == nil {
				order = append(order, text)
			}
			owners[text] = append(owners[text], name)
		}
	}
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s", strings.Repeat("=", 78), strings.Join(owners[text], "\n"), text)
	}
	return b.String()
}
