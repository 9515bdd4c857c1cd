package markup

import (
	"strings"

	dom "golang.org/x/net/html"
)

// markAttr carries, through sanitising, what a mail program's class or id said about a part of the mail.
const markAttr = "data-kept-mark"

// The marks: a line that introduces history, history itself, a forwarded mail, a signature.
const (
	markHead      = "head"
	markHistory   = "history"
	markForward   = "forward"
	markSignature = "signature"
)

// clientMarks are the classes and ids by which mail programs mark their parts, as a prefix of the class or id. Programs put
// "ecx", "x_" or "yiv123" before what they receive from others; that is cut off first.
var clientMarks = []struct{ prefix, mark string }{
	{"gmail_attr", markHead}, {"moz-cite-prefix", markHead}, {"divrplyfwdmsg", markHead}, {"outlookmessageheader", markHead},
	{"yahoo_quoted", markHistory}, {"yahooquoted", markHistory}, {"yqtfd", markHistory}, {"protonmail_quote", markHistory},
	{"zmail_extra", markHistory}, {"tutanota_quote", markHistory}, {"mail-editor-reference-message-container", markHistory},
	{"ms-outlook-mobile-reference-message", markHistory}, {"reply-intro", markHead}, {"quoteheader", markHead}, {"cite-prefix", markHead},
	{"gmx_quote", markHistory}, {"replyforwardwrapper", markHistory}, {"bloop_original_html", markHistory}, {"mailbirdquote", markHistory},
	{"mb_attribution", markHead}, {"wisestamp_app", markSignature}, {"moz-forward-container", markForward},
	{"gmail_signature", markSignature}, {"moz-signature", markSignature}, {"applemailsignature", markSignature},
	{"protonmail_signature", markSignature}, {"ms-outlook-mobile-signature", markSignature}, {"front-signature", markSignature},
	{"mailspring-signature", markSignature}, {"zmailsignature", markSignature}, {"mobile-signature", markSignature},
	{"ydpsignature", markSignature}, {"bloop_sign", markSignature}, {"signature_old", markSignature}, {"htc_header", markHead},
}

// markOf reads the mark of an element from its class, its id, or the attribute an earlier pass wrote.
func markOf(n *dom.Node) string {
	switch m := attr(n, markAttr); m {
	case markHead, markHistory, markForward, markSignature:
		return m
	}
	for _, name := range append(strings.Fields(attr(n, "class")), attr(n, "id")) {
		if m := clientMark(name); m != "" {
			return m
		}
	}
	return ""
}

func clientMark(name string) string {
	name = strings.ToLower(name)
	for _, prefix := range []string{"x_", "ecx", "m_"} {
		name = strings.TrimPrefix(name, prefix)
	}
	if i := strings.Index(name, "yahoo_quoted"); i > 0 {
		name = name[i:]
	}
	for _, c := range clientMarks {
		if strings.HasPrefix(name, c.prefix) {
			return c.mark
		}
	}
	return ""
}
