package mime

import (
	"strings"
)

// An Address is a person's name as shown and their mailbox as local@domain.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// maxAddresses bounds one field; a mail to more people than this keeps the rest in the raw message only.
const maxAddresses = 20000

// near bounds how far a quote, comment or bracket may reach, so that ones that never close cost little.
func near(s string) string { return s[:min(len(s), 2000)] }

// Addresses reads an address field (RFC 5322 3.4) the way a person would: groups are opened, comments become names, names with unquoted
// commas are kept whole, missing brackets are forgiven. Entries without any mailbox keep their text as the name.
func Addresses(field string) []Address {
	var out []Address
	carry := ""
	for _, item := range splitAddresses(field) {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if carry != "" {
			item, carry = carry+", "+item, ""
		}
		if !strings.ContainsAny(item, "@<") && !strings.Contains(item, "=?") && looksLikeName(item) {
			carry = item
			continue
		}
		if a := oneAddress(item); (a != Address{}) && len(out) < maxAddresses {
			out = append(out, a)
		}
	}
	if carry != "" {
		out = append(out, leftover(carry)...)
	}
	return out
}

// leftover are the last entries of a list when they hold no mailbox: local names, or text.
func leftover(s string) []Address {
	var out []Address
	for _, item := range strings.Split(s, ", ") {
		if a := oneAddress(item); (a != Address{}) {
			out = append(out, a)
		}
	}
	return out
}

// looksLikeName: a piece without mailbox may be the first half of "Doe, Jane <jane@…>".
func looksLikeName(s string) bool { return len(s) < 200 && !strings.ContainsAny(s, ":;") }

// splitAddresses cuts a list at commas and semicolons outside quotes, comments, brackets and encoded words; "Group:" openings are dropped.
func splitAddresses(s string) []string {
	var out []string
	start := 0
	cut := func(i int) { out = append(out, s[start:i]); start = i + 1 }
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if _, n, closed := quotedString(near(s[i:])); closed {
				i += n - 1
			}
		case '(':
			if n := commentEnd(near(s[i:])); n > 0 {
				i += n - 1
			}
		case '<':
			if n := strings.IndexAny(near(s[i+1:]), "><"); n >= 0 && s[i+1+n] == '>' {
				i += n + 1
			}
		case '=':
			if strings.HasPrefix(s[i:], "=?") {
				if _, n := encodedWord(s[i:]); n > 0 {
					i += n - 1
				}
			}
		case ',', ';':
			cut(i)
		case ':':
			if !strings.ContainsAny(s[start:i], "@<[") {
				start = i + 1
			}
		}
	}
	return append(out, s[start:])
}

// oneAddress reads "Name <mailbox>", "mailbox (Name)" or a bare mailbox.
func oneAddress(s string) Address {
	if lt := lastAngle(s); lt >= 0 {
		name, rest := s[:lt], s[lt+1:]
		box, tail, _ := strings.Cut(rest, ">")
		if box = mailbox(box); box != "" || strings.TrimSpace(name) != "" {
			n := displayName(name)
			if n == "" {
				n = displayName(tail)
			}
			return Address{n, box}
		}
		return Address{}
	}
	name := ""
	if i := strings.IndexByte(s, '('); i >= 0 {
		if n := commentEnd(near(s[i:])); n > 0 {
			name, s = s[i+1:i+n-1], s[:i]+" "+s[i+n:]
		}
	}
	s = strings.TrimSpace(s)
	if at := strings.LastIndexByte(s, '@'); at < 0 {
		if strings.ContainsAny(s, " =") || name == "" && s == "" {
			return Address{Name: displayName(s)}
		}
		return Address{displayName(name), Clean(headerText(s))}
	}
	if i := strings.LastIndexAny(s, " \t"); i > 0 && s[0] != '"' && strings.Contains(s[i:], "@") && !strings.HasSuffix(strings.TrimSpace(s[:i]), "@") {
		if !strings.HasPrefix(strings.TrimSpace(s[i:]), "@") {
			return Address{displayName(s[:i]), mailbox(s[i:])}
		}
	}
	return Address{displayName(name), mailbox(s)}
}

// lastAngle finds the bracket that opens the mailbox: the last one outside quotes and comments.
func lastAngle(s string) int {
	at := -1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if _, n, closed := quotedString(near(s[i:])); closed {
				i += n - 1
			}
		case '(':
			if n := commentEnd(near(s[i:])); n > 0 {
				i += n - 1
			}
		case '<':
			at = i
		}
	}
	return at
}

// mailbox tidies an addr-spec: blanks, source routes, "mailto:" and stray quotes go.
func mailbox(s string) string {
	s = strings.TrimSpace(dropCommentsOutsideQuotes(s))
	s = strings.TrimPrefix(s, "mailto:")
	if strings.HasPrefix(s, "@") {
		if _, after, ok := strings.Cut(s, ":"); ok {
			s = after
		}
	}
	s = strings.Trim(s, "<>,; \t")
	if n := len(s); n > 1 && s[0] == '\'' && s[n-1] == '\'' {
		s = s[1 : n-1]
	}
	if !strings.HasPrefix(s, `"`) {
		s = strings.Join(strings.Fields(s), "")
		s = strings.Trim(s, `"`)
	} else if at := strings.LastIndexByte(s, '@'); at > 0 {
		if v, n, closed := quotedString(s); closed && n == at && isAtom(v) {
			s = v + s[at:]
		} else if !closed || n == len(s) {
			s = strings.Trim(s, `"`)
		}
	}
	if strings.Contains(s, "=?") {
		s = Words(s)
	}
	return strings.TrimSuffix(Clean(headerText(s)), ".")
}

func dropCommentsOutsideQuotes(s string) string {
	if strings.HasPrefix(strings.TrimSpace(s), `"`) {
		return s
	}
	return dropComments(s)
}

func isAtom(s string) bool {
	return s != "" && !strings.ContainsAny(s, " \t()<>[]:;@\\,\"") && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".") && !strings.Contains(s, "..")
}

// displayName decodes a name and takes its quotes off, those inside an encoded word included.
func displayName(s string) string {
	s = strings.TrimSpace(s)
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '"' {
			if v, n, closed := quotedString(near(s[i:])); closed {
				b.WriteString(v)
				i += n
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	name := Words(b.String())
	if n := len(name); n > 1 && (name[0] == '"' && name[n-1] == '"' || name[0] == '\'' && name[n-1] == '\'') {
		name = name[1 : n-1]
	}
	if strings.HasPrefix(name, "(") && strings.HasSuffix(name, ")") {
		name = name[1 : len(name)-1]
	}
	return strings.Trim(strings.Join(strings.Fields(name), " "), `"`)
}

// IDs reads the message ids of a Message-ID, In-Reply-To or References field, without angle brackets. Ids without brackets are taken when they
// hold an "@" and no prose stands around them.
func IDs(field string) []string {
	field = dropPhrases(field)
	var out []string
	for _, f := range strings.FieldsFunc(field, func(r rune) bool {
		return r == '<' || r == '>' || r == ' ' || r == '\t' || r == ',' || r == '\n' || r == '\r'
	}) {
		if f = Clean(headerText(f)); f != "" && len(f) < 1000 && len(out) < 2000 {
			out = append(out, f)
		}
	}
	return out
}

// dropPhrases keeps only the bracketed ids where a field has any ("Your message of … <id>"); blanks inside brackets come from bad folding and go.
func dropPhrases(field string) string {
	if !strings.Contains(field, "<") {
		if strings.Count(field, "@") == 0 && strings.Contains(strings.TrimSpace(field), " ") {
			return ""
		}
		return field
	}
	var b strings.Builder
	for n := 0; ; n++ {
		_, rest, ok := strings.Cut(field, "<")
		if !ok || n > 2000 {
			return b.String()
		}
		id, tail, closed := strings.Cut(rest, ">")
		if !closed {
			id, tail, _ = strings.Cut(rest, " ")
		}
		if i := strings.LastIndexByte(id, '<'); i >= 0 {
			id = id[i+1:]
		}
		b.WriteString(strings.Join(strings.Fields(id), "") + " ")
		field = tail
	}
}
