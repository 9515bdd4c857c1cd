package auth

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
)

// A Resolver answers questions to the DNS. No records is an empty answer, not an error; an error means that nothing could be found out.
type Resolver interface {
	TXT(ctx context.Context, name string) ([]string, error) // the strings of one record joined
	Addresses(ctx context.Context, name string, v6 bool) ([]netip.Addr, error)
	MX(ctx context.Context, name string) ([]string, error)
	PTR(ctx context.Context, ip netip.Addr) ([]string, error)
}

// DNS asks the system's resolver, or the one given.
type DNS struct{ Resolver *net.Resolver }

func (d DNS) resolver() *net.Resolver {
	if d.Resolver == nil {
		return net.DefaultResolver
	}
	return d.Resolver
}

// quiet turns "no such name" into an empty answer.
func quiet[T any](v []T, err error) ([]T, error) {
	var dnsErr *net.DNSError
	if errors.As(err, &dnsErr) && dnsErr.IsNotFound {
		return nil, nil
	}
	return v, err
}

// TXT implements Resolver.
func (d DNS) TXT(ctx context.Context, name string) ([]string, error) {
	return quiet(d.resolver().LookupTXT(ctx, name))
}

// Addresses implements Resolver.
func (d DNS) Addresses(ctx context.Context, name string, v6 bool) ([]netip.Addr, error) {
	network := "ip4"
	if v6 {
		network = "ip6"
	}
	return quiet(d.resolver().LookupNetIP(ctx, network, name))
}

// MX implements Resolver.
func (d DNS) MX(ctx context.Context, name string) ([]string, error) {
	records, err := quiet(d.resolver().LookupMX(ctx, name))
	var out []string
	for _, r := range records {
		out = append(out, strings.TrimSuffix(r.Host, "."))
	}
	return out, err
}

// PTR implements Resolver.
func (d DNS) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	return quiet(d.resolver().LookupAddr(ctx, ip.String()))
}

// texts is the question for TXT records as the DKIM and DMARC libraries want it: their own kind of error when nothing could be found out.
func texts(ctx context.Context, dns Resolver) func(string) ([]string, error) {
	return func(name string) ([]string, error) {
		out, err := dns.TXT(ctx, name)
		if err != nil {
			return nil, &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true}
		}
		return out, nil
	}
}
