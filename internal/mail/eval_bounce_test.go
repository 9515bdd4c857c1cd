package mail

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labelled is one report of the bounce set with what it should say.
type labelled struct {
	file, class string
	raw         []byte
	want        []struct {
		Status    string `json:"status"`
		ReplyCode string `json:"replycode"`
		Reason    string `json:"reason"`
		Hard      bool   `json:"hardbounce"`
	}
}

func evalBounces(t *testing.T) []labelled {
	t.Helper()
	dir := evalFolder(t, "bounces-sisimai")
	f, err := os.Open(filepath.Join(dir, "labels.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []labelled
	for _, row := range rows[1:] {
		l := labelled{file: row[1], class: row[3], raw: mustRead(t, filepath.Join(dir, "dev", row[1]))}
		if len(row) > 6 && row[6] != "" {
			if err := json.Unmarshal([]byte(row[6]), &l.want); err != nil {
				t.Fatal(row[1], err)
			}
		}
		out = append(out, l)
	}
	return out
}

// classOf is the kind a label stands for.
func classOf(label string, k Kind) bool {
	switch {
	case strings.HasPrefix(label, "bounce"):
		return k == Bounced
	case label == "not-a-bounce":
		return k == Plain || k == List
	}
	return string(k) == label
}

// TestEvalBounces: what became of a mail, from some sixty mail systems.
func TestEvalBounces(t *testing.T) {
	set := "bounces-sisimai"
	class, status := score{set: set, metric: "class"}, score{set: set, metric: "status where said"}
	reply, reason := score{set: set, metric: "reply code where said"}, score{set: set, metric: "reason"}
	invented := score{set: set, metric: "no code invented"}
	quiet := score{set: set, metric: "never answered by machine"}
	var truePositive, falsePositive, falseNegative int
	for _, l := range evalBounces(t) {
		m := Parse(l.raw)
		class.count(l.file, classOf(l.class, m.Kind), l.class, " got ", m.Kind, " ", m.Subject)
		if l.class != "not-a-bounce" {
			quiet.count(l.file, !m.MayAutoReply(), m.Kind)
		}
		if m.Bounce == nil {
			m.Bounce = &Bounce{}
		}
		if len(l.want) == 0 || !strings.HasPrefix(l.class, "bounce") {
			continue
		}
		w, b := l.want[0], m.Bounce
		if w.Status != "" && strings.Contains(string(l.raw), w.Status) {
			status.count(l.file, b.Status == w.Status, "want ", w.Status, " got ", b.Status, " said ", b.Said)
		}
		if w.ReplyCode != "" && strings.Contains(string(l.raw), w.ReplyCode) {
			reply.count(l.file, b.ReplyCode == w.ReplyCode, "want ", w.ReplyCode, " got ", b.ReplyCode, " said ", b.Said)
		}
		written := string(l.raw) + m.Text
		invented.count(l.file, strings.Contains(written, b.Status) && strings.Contains(written, b.ReplyCode), b.Status, b.ReplyCode)
		reason.count(l.file, b.Reason == w.Reason, "want ", w.Reason, " got ", b.Reason, " ", b.Status, " ", b.ReplyCode, " said ", b.Said)
		switch {
		case w.Hard && b.Hard:
			truePositive++
		case b.Hard:
			falsePositive++
			t.Log("   called hard ", l.file, w.Reason, b.Reason, b.Said)
		case w.Hard:
			falseNegative++
			t.Log("   missed hard ", l.file, w.Reason, b.Reason, b.Said)
		}
	}
	class.report(t, .97)
	status.report(t, .95)
	reply.report(t, .95)
	invented.report(t, 1)
	quiet.report(t, 1)
	reason.report(t, .75)
	f1 := float64(2*truePositive) / float64(2*truePositive+falsePositive+falseNegative)
	t.Logf("%-22s n=%-5d %-28s %.4f (gate %.2f)", set, truePositive+falseNegative, "hard bounce F1", f1, .93)
	if f1 < .93 {
		t.Errorf("hard bounce F1 is %.4f, below .93", f1)
	}
}

// TestEvalBounceLineEnds: copies of a report with other line ends say the same.
func TestEvalBounceLineEnds(t *testing.T) {
	same := score{set: "bounces-sisimai", metric: "LF, CRLF and CR agree"}
	for _, l := range evalBounces(t) {
		lf := strings.ReplaceAll(strings.ReplaceAll(string(l.raw), "\r\n", "\n"), "\r", "\n")
		want := summary(Parse([]byte(lf)))
		for name, end := range map[string]string{"CRLF": "\r\n", "CR": "\r"} {
			got := summary(Parse([]byte(strings.ReplaceAll(lf, "\n", end))))
			same.count(l.file+" "+name, got == want, "got ", got, " want ", want)
		}
	}
	same.report(t, 1)
}

func summary(m *Message) string {
	out, _ := json.Marshal([]any{m.Kind, m.Bounce, m.Subject})
	return string(out)
}
