package mail

import "time"

// Report is a mail as `kept mail parse --json` prints it, one object per file.
type Report struct {
	File        string       `json:"file"`
	OK          bool         `json:"ok"`
	Quarantine  string       `json:"quarantine"`
	From        []Address    `json:"from"`
	To          []Address    `json:"to"`
	Cc          []Address    `json:"cc"`
	ReplyTo     []Address    `json:"reply_to"`
	Subject     string       `json:"subject"`
	Date        string       `json:"date"` // RFC 3339, "" where unknown
	MessageID   string       `json:"message_id"`
	InReplyTo   []string     `json:"in_reply_to"`
	References  []string     `json:"references"`
	Text        string       `json:"text"`
	HTML        string       `json:"html"`
	VisibleText string       `json:"visible_text"`
	Attachments []Attachment `json:"attachments"`
	Kind        Kind         `json:"kind"`
	Bounce      *Bounce      `json:"bounce"`
	Auth        ReportAuth   `json:"auth"`
}

// ReportAuth holds what the mail's own header says of its origin; "none" where it says nothing.
type ReportAuth struct {
	DKIM  string `json:"dkim"`
	SPF   string `json:"spf"`
	DMARC string `json:"dmarc"`
}

// NewReport describes m, read from file; visible is what the person newly wrote.
func NewReport(file string, m *Message, visible string) Report {
	r := Report{
		File: file, OK: m.Quarantine == "", Quarantine: m.Quarantine,
		From: orEmpty(m.From), To: orEmpty(m.To), Cc: orEmpty(m.Cc), ReplyTo: orEmpty(m.ReplyTo),
		Subject: m.Subject, MessageID: m.MessageID, InReplyTo: orEmpty(m.InReplyTo), References: orEmpty(m.References),
		Text: m.Text, HTML: m.HTML, VisibleText: visible, Attachments: orEmpty(m.Attachments), Kind: m.Kind,
		Bounce: m.Bounce, Auth: ReportAuth{m.Auth.DKIM, m.Auth.SPF, m.Auth.DMARC},
	}
	for _, v := range []*string{&r.Auth.DKIM, &r.Auth.SPF, &r.Auth.DMARC} {
		if *v == "" {
			*v = "none"
		}
	}
	if r.Kind == "" {
		r.Kind = Plain
	}
	if !m.Date.IsZero() {
		r.Date = m.Date.Format(time.RFC3339)
	}
	return r
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
