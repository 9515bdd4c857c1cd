package receiver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kept/internal/fault"
)

// Certificate gives the TLS settings for STARTTLS: with the certificate and key in the files named, read again when they change (renewals
// need no restart), or with one of our own making in dir. Mail systems encrypt to any certificate (RFC 7435), so that our own is better
// than none.
func Certificate(certFile, keyFile, dir, host string, now time.Time) (*tls.Config, error) {
	if (certFile == "") != (keyFile == "") {
		return nil, fault.New(fault.Invalid, "Name both the certificate and its key, or neither.")
	}
	if certFile == "" {
		certFile, keyFile = filepath.Join(dir, "smtp.crt"), filepath.Join(dir, "smtp.key")
		if err := ensureOwn(certFile, keyFile, host, now); err != nil {
			return nil, fmt.Errorf("make a certificate: %w", err)
		}
	}
	f := &certFiles{cert: certFile, key: keyFile}
	if _, err := f.get(nil); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The certificate %s cannot be used. Check the file and its key.", certFile)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: f.get}, nil
}

type certFiles struct {
	cert, key string
	mu        sync.Mutex
	loaded    *tls.Certificate
	changed   time.Time
}

// get gives the certificate in the files. Where a renewed one cannot be read yet, the one before stays in use.
func (f *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.cert)
	if err == nil && f.loaded != nil && info.ModTime().Equal(f.changed) {
		return f.loaded, nil
	}
	pair, loadErr := tls.LoadX509KeyPair(f.cert, f.key)
	if err := errors.Join(err, loadErr); err != nil {
		if f.loaded != nil {
			return f.loaded, nil
		}
		return nil, err
	}
	f.loaded, f.changed = &pair, info.ModTime()
	return f.loaded, nil
}

// ensureOwn makes a self-signed pair unless one that lasts another month is there.
func ensureOwn(certFile, keyFile, host string, now time.Time) error {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err == nil && pair.Leaf != nil && now.AddDate(0, 1, 0).Before(pair.Leaf.NotAfter) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(writePEM(keyFile, "PRIVATE KEY", secret), writePEM(certFile, "CERTIFICATE", der))
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
