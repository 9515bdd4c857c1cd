package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	netmail "net/mail"
	"strings"

	"kept/internal/demo"
	"kept/internal/mail"
)

// compose writes a mail of the story as its sender's program would have, and returns it with its Message-ID.
func (t *storyteller) compose(s *scene, m *demo.Moment) (raw []byte, messageID string, err error) {
	from := t.customer(s)
	if m.Message.Role == demo.ByOther {
		from = addressOf(m.Message.Author)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	messageID = fmt.Sprintf("%s.%d@%s", s.Key, s.mails+1, domain)
	if m.Message.Kind == "bounce" || m.Message.Kind == "delivery-report" {
		return t.report(s, m, from, messageID), messageID, nil
	}
	o := mail.Outgoing{From: from, To: []mail.Address{{Name: t.company.Name, Address: t.desks[s.Desk].Address}}, Subject: s.Subject, Date: m.At, MessageID: messageID,
		Text: m.Text, HTML: m.HTML}
	if s.lastID != "" {
		o.InReplyTo, o.References, o.Subject = s.lastID, s.chain, "Re: "+strings.TrimPrefix(s.Subject, "Re: ")
	}
	for _, cc := range m.Message.Cc {
		o.Cc = append(o.Cc, addressOf(cc))
	}
	o.Text = quoted(o.Text, m.Message.Quote, s.lastText, t.company.Name, m)
	for _, f := range m.Message.Attachments {
		o.Attachments = append(o.Attachments, file(f))
	}
	for _, h := range m.Message.Headers {
		if strings.EqualFold(h.Name, "Auto-Submitted") {
			o.AutoSubmitted = h.Value
			continue
		}
		o.Header = append(o.Header, mail.ExtraField{Name: h.Name, Value: h.Value})
	}
	raw, err = mail.Compose(o)
	return raw, messageID, err
}

func addressOf(text string) mail.Address {
	a, err := netmail.ParseAddress(text)
	if err != nil {
		return mail.Address{Address: text}
	}
	return mail.Address{Name: a.Name, Address: a.Address}
}

// quoted adds the mail before, where the story says that the sender's program did.
func quoted(text, how, before, who string, m *demo.Moment) string {
	if how == "" || before == "" {
		return text
	}
	history := fmt.Sprintf("On %s, %s wrote:\n> %s\n", m.At.Format("Mon, 2 Jan 2006 at 15:04"), who, strings.ReplaceAll(strings.TrimSpace(before), "\n", "\n> "))
	switch how {
	case "above":
		return history + "\n" + text
	case "inline":
		return text
	}
	return text + "\n\n" + history
}

// report writes what a mail system says about a mail of ours that did, or did not, arrive (RFC 3464).
func (t *storyteller) report(s *scene, m *demo.Moment, from mail.Address, messageID string) []byte {
	action, status := "failed", "5.2.2"
	if m.Message.Kind == "delivery-report" {
		action, status = "delivered", "2.0.0"
	}
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: %s <%s>", from.Name, from.Address)
	line("To: <%s>", t.desks[s.Desk].Address)
	line("Subject: Delivery Status Notification")
	line("Date: %s", m.At.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	line("Message-ID: <%s>", messageID)
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status; boundary=part\r\n")
	line("--part\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", strings.ReplaceAll(m.Text, "\n", "\r\n"))
	line("--part\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; %s\r\n", from.Address[strings.IndexByte(from.Address, '@')+1:])
	line("Final-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s", t.customer(s).Address, action, status)
	if action == "failed" {
		line("Diagnostic-Code: smtp; 552 5.2.2 Mailbox full")
	}
	line("\r\n--part\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\nFrom: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n", s.lastID, t.desks[s.Desk].Address,
		t.customer(s).Address, asciiOnly(cmp.Or(s.Subject, "your message")))
	line("--part--")
	return b.Bytes()
}

func asciiOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 126 {
			return '?'
		}
		return r
	}, s)
}

// mostProp is the most a prop weighs: the story tells what files were like, not every byte of them.
const mostProp = 60 << 10

// file makes the bytes of an attachment that the story only describes.
func file(f demo.Attachment) mail.Attachment {
	a := mail.Attachment{Name: f.Name, Type: f.Type}
	switch f.Type {
	case "image/png", "image/jpeg":
		a.Content = picture(f)
	case "application/pdf":
		a.Content = pdf(f.Name)
	default:
		a.Content = bytes.Repeat([]byte(f.Name+"\n"), min(f.Size, mostProp)/(len(f.Name)+1)+1)
	}
	a.Size = len(a.Content)
	return a
}

// picture paints two colours that follow from the file's name.
func picture(f demo.Attachment) []byte {
	sum := 0
	for _, r := range f.Name {
		sum = sum*31 + int(r)
	}
	const w, h = 320, 220
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	top, ink := color.RGBA{uint8(120 + sum%100), uint8(130 + sum/7%90), uint8(150 + sum/13%90), 255}, color.RGBA{uint8(sum / 3 % 90), uint8(sum / 5 % 90), uint8(60 + sum%90), 255}
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, top)
			if d := (x-w/2)*(x-w/2) + 3*(y-h/2)*(y-h/2); d < 9000 {
				img.SetRGBA(x, y, ink)
			}
		}
	}
	var b bytes.Buffer
	if f.Type == "image/png" {
		png.Encode(&b, img) // into memory: it cannot fail
	} else {
		jpeg.Encode(&b, img, nil)
	}
	return b.Bytes()
}

// pdf is one page that says its name.
func pdf(name string) []byte {
	text := fmt.Sprintf("BT /F1 18 Tf 60 760 Td (%s) Tj ET", strings.NewReplacer(`\`, "", "(", "", ")", "").Replace(asciiOnly(html.UnescapeString(name))))
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, at)
	return b.Bytes()
}
