// Package secret keeps passwords and tokens that Kept must be able to read back (mailbox and relay logins) unreadable at rest.
//
// One 256-bit key seals everything with AES-256-GCM and a fresh random nonce. The key comes from the administrator, or is made at the
// first start and kept in secret.key beside the data, readable by the owner alone. A sealed text is
//
//	v1.base64url( nonce[12] | ciphertext | tag[16] )
//
// and is bound to a purpose ("mailbox", "relay"): text sealed for one purpose does not open for another, so a row copied into another
// column of the database opens nothing. What a copy of the database alone gives away is the length of a password.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kept/internal/fault"
)

// KeyFile is the name of the key beside the data.
const KeyFile = "secret.key"

const (
	keySize = 32
	version = "v1."
)

// A Box seals and opens short texts with one key. It is safe for concurrent use.
type Box struct{ aead cipher.AEAD }

// Load gives the box of the installation: with the given key (64 hex digits or base64 of 32 bytes) where there is one, else with the key in
// dir, which is made where there is none yet. Two processes starting together end up with the same key.
func Load(dir, given string) (*Box, error) {
	if given != "" {
		key, err := decodeKey(given)
		if err != nil {
			return nil, err
		}
		return New(key)
	}
	path := filepath.Join(dir, KeyFile)
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	return New(key)
}

// New gives the box of a 32 byte key.
func New(key []byte) (*Box, error) {
	if len(key) != keySize {
		return nil, fault.New(fault.Invalid, "The secret key must have 32 bytes; this one has %d.", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("secret: cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("secret: gcm: %w", err)
	}
	return &Box{aead: aead}, nil
}

// Seal makes plain unreadable for everyone without the key. The empty text stays empty: no secret is not a secret.
func (b *Box) Seal(purpose, plain string) string {
	if plain == "" {
		return ""
	}
	nonce := make([]byte, b.aead.NonceSize())
	rand.Read(nonce)
	return version + base64.RawURLEncoding.EncodeToString(b.aead.Seal(nonce, nonce, []byte(plain), []byte(purpose)))
}

// Open gives back what Seal was given for the same purpose.
func (b *Box) Open(purpose, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	body, ok := strings.CutPrefix(sealed, version)
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if !ok || err != nil || len(raw) < b.aead.NonceSize() {
		return "", fault.Wrap(err, fault.Invalid, "A stored password is damaged. Enter it again in the settings.")
	}
	nonce, text := raw[:b.aead.NonceSize()], raw[b.aead.NonceSize():]
	plain, err := b.aead.Open(nil, nonce, text, []byte(purpose))
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid,
			"A stored password cannot be read with this secret key. Put the right %s back, or enter the password again in the settings.", KeyFile)
	}
	return string(plain), nil
}

func decodeKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if key, err := hex.DecodeString(text); err == nil && len(key) == keySize {
		return key, nil
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := enc.DecodeString(text); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, fault.New(fault.Invalid, "The secret key must be 32 bytes, written as 64 hexadecimal digits or in base64. `openssl rand -hex 32` makes one.")
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	key, err := decodeKey(string(text))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The key file %s is damaged. Put its backup back; without it stored passwords cannot be read.", path)
	}
	return key, nil
}

// makeKey writes a new key completely before it gets its name, so that nobody ever reads half a key, and lets the first of several
// makers win.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	rand.Read(key)
	f, err := os.CreateTemp(filepath.Dir(path), "."+KeyFile+"-*") // CreateTemp gives mode 0600
	if err != nil {
		return nil, fmt.Errorf("secret: make key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return nil, fmt.Errorf("secret: write key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("secret: name key: %w", err)
	}
	return readKey(path)
}
