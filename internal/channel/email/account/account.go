// Package account reaches other people's mail servers: it resolves, connects, encrypts and signs in, for reading (IMAP) and for sending
// (SMTP), and says in one sentence what went wrong.
//
// Every connection goes through one guard. A server that an administrator typed into the settings may stand in a private network, because
// most companies that run their own mail server run it there; a server learned in any other way may not. The addresses that hand out cloud
// credentials (link-local) and those that are no single machine (multicast, unspecified) are never connected to. The guard looks at the
// address after resolving, at the moment of connecting, so that a name cannot be one thing when checked and another when used.
//
// Encryption is TLS from the first byte (993, 465) or STARTTLS (143, 587); plain text is for the same machine, and further only where the
// administrator said so for that server.
package account

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"kept/internal/fault"
)

// Security is how the connection to a server is encrypted.
type Security string

// The ways to encrypt.
const (
	TLS      Security = "tls"      // from the first byte
	StartTLS Security = "starttls" // after the greeting; never continued without it
	Plain    Security = "none"     // not at all
)

// A Server is a mail server as an administrator configured it.
type Server struct {
	Host       string
	Port       int
	Security   Security
	AllowPlain bool // plain text is meant, although the server is another machine
}

// Check says what is wrong with the settings of a server, field by field.
func (s Server) Check() error {
	problem := fault.New(fault.Invalid, "Check the server settings.")
	wrong := false
	refuse := func(field, sentence string) { problem.With(field, sentence); wrong = true }
	if s.Host == "" {
		refuse("host", "Enter the name of the mail server, such as mail.example.com.")
	}
	if s.Port < 1 || s.Port > 65535 {
		refuse("port", "Enter a port between 1 and 65535: 993 for IMAP, 587 for sending.")
	}
	switch s.Security {
	case TLS, StartTLS, Plain:
	default:
		refuse("security", "Choose tls, starttls or none.")
	}
	if wrong {
		return problem
	}
	return nil
}

// Address is host and port as net.Dial takes them.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// A Dialer makes guarded connections. The zero Dialer trusts the system's certificates and refuses private networks.
type Dialer struct {
	Private bool           // the hosts were named by an administrator: private networks and this machine are allowed
	Roots   *x509.CertPool // nil: the system's
	Timeout time.Duration  // of resolving, connecting and the TLS handshake together; 0: 20 s
}

// Dial connects to s and, where s says TLS, finishes the handshake. A StartTLS connection is returned still plain: the protocol upgrades it
// with TLSConfig.
func (d Dialer) Dial(ctx context.Context, s Server) (net.Conn, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout())
	defer cancel()
	raw, err := d.DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return nil, Explain(err, s)
	}
	if s.Security == Plain && !s.AllowPlain && !loopback(raw.RemoteAddr()) {
		raw.Close()
		return nil, fault.New(fault.Invalid,
			"%s would be reached without encryption, so anybody on the way could read the password. Choose tls or starttls, or allow plain text for this server.", s.Host)
	}
	if s.Security != TLS {
		return raw, nil
	}
	conn := tls.Client(raw, d.TLSConfig(s))
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, Explain(err, s)
	}
	return conn, nil
}

// DialContext connects to an address through the guard; it is what an HTTP transport takes.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	n := net.Dialer{Timeout: d.timeout(), KeepAlive: time.Minute, Control: func(_, at string, _ syscall.RawConn) error { return d.guard(at) }}
	return n.DialContext(ctx, network, address)
}

// TLSConfig is the client side of TLS for s: TLS 1.2 or newer, certificate and name checked.
func (d Dialer) TLSConfig(s Server) *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: d.Roots, MinVersion: tls.VersionTLS12}
}

func (d Dialer) timeout() time.Duration {
	if d.Timeout > 0 {
		return d.Timeout
	}
	return 20 * time.Second
}

// errGuarded is an address the guard refuses.
type errGuarded struct{ addr netip.Addr }

func (e errGuarded) Error() string { return fmt.Sprintf("address %s is not connected to", e.addr) }

// special are addresses that lie inside a network or lead there, although netip does not call them private (RFC 6890): shared, benchmark
// and reserved space, and the forms of IPv6 that carry an IPv4 address, which a gateway may unwrap.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")

// credentials are the addresses beside link-local at which clouds hand out credentials (Amazon's in IPv6, Alibaba's, Oracle's).
var credentials = prefixes("fd00:ec2::254/128", "100.100.100.200/32", "192.0.0.192/32")

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

func within(addr netip.Addr, nets []netip.Prefix) bool {
	return slices.ContainsFunc(nets, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// guard refuses an address (host:port, already resolved) that must not be connected to.
func (d Dialer) guard(at string) error {
	ap, err := netip.ParseAddrPort(at)
	if err != nil {
		return err
	}
	addr := ap.Addr().Unmap().WithZone("")
	switch {
	case addr.IsUnspecified(), addr.IsMulticast(), addr.IsLinkLocalUnicast(), addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}), within(addr, credentials):
		return errGuarded{addr}
	case !d.Private && (addr.IsLoopback() || addr.IsPrivate() || within(addr, special)):
		return errGuarded{addr}
	}
	return nil
}

func loopback(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	return err == nil && ap.Addr().Unmap().IsLoopback()
}
