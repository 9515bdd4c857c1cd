package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

func source(lines int) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("package x\n\nfunc F() {\n" + strings.Repeat("\tprintln()\n", lines-2) + "}\n")}
}

func TestMeasureCountsWhatSomebodyWrote(t *testing.T) {
	s, err := measure(fstest.MapFS{
		"internal/team/team.go":      source(10),
		"internal/team/desk.go":      source(70),
		"internal/team/team_test.go": source(500),
		"internal/db/dbtest/x.go":    source(20),
		"ui/desk/app.tsx":            {Data: []byte(strings.Repeat("x\n", 450))},
		"ui/desk/app.test.ts":        {Data: []byte("x\n")},
		"ui/desk/api/schema.d.ts":    {Data: []byte(strings.Repeat("x\n", 9000))},
		"ui/node_modules/lib/a.ts":   {Data: []byte(strings.Repeat("x\n", 9000))},
		"ui/dist/a.css":              {Data: []byte(strings.Repeat("x\n", 9000))},
		"e2e/inbox.spec.ts":          {Data: []byte("x\n")},
		"README.md":                  {Data: []byte("x\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.packages["internal/team"] != 84 || len(s.packages) != 1 {
		t.Errorf("packages %v", s.packages)
	}
	if s.folders["internal/team"] != 3 || len(s.functions) != 2 {
		t.Errorf("folders %v, functions %v", s.folders, s.functions)
	}
	if s.code != 84+450 || s.tests != 502+22+2 {
		t.Errorf("%d lines of code, %d of tests", s.code, s.tests)
	}
	var out strings.Builder
	s.report(&out)
	for _, want := range []string{"over ui/desk/app.tsx", "70  internal/team/desk.go F", "functions over 60 lines, %", "50          4  over"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}

func TestMeasureOfNothing(t *testing.T) {
	s, err := measure(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	s.report(&out)
	if !strings.Contains(out.String(), "largest function") {
		t.Errorf("report:\n%s", out.String())
	}
}

func TestAFileThatIsNoGoIsTold(t *testing.T) {
	if _, err := measure(fstest.MapFS{"a.go": {Data: []byte("no package")}}); err == nil || !strings.Contains(err.Error(), "a.go") {
		t.Errorf("err = %v", err)
	}
}
