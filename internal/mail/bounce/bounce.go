// Package bounce reads what mail systems answer by machine: that a mail could not be delivered, that somebody
// complained about it, that its reader is away.
//
// A delivery report comes in two forms. The standard one (RFC 3464 in RFC 6522) carries fields per recipient; some sixty
// systems write prose instead, which always has the same few ingredients: the address that failed, what the other
// server said ("550 5.1.1 …"), and our message behind a separator. Both are boiled down to one list of recipients with
// what was said about each; from those words the reason is decided by tables (reason.go): what was said first, then the
// meaning of the status code (RFC 3463, RFC 7372, RFC 7504), then of the reply code (RFC 5321).
package bounce

import (
	"regexp"
	"strings"

	"kept/internal/mail/mime"
)

// A Bounce is a delivery report or, where Feedback is set, a complaint.
type Bounce struct {
	Status            string   `json:"status"`     // RFC 3463 "5.1.1" as the mail says it, "" where it says none
	ReplyCode         string   `json:"reply_code"` // RFC 5321 "550" as the mail says it, "" where it says none
	Reason            string   `json:"reason"`     // one of the Reasons
	Hard              bool     `json:"hard"`       // writing to the address again is pointless
	Recipient         string   `json:"recipient"`  // the first that failed
	Recipients        []string `json:"recipients"`
	OriginalMessageID string   `json:"original_message_id"` // of the mail it is about, without angle brackets
	Delivered         bool     `json:"-"`                   // a report of success
	Delayed           bool     `json:"-"`                   // the sender is still trying
	Feedback          string   `json:"-"`                   // RFC 5965 feedback type: abuse, fraud, auth-failure, …
	Said              string   `json:"-"`                   // what the other server said, on one line
}

// failure is what is known about one recipient.
type failure struct {
	recipient, action, status, said string
}

// evidence is a report taken apart, whatever its form.
type evidence struct {
	header   mime.Header
	subject  string
	notice   string // what the reporting system wrote, without our message
	whole    string // all of its text
	enclosed *mime.Part
	failures []failure
	original mime.Header // of our message, nil where it is not enclosed
	standard bool        // it has delivery-status fields
}

// Read returns what a mail reports, or nil where it is no report. text is its plain body.
func Read(root *mime.Part, text string) *Bounce {
	if f := readFeedback(root, text); f != nil {
		return f
	}
	e := gather(root, text)
	if b := fromNotification(e); b != nil {
		return b
	}
	if !e.isBounce(root) {
		return nil
	}
	e.completeFailures()
	if inner := e.reportInside(); inner != nil {
		return inner
	}
	return e.conclude()
}

// reportInside reads the report that a gateway wrapped into an empty one of its own.
func (e *evidence) reportInside() *Bounce {
	if e.standard || e.enclosed == nil || statusIn(e.notice) != "" || replyIn(e.notice) != "" || len(e.notice) > 1000 || e.enclosed.Type != "multipart/report" {
		return nil
	}
	return Read(e.enclosed, "")
}

// gather collects the ingredients from the parts of the mail.
func gather(root *mime.Part, text string) *evidence {
	e := &evidence{header: root.Header, subject: root.Header.Text("Subject")}
	var notice strings.Builder
	for i, p := range root.Leaves() {
		switch {
		case p.Type == "message/delivery-status" || p.Type == "message/global-delivery-status":
			e.fields(p.Text())
		case p.IsMessage() || p.Type == "text/rfc822-headers" || p.Type == "message/global-headers" || p.Type == "message/partial":
			if e.original == nil {
				e.enclosed = p.Message()
				e.original = e.enclosed.Header
			}
		case strings.HasPrefix(p.Type, "text/plain") || p.Type == "text" || i == 0 && p.Type != "text/html":
			e.prose(p.Text(), &notice)
		}
	}
	e.notice = notice.String()
	if strings.TrimSpace(e.notice) == "" {
		e.prose(text, &notice)
		e.notice = notice.String()
	}
	return e
}

// prose takes one text part: a report in disguise, or words with our message behind them.
func (e *evidence) prose(s string, notice *strings.Builder) {
	if len(s) > 256<<10 {
		s = s[:256<<10]
	}
	e.whole += s
	words, original := splitOriginal(s)
	if e.original == nil {
		e.original = original
	}
	if strings.Contains(words, "Final-Recipient:") && strings.Contains(words, "Action:") || strings.Contains(words, "Diagnostic-Code:") && strings.Contains(words, "Status:") {
		e.fields(words)
	}
	notice.WriteString(words)
	notice.WriteByte('\n')
}

// fields reads the groups of RFC 3464: one for the message, then one per recipient.
func (e *evidence) fields(s string) {
	for _, group := range groups(s[:min(len(s), 4<<20)]) {
		h := mime.ParseHeader(group)
		f := failure{
			recipient: typed(h.Get("Final-Recipient")), action: strings.ToLower(firstWord(h.Get("Action"))),
			status: statusIn(h.Get("Status")), said: strings.TrimSpace(diagnostic(h)),
		}
		if f.recipient == "" || !strings.Contains(f.recipient, "@") {
			if o := typed(h.Get("Original-Recipient")); o != "" {
				f.recipient = o
			}
		}
		if f.recipient == "" && f.action == "" && f.status == "" {
			continue
		}
		e.standard = true
		e.failures = append(e.failures, f)
		if len(e.failures) >= 20000 {
			return
		}
	}
}

var fieldCase = regexp.MustCompile(`(?i)\n[ \t]*final-recipient[ \t]*:`)

// groups cuts delivery-status text at its blank lines, and where a new recipient starts without one.
func groups(s string) []string {
	var out []string
	for _, g := range strings.Split(fieldCase.ReplaceAllString(s, "\nFinal-Recipient:"), "\n\n") {
		for g = strings.TrimLeft(g, "\n"); ; {
			i := strings.Index(g, "\nFinal-Recipient:")
			j := -1
			if i >= 0 {
				if strings.Contains(g[:i], "Final-Recipient:") {
					j = i
				} else if k := strings.Index(g[i+1:], "\nFinal-Recipient:"); k >= 0 {
					j = i + 1 + k
				}
			}
			if j < 0 {
				break
			}
			out = append(out, g[:j])
			g = g[j+1:]
		}
		out = append(out, g)
	}
	return out
}

// diagnostic is what the other server said. Some systems hide it behind a note of their own.
func diagnostic(h mime.Header) string {
	best := ""
	for _, d := range append(h.All("Diagnostic-Code"), h.All("X-Supplementary-Info")...) {
		if _, after, ok := strings.Cut(d, ";"); ok && !strings.ContainsAny(d[:strings.IndexByte(d, ';')], " ") {
			d = after
		}
		if best == "" || replyIn(best) == "" && replyIn(d) != "" {
			best = strings.TrimSpace(d)
		}
	}
	return mime.Words(best)
}

// typed takes the address out of "rfc822; user@example.com".
func typed(v string) string {
	if i := strings.IndexByte(v, ';'); i >= 0 {
		v = v[i+1:]
	}
	return bareAddress(v)
}

func firstWord(s string) string {
	f := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '(' || r == ';' })
	if len(f) == 0 {
		return ""
	}
	return f[0]
}

// conclude turns the first failed recipient into the verdict, the others into the list.
func (e *evidence) conclude() *Bounce {
	lead := e.lead()
	b := &Bounce{Recipients: []string{}}
	seen := map[string]bool{}
	for _, f := range e.failures {
		key := strings.ToLower(f.recipient)
		if f.recipient == "" || seen[key] || f.happy() != lead.happy() {
			continue
		}
		seen[key] = true
		b.Recipients = append(b.Recipients, f.recipient)
	}
	if len(b.Recipients) > 0 {
		b.Recipient = b.Recipients[0]
	}
	b.Said = strings.Join(strings.Fields(lead.said), " ")
	b.Status, b.ReplyCode = codes(lead, e)
	b.Delivered = lead.happy()
	b.Reason = e.reason(lead, b)
	b.Delayed = lead.action == "delayed" || strings.HasPrefix(b.Status, "4.") && !e.gaveUp(lead)
	b.Hard = hard(b)
	b.OriginalMessageID = e.originalID()
	return b
}

// lead is the failure that speaks for the report: the first that failed for good, else the first that did not succeed.
func (e *evidence) lead() failure {
	for _, f := range e.failures {
		if f.recipient != "" && !f.happy() {
			return f
		}
	}
	for _, f := range e.failures {
		if f.recipient != "" || f.said != "" {
			return f
		}
	}
	return failure{said: spoken(e.notice)}
}

// happy: the report tells of success.
func (f failure) happy() bool {
	switch f.action {
	case "delivered", "relayed", "expanded", "delivery":
		return true
	}
	return f.action == "" && strings.HasPrefix(f.status, "2.")
}

func (e *evidence) gaveUp(f failure) bool { return f.action == "failed" }

// originalID is the Message-ID of the mail that was reported on.
func (e *evidence) originalID() string {
	for _, h := range []mime.Header{e.original, e.header} {
		names := []string{"Message-Id"}
		if len(h) > 0 && len(e.header) > 0 && &h[0] == &e.header[0] {
			names = []string{"X-Original-Message-Id", "Original-Message-Id", "In-Reply-To", "References"}
		}
		for _, n := range names {
			if ids := mime.IDs(h.Get(n)); len(ids) > 0 {
				return ids[0]
			}
		}
	}
	return ""
}
