package mail

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func names2(as []Attachment) string {
	var out []string
	for _, a := range as {
		n := a.Name + " " + a.Type
		if a.Inline {
			n += " inline"
		}
		out = append(out, n)
	}
	return strings.Join(out, "; ")
}

func TestParseEnvelope(t *testing.T) {
	m := Parse(crlf(`From: =?utf-8?q?Ren=C3=A9_Marchand?= <rene@example.org>
Sender: office@example.org
To: "Help, Desk" <help@example.com>, Mara <mara@example.net>
Cc: tom@example.com
Reply-To: rene.private@example.org
Subject: =?utf-8?q?La_lampe_ne_s=27allume_plus?=
Date: Tue, 3 Mar 2026 09:00:00 +0100
Message-ID: <a1@example.org>
In-Reply-To: <kept.abc.1@example.com>
References: <first@example.org>
 <kept.abc.1@example.com>

Bonjour
`))
	if len(m.From) != 1 || m.From[0] != (Address{Name: "René Marchand", Address: "rene@example.org"}) || m.Sender.Address != "office@example.org" {
		t.Errorf("from %v, sender %v", m.From, m.Sender)
	}
	if len(m.To) != 2 || m.To[0].Name != "Help, Desk" || len(m.Cc) != 1 || m.ReplyTo[0].Address != "rene.private@example.org" {
		t.Errorf("to %v cc %v reply-to %v", m.To, m.Cc, m.ReplyTo)
	}
	if m.Subject != "La lampe ne s'allume plus" || !m.Date.Equal(time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("%q %v", m.Subject, m.Date)
	}
	if m.MessageID != "a1@example.org" || len(m.InReplyTo) != 1 || strings.Join(m.References, " ") != "first@example.org kept.abc.1@example.com" {
		t.Errorf("%q %q %q", m.MessageID, m.InReplyTo, m.References)
	}
	if m.Kind != Plain || !m.MayAutoReply() || m.Quarantine != "" {
		t.Errorf("kind %s, quarantine %q", m.Kind, m.Quarantine)
	}
}

func TestParseBodies(t *testing.T) {
	for _, c := range []struct{ name, raw, text, html, files string }{
		{"plain", "From: a@x.example\n\nhello\n", "hello\n", "", ""},
		{"only HTML", "Content-Type: text/html\n\n<p>Hello <b>Tom</b></p>", "Hello Tom", "<p>Hello <b>Tom</b></p>", ""},
		{"both", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n", "plain", "<p>rich</p>", ""},
		{"plain left empty", "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n", "rich", "<p>rich</p>", ""},
		{"a file behind the text", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee file\n--b\nContent-Type: application/pdf; name=lamp.pdf\nContent-Transfer-Encoding: base64\n\nJVBERg==\n--b--\n", "see file", "", "lamp.pdf application/pdf"},
		{"text, file, text", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbefore\n--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=a.png\n\nx\n--b\n\nafter\n--b--\n", "before\nafter", "", "a.png image/png"},
		{"a picture in the text", "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<img src=\"cid:p1\">hi\n--b\nContent-Type: image/png\nContent-ID: <p1>\n\nx\n--b--\n", "hi", `<img src="cid:p1">hi`, " image/png inline"},
		{"a picture in the text that calls itself a file", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<img src=\"cid:p1\">hi\n--b\nContent-Type: image/png; name=a.png\nContent-Disposition: attachment\nContent-ID: <p1>\n\nx\n--b--\n", "hi", `<img src="cid:p1">hi`, "a.png image/png inline"},
		{"a text file is a file", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: text/plain; name=log.txt\n\nlog\n--b--\n", "hello", "", "log.txt text/plain"},
		{"a nested message has its subject", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\nSubject: Old lamp\n\nold\n--b--\n", "see below", "", "Old lamp.eml message/rfc822"},
		{"a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\n1\n--b\n\nSubject: two\n\n2\n--b--\n", "", "", "one.eml message/rfc822; two.eml message/rfc822"},
		{"nothing but a message", "Content-Type: message/rfc822\n\nSubject: inner\n\nwords\n", "words\n", "", "inner.eml message/rfc822"},
		{"signed with PGP", "Content-Type: multipart/signed; boundary=b\n\n--b\n\nsigned words\n--b\nContent-Type: application/pgp-signature; name=signature.asc\n\nsig\n--b--\n", "signed words", "", "signature.asc application/pgp-signature"},
		{"encrypted", "Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream; name=encrypted.asc\n\nxxx\n--b--\n", "", "", " application/pgp-encrypted; encrypted.asc application/octet-stream"},
		{"S/MIME", "Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAG\n", "", "", "smime.p7m application/pkcs7-mime"},
		{"Apple double shows one file", "Content-Type: multipart/appledouble; boundary=b\n\n--b\nContent-Type: application/applefile; name=lamp.jpg\n\nfork\n--b\nContent-Type: image/jpeg; name=lamp.jpg\n\ndata\n--b--\n", "", "", "lamp.jpg image/jpeg"},
		{"uuencode in the text", "Subject: x\n\nhi\nbegin 644 note.txt\n+:&5L;&\\@=V]R;&0\n`\nend\nbye\n", "hi\nbye\n", "", "note.txt text/plain"},
		{"flowed", "Content-Type: text/plain; format=flowed\n\nThis is one \nsentence.\n> quoted \n> on\n-- \nTom\n", "This is one sentence.\n> quoted on\n-- \nTom\n", "", ""},
		{"flowed without blanks", "Content-Type: text/plain; format=flowed; delsp=yes\n\n東京 \n都\n", "東京都\n", "", ""},
		{"a footer of a list stays readable", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>hi</p>\n--b\n\nfooter <here>\n--b--\n", "hi\nfooter <here>", `<p>hi</p><div style="white-space:pre-wrap">footer &lt;here&gt;</div>`, ""},
		{"NUL bytes go", "Subject: a\x00b\n\nc\x00d\n", "cd\n", "", ""},
		{"first part of a message in pieces", "Content-Type: message/partial; id=x; number=1; total=2\n\nSubject: big\n\nfirst half\n", "first half\n", "", ""},
	} {
		m := Parse(crlf(c.raw))
		if got := strings.TrimRight(m.Text, "\n"); got != strings.TrimRight(c.text, "\n") || m.HTML != c.html {
			t.Errorf("%s: text %q html %q", c.name, m.Text, m.HTML)
		}
		if got := names2(m.Attachments); got != c.files {
			t.Errorf("%s: files %q, want %q", c.name, got, c.files)
		}
		if m.Quarantine != "" {
			t.Errorf("%s: quarantined: %s", c.name, m.Quarantine)
		}
	}
}

// TestThousandsOfFiles reads mails with far more files than anybody sends: some are taken out, the last says where the others are.
func TestThousandsOfFiles(t *testing.T) {
	for files, last := range map[int]string{maxFiles: "999.txt", maxFiles + 1: "2 more files.txt", 5000: "4001 more files.txt"} {
		var b strings.Builder
		b.WriteString("From: tom@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n")
		for i := range files {
			fmt.Fprintf(&b, "--b\nContent-Disposition: attachment; filename=%d.txt\n\nx\n", i)
		}
		m := Parse(crlf(b.String() + "--b--\n"))
		if n := len(m.Attachments); n != maxFiles || m.Attachments[n-1].Name != last || m.Quarantine != "" {
			t.Errorf("%d files: %d listed, the last is %q, quarantine %q", files, n, m.Attachments[n-1].Name, m.Quarantine)
		}
	}
}

func TestQuarantine(t *testing.T) {
	for name, raw := range map[string][]byte{"nothing": nil, "only blanks": []byte(" \r\n\r\n"), "a program": append([]byte("\x7fELF\x02\x01\x01\x00\x00"), make([]byte, 500)...)} {
		m := Parse(raw)
		if !strings.HasSuffix(m.Quarantine, ".") || m.MayAutoReply() {
			t.Errorf("%s: quarantine %q", name, m.Quarantine)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		kind      Kind
		answer    bool
	}{
		{"a person", "From: tom@example.org\nSubject: lamp\n\nhi\n", Plain, true},
		{"nobody to answer", "Subject: lamp\n\nhi\n", Plain, false},
		{"no-reply", "From: no-reply@shop.example\nSubject: receipt\n\nhi\n", Plain, false},
		{"no-reply but Reply-To", "From: no-reply@shop.example\nReply-To: tom@example.org\nSubject: form\n\nhi\n", Plain, true},
		{"generated by a program", "From: shop@example.org\nAuto-Submitted: auto-generated\n\nhi\n", Plain, false},
		{"asks for silence", "From: tom@example.org\nX-Auto-Response-Suppress: OOF, AutoReply\n\nhi\n", Plain, false},
		{"null return path", "Return-Path: <>\nFrom: tom@example.org\nSubject: x\n\nhi\n", Plain, false},
		{"a list", "From: tom@example.org\nList-Id: Lamps <lamps.example.org>\n\nhi\n", List, false},
		{"bulk", "From: shop@example.org\nPrecedence: bulk\n\nhi\n", List, false},
		{"away", "From: tom@example.org\nSubject: Automatic reply: lamp\nAuto-Submitted: auto-replied\n\nback on Monday\n", AutoReply, false},
		{"an invitation", "From: tom@example.org\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Visit\nDTSTART:20260305T090000Z\nEND:VEVENT\nEND:VCALENDAR\n", Invitation, false},
		{"a failure", "From: MAILER-DAEMON@example.net\nSubject: failure notice\n\n<tom@example.org>:\n550 5.1.1 unknown user\n", Bounced, false},
	} {
		m := Parse(crlf(c.raw))
		if m.Kind != c.kind || m.MayAutoReply() != c.answer {
			t.Errorf("%s: kind %s, may be answered %v", c.name, m.Kind, m.MayAutoReply())
		}
	}
}

func TestCalendarPart(t *testing.T) {
	m := Parse(crlf("From: tom@example.org\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nPlease come\n--b\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Fitting\nDTSTART;TZID=Europe/Berlin:20260305T090000\nDTEND;TZID=Europe/Berlin:20260305T100000\nRRULE:FREQ=WEEKLY;COUNT=2\nEND:VEVENT\nEND:VCALENDAR\n--b--\n"))
	if m.Calendar == nil || m.Calendar.Summary != "Fitting" || m.Calendar.Start.Zone != "Europe/Berlin" || m.Calendar.RRule != "FREQ=WEEKLY;COUNT=2" || m.Calendar.Method != "REQUEST" {
		t.Fatalf("%+v", m.Calendar)
	}
	if names2(m.Attachments) != "invite.ics text/calendar" {
		t.Errorf("%s", names2(m.Attachments))
	}
}

func TestReport(t *testing.T) {
	m := Parse(crlf("From: Tom <tom@example.org>\nSubject: lamp\nAuthentication-Results: mx.example.com; spf=pass smtp.mailfrom=example.org; dkim=fail\n\nhi\n"))
	out, err := json.Marshal(NewReport("mails/1.eml", m, "hi"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"file":"mails/1.eml","ok":true,"quarantine":"","from":[{"name":"Tom","address":"tom@example.org"}],"to":[],"cc":[],"reply_to":[],"subject":"lamp","date":"","message_id":"","in_reply_to":[],"references":[],"text":"hi\n","html":"","visible_text":"hi","attachments":[],"kind":"message","bounce":null,"auth":{"dkim":"fail","spf":"pass","dmarc":"none"}}`
	if string(out) != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	unread := NewReport("gone.eml", &Message{Quarantine: "This file cannot be read."}, "")
	if unread.OK || unread.Kind != Plain || unread.Auth.DKIM != "none" || unread.From == nil || unread.Attachments == nil {
		t.Errorf("%+v", unread)
	}
	bounced := NewReport("b", Parse(crlf("From: MAILER-DAEMON@example.net\nSubject: failure notice\n\n<tom@example.org>:\n550 5.1.1 unknown user\n")), "")
	out, _ = json.Marshal(bounced.Bounce)
	if string(out) != `{"status":"5.1.1","reply_code":"550","reason":"userunknown","hard":true,"recipient":"tom@example.org","recipients":["tom@example.org"],"original_message_id":""}` {
		t.Errorf("%s", out)
	}
}

func TestFileName(t *testing.T) {
	for want, a := range map[string]Attachment{"lamp.png": {Name: "lamp.png"}, "image.png": {Type: "image/png"}, "text.txt": {Type: "text/plain"}, "file.bin": {Type: "application/octet-stream"}, "message.txt": {Type: "message/rfc822"}} {
		if got := a.FileName(); got != want {
			t.Errorf("%+v: %q, want %q", a, got, want)
		}
	}
}

func TestSendable(t *testing.T) {
	for address, want := range map[string]bool{
		"": false, "tom": false, "@example.org": false, "tom@": false, "tom@.org": false, "to m@example.org": false, "tom@exa mple.org": false, ".tom@example.org": false, "tom..x@example.org": false,
		"tom@example.org\r\nBcc: x@y.example": false, "tom@-a.example": false, "tom@example.123": false, strings.Repeat("a", 65) + "@example.org": false, `"a"b"@example.org`: false,
		"tom@example.org": true, "tom+lamp@example.org": true, "o'neil@example.org": true, `"tom reed"@example.org`: true, "tom@[192.0.2.1]": true, "tom@münchen.example": true, "josé@example.org": true,
	} {
		if got := Sendable(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
