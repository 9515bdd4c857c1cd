package auth

import (
	"context"
	"strings"

	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"
)

// checkDMARC fills DMARC and Policy (RFC 7489 sections 3.1 and 6.6): the mail passes when SPF or DKIM passed for a domain aligned with the one in From.
func (r *Result) checkDMARC(ctx context.Context, dns Resolver) {
	record, own, err := findPolicy(ctx, dns, r.Domain)
	switch {
	case err != nil && dmarc.IsTempFail(err):
		r.DMARC = "temperror"
		return
	case err == dmarc.ErrNoPolicy:
		return
	case err != nil:
		r.DMARC = "permerror"
		return
	}
	r.Policy = string(record.Policy)
	if !own && record.SubdomainPolicy != "" {
		r.Policy = string(record.SubdomainPolicy)
	}
	r.DMARC = "fail"
	if r.SPF == "pass" && aligned(r.SPFDomain, r.Domain, record.SPFAlignment == dmarc.AlignmentStrict) {
		r.DMARC = "pass"
	}
	for _, d := range r.DKIMDomains {
		if aligned(d, r.Domain, record.DKIMAlignment == dmarc.AlignmentStrict) {
			r.DMARC = "pass"
		}
	}
	if r.DMARC == "fail" && (r.SPF == "temperror" || r.DKIM == "temperror") {
		r.DMARC = "temperror"
	}
}

// findPolicy asks the domain, then its organisation; own tells which of the two answered.
func findPolicy(ctx context.Context, dns Resolver, domain string) (record *dmarc.Record, own bool, err error) {
	options := &dmarc.LookupOptions{LookupTXT: texts(ctx, dns)}
	record, err = dmarc.LookupWithOptions(domain, options)
	if err != dmarc.ErrNoPolicy {
		return record, true, err
	}
	org := organisational(domain)
	if org == domain {
		return nil, false, err
	}
	record, err = dmarc.LookupWithOptions(org, options)
	return record, false, err
}

// aligned compares two domains: equal, or with relaxed alignment of one organisation.
func aligned(a, b string, strict bool) bool {
	a, b = strings.ToLower(strings.TrimSuffix(a, ".")), strings.ToLower(strings.TrimSuffix(b, "."))
	return a == b || !strict && organisational(a) == organisational(b)
}

// organisational is the registered domain above a name, by the public suffix list.
func organisational(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return org
}
