package email

import (
	"context"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"kept/internal/channel/email/emailtest"
	"kept/internal/intake"
	"kept/internal/mail"
)

// A zone is a DNS with the records of example.org.
type zone struct{ asked atomic.Int32 }

func (z *zone) TXT(_ context.Context, name string) ([]string, error) {
	z.asked.Add(1)
	switch strings.TrimSuffix(name, ".") {
	case "example.org":
		return []string{"v=spf1 ip4:192.0.2.25 -all"}, nil
	case "_dmarc.example.org":
		return []string{"v=DMARC1; p=reject"}, nil
	}
	return nil, nil
}
func (z *zone) Addresses(context.Context, string, bool) ([]netip.Addr, error) { return nil, nil }
func (z *zone) MX(context.Context, string) ([]string, error)                  { return nil, nil }
func (z *zone) PTR(context.Context, netip.Addr) ([]string, error)             { return nil, nil }

func TestWhereAMailComesFrom(t *testing.T) {
	forged := "Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org; dmarc=pass header.from=example.org"
	for name, c := range map[string]struct {
		src     intake.Source
		header  string
		trusted string
		want    string
		asks    bool
	}{
		"SMTP from its own server":               {intake.Source{Kind: "smtp", Peer: "192.0.2.25", EnvelopeFrom: "tom@example.org"}, "X: y", "", `{"dkim":"none","dmarc":"pass","spf":"pass"}`, true},
		"SMTP from somebody else":                {intake.Source{Kind: "smtp", Peer: "198.51.100.9", EnvelopeFrom: "tom@example.org"}, "X: y", "", `{"dkim":"none","dmarc":"fail","spf":"fail"}`, true},
		"SMTP with forged results":               {intake.Source{Kind: "smtp", Peer: "198.51.100.9", EnvelopeFrom: "tom@example.org"}, forged, "mx.example.net", `{"dkim":"none","dmarc":"fail","spf":"fail"}`, true},
		"SMTP from this machine":                 {intake.Source{Kind: "smtp", Peer: "127.0.0.1", EnvelopeFrom: "tom@example.org"}, forged, "", `{"dkim":"none","dmarc":"none","spf":"none"}`, false},
		"fetched, from a server that is trusted": {intake.Source{Kind: "imap"}, forged, "mx.example.net", `{"dkim":"pass","dmarc":"pass","spf":"pass"}`, false},
		"fetched, results of another server":     {intake.Source{Kind: "imap"}, forged, "mx.example.com", `{"dkim":"none","dmarc":"none","spf":"none"}`, false},
		"fetched, nobody trusted, no signature":  {intake.Source{Kind: "imap"}, forged, "", `{"dkim":"none","dmarc":"none","spf":"none"}`, false},
		"fetched, nobody trusted, bad signature": {intake.Source{Kind: "imap"}, "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k; h=from; bh=AAAA; b=AAAA", "", `"dmarc":"none","spf":"none"`, true},
		"an archive with a signature":            {intake.Source{Kind: "import"}, "DKIM-Signature: v=1; d=example.org", "", `{"dkim":"none","dmarc":"none","spf":"none"}`, false},
		"handed in by our own relay (LMTP)":      {intake.Source{Kind: "lmtp", Peer: "198.51.100.9"}, forged, "mx.example.net", `{"dkim":"pass","dmarc":"pass","spf":"pass"}`, false},
	} {
		z := &zone{}
		raw := emailtest.Mail("Tom", "wheel", c.header)
		got := string(Authenticate(z)(ctx, intake.Arrival{Source: c.src}, []byte(raw), mail.Parse([]byte(raw)), c.trusted))
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if asked := z.asked.Load() > 0; asked != c.asks {
			t.Errorf("%s: asked the network: %v", name, asked)
		}
	}
}
