package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	netmail "net/mail"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kept/internal/conversation"
	"kept/internal/fault"
	"kept/internal/mail"
	"kept/internal/markup"
	"kept/internal/team"
	"kept/internal/web"
)

// Address is a name and a mailbox.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

func addressesOf(list []mail.Address) []Address {
	return mapped(list, func(a mail.Address) Address { return Address{a.Name, a.Address} })
}

// Author is who wrote a message.
type Author struct {
	Kind    string `json:"kind" doc:"customer, participant, person, system"`
	ID      *int64 `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Attachment is a file of a message.
type Attachment struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Size      int64   `json:"size"`
	Inline    bool    `json:"inline"`
	ContentID *string `json:"content_id"`
	URL       string  `json:"url"`
}

func attachmentOf(f conversation.Attachment) Attachment {
	return Attachment{f.ID, f.Name, f.Type, f.Size, f.Inline, text(f.ContentID), attachmentURL(f.ID)}
}

func attachmentURL(id int64) string { return fmt.Sprintf("%s/attachments/%d", Prefix, id) }

// Message is one utterance.
type Message struct {
	ID             int64           `json:"id"`
	ConversationID int64           `json:"conversation_id"`
	Direction      string          `json:"direction" enum:"in,out,note,system"`
	Author         Author          `json:"author"`
	To             []Address       `json:"to"`
	Cc             []Address       `json:"cc"`
	Bcc            []Address       `json:"bcc"`
	Subject        string          `json:"subject"`
	At             time.Time       `json:"at"`
	State          string          `json:"state" enum:"received,queued,sending,sent,failed,bounced,undone,written"`
	SendAt         *time.Time      `json:"send_at" doc:"Until then it can be undone; null once it is on its way."`
	SentAt         *time.Time      `json:"sent_at"`
	Delivered      bool            `json:"delivered" doc:"The customer's mail system said that it arrived."`
	Error          *string         `json:"error"`
	Kind           string          `json:"kind" doc:"message, bounce, auto-reply, list, feedback-report, calendar, acknowledgement, note"`
	Text           string          `json:"text"`
	VisibleText    string          `json:"visible_text" doc:"Without quoted history and signature."`
	HTML           string          `json:"html" doc:"Safe to show; empty where there is only text."`
	HTMLFolded     string          `json:"html_folded" doc:"The same with quoted history in details.kept-fold."`
	RemoteImages   int             `json:"remote_images" doc:"Pictures on other servers, held back until asked for."`
	Interleaved    bool            `json:"interleaved" doc:"Answers stand between quoted lines; nothing is folded."`
	Auth           json.RawMessage `json:"auth" doc:"{dkim,spf,dmarc}"`
	Attachments    []Attachment    `json:"attachments"`
	HasRaw         bool            `json:"has_raw"`
	Auto           bool            `json:"auto" doc:"Written by no person."`
}

// messages shapes a conversation's messages. What we said before is folded away where a later mail repeats it.
func (a *API) messages(list []conversation.Message) []Message {
	var ours []string
	out := make([]Message, len(list))
	for i, m := range list {
		out[i] = a.message(m, ours)
		if m.Direction == conversation.Out {
			ours = append(ours, m.Text)
		}
	}
	return out
}

func (a *API) message(m conversation.Message, before []string) Message {
	out := Message{ID: m.ID, ConversationID: m.ConversationID, Direction: m.Direction, Author: Author{m.Author.Kind, num(m.Author.ID), m.Author.Name, m.Author.Address},
		To: addressesOf(m.To), Cc: addressesOf(m.Cc), Bcc: addressesOf(m.Bcc), Subject: m.Subject, At: m.At, State: m.State, SentAt: at(m.SentAt), Delivered: m.Delivered,
		Error: text(m.Error), Kind: m.Kind, Text: m.Text, VisibleText: m.VisibleText, Auth: json.RawMessage("{}"), Attachments: mapped(m.Attachments, attachmentOf),
		HasRaw: m.RawKey != "", Auto: m.Auto}
	if m.State == conversation.StateQueued {
		out.SendAt = at(m.UndoUntil)
	}
	if json.Valid([]byte(m.Auth)) {
		out.Auth = json.RawMessage(m.Auth)
	}
	if m.HTML == "" {
		return out
	}
	safe := markup.Sanitise(m.HTML, markup.SafeOptions{CID: ownPictures(m.Attachments)})
	visible, folded, interleaved := markup.FoldHTMLKnown(safe.HTML, before)
	out.HTML, out.HTMLFolded, out.RemoteImages, out.Interleaved = safe.HTML, visible+folded, safe.RemoteImages, interleaved
	return out
}

// ownPictures gives our address for a picture that came inside the mail.
func ownPictures(files []conversation.Attachment) func(string) string {
	return func(id string) string {
		for _, f := range files {
			if f.ContentID == id && inlineTypes[f.Type] {
				return attachmentURL(f.ID)
			}
		}
		return ""
	}
}

type replyInput struct {
	ByID
	Body struct {
		Text          string   `json:"text" maxLength:"500000"`
		HTML          string   `json:"html,omitempty" maxLength:"1000000"`
		To            []string `json:"to,omitempty" maxItems:"100" doc:"Addresses, or \"Name <address>\". Empty answers the customer."`
		Cc            []string `json:"cc,omitempty" maxItems:"100"`
		Bcc           []string `json:"bcc,omitempty" maxItems:"100"`
		AttachmentIDs []int64  `json:"attachment_ids,omitempty" maxItems:"100"`
		UndoSeconds   int      `json:"undo_seconds,omitempty" minimum:"0" maximum:"300"`
		SeenMessageID int64    `json:"seen_message_id,omitempty" doc:"The newest message you had read. If another came since, the answer is 409."`
		Close         bool     `json:"close,omitempty" doc:"Close the conversation once this has left."`
	}
}

type startInput struct {
	Body struct {
		DeskID        int64    `json:"desk_id"`
		To            []string `json:"to" minItems:"1" maxItems:"100"`
		Cc            []string `json:"cc,omitempty" maxItems:"100"`
		Bcc           []string `json:"bcc,omitempty" maxItems:"100"`
		Subject       string   `json:"subject" maxLength:"900"`
		Text          string   `json:"text" maxLength:"500000"`
		HTML          string   `json:"html,omitempty" maxLength:"1000000"`
		AttachmentIDs []int64  `json:"attachment_ids,omitempty" maxItems:"100"`
		UndoSeconds   int      `json:"undo_seconds,omitempty" minimum:"0" maximum:"300"`
	}
}

type noteInput struct {
	ByID
	Body struct {
		Text     string  `json:"text" maxLength:"500000"`
		HTML     string  `json:"html,omitempty" maxLength:"1000000"`
		Mentions []int64 `json:"mentions,omitempty" maxItems:"100"`
	}
}

// parseAddresses reads recipients as people write them.
func parseAddresses(field string, list []string) ([]mail.Address, error) {
	out := make([]mail.Address, 0, len(list))
	for i, text := range list {
		parsed, err := netmail.ParseAddress(text)
		if err != nil {
			return nil, invalid(fmt.Sprintf("%s[%d]", field, i), fmt.Sprintf("%q is not a mail address. Write it as maya@example.com or Maya <maya@example.com>.", text))
		}
		out = append(out, mail.Address{Name: parsed.Name, Address: parsed.Address})
	}
	return out, nil
}

type recipients struct{ to, cc, bcc []mail.Address }

func parseRecipients(to, cc, bcc []string) (r recipients, err error) {
	if r.to, err = parseAddresses("to", to); err != nil {
		return r, err
	}
	if r.cc, err = parseAddresses("cc", cc); err != nil {
		return r, err
	}
	r.bcc, err = parseAddresses("bcc", bcc)
	return r, err
}

func (a *API) registerMessages() {
	handle(a, op{method: "POST", path: "/conversations", summary: "Write first", tag: "messages", status: http.StatusCreated}, a.start)
	handle(a, op{method: "POST", path: "/conversations/{id}/messages", summary: "Answer", tag: "messages", status: http.StatusCreated}, a.reply)
	handle(a, op{method: "POST", path: "/conversations/{id}/notes", summary: "Write a note to colleagues; it is never sent", tag: "messages", status: http.StatusCreated},
		func(ctx context.Context, s team.Seat, in *noteInput) (*body[Message], error) {
			m, err := a.Book.WriteNote(ctx, s.Access, actor(s), in.ID, in.Body.Text, in.Body.HTML, in.Body.Mentions)
			return ok(a.message(m, nil), err)
		})
	handle(a, op{method: "DELETE", path: "/messages/{id}/sending", summary: "Take an answer back before it leaves", tag: "messages", status: http.StatusOK},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Message], error) {
			m, err := a.Book.Undo(ctx, s.Access, actor(s), in.ID)
			return ok(a.message(m, nil), err)
		})
	handle(a, op{method: "POST", path: "/messages/{id}/retry", summary: "Send a message that failed once more", tag: "messages"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Message], error) {
			m, err := a.Book.Retry(ctx, s.Access, actor(s), in.ID)
			return ok(a.message(m, nil), err)
		})
	a.registerSources()
	a.registerAttachments()
}

// Started is a conversation just begun, with its first message.
type Started struct {
	Conversation Conversation `json:"conversation"`
	Message      Message      `json:"message"`
}

func (a *API) start(ctx context.Context, s team.Seat, in *startInput) (*body[Started], error) {
	b := in.Body
	r, err := parseRecipients(b.To, b.Cc, b.Bcc)
	if err != nil {
		return nil, err
	}
	c, m, err := a.Book.Start(ctx, s.Access, actor(s), conversation.Beginning{DeskID: b.DeskID, To: r.to, Cc: r.cc, Bcc: r.bcc, Subject: b.Subject, Text: b.Text, HTML: b.HTML,
		AttachmentIDs: b.AttachmentIDs, UndoFor: time.Duration(b.UndoSeconds) * time.Second})
	if err != nil {
		return nil, err
	}
	row, err := a.Book.Row(ctx, s.Access, c.ID)
	return ok(Started{conversationOf(row), a.message(m, nil)}, err)
}

func (a *API) reply(ctx context.Context, s team.Seat, in *replyInput) (*body[Message], error) {
	b := in.Body
	r, err := parseRecipients(b.To, b.Cc, b.Bcc)
	if err != nil {
		return nil, err
	}
	m, err := a.Book.Send(ctx, s.Access, actor(s), conversation.Reply{ConversationID: in.ID, Text: b.Text, HTML: b.HTML, To: r.to, Cc: r.cc, Bcc: r.bcc,
		AttachmentIDs: b.AttachmentIDs, UndoFor: time.Duration(b.UndoSeconds) * time.Second, SeenMessageID: b.SeenMessageID, Close: b.Close})
	return ok(a.message(m, nil), err)
}

// stream is an answer that writes itself.
type streamed struct{ Body func(huma.Context) }

func (a *API) registerSources() {
	handle(a, op{method: "GET", path: "/messages/{id}/raw", summary: "The mail as it was, message/rfc822", tag: "messages"},
		func(ctx context.Context, s team.Seat, in *ByID) (*streamed, error) {
			m, err := a.Book.Message(ctx, s.Access, in.ID)
			if err != nil {
				return nil, err
			}
			if m.RawKey == "" {
				return nil, fault.New(fault.NotFound, "This message has no source: it was written here and has not left yet.")
			}
			return a.raw(ctx, m.RawKey, fmt.Sprintf("message-%d.eml", m.ID))
		})
	handle(a, op{method: "GET", path: "/messages/{id}/html", summary: "A mail as a page of its own; images=1 lets remote pictures in, through us", tag: "messages"}, a.page)
	handle(a, op{method: "GET", path: "/messages/{id}/images", summary: "A remote picture of a mail, fetched by us", tag: "messages"}, a.picture)
}

// raw answers with bytes of the blob store, as a download.
func (a *API) raw(ctx context.Context, key, name string) (*streamed, error) {
	r, n, err := a.Blobs.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	return download(r, n, "message/rfc822", name, false), nil
}

// sandboxed is the policy of files that strangers sent: nothing in them runs or loads, even when opened in a tab of its own.
const sandboxed = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"

func download(r io.ReadSeekCloser, size int64, kind, name string, inline bool) *streamed {
	return &streamed{func(c huma.Context) {
		defer r.Close()
		disposition := "attachment"
		if inline {
			disposition = "inline"
		}
		c.SetHeader("Content-Type", kind)
		c.SetHeader("Content-Disposition", contentDisposition(disposition, name))
		c.SetHeader("Content-Security-Policy", sandboxed)
		c.SetHeader("Cache-Control", "private, max-age=86400, immutable")
		req, w := humago.Unwrap(c)
		http.ServeContent(w, req, "", time.Time{}, r)
	}}
}

// contentDisposition names a file so that every browser understands it and none is led astray (RFC 6266).
func contentDisposition(kind, name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 32 || r == 127 || strings.ContainsRune(`/\:*?"<>|`, r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '_' // control, path and text-direction characters make names lie
		}
		return r
	}, path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/")))
	if strings.Trim(name, "._") == "" {
		name = "file"
	}
	for len(name) > 150 {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	if v := mime.FormatMediaType(kind, map[string]string{"filename": name}); v != "" {
		return v
	}
	return kind
}

type pageInput struct {
	ByID
	Images bool `query:"images"`
}

var mailPage = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer"><title>{{.Subject}}</title>
<style>body{font:14px/1.45 system-ui,sans-serif;color:#16191d;background:#fff;margin:8px;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}details.kept-fold>summary{cursor:pointer;color:#535d67}</style></head>
<body dir="auto">{{.Body}}</body></html>`))

// page shows a mail as a page without scripts, which the workspace frames.
func (a *API) page(ctx context.Context, s team.Seat, in *pageInput) (*streamed, error) {
	t, m, err := a.withFiles(ctx, s.Access, in.ID)
	if err != nil {
		return nil, err
	}
	source := m.HTML
	if source == "" {
		source = markup.FromText(m.Text)
	}
	safe := markup.Sanitise(source, markup.SafeOptions{RemoteImages: in.Images, CID: ownPictures(m.Attachments)})
	if in.Images {
		safe.HTML = a.throughUs(m.ID, safe.HTML)
	}
	visible, folded, _ := markup.FoldHTML(safe.HTML)
	var b bytes.Buffer
	err = mailPage.Execute(&b, map[string]any{"Lang": t.Language, "Subject": m.Subject, "Body": template.HTML(visible + folded)}) // sanitised above
	return &streamed{func(c huma.Context) {
		c.SetHeader("Content-Type", "text/html; charset=utf-8")
		c.SetHeader("X-Frame-Options", "SAMEORIGIN")
		c.SetHeader("Content-Security-Policy", "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
		c.BodyWriter().Write(b.Bytes())
	}}, err
}

// withFiles returns a message with its attachments, and its conversation.
func (a *API) withFiles(ctx context.Context, acc team.Access, id int64) (conversation.Conversation, conversation.Message, error) {
	m, err := a.Book.Message(ctx, acc, id)
	if err != nil {
		return conversation.Conversation{}, m, err
	}
	t, err := a.Book.Get(ctx, acc, m.ConversationID)
	for _, with := range t.Messages {
		if with.ID == id {
			m = with
		}
	}
	return t.Conversation, m, err
}

type pictureInput struct {
	ByID
	U string `query:"u" required:"true" maxLength:"8000"`
}

func (a *API) picture(ctx context.Context, s team.Seat, in *pictureInput) (*streamed, error) {
	if _, err := a.Book.Message(ctx, s.Access, in.ID); err != nil {
		return nil, err
	}
	address, err := a.opened(in.ID, in.U)
	if err != nil {
		return nil, err
	}
	data, kind, err := a.remote.fetch(ctx, address)
	if err != nil {
		return nil, err
	}
	return &streamed{func(c huma.Context) {
		c.SetHeader("Content-Type", kind)
		c.SetHeader("Content-Security-Policy", sandboxed)
		c.SetHeader("Cache-Control", "private, max-age=86400")
		c.BodyWriter().Write(data)
	}}, nil
}

// Upload is a file kept for an answer that is being written.
type Upload struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Size      int64   `json:"size"`
	Inline    bool    `json:"inline"`
	ContentID *string `json:"content_id" doc:"Write it as cid:… in the answer's HTML to show an inline picture."`
	URL       string  `json:"url"`
}

type uploadForm struct {
	File huma.FormFile `form:"file" required:"true"`
}

type uploadInput struct {
	Inline  bool `query:"inline" doc:"A picture to be shown within the text."`
	RawBody huma.MultipartFormFiles[uploadForm]
}

func (a *API) registerAttachments() {
	handle(a, op{method: "POST", path: "/attachments", summary: "Upload a file for an answer", tag: "messages", status: http.StatusCreated, maxBody: a.MaxUpload + 2<<20}, a.upload)
	handle(a, op{method: "GET", path: "/attachments/{id}", summary: "Download a file", tag: "messages"},
		func(ctx context.Context, s team.Seat, in *ByID) (*streamed, error) {
			f, err := a.Book.Attachment(ctx, s.Access, in.ID)
			if err != nil {
				return nil, err
			}
			r, n, err := a.Blobs.Open(ctx, f.Key)
			if err != nil {
				return nil, err
			}
			kind, inline := f.Type, inlineTypes[f.Type]
			if !inline {
				kind = "application/octet-stream" // the browser saves it and shows nothing
			}
			return download(r, n, kind, f.Name, inline), nil
		})
}

func (a *API) upload(ctx context.Context, s team.Seat, in *uploadInput) (*body[Upload], error) {
	file := in.RawBody.Data().File
	defer file.Close()
	if file.Size > a.MaxUpload {
		return nil, web.Refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("This file is too large. Attach files of at most %d MB.", a.MaxUpload>>20))
	}
	key, n, err := a.Blobs.Put(ctx, file)
	if err != nil {
		return nil, err
	}
	name := strings.ToValidUTF8(path.Base(strings.ReplaceAll(strings.ReplaceAll(file.Filename, "\x00", ""), `\`, "/")), "\uFFFD")
	f := conversation.Attachment{Name: name, Type: uploadType(file), Size: n, Key: key, Inline: in.Inline}
	if in.Inline {
		f.ContentID = key[:20] + "@kept"
	}
	f, err = a.Book.Attach(ctx, s.Access, f)
	return ok(Upload{f.ID, f.Name, f.Type, f.Size, f.Inline, text(f.ContentID), attachmentURL(f.ID)}, err)
}

// uploadType believes the browser about a file's type as far as it is one.
func uploadType(f huma.FormFile) string {
	if kind, _, err := mime.ParseMediaType(f.ContentType); err == nil {
		return kind
	}
	return "application/octet-stream"
}
