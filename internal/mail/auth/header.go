package auth

import "kept/internal/mail/mime"

// FromHeader is replaced below.
func FromHeader(h mime.Header) Result { return None() }
