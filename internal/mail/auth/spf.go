package auth

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// The limits of RFC 7208 section 4.6.4.
const (
	maxLookups = 10 // terms that ask the DNS
	maxVoid    = 2  // questions without an answer
	maxNames   = 10 // MX or PTR names looked at
)

var (
	errPerm = errors.New("spf: the record cannot be read")
	errTemp = errors.New("spf: the DNS did not answer")
)

// SPF evaluates the sender's policy for the client address (RFC 7208 check_host) and says for which domain.
func SPF(ctx context.Context, dns Resolver, e Envelope) (verdict, domain string) {
	c := &spf{ctx: ctx, dns: dns, ip: e.IP.Unmap(), helo: e.HELO, sender: e.MailFrom}
	if c.sender == "" {
		c.sender = "postmaster@" + e.HELO
	}
	if strings.HasPrefix(c.sender, "@") {
		c.sender = "postmaster" + c.sender
	}
	domain = c.sender[strings.LastIndexByte(c.sender, '@')+1:]
	if !queryable(domain) || !strings.Contains(strings.Trim(domain, "."), ".") || strings.HasPrefix(domain, "[") {
		return "none", domain
	}
	verdict, err := c.check(domain)
	return failing(verdict, err), strings.ToLower(domain)
}

func failing(verdict string, err error) string {
	switch err {
	case nil:
		return verdict
	case errTemp:
		return "temperror"
	}
	return "permerror"
}

// spf is one evaluation with its budget.
type spf struct {
	ctx           context.Context
	dns           Resolver
	ip            netip.Addr
	helo, sender  string
	lookups, void int
}

// check evaluates the record of a domain; "none" means that it has none.
func (c *spf) check(domain string) (string, error) {
	record, err := c.record(domain)
	if err != nil || record == "" {
		return "none", err
	}
	terms, redirect, err := parseRecord(record)
	if err != nil {
		return "", err
	}
	for _, t := range terms {
		match, err := c.matches(t, domain)
		if err != nil {
			return "", err
		}
		if match {
			return t.verdict, nil
		}
	}
	if redirect == "" {
		return "neutral", nil
	}
	return c.redirect(redirect, domain)
}

func (c *spf) redirect(spec, domain string) (string, error) {
	if err := c.spend(); err != nil {
		return "", err
	}
	target, err := c.expand(spec, domain)
	if err != nil {
		return "", err
	}
	if !queryable(target) {
		return "", errPerm
	}
	verdict, err := c.check(target)
	if err == nil && verdict == "none" {
		return "", errPerm
	}
	return verdict, err
}

// record finds the one SPF record of a domain.
func (c *spf) record(domain string) (string, error) {
	answers, err := c.dns.TXT(c.ctx, domain)
	if err != nil {
		return "", errTemp
	}
	found := ""
	for _, a := range answers {
		if l := strings.ToLower(a); l != "v=spf1" && !strings.HasPrefix(l, "v=spf1 ") {
			continue
		}
		if found != "" {
			return "", errPerm
		}
		found = a
	}
	return found, nil
}

func (c *spf) spend() error {
	if c.lookups++; c.lookups > maxLookups {
		return errPerm
	}
	return nil
}

// answered counts questions that came back empty.
func (c *spf) answered(n int, err error) error {
	if err != nil {
		return errTemp
	}
	if n == 0 {
		if c.void++; c.void > maxVoid {
			return errPerm
		}
	}
	return nil
}

// matches asks whether a mechanism covers the client.
func (c *spf) matches(t term, domain string) (bool, error) {
	switch t.name {
	case "all":
		return true, nil
	case "ip4", "ip6":
		return t.prefix.Contains(c.ip), nil
	}
	if err := c.spend(); err != nil {
		return false, err
	}
	target := domain
	if t.spec != "" {
		var err error
		if target, err = c.expand(t.spec, domain); err != nil {
			return false, err
		}
	}
	if !queryable(target) {
		return false, nil
	}
	switch t.name {
	case "include":
		return c.include(target)
	case "a":
		return c.address(target, t, true)
	case "mx":
		return c.mx(target, t)
	case "ptr":
		return c.ptr(target)
	}
	addrs, err := c.dns.Addresses(c.ctx, target, false)
	return len(addrs) > 0, c.answered(len(addrs), err)
}

func (c *spf) include(target string) (bool, error) {
	verdict, err := c.check(target)
	if err == nil && verdict == "none" {
		err = errPerm
	}
	return verdict == "pass", err
}

func (c *spf) address(name string, t term, counted bool) (bool, error) {
	addrs, err := c.dns.Addresses(c.ctx, name, c.ip.Is6())
	if counted {
		if err := c.answered(len(addrs), err); err != nil {
			return false, err
		}
	} else if err != nil {
		return false, errTemp
	}
	bits := t.bits4
	if c.ip.Is6() {
		bits = t.bits6
	}
	for _, a := range addrs {
		if p, err := a.Unmap().Prefix(bits); err == nil && p.Contains(c.ip) {
			return true, nil
		}
	}
	return false, nil
}

func (c *spf) mx(target string, t term) (bool, error) {
	hosts, err := c.dns.MX(c.ctx, target)
	if err := c.answered(len(hosts), err); err != nil {
		return false, err
	}
	if len(hosts) > maxNames {
		return false, errPerm
	}
	for _, h := range hosts {
		if match, err := c.address(h, t, false); match || err != nil {
			return match, err
		}
	}
	return false, nil
}

// ptr is true when a confirmed name of the client is the target or lies below it (RFC 7208 5.5).
func (c *spf) ptr(target string) (bool, error) {
	for _, name := range c.confirmed() {
		if strings.EqualFold(name, target) || strings.HasSuffix(strings.ToLower(name), "."+strings.ToLower(target)) {
			return true, nil
		}
	}
	return false, nil
}

// confirmed are the names of the client that point back at it; errors only mean that there are fewer.
func (c *spf) confirmed() []string {
	names, _ := c.dns.PTR(c.ctx, c.ip)
	var out []string
	for i, n := range names {
		if i == maxNames {
			break
		}
		n = strings.TrimSuffix(n, ".")
		addrs, err := c.dns.Addresses(c.ctx, n, c.ip.Is6())
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if a.Unmap() == c.ip {
				out = append(out, n)
				break
			}
		}
	}
	return out
}

// term is one mechanism with the verdict of its qualifier.
type term struct {
	name, spec   string
	verdict      string
	bits4, bits6 int
	prefix       netip.Prefix
}

var qualifiers = map[byte]string{'+': "pass", '-': "fail", '~': "softfail", '?': "neutral"}

// parseRecord reads all terms before any is evaluated, because one that is wrong spoils the record (RFC 7208 4.6).
func parseRecord(record string) (terms []term, redirect string, err error) {
	for i := 0; i < len(record); i++ {
		if record[i] >= 0x80 || record[i] < ' ' {
			return nil, "", errPerm
		}
	}
	seen := map[string]bool{}
	for _, word := range strings.FieldsFunc(record[len("v=spf1"):], func(r rune) bool { return r == ' ' }) {
		if name, value, ok := modifier(word); ok {
			if (name == "redirect" || name == "exp") && (seen[name] || value == "" || !validSpec(value)) || !validMacros(value) {
				return nil, "", errPerm
			}
			if seen[name] = true; name == "redirect" {
				redirect = value
			}
			continue
		}
		t, err := mechanism(word)
		if err != nil {
			return nil, "", err
		}
		terms = append(terms, t)
	}
	return terms, redirect, nil
}

// modifier splits name=value; the name starts with a letter.
func modifier(word string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(word, "=")
	if !ok || name == "" || !isAlpha(name[0]) {
		return "", "", false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; !isAlpha(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.' {
			return "", "", false
		}
	}
	return strings.ToLower(name), value, true
}

func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func mechanism(word string) (term, error) {
	t := term{verdict: "pass", bits4: 32, bits6: 128}
	if v, ok := qualifiers[word[0]]; ok {
		t.verdict, word = v, word[1:]
	}
	end := strings.IndexAny(word, ":/")
	if end < 0 {
		end = len(word)
	}
	t.name = strings.ToLower(word[:end])
	rest := word[end:]
	switch t.name {
	case "all":
		return t, unless(rest == "")
	case "ip4", "ip6":
		return t.network(rest)
	case "include", "exists":
		t.spec = strings.TrimPrefix(rest, ":")
		return t, unless(strings.HasPrefix(rest, ":") && validSpec(t.spec))
	case "a", "mx":
		return t.target(rest)
	case "ptr":
		t.spec = strings.TrimPrefix(rest, ":")
		return t, unless(rest == "" || strings.HasPrefix(rest, ":") && validSpec(t.spec))
	}
	return t, errPerm
}

func unless(ok bool) error {
	if ok {
		return nil
	}
	return errPerm
}

// network reads ":address/bits" of ip4 and ip6.
func (t term) network(rest string) (term, error) {
	text, ok := strings.CutPrefix(rest, ":")
	address, bits, slashed := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(address)
	if !ok || err != nil || addr.Is4() != (t.name == "ip4") || addr.Zone() != "" {
		return t, errPerm
	}
	n := addr.BitLen()
	if slashed {
		if n, ok = length(bits, addr.BitLen()); !ok {
			return t, errPerm
		}
	}
	t.prefix, err = addr.Prefix(n)
	return t, unless(err == nil)
}

// target reads ":domain/bits4//bits6" of a and mx.
func (t term) target(rest string) (term, error) {
	ok := true
	if head, bits, found := cutDigits(rest, "//"); found {
		if t.bits6, ok = length(bits, 128); !ok {
			return t, errPerm
		}
		rest = head
	}
	if head, bits, found := cutDigits(rest, "/"); found {
		if t.bits4, ok = length(bits, 32); !ok {
			return t, errPerm
		}
		rest = head
	}
	t.spec = strings.TrimPrefix(rest, ":")
	return t, unless(rest == "" || strings.HasPrefix(rest, ":") && validSpec(t.spec))
}

// cutDigits splits a prefix length off the end; a slash with anything else behind it belongs to the name.
func cutDigits(s, mark string) (head, digits string, found bool) {
	i := strings.LastIndex(s, mark)
	if i < 0 || i+len(mark) == len(s) || strings.Trim(s[i+len(mark):], "0123456789") != "" {
		return s, "", false
	}
	return s[:i], s[i+len(mark):], true
}

// length reads a prefix length without leading zeros.
func length(s string, limit int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && n <= limit && strconv.Itoa(n) == s
}

// queryable tells whether a name can be asked of the DNS at all.
func queryable(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	for _, l := range strings.Split(name, ".") {
		if l == "" || len(l) > 63 {
			return false
		}
	}
	return true
}
