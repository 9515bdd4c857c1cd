package mail

import (
	"strings"

	"kept/internal/mail/bounce"
	"kept/internal/mail/mime"
)

// Auto is what a mail says about being answered by machine (RFC 3834, RFC 2919, RFC 2369, and the habits around them).
type Auto struct {
	Submitted  string // Auto-Submitted keyword in lower case: "", "no", "auto-generated", "auto-replied", "auto-notified"
	Reply      bool   // it is itself an automatic answer
	Bulk       bool   // it went to a list or to many
	ListID     string // RFC 2919, without brackets
	NoReply    bool   // its sender cannot or does not want to be answered
	Suppressed bool   // X-Auto-Response-Suppress asks for silence
}

// MayAutoReply tells whether an automatic answer may be sent: never to machines, lists, bulk, bounces, or those who asked not to be answered (RFC 3834 section 2).
func (m *Message) MayAutoReply() bool {
	a := m.Auto
	if a.Submitted != "" && a.Submitted != "no" || a.Reply || a.Bulk || a.NoReply || a.Suppressed {
		return false
	}
	return m.Kind == Plain && m.Quarantine == "" && len(m.From) > 0 && strings.Contains(m.From[0].Address, "@")
}

func readAuto(m *Message, h mime.Header) Auto {
	a := Auto{Reply: bounce.IsAutoReply(h, m.Subject)}
	a.Submitted, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))), ";")
	a.Submitted = strings.TrimSpace(a.Submitted)
	a.ListID = listID(h)
	precedence := strings.ToLower(strings.TrimSpace(h.Get("Precedence")))
	a.Bulk = a.ListID != "" || precedence == "bulk" || precedence == "list" || precedence == "junk" || hasAny(h, bulkFields)
	a.NoReply = noReply(m, h)
	switch s := strings.ToLower(h.Get("X-Auto-Response-Suppress")); {
	case s == "" || s == "none":
	default:
		a.Suppressed = strings.Contains(s, "all") || strings.Contains(s, "autoreply") || strings.Contains(s, "oof")
	}
	return a
}

// bulkFields are put on mail to many by list software and mailing services.
var bulkFields = []string{"List-Unsubscribe", "List-Post", "List-Help", "List-Subscribe", "List-Archive", "List-Owner", "Mailing-List", "X-Mailing-List", "X-BeenThere", "X-Mailman-Version",
	"X-Listprocessor-Version", "X-List-Unsubscribe", "X-ListName", "X-List-Id", "X-Loop-List", "X-MailingID", "X-Campaign", "X-CampaignID", "Feedback-ID", "X-Mailer-RecptId", "X-Egroups-Return", "List-Software", "X-Topica-Id", "X-MC-User"}

func hasAny(h mime.Header, names []string) bool {
	for _, n := range names {
		if h.Has(n) {
			return true
		}
	}
	return false
}

func listID(h mime.Header) string {
	id := h.Text("List-Id")
	if lt := strings.LastIndexByte(id, '<'); lt >= 0 {
		id, _, _ = strings.Cut(id[lt+1:], ">")
	}
	return strings.TrimSpace(id)
}

// noReplyNames are local parts that nobody reads.
var noReplyNames = []string{"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply", "nepasrepondre", "ne-pas-repondre", "nicht-antworten", "keine-antwort", "noresponder", "no-responder", "naoresponda",
	"mailer-daemon", "postmaster", "bounce", "bounces", "devnull", "nobody"}

func noReply(m *Message, h mime.Header) bool {
	if strings.TrimSpace(h.Get("Return-Path")) == "<>" {
		return true
	}
	to := m.From
	if len(m.ReplyTo) > 0 {
		to = m.ReplyTo
	}
	for _, a := range to {
		local, _, _ := strings.Cut(strings.ToLower(a.Address), "@")
		base, _, _ := strings.Cut(local, "+")
		for _, n := range noReplyNames {
			if base == n || len(n) > 6 && strings.HasPrefix(base, n) {
				return true
			}
		}
		if strings.HasPrefix(local, "owner-") || strings.HasSuffix(base, "-request") || strings.HasSuffix(base, "-bounces") || strings.Contains(base, "noreply") || strings.Contains(base, "no-reply") {
			return true
		}
	}
	return false
}

// classify decides the kind, the reports first: they are the ones that must never open a conversation.
func (m *Message) classify(root *mime.Part) {
	m.Kind = Plain
	report := bounce.Read(root, m.Text)
	switch {
	case report != nil && report.Feedback != "":
		m.Kind, m.Bounce = FeedbackReport, report
	case report != nil:
		m.Kind, m.Bounce = Bounced, report
	case m.Calendar != nil && m.Calendar.Method != "" && m.Calendar.Method != "PUBLISH":
		m.Kind = Invitation
	case m.Auto.Reply:
		m.Kind = AutoReply
	case m.Auto.Bulk:
		m.Kind = List
	}
}
