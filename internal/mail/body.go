package mail

import (
	"bytes"
	"html"
	"strings"

	"kept/internal/mail/ical"
	"kept/internal/mail/mime"
	"kept/internal/mail/tnef"
	"kept/internal/markup"
)

// body is what a mail says and carries.
type body struct {
	text, html string
	files      []Attachment
	calendar   *ical.Event
	binary     bool // the only content is not text
}

// collector walks the tree once and sorts the leaves into plain text, HTML and files (RFC 8621 section 4.1.4).
type collector struct {
	plain, rich []*mime.Part
	files       []Attachment
	calendar    *ical.Event
	nested      int
	spare       []*mime.Part // text of other kinds, shown only where there is nothing else
}

// maxNested bounds how many nested messages are opened to learn their subject.
const maxNested = 200

// maxWrapped bounds how often a mail that is nothing but another mail is opened to show its text.
const maxWrapped = 8

func collect(root *mime.Part) body { return collectNested(root, 0) }

func collectNested(root *mime.Part, depth int) body {
	c := &collector{}
	c.siblings([]*mime.Part{root}, "mixed", lists{&c.plain, &c.rich, false})
	if len(c.plain) == 0 && len(c.rich) == 0 {
		c.plain, c.rich = c.spare, nil
	}
	out := body{files: c.files, calendar: c.calendar}
	out.text = c.plainText(&out)
	out.html = c.richText()
	if out.text == "" && out.html == "" {
		c.tnefBody(root, &out)
		if root.IsMessage() && depth < maxWrapped {
			inner := collectNested(root.Message(), depth+1)
			out.text, out.html = inner.text, inner.html
		}
	}
	if strings.TrimSpace(out.text) == "" && out.html != "" {
		out.text = markup.Text(out.html)
	}
	markInline(out.files, out.html)
	out.binary = out.text == "" && out.html == "" || len(root.Header) == 0 && mostlyBinary(root.Body)
	return out
}

// markInline: a picture that the HTML shows is part of the text, whatever its part claims.
func markInline(files []Attachment, html string) {
	for i := range files {
		f := &files[i]
		if f.ContentID != "" && strings.HasPrefix(f.Type, "image/") && strings.Contains(html, "cid:"+f.ContentID) {
			f.Inline = true
		}
	}
}

// lists are where inline text goes. Below an alternative the first text found closes the list of the other form.
type lists struct {
	plain, rich *[]*mime.Part
	alternative bool
}

// siblings is the recursive rule of RFC 8621: kind is the subtype of the multipart that holds them.
func (c *collector) siblings(parts []*mime.Part, kind string, to lists) {
	textStart, richStart := length(to.plain), length(to.rich)
	for i, p := range parts {
		switch {
		case p.IsMultipart() && len(p.Children) > 0:
			c.container(p, to)
		case inlineText(p, i, kind):
			to = c.place(p, kind, to)
		default:
			c.file(p, kind)
		}
	}
	if kind != "alternative" || to.plain == nil || to.rich == nil {
		return
	}
	if textStart == length(to.plain) && richStart != length(to.rich) {
		*to.plain = append(*to.plain, (*to.rich)[richStart:]...)
	}
	if richStart == length(to.rich) && textStart != length(to.plain) {
		*to.rich = append(*to.rich, (*to.plain)[textStart:]...)
	}
}

func (c *collector) container(p *mime.Part, to lists) {
	_, kind, _ := strings.Cut(p.Type, "/")
	to.alternative = to.alternative || kind == "alternative"
	children := p.Children
	switch kind {
	case "appledouble":
		if len(children) > 1 {
			children = children[1:]
		}
	case "related":
		children = rootFirst(p)
	}
	c.siblings(children, kind, to)
}

// rootFirst puts the part that a multipart/related names as its start in front (RFC 2387).
func rootFirst(p *mime.Part) []*mime.Part {
	start := strings.Trim(p.Params["start"], "<> ")
	for i, q := range p.Children {
		if start != "" && i > 0 && q.ContentID() == start {
			return append(append([]*mime.Part{q}, p.Children[:i]...), p.Children[i+1:]...)
		}
	}
	return p.Children
}

func length(l *[]*mime.Part) int {
	if l == nil {
		return -1
	}
	return len(*l)
}

// inlineText tells whether a leaf is something to read rather than something to open.
func inlineText(p *mime.Part, i int, kind string) bool {
	if p.Disposition == "attachment" {
		return false
	}
	if p.IsMultipart() {
		return true // a container without parts: its bytes are all there is to show
	}
	if p.Type != "text/plain" && p.Type != "text/html" {
		return false
	}
	return i == 0 || kind != "related" && p.Name() == ""
}

func (c *collector) place(p *mime.Part, kind string, to lists) lists {
	isRich := p.Type == "text/html"
	if kind == "alternative" {
		if isRich && to.rich != nil {
			*to.rich = append(*to.rich, p)
		} else if !isRich && to.plain != nil {
			*to.plain = append(*to.plain, p)
		}
		return to
	}
	if to.alternative && isRich {
		to.plain = nil
	} else if to.alternative {
		to.rich = nil
	}
	if to.plain != nil {
		*to.plain = append(*to.plain, p)
	}
	if to.rich != nil {
		*to.rich = append(*to.rich, p)
	}
	return to
}

// file keeps a leaf as an attachment, or opens it where it only wraps others.
func (c *collector) file(p *mime.Part, kind string) {
	name := p.Name()
	switch {
	case p.Type == "text/calendar" || p.Type == "application/ics":
		c.readCalendar(p)
		if name == "" && kind == "alternative" {
			name = "invite.ics"
		}
	case isTNEF(p, name):
		if c.openTNEF(p) {
			return
		}
	case machinePart(p) && p.Parent == nil:
		c.plain = append(c.plain, p)
		return
	case machinePart(p) && name == "":
		return
	case p.Type == "message/partial" && p.Parent == nil:
		c.plain = append(c.plain, p.Message())
		return
	case name == "" && strings.HasPrefix(p.Type, "text/") && p.Disposition != "attachment":
		if p.Type != "text/plain" && p.Type != "text/html" {
			c.spare = append(c.spare, p)
		}
		if len(bytes.TrimSpace(p.Body)) == 0 || kind == "alternative" {
			return
		}
	case p.IsMessage():
		c.nestedMessage(p, name)
		return
	}
	content := p.Bytes()
	inline := p.Disposition == "inline" || p.Disposition == "" && p.ContentID() != "" && kind == "related"
	c.files = append(c.files, Attachment{
		Name: name, Type: p.Type, Size: len(content), Content: content,
		Inline: inline && strings.HasPrefix(p.Type, "image/"), ContentID: mime.Clean(p.ContentID()),
	})
}

// machinePart: parts of a report that only programs read.
func machinePart(p *mime.Part) bool {
	switch p.Type {
	case "message/delivery-status", "message/global-delivery-status", "message/feedback-report", "message/disposition-notification", "text/rfc822-headers", "message/global-headers":
		return true
	}
	return false
}

// titled makes a file name of a subject.
func titled(subject string) string {
	subject = strings.NewReplacer("/", "-", `\`, "-").Replace(subject)
	if r := []rune(subject); len(r) > 120 {
		subject = string(r[:120])
	}
	return subject
}

func (c *collector) nestedMessage(p *mime.Part, name string) {
	content := p.Bytes()
	if name == "" && c.nested < maxNested {
		c.nested++
		if subject := p.MessageHeader().Text("Subject"); subject != "" {
			name = titled(subject) + ".eml"
		}
	}
	c.files = append(c.files, Attachment{Name: name, Type: p.Type, Size: len(content), Content: content, ContentID: mime.Clean(p.ContentID())})
}

func (c *collector) readCalendar(p *mime.Part) {
	if c.calendar != nil {
		return
	}
	if events := ical.Parse([]byte(p.Text())); len(events) > 0 {
		c.calendar = &events[0]
		if c.calendar.Method == "" {
			c.calendar.Method = strings.ToUpper(p.Params["method"])
		}
	}
}

func isTNEF(p *mime.Part, name string) bool {
	return p.Type == "application/ms-tnef" || p.Type == "application/vnd.ms-tnef" || strings.EqualFold(name, "winmail.dat")
}

// openTNEF puts the files inside a winmail.dat in its place; where it cannot be opened the file itself stays.
func (c *collector) openTNEF(p *mime.Part) bool {
	t, err := tnef.Read(p.Bytes())
	if err != nil {
		return false
	}
	for _, f := range t.Files {
		c.files = append(c.files, Attachment{Name: f.Name, Type: f.Type, Size: len(f.Content), Content: f.Content, ContentID: f.ContentID, Inline: f.ContentID != "" && strings.HasPrefix(f.Type, "image/")})
	}
	return true
}

// tnefBody shows the text inside a winmail.dat where the mail has no other.
func (c *collector) tnefBody(root *mime.Part, out *body) {
	for _, p := range root.Leaves() {
		if isTNEF(p, p.Name()) {
			if t, err := tnef.Read(p.Bytes()); err == nil {
				out.text, out.html = mime.Valid(t.Text), mime.Valid(t.HTML)
			}
			return
		}
	}
}

// plainText joins the parts a person reads one after another, taking files out that are written into the text.
func (c *collector) plainText(out *body) string {
	var b strings.Builder
	for _, p := range c.plain {
		var s string
		if p.Type == "text/html" {
			s = markup.Text(p.Text())
		} else {
			s = c.onePlain(p, out)
		}
		if b.Len() > 0 && s != "" && !strings.HasSuffix(b.String()[b.Len()-1:], "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(s)
	}
	return b.String()
}

func (c *collector) onePlain(p *mime.Part, out *body) string {
	if p.IsMultipart() {
		q := *p
		q.Type, q.Header = "text/plain", nil
		p = &q
	}
	rest, found, files := mime.ExtractFiles(p.Bytes())
	if found {
		for _, f := range files {
			out.files = append(out.files, Attachment{Name: f.Name, Type: typeOf(f.Name), Size: len(f.Content), Content: f.Content})
		}
		q := *p
		q.Body, q.Header = rest, nil
		p = &q
	}
	s := p.Text()
	if strings.EqualFold(p.Params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(p.Params["delsp"], "yes"))
	}
	return s
}

// richText joins the HTML body; plain parts between are shown as written. It is "" where no part is HTML.
func (c *collector) richText() string {
	var b strings.Builder
	any := false
	for _, p := range c.rich {
		if p.Type == "text/html" {
			any = true
			b.WriteString(p.Text())
		} else if s := p.Text(); strings.TrimSpace(s) != "" {
			b.WriteString(`<div style="white-space:pre-wrap">` + html.EscapeString(s) + "</div>")
		}
	}
	if !any {
		return ""
	}
	return b.String()
}

func mostlyBinary(b []byte) bool {
	b = b[:min(len(b), 4096)]
	control := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\f' {
			control++
		}
	}
	return control*10 > len(b)
}

// unflow joins the soft-broken lines of format=flowed (RFC 3676); delsp takes the blank at the break away.
func unflow(s string, delsp bool) string {
	var out strings.Builder
	out.Grow(len(s))
	open, depth := false, 0
	for _, line := range strings.SplitAfter(s, "\n") {
		text, ended := strings.CutSuffix(line, "\n")
		quotes := len(text) - len(strings.TrimLeft(text, ">"))
		text = strings.TrimPrefix(text[quotes:], " ")
		if open && quotes != depth {
			out.WriteByte('\n')
			open = false
		}
		if !open && (quotes > 0) {
			out.WriteString(strings.Repeat(">", quotes) + " ")
		}
		flowed := strings.HasSuffix(text, " ") && text != "-- " && ended
		if flowed && delsp {
			text = text[:len(text)-1]
		}
		out.WriteString(text)
		if !flowed && ended {
			out.WriteByte('\n')
		}
		open, depth = flowed, quotes
	}
	return out.String()
}

// typeOf names the type of a file by its ending, for files that came without one.
func typeOf(name string) string { return tnef.TypeOf(name) }
