package sender

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"kept/internal/blob"
	"kept/internal/conversation"
	"kept/internal/fault"
	"kept/internal/mail"
	"kept/internal/markup"
	"kept/internal/team"
)

// compose writes the mail and keeps it. Composing again gives the same bytes, as long as neither message nor desk changed.
func (s *Sender) compose(ctx context.Context, o conversation.Outgoing) (raw []byte, key string, err error) {
	out := mail.Outgoing{
		From: mail.Address{Name: o.Desk.From(), Address: o.Desk.Address}, To: o.Message.To, Cc: o.Message.Cc, Subject: o.Message.Subject, Date: o.Message.At,
		MessageID: o.Message.MessageID, References: usable(o.References),
	}
	if mail.IsID(o.InReplyTo) {
		out.InReplyTo = o.InReplyTo
	}
	if o.Desk.ReplyToken {
		out.ReplyTo = []mail.Address{{Name: o.Desk.From(), Address: returnPath(o)}}
	}
	out.Header = []mail.ExtraField{{Name: "X-Kept-Id", Value: "<" + o.Message.MessageID + ">"}}
	if o.Message.Auto {
		out.AutoSubmitted = "auto-replied"
	}
	out.Text, out.HTML = bodies(o)
	if err := s.enclose(ctx, &out, o.Message.Attachments); err != nil {
		return nil, "", err
	}
	if out.Sign, err = s.signer(o.Desk); err != nil {
		return nil, "", err
	}
	if raw, err = mail.Compose(out); err != nil {
		return nil, "", permanent(err)
	}
	key, _, err = s.Blobs.Put(ctx, bytes.NewReader(raw))
	return raw, key, err
}

// usable leaves out the ids that a customer's program made up in a form that no header takes: that is no reason not to answer.
func usable(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !mail.IsID(id) })
}

// returnPath is where answers and delivery reports about o go: the desk, with the conversation's token where the desk uses tokens, so that
// even a report that quotes nothing of our mail finds its conversation.
func returnPath(o conversation.Outgoing) string {
	if !o.Desk.ReplyToken {
		return o.Desk.Address
	}
	return mail.PlusAddress(o.Desk.Address, o.Conversation.Token)
}

func (s *Sender) enclose(ctx context.Context, out *mail.Outgoing, files []conversation.Attachment) error {
	for _, f := range files {
		content, err := blob.Read(ctx, s.Blobs, f.Key)
		if fault.Of(err) == fault.NotFound {
			return permanent(fault.Wrap(err, fault.NotFound, "The file %s of this message is gone. Attach it again and send.", f.Name))
		}
		if err != nil {
			return err
		}
		a := mail.Attachment{Name: f.Name, Type: f.Type, Size: len(content), Inline: f.Inline, ContentID: f.ContentID, Content: content}
		if f.Inline && f.ContentID != "" {
			out.Inline = append(out.Inline, a)
		} else {
			out.Attachments = append(out.Attachments, a)
		}
	}
	return nil
}

func (s *Sender) signer(desk team.Desk) (*mail.Signer, error) {
	if desk.DKIMDomain == "" || desk.DKIMKey == "" {
		return nil, nil
	}
	key, err := s.Secrets.Open(team.SecretDKIM, desk.DKIMKey)
	if err != nil {
		return nil, err
	}
	return mail.NewSigner(desk.DKIMDomain, desk.DKIMSelector, []byte(key))
}

// bodies are the message as plain text and, where its writer used any form, as HTML: what was written, the desk's signature, and what it
// answers where the desk quotes.
func bodies(o conversation.Outgoing) (text, rich string) {
	text, rich = o.Message.Text, o.Message.HTML
	if strings.TrimSpace(text) == "" && rich != "" {
		text = markup.Text(rich)
	}
	text, rich = sign(o, text, rich)
	if o.Desk.QuoteHistory && o.Before != nil && !o.Message.Auto {
		text, rich = quote(o, text, rich)
	}
	if rich != "" {
		rich = outward(rich)
	}
	return text, rich
}

// outward is HTML that may leave: without anything active, its inline pictures pointing into the mail again.
func outward(rich string) string {
	return heldCID.ReplaceAllString(markup.Sanitise(rich, markup.SafeOptions{RemoteImages: true}).HTML, `src="cid:$1"`)
}

var heldCID = regexp.MustCompile(`data-kept-cid="([^"]*)"`)

func sign(o conversation.Outgoing, text, rich string) (string, string) {
	plain, styled := o.Desk.SignatureText, o.Desk.SignatureHTML
	if plain == "" && styled != "" {
		plain = markup.Text(styled)
	}
	if plain == "" || o.Message.Auto { // what the desk writes by itself comes signed
		return text, rich
	}
	if styled == "" {
		styled = strings.ReplaceAll(html.EscapeString(plain), "\n", "<br>")
	}
	if rich != "" {
		rich += `<div class="signature">-- <br>` + styled + "</div>"
	}
	return strings.TrimRight(text, "\n") + "\n\n-- \n" + plain, rich
}

func quote(o conversation.Outgoing, text, rich string) (string, string) {
	b := o.Before
	name := b.Author.Name
	if name == "" {
		name = b.Author.Address
	}
	intro := fmt.Sprintf(introduction(o.Desk.Language), b.At.Format("2006-01-02 15:04 MST"), name)
	said := "> " + strings.ReplaceAll(strings.TrimRight(b.Text, "\n"), "\n", "\n> ")
	if rich != "" {
		inner := strings.ReplaceAll(html.EscapeString(b.Text), "\n", "<br>")
		if b.HTML != "" {
			inner = markup.Sanitise(b.HTML, markup.SafeOptions{}).HTML
		}
		rich += "<p>" + html.EscapeString(intro) + `</p><blockquote type="cite">` + inner + "</blockquote>"
	}
	return text + "\n\n" + intro + "\n" + said + "\n", rich
}

// introductions are the lines before quoted words, with the time and the name. Their forms are those that mail programs write, so that
// they are folded everywhere.
var introductions = map[string]string{
	"en": "On %s, %s wrote:",
	"de": "Am %s schrieb %s:",
	"fr": "Le %s, %s a écrit :",
	"es": "El %s, %s escribió:",
	"it": "Il %s, %s ha scritto:",
	"nl": "Op %s schreef %s:",
	"pt": "Em %s, %s escreveu:",
}

func introduction(language string) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if line, ok := introductions[base]; ok {
		return line
	}
	return introductions["en"]
}
