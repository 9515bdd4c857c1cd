package bounce

import (
	"regexp"
	"strings"

	"kept/internal/mail/mime"
)

// separators stand between the notice and our message in systems that enclose it as plain text. Each is matched in lower case at the start of a line,
// dashes, equal signs and blanks aside.
var separators = []string{
	"this is a copy of the message", "this is a copy of your message", "below this line is a copy of the message", "original message follows", "the original message follows", "message headers follow",
	"the body of the message", "returned message", "original message", "unsent message below", "message header", "original headers follow", "the header of the original message", "headers from the original message",
	"received message header", "text of your mail", "copy of the original message", "copy of your message", "bounced e-mail", "header of the original", "the message header", "your message follows", "message text follows",
	"original mail as follows", "here is your message", "message contents", "returned mail follows", "the original message was", "included is a copy of the message header", "the first part of the message",
	"a copy of the original message", "your original message headers", "message follows", "returned content", "your original message", "undelivered message", "original letter", "received: from", "received: by", "received:from", "received:by", "return-path: <",
}

var bothAreNotice = []string{"the original message was received", "the original message was sent"}

// splitOriginal cuts our message off a notice and reads its header.
func splitOriginal(s string) (notice string, original mime.Header) {
	pos := 0
	for _, line := range strings.SplitAfter(s, "\n") {
		at := pos
		pos += len(line)
		t := strings.ToLower(strings.TrimLeft(strings.TrimSpace(line), "-=*>#_ |+.[("))
		if at == 0 || t == "" || len(t) > 200 || !startsWithAny(t, separators) || startsWithAny(t, bothAreNotice) {
			continue
		}
		rest := s[pos:]
		if strings.HasPrefix(t, "received:") || strings.HasPrefix(t, "return-path:") {
			rest = s[at:]
		}
		if h := headerSoon(rest); len(h) > 1 {
			return s[:at], h
		}
	}
	return s, nil
}

// headerSoon finds a message header within the first lines of a text.
func headerSoon(s string) mime.Header {
	for tries := 0; tries < 8 && s != ""; tries++ {
		s = strings.TrimLeft(s, "\r\n")
		if h := mime.ParseHeader(dequote(s)); len(h) > 1 && (h.Has("Received") || h.Has("From") || h.Has("Message-Id") || h.Has("To") || h.Has("Subject") || h.Has("Return-Path")) {
			return h
		}
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			return nil
		}
		s = s[i+1:]
	}
	return nil
}

// dequote takes the marks off a message that is quoted line by line.
func dequote(s string) string {
	if !strings.HasPrefix(s, "> ") && !strings.HasPrefix(s, "|") && !strings.HasPrefix(s, "  ") {
		return s[:min(len(s), 32<<10)]
	}
	lines := strings.SplitN(s[:min(len(s), 32<<10)], "\n", 200)
	mark := s[:1]
	for i := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(lines[i], mark), " "), "|")
	}
	return strings.Join(lines, "\n")
}

func startsWithAny(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func containsAny(s string, phrases []string) bool {
	for _, p := range phrases {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

var (
	anAddress = regexp.MustCompile(`[^\s<>()\[\],;:"']+@[A-Za-z0-9\p{L}][A-Za-z0-9\p{L}._-]*[A-Za-z0-9\p{L}]|"[^"\n]{1,64}"@[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]`)
	leading   = regexp.MustCompile(`^"?<?([^\s<>()\[\],;:"']+@[A-Za-z0-9\p{L}](?:[A-Za-z0-9\p{L}._-]*[A-Za-z0-9\p{L}])?)>?"?\s*(?:[:;,(\[].*|\.+(?:\s.*)?|-.*|has .*|on .*|<.*)?$`)
	named     = regexp.MustCompile(`^(?:"[^"]{1,80}"|[^"<>@:]{1,60})\s*<([^\s<>]+@[^\s<>]+)>\s*(?:[:;,(\[.].*)?$`)
	rcptTo    = regexp.MustCompile(`(?i)(?:rcpt to|\bto)\s*:\s*<([^<>\s]+@[^<>\s]+)>`)
	labelled  = regexp.MustCompile(`(?i)^(?:failed |final[ -]|original[ -]|intended )?(?:recipient|address|addressed to|to|rcpt to|user|recipients)(?: address)?\s*[:;]\s*(?:rfc822;)?\s*<?([^\s<>()\[\],;:"']+@[^\s<>()\[\],;:"']+)`)
	ofOthers  = regexp.MustCompile(`(?i)^(?:from|sender|reply-to|message-id|return-path|envelope.from|cc|x-[a-z-]+|references|in-reply-to|contact|url|http)\b.*|mail from|message.?id|please contact|for (?:further )?(?:help|assistance)`)
)

// aloneOn is the address that a line of a notice is about, "" where it is about something else.
func aloneOn(line string) string {
	line = strings.TrimLeft(line, "->*•·# \t")
	if ofOthers.MatchString(line) {
		return ""
	}
	for _, form := range []*regexp.Regexp{leading, labelled, named} {
		if m := form.FindStringSubmatch(line); m != nil && strings.Contains(m[1], ".") {
			return m[1]
		}
	}
	return ""
}

func bareAddress(s string) string {
	if m := anAddress.FindString(s); m != "" {
		return strings.TrimRight(m, ".")
	}
	return strings.Trim(strings.TrimSpace(s), "<>")
}

// maxQuoted bounds for how many recipients the notice is searched; only the first one's words are shown.
const maxQuoted = 20

// completeFailures fills in what a standard report leaves out, and builds the list for a report in prose.
func (e *evidence) completeFailures() {
	if len(e.failures) == 0 {
		for _, r := range e.namedRecipients() {
			e.failures = append(e.failures, failure{recipient: r})
		}
	}
	known := false
	for i := range e.failures {
		f := &e.failures[i]
		known = known || f.recipient != ""
		if i < maxQuoted && replyIn(f.said) == "" && len(f.said) < 12 {
			if s := e.saidAbout(f.recipient); s != "" {
				f.said = strings.TrimSpace(f.said + " " + s)
			}
		}
	}
	if known {
		return
	}
	for _, r := range e.namedRecipients() {
		e.failures = append([]failure{{recipient: r, said: spoken(e.notice)}}, e.failures...)
	}
}

// namedRecipients are the failed addresses of a report in prose, best evidence first.
func (e *evidence) namedRecipients() []string {
	var declared []string
	for _, a := range mime.Addresses(e.header.Get("X-Failed-Recipients")) {
		if strings.Contains(a.Address, "@") {
			declared = append(declared, a.Address)
		}
	}
	if len(declared) > 0 {
		return declared
	}
	found := e.scan()
	if len(found.sure) > 0 {
		return found.sure
	}
	to := e.originalTo()
	for _, a := range found.maybe {
		for _, t := range to {
			if strings.EqualFold(a, t) {
				return []string{a}
			}
		}
	}
	if len(found.maybe) > 0 {
		return found.maybe[:1]
	}
	return to
}

// found are the addresses in a notice: sure where a line is about one, maybe where one is only mentioned.
type found struct {
	sure, maybe []string
	seen        map[string]bool // those taken already, and those of people who cannot have failed
}

// maxFound bounds the recipients of one report in prose.
const maxFound = 5000

func (f *found) add(list *[]string, address string) {
	address = strings.TrimRight(address, ".")
	key := strings.ToLower(address)
	if address == "" || f.seen[key] || strings.HasPrefix(key, "postmaster@") || len(*list) >= maxFound {
		return
	}
	f.seen[key] = true
	*list = append(*list, address)
}

func (e *evidence) scan() *found {
	f := &found{seen: map[string]bool{}}
	senders := []string{e.header.Get("From"), e.header.Get("To"), e.header.Get("Reply-To"), e.header.Get("Return-Path"), e.original.Get("From")}
	for _, v := range senders {
		for _, a := range mime.Addresses(v) {
			f.seen[strings.ToLower(a.Address)] = true
		}
	}
	for _, line := range strings.Split(e.notice, "\n") {
		t := strings.TrimSpace(line)
		if !strings.Contains(t, "@") {
			continue
		}
		if m := rcptTo.FindStringSubmatch(t); m != nil {
			f.add(&f.sure, m[1])
		} else if a := aloneOn(t); a != "" {
			f.add(&f.sure, a)
		} else if !ofOthers.MatchString(t) {
			for _, a := range anAddress.FindAllString(t, 20) {
				f.add(&f.maybe, a)
			}
		}
	}
	return f
}

func (e *evidence) originalTo() []string {
	var out []string
	for _, name := range []string{"X-Original-To", "Delivered-To", "To"} {
		for _, a := range mime.Addresses(e.original.Get(name)) {
			if strings.Contains(a.Address, "@") {
				out = append(out, a.Address)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// saidAbout collects the lines of the notice that belong to a recipient: the one that names him and what follows until
// a blank line; where that is nothing, whatever a server is quoted with.
func (e *evidence) saidAbout(recipient string) string {
	if recipient == "" {
		return spoken(e.notice)
	}
	var b strings.Builder
	on := false
	for _, line := range strings.Split(e.notice, "\n") {
		t := strings.TrimSpace(line)
		if t == "" && b.Len() > len(recipient)+20 {
			on = false
		}
		if containsFold(t, recipient) {
			on = true
		} else if on && e.namesAnother(t, recipient) {
			on = false
		}
		if on && t != "" && b.Len() < 4<<10 {
			b.WriteString(t + "\n")
		}
	}
	own := b.String()
	if replyIn(own) != "" || statusIn(own) != "" {
		return own
	}
	if s := spoken(e.notice); s != "" {
		return own + s
	}
	return own
}

// namesAnother: the line opens what is said about somebody else.
func (e *evidence) namesAnother(line, recipient string) bool {
	a := aloneOn(line)
	return a != "" && !strings.EqualFold(a, recipient)
}

func containsFold(s, sub string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(sub))
}
