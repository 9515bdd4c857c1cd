package bounce

import (
	"encoding/json"
	"regexp"
	"strings"

	"kept/internal/mail/mime"
)

// machineSenders are the names under which mail systems write.
var machineSenders = []string{"mailer-daemon", "mailerdaemon", "postmaster", "post_master", "mail-daemon", "maildaemon", "mmdf", "mail delivery", "mail-delivery", "maildelivery", "mail.delivery", "mailsweeper", "double-bounce", "mail system", "mail administrator", "poostmaster", "mdaemon",
	"mail-admin", "mail server", "smtp gateway", "system administrator", "no-reply@sns.amazonaws", "feedback-daemon", "delivery subsystem", "daemon@"}

// bounceSubjects in lower case; each alone is strong evidence.
var bounceSubjects = []string{"undeliver", "delivery status notification", "returned mail", "delivery fail", "failure notice", "mail delivery", "delivery has failed", "delivery report", "delivery notification", "non delivery", "non-delivery", "nondeliver", "mail system error",
	"could not be delivered", "could not send", "not delivered", "failed delivery", "delivery error", "failed mail", "mail failed", "returning to sender", "returned to sender", "unable to deliver", "delivery problem", "mail failure", "message delivery", "bounce notification",
	"error sending your mail", "delivery status", "unzustellbar", "zustellung", "nicht zugestellt", "non remis", "échec de la remise", "non distribu", "no se ha podido entregar", "no se puede entregar", "não entregue", "mancato recapito", "mancata consegna", "onbestelbaar", "недоставлен", "не доставлено",
	"配信できません", "配信不能", "送信エラー", "エラー通知", "退信", "无法投递", "無法傳送", "delayed 2", "delayed 4", "warning: message", "could not send message for", "problem delivering", "message status - undeliver", "email delivery failure", "message bounced", "mail bounce", "rejected mail", "rejected:", "delivery attempt", "notice: mail delivery",
	"address not found", "message blocked", "message not delivered", "user unknown", "message undeliverable", "dsn:", "error-mail", "cannot deliver", "can't deliver", "can not be delivered", "unknown address", "undelivered", "adresse inconnue", "mail konnte nicht", "mail could not", "delivery result", "not member article", "are not member", "reject mail", "spam mail from a spammer"}

// bouncePhrases in lower case, in the words of the notice.
var bouncePhrases = []string{"could not be delivered", "couldn't be delivered", "wasn't delivered", "was not delivered", "has not been delivered", "cannot be delivered", "can't be delivered", "could not deliver", "couldn't deliver", "unable to deliver", "wasn't able to deliver", "was not able to deliver",
	"failed to deliver", "delivery to the following", "delivery has failed", "delivery failed", "permanent fatal errors", "permanent error", "delivery problems", "the following recipient", "the following address", "undeliverable", "undelivered", "delivery attempt", "could not be sent", "not be delivered",
	"error delivering your mail", "returned to sender", "returned for the following", "did not reach", "no such user", "user unknown", "unknown user", "mailbox unavailable", "mailbox is full", "mailbox full", "delivery failure", "did not accept", "rejected your message", "transcript of session", "invalid user", "bounced", "was rejected",
	"message was rejected", "problem delivering", "delivery error", "mail delivery", "does not exist", "nicht zugestellt", "n'a pas pu être", "no se pudo entregar", "não pôde ser entregue", "配信できませんでした", "送信できません", "送れませんでした", "not listed in domino directory", "error message below", "delivery temporarily suspended", "still being retried", "has been delayed", "not yet been delivered",
	"unknown local user", "unrouteable address", "deliver your message", "successfully delivered", "was delivered", "не доставлено", "недоставлен", "無法", "trouble delivering", "not a member", "not member", "non-member"}

var codedLine = regexp.MustCompile(`(?m)(?:^|[\s<>:(])[45]\d\d[ -](?:- )?[#(]?(?:[45]\.\d{1,3}\.\d{1,3}|[A-Za-z<])`)

// isBounce decides whether the evidence is a delivery report. One standard field is enough; prose needs a machine's name or empty
// return path together with the words of a failure.
func (e *evidence) isBounce(root *mime.Part) bool {
	if e.standard || e.header.Has("X-Failed-Recipients") {
		return true
	}
	if root.Type == "multipart/report" && strings.EqualFold(root.Params["report-type"], "disposition-notification") {
		return false
	}
	subject, notice := strings.ToLower(e.subject), strings.ToLower(e.notice)
	from := strings.ToLower(mime.Words(e.header.Get("From")) + " " + e.header.Get("Sender"))
	machine := containsAny(from, machineSenders) || strings.Trim(strings.TrimSpace(from), "<> ") == ""
	machine = machine || e.header.Has("X-Mlserver")
	empty := strings.TrimSpace(e.header.Get("Return-Path")) == "<>"
	titled := containsAny(subject, bounceSubjects) && !strings.HasPrefix(subject, "re:")
	if root.Type == "multipart/report" && strings.EqualFold(root.Params["report-type"], "delivery-status") {
		return true
	}
	if !machine && !empty && !titled {
		return false
	}
	coded := codedLine.MatchString(e.notice)
	told := coded || containsAny(notice, bouncePhrases)
	switch {
	case machine:
		return titled && (told || empty || e.original != nil) || told && (empty || e.original != nil || coded)
	case empty:
		return told && (titled || e.original != nil)
	}
	return told && (e.original != nil || coded && root.Header.Get("In-Reply-To") == "")
}

// notification is how Amazon SES reports through SNS: one JSON object as the text of a mail.
type notification struct {
	Type   string `json:"notificationType"`
	Bounce struct {
		Recipients []struct {
			Email      string `json:"emailAddress"`
			Action     string `json:"action"`
			Status     string `json:"status"`
			Diagnostic string `json:"diagnosticCode"`
		} `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Recipients []struct {
			Email string `json:"emailAddress"`
		} `json:"complainedRecipients"`
		Feedback string `json:"complaintFeedbackType"`
	} `json:"complaint"`
	Delivery struct {
		Recipients []string `json:"recipients"`
		Response   string   `json:"smtpResponse"`
	} `json:"delivery"`
	Mail struct {
		Headers struct {
			MessageID string `json:"messageId"`
		} `json:"commonHeaders"`
		MessageID string `json:"messageId"`
	} `json:"mail"`
}

func fromNotification(e *evidence) *Bounce {
	s := strings.TrimSpace(e.notice)
	i := strings.Index(s, `{"notificationType"`)
	if i < 0 || i > 400 {
		return nil
	}
	var n notification
	unwrapped := strings.ReplaceAll(s[i:], "\n", "")
	if err := json.NewDecoder(strings.NewReader(unwrapped)).Decode(&n); err != nil && n.Type == "" {
		return nil
	}
	for _, r := range n.Bounce.Recipients {
		e.failures = append(e.failures, failure{recipient: r.Email, action: r.Action, status: r.Status, said: r.Diagnostic})
	}
	for _, r := range n.Delivery.Recipients {
		e.failures = append(e.failures, failure{recipient: r, action: "delivered", status: statusIn(n.Delivery.Response), said: n.Delivery.Response})
	}
	for _, r := range n.Complaint.Recipients {
		e.failures = append(e.failures, failure{recipient: r.Email})
	}
	if len(e.failures) == 0 {
		return nil
	}
	e.standard = true
	b := e.conclude()
	if n.Type == "Complaint" {
		b.Reason, b.Feedback, b.Hard = "feedback", orWord(n.Complaint.Feedback, "abuse"), false
	}
	for _, id := range append(mime.IDs(n.Mail.Headers.MessageID), mime.IDs(n.Mail.MessageID)...) {
		if b.OriginalMessageID == "" {
			b.OriginalMessageID = id
		}
	}
	return b
}

func orWord(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// complaintSubjects are how providers without RFC 5965 title a complaint.
var complaintSubjects = []string{"complaint about message from", "abuse report", "email feedback report", "feedback report"}

// readFeedback reads a complaint (RFC 5965, and the forms from before it).
func readFeedback(root *mime.Part, text string) *Bounce {
	var fields, original mime.Header
	plain := ""
	for _, p := range root.Leaves() {
		switch {
		case p.Type == "message/feedback-report":
			fields = mime.ParseHeader(p.Text())
		case (p.IsMessage() || p.Type == "text/rfc822-headers") && original == nil:
			original = p.Message().Header
		case p.Type == "text/plain" && plain == "":
			plain = p.Text()
		}
	}
	if fields == nil && strings.Contains(plain, "Feedback-Type:") && strings.Contains(plain, "User-Agent:") {
		fields = mime.ParseHeader(plain[strings.Index(plain, "Feedback-Type:"):])
	}
	subject := strings.ToLower(root.Header.Text("Subject"))
	declared := strings.EqualFold(root.Params["report-type"], "feedback-report")
	named := containsAny(subject, complaintSubjects) && original != nil && !strings.HasPrefix(subject, "re:")
	if fields == nil && !declared && !named || fields != nil && !fields.Has("Feedback-Type") && !declared {
		return nil
	}
	b := &Bounce{Reason: "feedback", Feedback: orWord(strings.ToLower(fields.Get("Feedback-Type")), "abuse"), Recipients: []string{}}
	e := &evidence{header: root.Header, original: original}
	for _, v := range append(fields.All("Original-Rcpt-To"), fields.All("Removal-Recipient")...) {
		b.Recipients = append(b.Recipients, typed(v))
	}
	if len(b.Recipients) == 0 {
		b.Recipients = append(b.Recipients, e.originalTo()...)
	}
	if len(b.Recipients) > 0 {
		b.Recipient = b.Recipients[0]
	}
	b.OriginalMessageID = e.originalID()
	return b
}
