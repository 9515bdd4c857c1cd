// Package mail turns bytes into a Message and a Message into bytes, and decides nothing else: no database, no network.
//
// Parse reads any bytes at all. The layers below it are one folder each: mime takes the message apart into a tree of
// parts; tnef opens winmail.dat; ical reads invitations; bounce tells delivery reports, feedback reports and automatic
// answers from what a person wrote; auth checks DKIM, SPF and DMARC. Which parts are the body and which are files
// follows RFC 8621 section 4.1.4, with the difference that whatever a person would see as a file is a file here.
//
// Compose writes a message that Parse reads back to the same values.
package mail

import (
	"fmt"
	"strings"
	"time"

	"kept/internal/mail/auth"
	"kept/internal/mail/bounce"
	"kept/internal/mail/ical"
	"kept/internal/mail/mime"
)

// An Address is a name as shown and a mailbox as local@domain. Either may be empty in what strangers send.
type Address = mime.Address

// A Bounce tells what became of mail we sent.
type Bounce = bounce.Bounce

// A Calendar is an invitation or an answer to one.
type Calendar = ical.Event

// Kind says what sort of mail it is.
type Kind string

// The kinds. Only Message and List and Calendar are words from somebody; the others answer by machine.
const (
	Plain          Kind = "message"
	Bounced        Kind = "bounce"
	AutoReply      Kind = "auto-reply"
	List           Kind = "list"
	FeedbackReport Kind = "feedback-report"
	Invitation     Kind = "calendar"
)

// An Attachment is what a person sees as a file. Name is "" where the sender gave none; FileName always has one.
type Attachment struct {
	Name      string `json:"name"`
	Type      string `json:"type"` // lower case "type/subtype"
	Size      int    `json:"size"` // bytes of Content
	Inline    bool   `json:"inline"`
	ContentID string `json:"content_id"` // without angle brackets
	Content   []byte `json:"-"`
}

// A Message is one mail, read. All strings are valid UTF-8 without NUL. Message ids stand without angle brackets.
type Message struct {
	From, To, Cc, Bcc, ReplyTo []Address
	Sender                     Address
	Subject                    string
	Date                       time.Time // zero where the mail names none that can be read
	MessageID                  string
	InReplyTo, References      []string
	Text                       string // the plain body, made from HTML where there is none
	HTML                       string // as sent: sanitise before showing
	Attachments                []Attachment
	Kind                       Kind
	Bounce                     *Bounce   // for Kind bounce and feedback-report
	Auto                       Auto      // who must not be answered by machine
	Calendar                   *Calendar // the first event of a calendar part
	Auth                       auth.Result
	Header                     mime.Header // of the outermost message
	Quarantine                 string      // why a person could not see what was sent, "" when all is well
}

// FileName is the attachment's name, or one made from its type.
func (a Attachment) FileName() string {
	if a.Name != "" {
		return a.Name
	}
	kind, sub, _ := strings.Cut(a.Type, "/")
	switch {
	case a.Type == "text/plain" || kind == "message":
		return kind + ".txt"
	case a.Type == "application/octet-stream" || sub == "" || len(sub) > 10:
		return "file.bin"
	}
	return kind + "." + sub
}

// MaxSize is the largest mail that is taken apart; a larger one is quarantined whole.
const MaxSize = 300 << 20

// Parse reads a mail. It never fails and never panics: what cannot be read shows in Quarantine, and the raw bytes are
// the caller's to keep.
func Parse(raw []byte) (m *Message) {
	if len(raw) > MaxSize {
		return quarantined("This mail is larger than we can take apart. Its source is kept; ask the sender for a smaller one.")
	}
	if len(strings.TrimSpace(string(raw[:min(len(raw), 4096)]))) == 0 && len(raw) <= 4096 {
		return quarantined("This mail is empty: nothing arrived but its envelope.")
	}
	defer func() {
		if r := recover(); r != nil {
			m = quarantined(fmt.Sprintf("We could not read this mail (%v). Its source is kept; open it there, or ask the sender to write again.", r))
		}
	}()
	return read(mime.Parse(raw))
}

func quarantined(why string) *Message {
	return &Message{Kind: Plain, Quarantine: why, Auth: auth.None()}
}

func read(root *mime.Part) *Message {
	m := &Message{Header: root.Header}
	m.envelope(root.Header)
	b := collect(root)
	m.Text, m.HTML, m.Attachments = b.text, b.html, listed(b.files)
	m.Calendar = b.calendar
	m.Auth = auth.FromHeader(root.Header)
	m.Auto = readAuto(m, root.Header)
	m.classify(root)
	if b.binary && len(root.Header) == 0 {
		m.Quarantine = "This is not a mail that we can read: it has no header and no text. Its source is kept."
	}
	return m
}

// maxFiles is how many files of one mail are taken out of it: each costs a place on the disk, and nobody sends a thousand by hand.
const maxFiles = 1000

// listed bounds the files of a mail. Where there are more, the last one listed says so.
func listed(files []Attachment) []Attachment {
	if len(files) <= maxFiles {
		return files
	}
	more := len(files) - maxFiles + 1
	note := fmt.Appendf(nil, "This mail holds %d files. The first %d are listed beside this one; the other %d are in its source, which is kept whole.\n", len(files), maxFiles-1, more)
	return append(files[:maxFiles-1:maxFiles-1], Attachment{Name: fmt.Sprintf("%d more files.txt", more), Type: "text/plain", Size: len(note), Content: note})
}

// envelope reads who, what and when from the header.
func (m *Message) envelope(h mime.Header) {
	m.From = addresses(h, "From")
	m.To, m.Cc, m.Bcc = addresses(h, "To"), addresses(h, "Cc"), addresses(h, "Bcc")
	m.ReplyTo = addresses(h, "Reply-To")
	if s := addresses(h, "Sender"); len(s) > 0 {
		m.Sender = s[0]
	}
	if len(m.From) == 0 && m.Sender != (Address{}) {
		m.From = []Address{m.Sender}
	}
	m.Subject = h.Text("Subject")
	for _, name := range []string{"Date", "Resent-Date", "Delivery-Date"} {
		if m.Date = mime.Date(h.Get(name)); !m.Date.IsZero() {
			break
		}
	}
	if ids := mime.IDs(h.Get("Message-Id")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	m.InReplyTo = mime.IDs(strings.Join(h.All("In-Reply-To"), " "))
	m.References = mime.IDs(strings.Join(h.All("References"), " "))
}

func addresses(h mime.Header, name string) []Address {
	var out []Address
	for _, v := range h.All(name) {
		out = append(out, mime.Addresses(v)...)
	}
	return out
}
