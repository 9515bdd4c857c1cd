package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"kept/internal/fault"
)

// Outgoing is a mail to be sent. Message ids stand without angle brackets.
type Outgoing struct {
	From          Address
	Sender        Address // only where it differs from From
	To, Cc        []Address
	ReplyTo       []Address // PlusAddress makes the one that carries a token
	Subject       string
	Date          time.Time
	MessageID     string
	InReplyTo     string
	References    []string // the whole chain, oldest first
	Text          string   // UTF-8 with plain newlines
	HTML          string   // "" for a mail in plain text only
	Inline        []Attachment
	Attachments   []Attachment
	AutoSubmitted string       // "auto-generated" or "auto-replied" for mail that no person sent (RFC 3834)
	Header        []ExtraField // List-…, X-… and the like
	Sign          *Signer      // DKIM, nil to leave unsigned
}

// An ExtraField is one more header field.
type ExtraField struct{ Name, Value string }

// maxReferences bounds the References field: the first id, which names the thread, and the newest ones are kept (RFC 5322 3.6.4).
const maxReferences = 40

// Compose writes the message (RFC 5322, RFC 2045): CRLF line ends, 7-bit, Bcc nowhere. It refuses anything that would let a value break out of its field.
func Compose(o Outgoing) ([]byte, error) {
	if err := check(o); err != nil {
		return nil, err
	}
	var w bytes.Buffer
	o.writeHeader(&w)
	o.content().write(&w)
	if o.Sign == nil {
		return w.Bytes(), nil
	}
	return o.Sign.sign(w.Bytes())
}

// PlusAddress puts a token into a mailbox: support@example.com and "x" give support+x@example.com.
func PlusAddress(address, token string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || token == "" {
		return address
	}
	return address[:at] + "+" + token + address[at:]
}

// check refuses what cannot be sent as it stands, before a byte is written.
func check(o Outgoing) error {
	if o.From.Address == "" {
		return fault.New(fault.Invalid, "This mail has no sender. Give the desk an address first.")
	}
	if len(o.To)+len(o.Cc) == 0 {
		return fault.New(fault.Invalid, "This mail has nobody to go to. Add a recipient.")
	}
	for _, a := range flatten([]Address{o.From, o.Sender}, o.To, o.Cc, o.ReplyTo) {
		if a != (Address{}) && !Sendable(a.Address) {
			return fault.New(fault.Invalid, "“%s” is not a mail address. Correct it and send again.", printable(a.Address))
		}
		if broken(a.Name) {
			return fault.New(fault.Invalid, "The name “%s” has a line break in it. Take it out and send again.", printable(a.Name))
		}
	}
	for _, v := range append(append([]string{o.Subject, o.MessageID, o.InReplyTo, o.AutoSubmitted}, o.References...), names(o.Inline, o.Attachments)...) {
		if broken(v) {
			return fault.New(fault.Invalid, "“%s” has a line break where none can be. Take it out and send again.", printable(v))
		}
	}
	for _, id := range append([]string{o.MessageID, o.InReplyTo}, o.References...) {
		if id != "" && !IsID(id) {
			return fault.New(fault.Invalid, "“%s” cannot be a message id. Leave it out and send again.", printable(id))
		}
	}
	for _, f := range o.Header {
		if broken(f.Value) || !fieldNameOK(f.Name) {
			return fault.New(fault.Invalid, "The header field “%s” cannot be written. Use letters, digits and dashes in its name and one line in its value.", printable(f.Name))
		}
	}
	return nil
}

// IsID reports whether a text can stand as a message id in a header. Mails bring others, and answers leave those out.
func IsID(id string) bool {
	return id != "" && len(id) <= 900 && isASCIIText(id) && !strings.ContainsAny(id, "<> ")
}

func names(lists ...[]Attachment) []string {
	var out []string
	for _, a := range flatten(lists...) {
		out = append(out, a.Name, a.Type, a.ContentID)
	}
	return out
}

func flatten[T any](lists ...[]T) []T {
	var out []T
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func broken(s string) bool { return strings.ContainsAny(s, "\r\n\x00") }

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

func isASCIIText(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func fieldNameOK(s string) bool {
	for _, own := range []string{"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding", "references", "in-reply-to", "reply-to", "sender"} {
		if strings.EqualFold(s, own) {
			return false
		}
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	return s != "" && len(s) < 60
}

func (o *Outgoing) writeHeader(w *bytes.Buffer) {
	if !o.Date.IsZero() {
		field(w, "Date", o.Date.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	}
	list(w, "From", []Address{o.From})
	if o.Sender.Address != "" && o.Sender.Address != o.From.Address {
		list(w, "Sender", []Address{o.Sender})
	}
	list(w, "Reply-To", o.ReplyTo)
	list(w, "To", o.To)
	list(w, "Cc", o.Cc)
	field(w, "Subject", encodeText(o.Subject, len("Subject: ")))
	ids(w, "Message-ID", []string{o.MessageID})
	ids(w, "In-Reply-To", []string{o.InReplyTo})
	ids(w, "References", capped(o.References))
	if o.AutoSubmitted != "" {
		field(w, "Auto-Submitted", o.AutoSubmitted)
		field(w, "X-Auto-Response-Suppress", "All")
	}
	for _, f := range o.Header {
		field(w, f.Name, encodeText(f.Value, len(f.Name)+2))
	}
	field(w, "MIME-Version", "1.0")
}

// field writes one field; values come already folded with CRLF and a blank.
func field(w *bytes.Buffer, name, value string) {
	w.WriteString(name + ": " + value + "\r\n")
}

// list writes addresses, one per line once they are more than one.
func list(w *bytes.Buffer, name string, as []Address) {
	var parts []string
	for _, a := range as {
		if a.Address != "" {
			parts = append(parts, formatAddress(a))
		}
	}
	if len(parts) > 0 {
		field(w, name, strings.Join(parts, ",\r\n "))
	}
}

func ids(w *bytes.Buffer, name string, list []string) {
	var parts []string
	for _, id := range list {
		if id != "" {
			parts = append(parts, "<"+id+">")
		}
	}
	if len(parts) > 0 {
		field(w, name, strings.Join(parts, "\r\n "))
	}
}

func capped(refs []string) []string {
	if len(refs) <= maxReferences {
		return refs
	}
	return append(append([]string{}, refs[0]), refs[len(refs)-maxReferences+1:]...)
}

func formatAddress(a Address) string {
	box := "<" + quotedLocal(a.Address) + ">"
	name := strings.TrimSpace(a.Name)
	switch {
	case name == "":
		return box
	case isASCIIText(name) && !strings.Contains(name, "=?") && len(name) < 60:
		return quote(name) + " " + box
	}
	return encodeText(name, 10) + " " + box
}

// quotedLocal puts quotes around a local part that needs them (RFC 5321 4.1.2).
func quotedLocal(address string) string {
	at := strings.LastIndexByte(address, '@')
	local := address[:at]
	if strings.HasPrefix(local, `"`) || !strings.ContainsAny(local, " ()<>[]:;@\\,\"") {
		return address
	}
	return quote(local) + address[at:]
}

func quote(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ' || c == '-' || c == '_' || c == '\'') {
			plain = false
		}
	}
	if plain {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// encodeText writes a value in encoded words where it is not short, plain ASCII (RFC 2047), folded so that no line is longer than 76 characters.
func encodeText(s string, used int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if isASCIIText(s) && !strings.Contains(s, "=?") && s == strings.TrimSpace(s) && !strings.Contains(s, "  ") {
		if folded, ok := fold(s, used); ok {
			return folded
		}
	}
	var out []string
	for room := 75 - used; len(s) > 0; room = 75 {
		n := 0
		limit := (room - len("=?utf-8?b??=")) / 4 * 3
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if n+size > limit && n > 0 {
				break
			}
			n += size
		}
		out = append(out, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(out, "\r\n ")
}

// fold breaks ASCII text at blanks; ok is false where a single word is too long for a line.
func fold(s string, used int) (string, bool) {
	var b strings.Builder
	for i, w := range strings.Split(s, " ") {
		if len(w) > 900 {
			return "", false
		}
		if i > 0 && used+1+len(w) > 76 {
			b.WriteString("\r\n")
			used = 0
		}
		if i > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(w)
		used += len(w)
	}
	return b.String(), true
}

// node is a part to be written: a leaf with its encoded body, or a container.
type node struct {
	header   [][2]string
	body     []byte
	boundary string
	children []*node
}

// content builds mixed(related(alternative(text, html), images), files), leaving out every level that is not needed.
func (o *Outgoing) content() *node {
	n := textNode("text/plain", o.Text)
	if o.HTML != "" {
		rich := textNode("text/html", o.HTML)
		if len(o.Inline) > 0 {
			rich = o.container("related", append([]*node{rich}, fileNodes(o.Inline, true)...))
		}
		n = o.container("alternative", []*node{n, rich})
	}
	files := fileNodes(o.Attachments, false)
	if o.HTML == "" {
		files = append(fileNodes(o.Inline, true), files...)
	}
	if len(files) > 0 {
		n = o.container("mixed", append([]*node{n}, files...))
	}
	return n
}

// container names its boundary after the message, so that composing twice gives the same bytes; "=_" cannot occur in any encoded body.
func (o *Outgoing) container(kind string, children []*node) *node {
	b := "=_" + kind + "_" + boundaryOf(o.MessageID)
	return &node{header: [][2]string{{"Content-Type", "multipart/" + kind + ";\r\n boundary=\"" + b + "\""}}, boundary: b, children: children}
}

func boundaryOf(id string) string {
	var b strings.Builder
	for i := 0; i < len(id) && b.Len() < 40; i++ {
		if c := id[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		}
	}
	return b.String() + "_kept"
}

func textNode(kind, s string) *node {
	var b bytes.Buffer
	q := quotedprintable.NewWriter(&b)
	q.Write([]byte(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")))
	q.Close()
	return &node{header: [][2]string{{"Content-Type", kind + "; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"}}, body: b.Bytes()}
}

func fileNodes(files []Attachment, inline bool) []*node {
	var out []*node
	for _, a := range files {
		out = append(out, fileNode(a, inline))
	}
	return out
}

func fileNode(a Attachment, inline bool) *node {
	kind := strings.ToLower(a.Type)
	if !strings.Contains(kind, "/") || strings.ContainsAny(kind, "; \"") || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") || !isASCIIText(kind) {
		kind = "application/octet-stream"
	}
	disposition := "attachment"
	if inline {
		disposition = "inline"
	}
	h := [][2]string{{"Content-Type", kind}, {"Content-Transfer-Encoding", "base64"}, {"Content-Disposition", disposition + parameter("filename", a.Name)}}
	if a.ContentID != "" && isASCIIText(a.ContentID) {
		h = append(h, [2]string{"Content-ID", "<" + strings.Trim(a.ContentID, "<>") + ">"})
	}
	return &node{header: h, body: base64Lines(a.Content)}
}

// parameter writes "; name=value", in RFC 2231 segments where the value is long or not ASCII.
func parameter(name, value string) string {
	if value == "" {
		return ""
	}
	if isASCIIText(value) && len(value) < 60 && !strings.Contains(value, "=?") && !strings.ContainsAny(value, `\%"`) {
		return ";\r\n " + name + `="` + value + `"`
	}
	encoded := "utf-8''" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	if len(encoded) < 60 {
		return ";\r\n " + name + "*=" + encoded
	}
	var b strings.Builder
	for i := 0; encoded != ""; i++ {
		n := min(50, len(encoded))
		for n < len(encoded) && (encoded[n-1] == '%' || n > 1 && encoded[n-2] == '%') {
			n--
		}
		fmt.Fprintf(&b, ";\r\n %s*%d*=%s", name, i, encoded[:n])
		encoded = encoded[n:]
	}
	return b.String()
}

func base64Lines(in []byte) []byte {
	out := make([]byte, 0, len(in)*4/3+len(in)/57*2+8)
	for len(in) > 0 {
		n := min(57, len(in))
		out = base64.StdEncoding.AppendEncode(out, in[:n])
		out = append(out, "\r\n"...)
		in = in[n:]
	}
	return out
}

func (n *node) write(w *bytes.Buffer) {
	for _, h := range n.header {
		field(w, h[0], h[1])
	}
	w.WriteString("\r\n")
	if n.boundary == "" {
		w.Write(n.body)
		return
	}
	for _, c := range n.children {
		w.WriteString("--" + n.boundary + "\r\n")
		c.write(w)
		w.WriteString("\r\n")
	}
	w.WriteString("--" + n.boundary + "--\r\n")
}
