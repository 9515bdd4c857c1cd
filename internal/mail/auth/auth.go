// Package auth tells whether a mail comes from where it says.
package auth

// Result is a verdict per method, in the words of RFC 8601 section 2.7: pass, fail, softfail, neutral, none, temperror, permerror, policy.
type Result struct{ DKIM, SPF, DMARC string }

// None is the result where nothing is known.
func None() Result { return Result{"none", "none", "none"} }
