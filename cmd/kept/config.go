package main

import (
	"net/netip"
	"net/url"
	"strings"

	"kept/internal/fault"
)

// Config is every setting of a server. What a team decides for itself (desks, mailboxes, people, hours) is set in the product.
type Config struct {
	Place

	Listen  string   `env:"KEPT_LISTEN" default:"localhost:8080" placeholder:"ADDR" help:"Where browsers and programs reach Kept."`
	SMTP    string   `env:"KEPT_SMTP" name:"smtp" placeholder:"ADDR" help:"Take mail by SMTP here, such as :25; empty takes none."`
	LMTP    string   `env:"KEPT_LMTP" name:"lmtp" placeholder:"ADDR" help:"Take mail by LMTP here; a path is a socket."`
	URL     string   `env:"KEPT_URL" name:"url" placeholder:"URL" help:"Where browsers reach this Kept from outside, such as https://desk.example.com."`
	Proxies []string `env:"KEPT_TRUSTED_PROXIES" name:"trusted-proxy" placeholder:"NET" help:"Proxy whose X-Forwarded-For is believed, such as 10.0.0.0/8. Repeatable."`

	MailDomain  string `env:"KEPT_MAIL_DOMAIN" placeholder:"NAME" default:"localhost" help:"The name by which the SMTP receiver greets."`
	TLSCert     string `env:"KEPT_TLS_CERT" type:"path" placeholder:"FILE" help:"Certificate for STARTTLS; without one Kept makes its own."`
	TLSKey      string `env:"KEPT_TLS_KEY" type:"path" placeholder:"FILE" help:"Its private key."`
	AllowPlain  bool   `env:"KEPT_ALLOW_PLAIN_MAIL" name:"allow-plain-mail" help:"Let mailboxes and relays on other machines be used without encryption where their settings say so."`
	MaxMailMB   int64  `env:"KEPT_MAX_MAIL_MB" default:"100" help:"Largest mail taken in, in MB."`
	MaxUploadMB int64  `env:"KEPT_MAX_UPLOAD_MB" default:"25" help:"Largest attachment of an answer, in MB."`
	Metrics     string `env:"KEPT_METRICS" default:"open" enum:"open,token,off" help:"Who may read /metrics (numbers only): open, token (of an owner), off."`
}

// proxies reads the networks of the trusted proxies.
func (c Config) proxies() ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for _, text := range c.Proxies {
		p, err := netip.ParsePrefix(text)
		if err != nil && !strings.Contains(text, "/") {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err == nil {
				p = netip.PrefixFrom(a, a.BitLen())
			}
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "%q is not an address or network. Write a trusted proxy as 10.0.0.7 or 10.0.0.0/8.", text)
		}
		nets = append(nets, p)
	}
	return nets, nil
}

// origin is where browsers reach this Kept from outside, as they write it themselves; "" where nobody said.
func (c Config) origin() (string, error) {
	if c.URL == "" {
		return "", nil
	}
	u, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.String() != u.Scheme+"://"+u.Host {
		return "", fault.New(fault.Invalid, "%q is not where a browser finds Kept. Write --url as https://desk.example.com, with nothing after the name.", c.URL)
	}
	return u.String(), nil
}
