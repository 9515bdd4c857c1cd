package calendar

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEvalHolidays compares the public holidays we start a calendar with against those of
// another list, where KEPT_EVAL_DATA holds one, and prints a table. Countries that the
// library does not know are named, not counted.
func TestEvalHolidays(t *testing.T) {
	folder := os.Getenv("KEPT_EVAL_DATA")
	if folder == "" {
		t.Skip("KEPT_EVAL_DATA is not set: there is nothing to compare with")
	}
	files, err := filepath.Glob(filepath.Join(folder, "holidays-date-holidays", "dev", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no country-years in %s: %v", folder, err)
	}
	equal, covered, both, ours, theirs := 0, 0, 0, 0, 0
	var unknown []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		country, year := name[:len(name)-5], 0
		fmt.Sscan(name[len(name)-4:], &year)
		if !Known(country) {
			unknown = append(unknown, name)
			continue
		}
		want := publicDates(t, file)
		missing, extra := compare(want, Public(country, year))
		covered++
		both += len(want) - len(missing)
		theirs += len(want)
		ours += len(want) - len(missing) + len(extra)
		if len(missing)+len(extra) == 0 {
			equal++
			continue
		}
		t.Logf("%-8s missing %-40v extra %v", name, missing, extra)
	}
	t.Logf("country-years %d, known %d, equal %d; days: precision %.3f recall %.3f", len(files), covered, equal,
		float64(both)/float64(ours), float64(both)/float64(theirs))
	t.Logf("not known to the library: %v", unknown)
	if recall := float64(both) / float64(theirs); recall < 0.9 {
		t.Errorf("recall %.3f: a desk would promise answers on too many public holidays", recall)
	}
}

func publicDates(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var days []struct{ Date, Type string }
	if err := json.Unmarshal(text, &days); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range days {
		if d.Type == "public" && !slices.Contains(out, d.Date[:10]) {
			out = append(out, d.Date[:10])
		}
	}
	return out
}

func compare(want []string, got []Holiday) (missing, extra []string) {
	have := map[string]bool{}
	for _, h := range got {
		have[h.Date] = true
		if !slices.Contains(want, h.Date) {
			extra = append(extra, h.Date[5:]+" "+h.Name)
		}
	}
	for _, w := range want {
		if !have[w] {
			missing = append(missing, w[5:])
		}
	}
	return missing, extra
}
