package account

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"kept/internal/fault"
)

// Explain turns what went wrong on the way to s into a fault whose sentence says what to check. A fault stays as it is.
func Explain(err error, s Server) error {
	if err == nil || fault.Of(err) != fault.Internal {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "%s", because(err, s))
}

func because(err error, s Server) string {
	if text := nameProblem(err, s); text != "" {
		return text
	}
	if text := certificateProblem(err, s); text != "" {
		return text
	}
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &record):
		return s.Host + " does not speak TLS on port " + port(s) + ". Choose starttls, or the port for TLS."
	case errors.As(err, &alert):
		return s.Host + " refused the encrypted connection. It may need a newer version of TLS or another port."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing answers at " + s.Host + " on port " + port(s) + ". Check the port, and that the mail server runs."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return s.Host + " cannot be reached from here. Check the network and the firewall."
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return s.Host + " did not answer in time. Check the port and the firewall; we will keep trying."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
		return s.Host + " closed the connection. We will try again."
	}
	return "The connection to " + s.Host + " failed. Check its name and port; we will try again."
}

func nameProblem(err error, s Server) string {
	var dns *net.DNSError
	var guarded errGuarded
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "There is no server called " + s.Host + ". Check the spelling of its name."
	case errors.As(err, &dns):
		return "The name " + s.Host + " could not be looked up. Check the network of this machine; we will try again."
	case errors.As(err, &guarded):
		return s.Host + " leads to an address inside a private network, which is not allowed here."
	}
	return ""
}

func certificateProblem(err error, s Server) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "The certificate of " + s.Host + " is signed by nobody this machine trusts. Install its authority on this machine, or use the provider's official server name."
	case errors.As(err, &name):
		return "The certificate of the server is made out to another name than " + s.Host + ". Use the name in the certificate."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "The certificate of " + s.Host + " has expired. The provider must renew it."
	case errors.As(err, &invalid):
		return "The certificate of " + s.Host + " is not valid for a mail server."
	}
	return ""
}

func port(s Server) string {
	_, p, _ := net.SplitHostPort(s.Address())
	return p
}
