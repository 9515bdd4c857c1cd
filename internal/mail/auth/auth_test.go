package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bytes"

	"github.com/emersion/go-msgauth/dkim"

	"kept/internal/mail/mime"
)

// records builds a stub DNS from "name TYPE value" lines.
func records(lines ...string) zone {
	z := zone{map[string]map[string][]string{}, map[string]bool{}}
	for _, l := range lines {
		f := strings.SplitN(l, " ", 3)
		if f[1] == "TIMEOUT" {
			z.timeout[f[0]] = true
			continue
		}
		if z.records[f[0]] == nil {
			z.records[f[0]] = map[string][]string{}
		}
		z.records[f[0]][f[1]] = append(z.records[f[0]][f[1]], f[2])
	}
	return z
}

func TestSPF(t *testing.T) {
	many := []string{"deep.example TXT v=spf1 include:d0.deep.example -all"}
	for i := range 12 {
		many = append(many, "d"+string(rune('0'+i))+".deep.example TXT v=spf1 include:d"+string(rune('1'+i))+".deep.example ?all")
	}
	many = append(many,
		"ok.example TXT v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
		"soft.example TXT v=spf1 a mx ~all", "soft.example A 198.51.100.7", "soft.example MX mail.soft.example", "mail.soft.example A 192.0.2.77",
		"inc.example TXT v=spf1 include:ok.example ?all", "red.example TXT v=spf1 redirect=ok.example",
		"mac.example TXT v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", "5.2.0.192.in-addr._spf.mac.example A 127.0.0.2",
		"two.example TXT v=spf1 -all", "two.example TXT v=spf1 +all", "bad.example TXT v=spf1 foo:bar -all", "void.example TXT v=spf1 a:x.void.example a:y.void.example a:z.void.example -all",
		"ptr.example TXT v=spf1 ptr -all", "5.2.0.192.in-addr.arpa PTR host.ptr.example", "host.ptr.example A 192.0.2.5",
		"slow.example TIMEOUT", "other.example TXT hello", "loop.example TXT v=spf1 include:loop.example -all", "empty.example TXT v=spf1")
	z := records(many...)
	for _, c := range []struct{ from, ip, want string }{
		{"tom@nothing.example", "192.0.2.5", "none"}, {"tom@other.example", "192.0.2.5", "none"}, {"tom@localhost", "192.0.2.5", "none"},
		{"tom@ok.example", "192.0.2.5", "pass"}, {"tom@ok.example", "198.51.100.1", "fail"}, {"tom@ok.example", "2001:db8::1", "pass"}, {"tom@ok.example", "::ffff:192.0.2.5", "pass"},
		{"tom@soft.example", "198.51.100.7", "pass"}, {"tom@soft.example", "192.0.2.77", "pass"}, {"tom@soft.example", "203.0.113.1", "softfail"},
		{"tom@inc.example", "192.0.2.5", "pass"}, {"tom@inc.example", "198.51.100.1", "neutral"}, {"tom@red.example", "198.51.100.1", "fail"},
		{"tom@mac.example", "192.0.2.5", "pass"}, {"tom@mac.example", "192.0.2.6", "fail"},
		{"tom@two.example", "192.0.2.5", "permerror"}, {"tom@bad.example", "192.0.2.5", "permerror"}, {"tom@void.example", "192.0.2.5", "permerror"}, {"tom@deep.example", "192.0.2.5", "permerror"}, {"tom@loop.example", "192.0.2.5", "permerror"},
		{"tom@ptr.example", "192.0.2.5", "pass"}, {"tom@ptr.example", "192.0.2.6", "fail"}, {"tom@slow.example", "192.0.2.5", "temperror"}, {"tom@empty.example", "192.0.2.5", "neutral"},
		{"", "192.0.2.5", "pass"},
	} {
		got, _ := SPF(context.Background(), z, Envelope{IP: netip.MustParseAddr(c.ip), HELO: "ok.example", MailFrom: c.from})
		if got != c.want {
			t.Errorf("%s from %s: %s, want %s", c.from, c.ip, got, c.want)
		}
	}
}

func TestFromHeader(t *testing.T) {
	for _, c := range []struct {
		name, header     string
		trusted          []string
		dkim, spf, dmarc string
	}{
		{"nothing", "Subject: x", nil, "none", "none", "none"},
		{"one server", "Authentication-Results: mx.example.com; dkim=pass header.d=example.org; spf=softfail smtp.mailfrom=tom@example.org; dmarc=pass header.from=example.org", nil, "pass", "softfail", "pass"},
		{"a good signature beside a bad one", "Authentication-Results: mx.example.com; dkim=fail header.d=list.example; dkim=pass header.d=example.org", nil, "pass", "none", "none"},
		{"not by a server we trust", "Authentication-Results: evil.example; dkim=pass; spf=pass; dmarc=pass", []string{"mx.example.com"}, "none", "none", "none"},
		{"ours below a forged one", "Authentication-Results: evil.example; dmarc=pass\nAuthentication-Results: mx.example.com; dmarc=fail", []string{"mx.example.com"}, "none", "none", "fail"},
		{"a verdict that the sender wrote under ours", "Authentication-Results: mx.example.com; dkim=none; spf=fail\nAuthentication-Results: mx.example.com; dkim=pass header.d=example.org; spf=pass", []string{"mx.example.com"}, "none", "fail", "none"},
		{"a field for each method", "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org\nAuthentication-Results: mx.example.com; spf=pass\nAuthentication-Results: mx.example.com; dkim=fail; dkim=pass header.d=example.org", []string{"mx.example.com"}, "pass", "pass", "pass"},
		{"Received-SPF alone", "Received-SPF: Pass (mx.example.com: designates 192.0.2.5)", nil, "none", "pass", "none"},
		{"Received-SPF is not trusted", "Received-SPF: Pass", []string{"mx.example.com"}, "none", "none", "none"},
		{"without a server name", "Authentication-Results: spf=pass (sender IP is 192.0.2.5) smtp.mailfrom=example.org; dkim=pass", nil, "pass", "pass", "none"},
		{"a word that is no verdict", "Authentication-Results: mx.example.com; spf=splendid", nil, "none", "none", "none"},
		{"hardfail is fail", "Authentication-Results: mx.example.com; spf=hardfail", nil, "none", "fail", "none"},
	} {
		r := FromHeader(mime.ParseHeader(c.header+"\n\n"), c.trusted...)
		if r.DKIM != c.dkim || r.SPF != c.spf || r.DMARC != c.dmarc {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// signed is a mail from tom@shop.example.org with a good signature of domain d.
func signed(t *testing.T, d string) (raw []byte, record string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{3}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	mail := "From: Tom <tom@shop.example.org>\r\nTo: desk@example.com\r\nSubject: lamp\r\nDate: Tue, 3 Mar 2026 09:00:00 +0100\r\n\r\nhello\r\n"
	var out bytes.Buffer
	if err := dkim.Sign(&out, strings.NewReader(mail), &dkim.SignOptions{Domain: d, Selector: "s", Signer: private, HeaderKeys: []string{"From", "Subject"}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), "s._domainkey." + d + " TXT v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
}

func TestCheck(t *testing.T) {
	good, key := signed(t, "example.org")
	foreign, foreignKey := signed(t, "sender.example")
	spoiled := bytes.Replace(good, []byte("hello"), []byte("hullo"), 1)
	for _, c := range []struct {
		name             string
		raw              []byte
		dns              []string
		from             string
		dkim, spf, dmarc string
		policy           string
	}{
		{"nothing published", good, []string{key}, "tom@shop.example.org", "pass", "none", "none", ""},
		{"signed by the organisation", good, []string{key, "_dmarc.example.org TXT v=DMARC1; p=reject"}, "x@bounce.example", "pass", "none", "pass", "reject"},
		{"strict wants the very domain", good, []string{key, "_dmarc.example.org TXT v=DMARC1; p=reject; adkim=s"}, "x@bounce.example", "pass", "none", "fail", "reject"},
		{"a word was changed", spoiled, []string{key, "_dmarc.example.org TXT v=DMARC1; p=quarantine"}, "x@bounce.example", "fail", "none", "fail", "quarantine"},
		{"a good signature of somebody else", foreign, []string{foreignKey, "_dmarc.example.org TXT v=DMARC1; p=none"}, "x@sender.example", "pass", "none", "fail", "none"},
		{"SPF alone is enough", spoiled, []string{key, "_dmarc.example.org TXT v=DMARC1; p=none; sp=reject", "shop.example.org TXT v=spf1 ip4:192.0.2.5 -all"}, "tom@shop.example.org", "fail", "pass", "pass", "reject"},
		{"the key is gone", good, []string{"_dmarc.example.org TXT v=DMARC1; p=none"}, "x@bounce.example", "permerror", "none", "fail", "none"},
		{"the DNS is silent", good, []string{"s._domainkey.example.org TIMEOUT", "_dmarc.example.org TXT v=DMARC1; p=none"}, "x@bounce.example", "temperror", "none", "temperror", "none"},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		r := Check(ctx, records(c.dns...), c.raw, Envelope{IP: netip.MustParseAddr("192.0.2.5"), HELO: "mx.example.org", MailFrom: c.from})
		cancel()
		if r.DKIM != c.dkim || r.SPF != c.spf || r.DMARC != c.dmarc || r.Policy != c.policy || r.Domain != "shop.example.org" {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
	twice := append([]byte("From: The boss <boss@shop.example.org>\r\n"), good...)
	for name, raw := range map[string][]byte{"two senders": []byte("From: a@example.org, b@example.net\r\n\r\nx"), "a second From above the signed one": twice} {
		dns := records(key, "_dmarc.example.org TXT v=DMARC1; p=reject")
		if r := Check(context.Background(), dns, raw, Envelope{}); r.DMARC != "permerror" || r.SPF != "none" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestMacros(t *testing.T) {
	c := &spf{ip: netip.MustParseAddr("2001:db8::cb01"), helo: "mx.example.org", sender: "strong-bad@email.example.com"}
	for spec, want := range map[string]string{
		"%{s}": "strong-bad@email.example.com", "%{o}": "email.example.com", "%{d}": "email.example.com", "%{d4}": "email.example.com", "%{d2}": "example.com", "%{dr}": "com.example.email", "%{d2r}": "example.email", "%{l}": "strong-bad", "%{l-}": "strong.bad", "%{lr-}": "bad.strong", "%{l1r-}": "strong",
		"%{ir}.%{v}._spf.%{d2}": "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com", "a%%b%_c%-d": "a%b c%20d",
	} {
		if got, err := c.expand(spec, "email.example.com"); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", spec, got, err, want)
		}
	}
	for _, bad := range []string{"%", "%x", "%{", "%{x}", "%{d0}", "%{dx}", "%{c}"} {
		if validMacros(bad) {
			t.Errorf("%q passed", bad)
		}
	}
}
