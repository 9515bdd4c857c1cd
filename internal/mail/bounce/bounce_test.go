package bounce

import (
	"strings"
	"testing"

	"kept/internal/mail/mime"
)

// read parses one report the way mail.Parse does.
func read(raw string) *Bounce {
	root := mime.Parse([]byte(raw))
	return Read(root, root.Text())
}

const standard = `From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: desk@example.com
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

I could not deliver your message.

--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; tom@example.org
Action: ACTION
Status: STATUS
Diagnostic-Code: smtp; SAID

--r
Content-Type: message/rfc822

Message-ID: <kept.abc.1@example.com>
From: desk@example.com
To: tom@example.org
Subject: Your lamp

--r--
`

func report(action, status, said string) string {
	return strings.NewReplacer("ACTION", action, "STATUS", status, "SAID", said).Replace(standard)
}

func TestStandardReports(t *testing.T) {
	for _, c := range []struct {
		name, action, status, said string
		wantStatus, wantReply      string
		reason                     string
		hard                       bool
	}{
		{"delivered is no failure", "delivered", "2.0.0", "250 2.0.0 ok", "2.0.0", "250", "delivered", false},
		{"no such user", "failed", "5.1.1", "550 5.1.1 <tom@example.org>: User unknown", "5.1.1", "550", "userunknown", true},
		{"the field is vague, the server is not", "failed", "5.0.0", "550 5.1.1 no such user", "5.1.1", "550", "userunknown", true},
		{"no code anywhere is not invented", "failed", "5.0.0", "refused", "5.0.0", "", "onhold", false},
		{"full for now", "failed", "4.2.2", "452 4.2.2 mailbox full", "4.2.2", "452", "mailboxfull", false},
		{"full", "failed", "5.2.2", "552 5.2.2 over quota", "5.2.2", "552", "mailboxfull", false},
		{"no such host", "failed", "5.4.4", "550 5.4.4 Invalid domain", "5.4.4", "550", "hostunknown", true},
		{"takes no mail", "failed", "5.1.10", "556 5.1.10 recipient domain has a null MX", "5.1.10", "556", "notaccept", true},
		{"moved away", "failed", "5.1.6", "551 not our user", "5.1.6", "551", "hasmoved", true},
		{"DMARC", "failed", "5.7.26", "550 5.7.26 unauthenticated mail", "5.7.26", "550", "authfailure", false},
		{"listed", "failed", "5.7.1", "554 5.7.1 Client host [192.0.2.1] blocked using zen.example", "5.7.1", "554", "blocked", false},
		{"spam", "failed", "5.7.1", "550 5.7.1 message looks like spam", "5.7.1", "550", "spamdetected", false},
		{"too large", "failed", "5.3.4", "552 5.3.4 message size exceeds fixed limit", "5.3.4", "552", "mesgtoobig", false},
		{"still trying", "delayed", "4.4.7", "connection timed out", "4.4.7", "", "expired", false},
		{"unknown words after the data may be a filter", "failed", "5.2.0", "550 Unknown user tom", "5.2.0", "550", "filtered", false},
		{"relay", "failed", "5.7.1", "550 5.7.1 relaying denied", "5.7.1", "550", "norelaying", false},
		{"no reverse name", "failed", "5.7.25", "550 5.7.25 no PTR record", "5.7.25", "550", "requireptr", false},
		{"a dead account", "failed", "5.2.1", "550 5.2.1 The account is disabled", "5.2.1", "550", "suspend", false},
	} {
		b := read(report(c.action, c.status, c.said))
		if b == nil {
			t.Errorf("%s: not seen as a report", c.name)
			continue
		}
		if b.Status != c.wantStatus || b.ReplyCode != c.wantReply || b.Reason != c.reason || b.Hard != c.hard {
			t.Errorf("%s: %s %s %s hard=%v, want %s %s %s hard=%v", c.name, b.Status, b.ReplyCode, b.Reason, b.Hard, c.wantStatus, c.wantReply, c.reason, c.hard)
		}
		if b.Recipient != "tom@example.org" || b.OriginalMessageID != "kept.abc.1@example.com" {
			t.Errorf("%s: recipient %q, original %q", c.name, b.Recipient, b.OriginalMessageID)
		}
		if b.Delivered != (c.reason == "delivered") {
			t.Errorf("%s: delivered is %v", c.name, b.Delivered)
		}
	}
}

func TestTheFirstFailureSpeaks(t *testing.T) {
	two := strings.Replace(report("delivered", "2.0.0", "250 ok"), "\n--r\nContent-Type: message/rfc822", "\nFinal-Recipient: rfc822; mara@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n\n--r\nContent-Type: message/rfc822", 1)
	b := read(two)
	if b.Recipient != "mara@example.org" || !b.Hard || len(b.Recipients) != 1 {
		t.Errorf("%+v", b)
	}
}

func TestReportsInProse(t *testing.T) {
	const tail = "\nReceived: from a by b; Tue, 3 Mar 2026 09:00:00 +0100\nMessage-ID: <kept.abc.1@example.com>\nFrom: desk@example.com\nTo: tom@example.org\nSubject: Your lamp\n\nHello\n"
	for _, c := range []struct{ name, head, body, recipient, status, reply, reason string }{
		{"qmail", "From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\n", "Hi. This is the program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<tom@example.org>:\n192.0.2.5 does not like recipient.\nRemote host said: 550 5.1.1 unknown user\nGiving up on 192.0.2.5.\n\n--- Below this line is a copy of the message.\n" + tail, "tom@example.org", "5.1.1", "550", "userunknown"},
		{"exim", "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: Mail delivery failed: returning message to sender\nX-Failed-Recipients: tom@example.org\n\n", "This message was created automatically by mail delivery software.\n\n  tom@example.org\n    SMTP error from remote mail server after RCPT TO:<tom@example.org>:\n    host mx.example.org [192.0.2.6]: 550 no such mailbox\n\n------ This is a copy of the message, including all the headers. ------\n" + tail, "tom@example.org", "", "550", "userunknown"},
		{"sendmail", "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>\nSubject: Returned mail: see transcript for details\n\n", "   ----- The following addresses had permanent fatal errors -----\n<tom@example.org>\n    (reason: 552 5.2.2 Mailbox full)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n>>> RCPT To:<tom@example.org>\n<<< 552 5.2.2 Mailbox full\n   ----- Original message follows -----\n" + tail, "tom@example.org", "5.2.2", "552", "mailboxfull"},
		{"no code at all", "From: Mail Administrator <postmaster@mx.example.net>\nSubject: Mail System Error - Returned Mail\n\n", "This Message was undeliverable due to the following reason:\n\nThe user's mailbox is full.\n\n<tom@example.org>\n\n----- Original message follows -----\n" + tail, "tom@example.org", "", "", "mailboxfull"},
		{"an empty sender and our mail enclosed", "From: no-reply@example.net\nReturn-Path: <>\nSubject: Mail\n\n", "Your mail could not be delivered to: <tom@example.org>\nAs their mailbox is full.\n\n---- Original message ----\n" + tail, "tom@example.org", "", "", "mailboxfull"},
	} {
		b := read(c.head + c.body)
		if b == nil {
			t.Errorf("%s: not seen as a report", c.name)
			continue
		}
		if b.Recipient != c.recipient || b.Status != c.status || b.ReplyCode != c.reply || b.Reason != c.reason || b.OriginalMessageID != "kept.abc.1@example.com" {
			t.Errorf("%s: %+v", c.name, b)
		}
	}
}

func TestNotReports(t *testing.T) {
	for name, raw := range map[string]string{
		"a question about a bounce":     "From: Tom <tom@example.org>\nSubject: Re: my mail bounced\n\nI got \"550 5.1.1 user unknown\" when I wrote to you. Why?\n",
		"a failure report as a file":    "From: Tom <tom@example.org>\nSubject: what is this?\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nCan you explain?\n--x\nContent-Type: message/rfc822\n\n" + report("failed", "5.1.1", "550 no such user") + "\n--x--\n",
		"a delivery that did not come":  "From: Tom <tom@example.org>\nSubject: Parcel not delivered\n\nThe parcel was not delivered. What now?\n",
		"the postmaster writes himself": "From: postmaster@example.org\nSubject: Your mail delivery to us\n\nPlease use TLS when you write to us.\n",
		"the postmaster asks something": "From: postmaster@example.org\nSubject: question\n\nWhich DKIM selector do you use?\n",
		"a read receipt":                "From: Tom <tom@example.org>\nSubject: Read: Lamp\nContent-Type: multipart/report; report-type=disposition-notification; boundary=x\n\n--x\n\nRead.\n--x\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;tom@example.org\nDisposition: manual-action/MDN-sent-manually; displayed\n--x--\n",
	} {
		if b := read(raw); b != nil {
			t.Errorf("%s was taken for a report: %+v", name, b)
		}
	}
}

func TestFeedback(t *testing.T) {
	b := read("From: feedback@example.net\nSubject: FW: offer\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\n\nA complaint.\n--x\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop/1\nVersion: 1\nOriginal-Rcpt-To: <tom@example.org>\n--x\nContent-Type: message/rfc822\n\nMessage-ID: <kept.9@example.com>\nTo: tom@example.org\n\nhi\n--x--\n")
	if b == nil || b.Feedback != "abuse" || b.Reason != "feedback" || b.Recipient != "tom@example.org" || b.OriginalMessageID != "kept.9@example.com" || b.Hard {
		t.Errorf("%+v", b)
	}
}

func TestNotification(t *testing.T) {
	b := read(`From: no-reply@sns.amazonaws.com
Subject: AWS Notification Message

{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"tom@example.org","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{"messageId":"0100-1","commonHeaders":{"messageId":"<kept.3@example.com>"}}}
`)
	if b == nil || b.Recipient != "tom@example.org" || !b.Hard || b.OriginalMessageID != "kept.3@example.com" {
		t.Errorf("%+v", b)
	}
}

func TestAutoReplies(t *testing.T) {
	for name, c := range map[string]struct {
		field, subject string
		want           bool
	}{
		"plain":                          {"", "Question about my lamp", false},
		"a person talks about holiday":   {"", "My vacation photos are gone", false},
		"generated, not replied":         {"Auto-Submitted: auto-generated", "Your order", false},
		"not submitted by machine":       {"Auto-Submitted: no", "Question", false},
		"somebody answers an auto reply": {"In-Reply-To: <1@example.com>", "Re: Automatic reply: away", false},
		"RFC 3834":                       {"Auto-Submitted: auto-replied (vacation)", "Re: lamp", true},
		"old field":                      {"X-Autoreply: yes", "Re: lamp", true},
		"precedence":                     {"Precedence: auto_reply", "Re: lamp", true},
		"English":                        {"", "Out of Office: Re: lamp", true},
		"German":                         {"", "Automatische Antwort: Lampe", true},
		"French":                         {"", "Réponse automatique : lampe", true},
		"Spanish":                        {"", "Respuesta automática: lámpara", true},
		"Polish":                         {"", "Odpowiedź automatyczna: lampa", true},
		"Japanese":                       {"", "自動返信: ランプ", true},
		"Russian":                        {"", "Автоматический ответ: лампа", true},
	} {
		h := mime.ParseHeader(c.field + "\n\n")
		if got := IsAutoReply(h, c.subject); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestEveryRuleGivesAKnownReason(t *testing.T) {
	known := map[string]bool{}
	for _, r := range Reasons {
		known[r] = true
	}
	for _, r := range said {
		if !known[r.reason] {
			t.Errorf("%q is not a reason", r.reason)
		}
	}
	for _, table := range []map[string]string{byStatus, byReply, settled} {
		for code, r := range table {
			if !known[r] {
				t.Errorf("%s gives %q, which is not a reason", code, r)
			}
		}
	}
}

func TestCodes(t *testing.T) {
	for text, want := range map[string][2]string{
		"":                                      {"", ""},
		"no code, only 10.5.1.1 and 2026":       {"", ""},
		"550 5.1.1 unknown":                     {"5.1.1", "550"},
		"host 192.0.2.5 said: 452 4.2.2 (full)": {"4.2.2", "452"},
		"(#5.1.1)":                              {"5.1.1", ""},
		"5.0.0 and then 5.7.1":                  {"5.7.1", ""},
		"smtp;550-5.7.26 not authenticated":     {"5.7.26", "550"},
		"ERROR_CODE :550, ERROR_CODE :5.1.1 <a@b.c>": {"5.1.1", "550"},
	} {
		if s, r := statusIn(text), replyIn(text); s != want[0] || r != want[1] {
			t.Errorf("%q: %q %q, want %q", text, s, r, want)
		}
	}
}
