package team

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"kept/internal/fault"
)

// Limits of a password, in characters. There are no rules about digits or signs: length is what helps (NIST SP 800-63B).
const (
	PasswordMin = 10
	PasswordMax = 200
)

// cost is what one hash takes. 19 MiB and two passes on one lane is the first choice of the OWASP password storage sheet; it keeps a
// burst of sign-ins inside the memory of a small machine. A stored hash names its own cost, so that raising it here breaks nobody.
type cost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

var hashCost = cost{memory: 19 * 1024, passes: 2, lanes: 1}

const saltBytes, keyBytes = 16, 32

// hasher bounds how many hashes run at once: each takes 19 MiB, and a flood of sign-ins must not take the machine.
type hasher struct {
	slots chan struct{} // held while a hash runs
	queue chan struct{} // held while waiting or running
}

func newHasher(atOnce int) *hasher {
	return &hasher{slots: make(chan struct{}, atOnce), queue: make(chan struct{}, atOnce*16)}
}

func (h *hasher) run(ctx context.Context, fn func()) error {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return fault.New(fault.TooMany, "Too many people are signing in at once. Try again in a few seconds.")
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	fn()
	return nil
}

// hash returns password in the PHC string form: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	var key []byte
	err := h.run(ctx, func() {
		key = argon2.IDKey([]byte(password), salt, hashCost.passes, hashCost.memory, hashCost.lanes, keyBytes)
	})
	return encode(hashCost, salt, key), err
}

func encode(c cost, salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// nobody is the hash of no password. Checking against it takes as long as checking a real one, so that the time of an answer does
// not tell which addresses have a seat.
var nobody = encode(hashCost, make([]byte, saltBytes), make([]byte, keyBytes))

// matches reports whether password belongs to the stored hash; an empty hash matches nothing and costs the same time.
func (h *hasher) matches(ctx context.Context, stored, password string) (bool, error) {
	if stored == "" {
		_, err := h.matches(ctx, nobody, password)
		return false, err
	}
	c, salt, key, err := decode(stored)
	if err != nil {
		return false, err
	}
	var got []byte
	if err := h.run(ctx, func() {
		got = argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, uint32(len(key)))
	}); err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}

func decode(stored string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return c, nil, nil, fmt.Errorf("a stored password is not in the argon2id form")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, fmt.Errorf("read the cost of a stored password: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, fmt.Errorf("read the salt of a stored password: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return c, nil, nil, fmt.Errorf("read a stored password: %w", err)
	}
	return c, salt, key, nil
}

// checkPassword refuses what is too short to protect anybody, or is the person's own address.
func checkPassword(password, email string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < PasswordMin:
		return invalid("password", "Choose a password of at least %d characters; a few words in a row are easy to remember.", PasswordMin)
	case n > PasswordMax:
		return invalid("password", "Choose a password of at most %d characters.", PasswordMax)
	case strings.EqualFold(password, email):
		return invalid("password", "Choose a password that is not your address.")
	}
	return nil
}

// invalid is a fault about one field: the sentence stands for the whole and beside the field.
func invalid(field, sentence string, args ...any) error {
	sentence = fmt.Sprintf(sentence, args...)
	return fault.New(fault.Invalid, "%s", sentence).With(field, sentence)
}
