// Package auth tells whether a mail comes from where it says.
//
// There are two sources. A mail that another server received for us carries that server's verdicts in its header
// (Authentication-Results, RFC 8601; Received-SPF, RFC 7208 section 9.1): FromHeader reads them, believing only the
// servers named as trusted where any are named. A mail that came to our own receiver is checked by Check: SPF over the
// envelope (RFC 7208, spf.go), DKIM over the bytes (RFC 6376), and DMARC, which asks whether one of the two passed for
// the domain that the reader sees (RFC 7489, dmarc.go). All questions to the DNS go through a Resolver.
package auth

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"

	"kept/internal/mail/mime"
)

// Result is one verdict per method in the words of RFC 8601 section 2.7: pass, fail, softfail, neutral, none, temperror, permerror, policy.
type Result struct {
	DKIM, SPF, DMARC string
	Server           string   // the authserv-id whose verdicts these are, "" for our own
	Domain           string   // the domain in From that DMARC speaks of
	SPFDomain        string   // the domain that SPF was checked for
	DKIMDomains      []string // domains with a valid signature
	Policy           string   // what the domain asks to be done on failure: none, quarantine, reject, or ""
}

// None is the result where nothing is known.
func None() Result { return Result{DKIM: "none", SPF: "none", DMARC: "none"} }

// Envelope is what SMTP told us of a mail.
type Envelope struct {
	IP       netip.Addr
	HELO     string
	MailFrom string // "" for the null return path
}

// FromHeader reads the verdicts that a mail carries. With trusted names only those servers are believed; without any, the topmost field is taken as
// information for the reader. A verdict is only as good as the server that gave it: anybody can write such a field.
func FromHeader(h mime.Header, trusted ...string) Result {
	r, said := None(), map[string]bool{}
	for _, v := range h.All("Authentication-Results") {
		id, results, err := authres.Parse(v)
		if err != nil || !isTrusted(id, trusted) {
			id, results = looseResults(v)
			if len(results) == 0 || !isTrusted(id, trusted) {
				continue
			}
		}
		r.Server = orElse(r.Server, id)
		for _, res := range unspoken(results, said) {
			r.take(res)
		}
	}
	if r.SPF == "none" && len(trusted) == 0 {
		if v := h.Get("Received-Spf"); v != "" {
			r.SPF = verdict(strings.Fields(v + " ")[0])
		}
	}
	return r
}

func isTrusted(id string, trusted []string) bool {
	for _, t := range trusted {
		if strings.EqualFold(t, id) {
			return true
		}
	}
	return len(trusted) == 0
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// unspoken leaves out verdicts on methods that a field above spoke about, be it to say none: what stands below came earlier, perhaps from
// the sender. It adds to said what the rest speak about.
func unspoken(results []authres.Result, said map[string]bool) []authres.Result {
	var out []authres.Result
	here := map[string]bool{}
	for _, res := range results {
		if method := fmt.Sprintf("%T", res); !said[method] {
			out = append(out, res)
			here[method] = true
		}
	}
	maps.Copy(said, here)
	return out
}

// take keeps the first verdict of each method within a field, and a passing DKIM signature before a failing one.
func (r *Result) take(res authres.Result) {
	switch v := res.(type) {
	case *authres.DKIMResult:
		val := verdict(string(v.Value))
		if r.DKIM == "none" || val == "pass" {
			r.DKIM = val
		}
		if val == "pass" {
			r.DKIMDomains = append(r.DKIMDomains, v.Domain)
		}
	case *authres.SPFResult:
		if r.SPF == "none" {
			r.SPF, r.SPFDomain = verdict(string(v.Value)), domainOf(v.From)
		}
	case *authres.DMARCResult:
		if r.DMARC == "none" {
			r.DMARC, r.Domain = verdict(string(v.Value)), v.From
		}
	}
}

// looseResults reads a field that does not follow the grammar: "id; method=value …; method=value …".
func looseResults(v string) (id string, out []authres.Result) {
	parts := strings.Split(v, ";")
	for i, p := range parts {
		word := strings.Fields(p)
		if len(word) == 0 {
			continue
		}
		method, val, ok := strings.Cut(word[0], "=")
		if i == 0 && !ok {
			id = word[0]
			continue
		}
		switch strings.ToLower(method) {
		case "dkim":
			out = append(out, &authres.DKIMResult{Value: authres.ResultValue(val)})
		case "spf":
			out = append(out, &authres.SPFResult{Value: authres.ResultValue(val)})
		case "dmarc":
			out = append(out, &authres.DMARCResult{Value: authres.ResultValue(val)})
		}
	}
	return id, out
}

var verdicts = map[string]string{"pass": "pass", "fail": "fail", "hardfail": "fail", "softfail": "softfail", "neutral": "neutral", "none": "none", "temperror": "temperror", "error": "temperror", "permerror": "permerror", "unknown": "permerror", "policy": "policy", "bestguesspass": "pass"}

func verdict(s string) string {
	return orElse(verdicts[strings.ToLower(strings.Trim(s, "(;: "))], "none")
}

// maxSignatures bounds how many DKIM signatures of one mail are verified.
const maxSignatures = 8

// Check verifies a mail that we received ourselves. It asks the DNS; give it a context with a deadline. What cannot be found out is temperror, never an error.
func Check(ctx context.Context, dns Resolver, raw []byte, e Envelope) Result {
	r := None()
	if e.IP.IsValid() {
		r.SPF, r.SPFDomain = SPF(ctx, dns, e)
	}
	r.DKIM, r.DKIMDomains = verifyDKIM(ctx, dns, raw)
	fields := mime.ParseHeader(string(raw[:min(len(raw), 1<<20)])).All("From")
	from := mime.Addresses(strings.Join(fields, ", "))
	switch {
	case len(fields) > 1 || len(from) > 1: // a signature covers one of them, and the reader sees another (RFC 7489 6.6.1)
		r.DMARC = "permerror"
	case len(from) == 1:
		r.Domain = domainOf(from[0].Address)
		r.checkDMARC(ctx, dns)
	}
	return r
}

// verifyDKIM says pass when any signature is good, and for which domains.
func verifyDKIM(ctx context.Context, dns Resolver, raw []byte) (string, []string) {
	if !bytes.Contains(raw, []byte("\r\n")) {
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
	}
	vs, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT:        texts(ctx, dns),
		MaxVerifications: maxSignatures,
	})
	if err != nil && err != dkim.ErrTooManySignatures {
		return "permerror", nil
	}
	verdict, domains := "none", []string(nil)
	for _, v := range vs {
		switch {
		case v.Err == nil:
			domains = append(domains, strings.ToLower(v.Domain))
		case dkim.IsTempFail(v.Err) && verdict != "fail":
			verdict = "temperror"
		case dkim.IsPermFail(v.Err) && verdict == "none":
			verdict = "permerror"
		case verdict != "temperror":
			verdict = "fail"
		}
	}
	if len(domains) > 0 {
		verdict = "pass"
	}
	return verdict, domains
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
