package email

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"kept/internal/intake"
	"kept/internal/mail"
	"kept/internal/mail/auth"
)

// checking is how long finding out where a mail comes from may take. What is not known by then is not known.
const checking = 5 * time.Second

// Authenticate is the Checker that asks dns. What came to our own SMTP receiver from elsewhere is checked in full (SPF, DKIM, DMARC). A
// fetched mail was checked by the server that received it: its word counts where the desk names that server, and otherwise only what the
// mail proves by itself, its signature. Mail from this machine and from archives is not checked: its way, or the time of its keys, is over.
func Authenticate(dns auth.Resolver) Checker {
	return func(ctx context.Context, a intake.Arrival, raw []byte, m *mail.Message, trusted string) json.RawMessage {
		ctx, cancel := context.WithTimeout(ctx, checking)
		defer cancel()
		return verdicts(authenticate(ctx, dns, a, raw, m, trusted))
	}
}

func authenticate(ctx context.Context, dns auth.Resolver, a intake.Arrival, raw []byte, m *mail.Message, trusted string) auth.Result {
	peer, _ := netip.ParseAddr(a.Peer)
	switch {
	case a.Kind == "smtp" && peer.IsValid() && !peer.IsLoopback() && !peer.IsPrivate():
		return auth.Check(ctx, dns, raw, auth.Envelope{IP: peer, HELO: a.HELO, MailFrom: a.EnvelopeFrom})
	case a.Kind == "smtp":
		return auth.None()
	case trusted != "":
		return auth.FromHeader(m.Header, trusted)
	case a.Kind == "import" || len(m.Header.All("DKIM-Signature")) == 0:
		return auth.None()
	}
	r := auth.Check(ctx, dns, raw, auth.Envelope{})
	if r.DMARC != "pass" {
		r.DMARC = "none" // without the sender's address nobody can say that it failed
	}
	return r
}

func verdicts(r auth.Result) json.RawMessage {
	out, err := json.Marshal(map[string]string{"dkim": r.DKIM, "spf": r.SPF, "dmarc": r.DMARC})
	if err != nil {
		return json.RawMessage(`{}`) // strings always can
	}
	return out
}
