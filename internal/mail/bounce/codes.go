package bounce

import (
	"regexp"
	"strings"
)

var (
	statusCode = regexp.MustCompile(`(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\.[^\d])`)
	replyCode  = regexp.MustCompile(`(?:^|\s:|[^\d.:/@\w#=-])([245]\d\d)(?:[\s,;:.'"(#<-]|$)`)
	bothCodes  = regexp.MustCompile(`(?:^|\s:|[^\d.:/@\w#=-])([45])(\d\d)[ -]['"(]?#?([45])(\.\d{1,3}\.\d{1,3})\b`)
	codeInCode = regexp.MustCompile(`^5\d\d <[^>]*>\.\.\. (5\d\d) `)
)

// together finds a reply code and a status code that stand side by side and agree in their class: the surest words of a server.
func together(s string) (reply, status string) {
	for _, m := range bothCodes.FindAllStringSubmatch(s, 10) {
		if m[1] == m[3] {
			return m[1] + m[2], m[3] + m[4]
		}
	}
	return "", ""
}

// replyCodes are those that SMTP servers give (RFC 5321 4.2, RFC 4954, RFC 7504 and their habits).
var replyCodes = map[string]bool{
	"220": true, "250": true, "251": true, "421": true, "422": true, "430": true, "432": true, "441": true, "450": true, "451": true, "452": true, "453": true, "454": true, "455": true, "456": true, "458": true, "459": true,
	"500": true, "501": true, "502": true, "503": true, "504": true, "510": true, "511": true, "512": true, "521": true, "523": true, "524": true, "525": true, "530": true, "533": true, "534": true, "535": true, "538": true,
	"550": true, "551": true, "552": true, "553": true, "554": true, "555": true, "556": true, "557": true, "571": true,
}

// statusIn finds the most telling status code in a text: the first that is not merely "X.0.0", or failing that the first.
func statusIn(s string) string {
	weak := ""
	for s != "" {
		m := statusCode.FindStringSubmatchIndex(s)
		if m == nil {
			break
		}
		if c := s[m[2]:m[3]]; !vague(c) {
			return c
		} else if weak == "" {
			weak = c
		}
		s = s[m[3]:]
	}
	return weak
}

// vague codes say only that it failed (RFC 3463 X.0.0).
func vague(code string) bool { return strings.HasSuffix(code, ".0.0") }

// replyIn finds the first failing SMTP reply code in a text; a greeting (220) or success counts only where nothing failed.
func replyIn(s string) string {
	fallback := ""
	for s != "" {
		m := replyCode.FindStringSubmatchIndex(s)
		if m == nil {
			break
		}
		c := s[m[2]:m[3]]
		if replyCodes[c] {
			if c[0] != '2' {
				return c
			}
			if c == "250" && fallback == "" {
				fallback = c
			}
		}
		s = s[m[3]:]
	}
	return fallback
}

// codes picks status and reply code: the words of the other server know more than the field of the reporting one when that is vague.
func codes(f failure, e *evidence) (status, reply string) {
	status, reply = f.status, replyIn(f.said)
	if m := codeInCode.FindStringSubmatch(f.said); m != nil {
		reply = m[1]
	}
	said := statusIn(f.said)
	if r, s := together(f.said); r != "" {
		reply, said = r, s
	}
	if said != "" && (status == "" || !vague(said)) {
		status = said
	}
	if status == "" && !e.standard {
		status = statusIn(spoken(e.notice))
	}
	if reply == "" {
		reply = replyIn(spoken(e.notice))
	}
	if !e.standard && (reply == "" || reply[0] == '2') && (status == "" || status[0] == '2') && !f.happy() {
		reply, status = together(e.whole)
	}
	if status != "" && reply != "" && status[0] == '2' != (reply[0] == '2') {
		reply = ""
	}
	return status, reply
}

// codedWords marks the lines of a notice in which a failing code is quoted, softWords those that only sound like it.
var (
	codedWords = regexp.MustCompile(`(?i)^(?:<<<\s*)?\(?[45]\d\d[ -]|(?:^|[\s(<:'"])[45]\d\d[ -](?:- )?[#('"<]?(?:[45]\.\d|[a-z<])|\(#[45]\.\d\.\d|(?:^|[\s(<:#'"])[45]\.\d{1,3}\.\d{1,3}\b|:\s*[45]\d\d\b`)
	softWords  = regexp.MustCompile(`(?i)<<<|\bsaid:|error|response|returned|replied|reason|because`)
)

// spoken is the part of a notice in which a server is quoted, with the lines that continue it.
func spoken(notice string) string {
	if s := quoted(notice, codedWords); s != "" {
		return s
	}
	return quoted(notice, softWords)
}

func quoted(notice string, mark *regexp.Regexp) string {
	var b strings.Builder
	follow := 0
	for _, line := range strings.Split(notice, "\n") {
		t := strings.TrimSpace(line)
		if t == "" || strings.HasPrefix(t, ">>>") || strings.HasPrefix(t, "In: ") || strings.Contains(t, "your own text") {
			follow = 0
			continue
		}
		if mark.MatchString(t) {
			follow = 3
		}
		if follow > 0 {
			b.WriteString(t + "\n")
			follow--
		}
		if b.Len() > 8<<10 {
			break
		}
	}
	return b.String()
}
