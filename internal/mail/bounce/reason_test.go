package bounce

import "testing"

// TestWhatServersSay: one line of every kind of refusal, as servers word it.
func TestWhatServersSay(t *testing.T) {
	for said, want := range map[string]string{
		"550 Virus found in message":                                                           "virusdetected",
		"554 message contains malware":                                                         "virusdetected",
		"450 Client host rejected: cannot find your hostname, [192.0.2.1]":                     "requireptr",
		"550 5.7.1 Fix reverse DNS for 192.0.2.1":                                              "requireptr",
		"554 IP has no PTR record":                                                             "requireptr",
		"550 5.7.1 DMARC policy of example.org says reject":                                    "authfailure",
		"550 SPF check failed":                                                                 "authfailure",
		"550 5.7.1 This message does not have authentication information":                      "authfailure",
		"550 5.7.1 Our system has detected very low reputation of the sending IP":              "badreputation",
		"421 4.7.0 deferred due to user complaints":                                            "badreputation",
		"530 Must issue a STARTTLS command first":                                              "failedstarttls",
		"421 4.7.0 rate limit reached":                                                         "speeding",
		"450 4.2.1 The user is receiving mail at a rate that prevents delivery":                "speeding",
		"421 too many messages from your address":                                              "speeding",
		"421 too many connections from 192.0.2.1":                                              "toomanyconn",
		"452 4.5.3 too many recipients":                                                        "toomanyconn",
		"552 message too big":                                                                  "mesgtoobig",
		"552 5.3.0 Message size exceeds fixed maximum message size":                            "mesgtoobig",
		"452 4.2.0 user's mailbox is full":                                                     "mailboxfull",
		"550 user is over quota":                                                               "mailboxfull",
		"554 Quota exceeded (mailbox for user is full)":                                        "mailboxfull",
		"550 Das Postfach ist voll":                                                            "mailboxfull",
		"452 Insufficient system storage":                                                      "systemfull",
		"451 no space left on device":                                                          "systemfull",
		"550 relaying denied":                                                                  "norelaying",
		"553 sorry, that domain isn't in my list of allowed rcpthosts":                         "norelaying",
		"551 user has moved; please try tom@new.example":                                       "hasmoved",
		"550 account disabled":                                                                 "suspend",
		"554 mailbox is inactive":                                                              "suspend",
		"550 message is not RFC 5322 compliant":                                                "notcompliantrfc",
		"554 missing or malformed Message-ID header":                                           "notcompliantrfc",
		"550 This message has been scored as spam":                                             "spamdetected",
		"554 unsolicited bulk email":                                                           "spamdetected",
		"550 rejected by local policy":                                                         "policyviolation",
		"550 attachment type not allowed here, prohibited":                                     "policyviolation",
		"552 message rejected due to our security policy":                                      "policyviolation",
		"554 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.example":           "blocked",
		"550 your IP is on our blacklist":                                                      "blocked",
		"553 sender address rejected: not owned":                                               "rejected",
		"550 invalid sender":                                                                   "rejected",
		"550 only members can post to this list":                                               "rejected",
		"pipe to |/usr/local/bin/filter exited with status 1":                                  "mailererror",
		"554 5.4.6 too many hops":                                                              "networkerror",
		"mail forwarding loop for tom@example.org":                                             "networkerror",
		"Host or domain name not found. Name service error: host not found, try again":         "networkerror",
		"Host or domain name not found. Name service error for name=x.example: Host not found": "hostunknown",
		"550 Domain does not exist":                                                            "hostunknown",
		"550 unknown host x.example":                                                           "hostunknown",
		"couldn't find any host named x.example":                                               "notaccept",
		"556 domain does not accept mail":                                                      "notaccept",
		"554 malformed MIME structure":                                                         "contenterror",
		"501 Syntax error in parameters":                                                       "syntaxerror",
		"retry timeout exceeded":                                                               "expired",
		"message has been in the queue too long":                                               "expired",
		"550 no such user":                                                                     "userunknown",
		"550 <tom@example.org>: Recipient address rejected: User unknown":                      "userunknown",
		"550 mailbox not found":                                                                "userunknown",
		"550 Empfänger unbekannt":                                                              "userunknown",
		"550 invalid recipient":                                                                "userunknown",
		"connect to mx.example[192.0.2.1]:25: connection refused":                              "networkerror",
		"451 internal server error":                                                            "systemerror",
		"554 rejected by recipient":                                                            "filtered",
		"550 message filtered":                                                                 "filtered",
		"535 authentication failed":                                                            "securityerror",
	} {
		if got := match(lower(said)); got != want {
			t.Errorf("%q: %s, want %s", said, got, want)
		}
	}
	if got := match(""); got != "" {
		t.Errorf("nothing said gives %q", got)
	}
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// TestWhenItWasSaid: the same words weigh differently at another command.
func TestWhenItWasSaid(t *testing.T) {
	for _, c := range []struct{ reason, words, code, command, want string }{
		{"userunknown", "no such user", "", "RCPT", "userunknown"},
		{"userunknown", "no such user", "X.1.1", "", "userunknown"},
		{"userunknown", "no such user", "", "DATA", "filtered"},
		{"userunknown", "no such user", "X.2.0", "", "filtered"},
		{"userunknown", "user not listed in directory", "", "", "userunknown"},
		{"userunknown", "unknown user", "", "MAIL", "rejected"},
		{"hostunknown", "no such domain", "", "MAIL", "rejected"},
		{"securityerror", "access denied", "X.7.1", "MAIL", "rejected"},
		{"mailboxfull", "full", "", "MAIL", "mailboxfull"},
	} {
		if got := weigh(c.reason, c.words, c.code, c.command); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestCommand(t *testing.T) {
	for notice, want := range map[string]string{
		"":                                     "",
		"550 no (in reply to RCPT TO command)": "RCPT",
		"SMTP error after MAIL FROM:<a@b.example>: 550 no":        "MAIL",
		"host said: 550 no (in reply to end of DATA command)":     "DATA",
		">>> RCPT To:<tom@example.org>\n<<< 550 unknown":          "RCPT",
		">>> RCPT To:<tom@example.org>\n>>> DATA\n<<< 550 no":     "DATA",
		"192.0.2.5 does not like recipient.\nRemote said: 550 no": "RCPT",
	} {
		e := &evidence{notice: notice}
		if got := e.command(failure{}); got != want {
			t.Errorf("%q: %q, want %q", notice, got, want)
		}
	}
}

func TestAloneOn(t *testing.T) {
	for line, want := range map[string]string{
		"nothing here":                                   "",
		"From: tom@example.org":                          "",
		"MAIL FROM:<desk@example.com>":                   "",
		"For assistance, please contact help@mx.example": "",
		"tom@example.org":                                "tom@example.org",
		"<tom@example.org>:":                             "tom@example.org",
		"<tom@example.org>: 550 no such user":            "tom@example.org",
		"  * tom@example.org (expanded)":                 "tom@example.org",
		">>> tom@example.org <tom@example.org>":          "tom@example.org",
		"\"tom@example.org\":":                           "tom@example.org",
		"tom@example.org on Tue, 3 Mar 2026":             "tom@example.org",
		"tom@example.org...":                             "tom@example.org",
		"Recipient: <tom@example.org>":                   "tom@example.org",
		"Final-Recipient: rfc822;tom@example.org":        "tom@example.org",
		"To: tom@example.org":                            "tom@example.org",
		"\"Reed, Tom\" <tom@example.org>":                "tom@example.org",
		"we asked tom@example.org about it":              "",
	} {
		if got := aloneOn(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestSplitOriginal(t *testing.T) {
	const ours = "Received: from a by b\nMessage-ID: <kept.1@example.com>\nFrom: desk@example.com\n\nhello\n"
	for name, c := range map[string]struct {
		in, notice string
		found      bool
	}{
		"none":                     {"could not deliver\n", "could not deliver\n", false},
		"a line of dashes":         {"sorry\n--- Below this line is a copy of the message.\n\n" + ours, "sorry\n", true},
		"no separator at all":      {"sorry\n" + ours, "sorry\n", true},
		"quoted line by line":      {"sorry\nOriginal message follows:\n> Message-ID: <kept.1@example.com>\n> From: desk@example.com\n>\n> hello\n", "sorry\n", true},
		"separator without header": {"sorry\nOriginal message follows\nbut it does not\n", "sorry\nOriginal message follows\nbut it does not\n", false},
	} {
		notice, h := splitOriginal(c.in)
		if notice != c.notice || (h != nil) != c.found || c.found && h.Get("Message-Id") != "<kept.1@example.com>" {
			t.Errorf("%s: %q %v", name, notice, h)
		}
	}
}
