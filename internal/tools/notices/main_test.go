package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBrowserPackagesAreThoseThatShip(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "package-lock.json"), `{"packages": {
		"": {"version": "1.0.0"},
		"node_modules/lamp": {"version": "2.0.0", "license": "MIT"},
		"node_modules/lamp/node_modules/@wick/oil": {"version": "0.1.0", "license": "ISC"},
		"node_modules/hammer": {"version": "9.9.9", "license": "MIT", "dev": true}}}`)
	put(t, filepath.Join(dir, "node_modules/lamp/LICENSE.md"), "MIT, by Ada\r\n")
	put(t, filepath.Join(dir, "node_modules/lamp/license.go"), "package lamp")
	put(t, filepath.Join(dir, "node_modules/lamp/node_modules/@wick/oil/index.js"), "")
	put(t, filepath.Join(dir, "node_modules/hammer/LICENSE"), "only for building")
	parts, err := browserPackages(dir)
	if err != nil || len(parts) != 2 {
		t.Fatalf("parts %v, %v", parts, err)
	}
	text := write(parts)
	for _, want := range []string{"  @wick/oil 0.1.0\n  lamp 2.0.0\n", "MIT, by Ada\n", "Licence: ISC"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	for _, no := range []string{"hammer", "package lamp", "\r"} {
		if strings.Contains(text, no) {
			t.Errorf("holds %q:\n%s", no, text)
		}
	}
}

func TestATextIsWrittenOnceForAllItsOwners(t *testing.T) {
	text := write([]part{{"a", "1", []string{"same\n"}}, {"b", "2", []string{"same\n", "own\n"}}})
	if strings.Count(text, "same") != 1 || !strings.Contains(text, "a 1\nb 2\n\nsame") || !strings.Contains(text, "b 2\n\nown") {
		t.Errorf("wrote:\n%s", text)
	}
}

func TestAMissingFolderIsTold(t *testing.T) {
	if _, err := browserPackages(t.TempDir()); err == nil {
		t.Error("no lock file, no failure")
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "package-lock.json"), `{"packages": {"node_modules/lamp": {"version": "1.0.0"}}}`)
	if _, err := browserPackages(dir); err == nil || !strings.Contains(err.Error(), "licence") {
		t.Errorf("a package that is not installed: %v", err)
	}
}
