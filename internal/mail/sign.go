package mail

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"

	"github.com/emersion/go-msgauth/dkim"

	"kept/internal/fault"
)

// A Signer puts a DKIM signature on outgoing mail (RFC 6376, RFC 8463).
type Signer struct {
	domain, selector string
	key              crypto.Signer
}

// signedFields are signed whether present or not, so that nobody can add a second one on the way.
var signedFields = []string{"From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To", "Sender", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted"}

// NewSigner reads a private key in PEM form (PKCS #1 or #8; RSA or Ed25519) for selector._domainkey.domain.
func NewSigner(domain, selector string, key []byte) (*Signer, error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, fault.New(fault.Invalid, "This is not a private key in PEM form. Paste the whole file, from BEGIN to END.")
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return &Signer{domain, selector, k}, nil
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "We cannot read this private key. Use an RSA or Ed25519 key without a password.")
	}
	signer, ok := k.(crypto.Signer)
	if !ok {
		return nil, fault.New(fault.Invalid, "This kind of key cannot sign mail. Use an RSA or Ed25519 key.")
	}
	return &Signer{domain, selector, signer}, nil
}

func (s *Signer) sign(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderKeys: signedFields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "We could not sign this mail. Check the DKIM key of the desk.")
	}
	return out.Bytes(), nil
}
