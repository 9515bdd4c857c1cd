package sender

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"kept/internal/channel/email/account"
	"kept/internal/conversation"
	"kept/internal/fault"
	"kept/internal/mail"
	"kept/internal/team"
)

// longest is how long handing over one mail may take; the job's lease is a little longer.
const longest = 4 * time.Minute

// transmit hands raw to the desk's relay and gives the relay's last words.
func (s *Sender) transmit(ctx context.Context, o conversation.Outgoing, raw []byte) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	c, err := s.connect(ctx, o.Desk)
	if err != nil {
		return "", err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	from, to, utf8, err := envelope(c, o)
	if err != nil {
		return "", err
	}
	if said, err = hand(c, from, to, raw, utf8); err != nil {
		return "", s.explain(err, o.Desk)
	}
	c.Quit()
	return said, nil
}

// hand does one mail transaction, to all recipients or to none.
func hand(c *smtp.Client, from string, to []string, raw []byte, utf8 bool) (string, error) {
	if err := c.Mail(from, &smtp.MailOptions{Size: int64(len(raw)), UTF8: utf8}); err != nil {
		return "", err
	}
	for _, r := range to {
		if err := c.Rcpt(r, nil); err != nil {
			return "", refused{r, err}
		}
	}
	w, err := c.Data()
	if err != nil {
		return "", err
	}
	if _, err := w.Write(raw); err != nil {
		return "", err
	}
	answer, err := w.CloseWithResponse()
	if err != nil {
		return "", err
	}
	return answer.StatusText, nil
}

// refused is a recipient that the relay did not take.
type refused struct {
	recipient string
	error
}

func (r refused) Unwrap() error { return r.error }

func relayOf(desk team.Desk, allowPlain bool) account.Server {
	return account.Server{Host: desk.SMTPHost, Port: int(desk.SMTPPort), Security: account.Security(desk.SMTPSecurity), AllowPlain: allowPlain}
}

// connect reaches the relay and signs in.
func (s *Sender) connect(ctx context.Context, desk team.Desk) (*smtp.Client, error) {
	server := relayOf(desk, s.AllowPlain)
	conn, err := s.Dialer.Dial(ctx, server)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c, err := s.greet(conn, server, desk)
	if err != nil {
		conn.Close()
		return nil, s.explain(err, desk)
	}
	if err := s.signIn(ctx, c, desk); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (s *Sender) greet(conn net.Conn, server account.Server, desk team.Desk) (*smtp.Client, error) {
	_, domain, _ := strings.Cut(desk.Address, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	if server.Security == account.StartTLS {
		c, err := smtp.NewClientStartTLS(conn, s.Dialer.TLSConfig(server))
		if err != nil {
			return nil, err
		}
		return c, c.Hello(domain)
	}
	c := smtp.NewClient(conn)
	return c, c.Hello(domain)
}

func (s *Sender) signIn(ctx context.Context, c *smtp.Client, desk team.Desk) error {
	if desk.SMTPUser == "" {
		return nil
	}
	login, err := s.Login(ctx, desk)
	if err != nil {
		return err
	}
	mechanism, err := s.mechanism(ctx, c, login)
	if err != nil {
		return err
	}
	err = c.Auth(mechanism)
	var told *smtp.SMTPError
	if !errors.As(err, &told) {
		return account.Explain(err, relayOf(desk, s.AllowPlain))
	}
	if login.OAuth != nil {
		s.Tokens.Forget(*login.OAuth)
	}
	return loginRefused{fault.Wrap(err, fault.Forbidden, "%s does not accept our user name and password (%s). Check them in the desk's settings.", desk.SMTPHost, oneLine(told.Message))}
}

func (s *Sender) mechanism(ctx context.Context, c *smtp.Client, l account.Login) (sasl.Client, error) {
	_, offered := c.Extension("AUTH")
	has := func(m string) bool { return slices.Contains(strings.Fields(strings.ToUpper(offered)), m) }
	switch {
	case l.OAuth != nil:
		token, err := s.Tokens.Access(ctx, *l.OAuth)
		return account.XOAuth2(l.User, token), err
	case has("PLAIN") || !has("LOGIN"):
		return sasl.NewPlainClient("", l.User, l.Password), nil
	}
	return sasl.NewLoginClient(l.User, l.Password), nil
}

// loginRefused is a relay that does not let us in.
type loginRefused struct{ error }

func (l loginRefused) Unwrap() error { return l.error }

func isLogin(err error) bool {
	var l loginRefused
	return errors.As(err, &l)
}

// forGood is a failure that trying again cannot mend.
type forGood struct{ error }

func (f forGood) Unwrap() error { return f.error }

func permanent(err error) error { return forGood{err} }

func isPermanent(err error) bool {
	var f forGood
	return errors.As(err, &f)
}

// explain makes a sentence of what the relay said. 5xx is for good (RFC 5321 4.2.1), everything else passes.
func (s *Sender) explain(err error, desk team.Desk) error {
	var told *smtp.SMTPError
	if !errors.As(err, &told) {
		return account.Explain(err, relayOf(desk, s.AllowPlain))
	}
	words := fmt.Sprintf("%d %s", told.Code, oneLine(told.Message))
	var r refused
	who := ""
	if errors.As(err, &r) {
		who = " for " + r.recipient
	}
	if told.Temporary() {
		return fault.Wrap(err, fault.Unavailable, "%s does not take this mail%s just now (%s). We will try again.", desk.SMTPHost, who, words)
	}
	if who != "" {
		return permanent(fault.Wrap(err, fault.Invalid, "%s refuses %s: %s. Nobody got this message yet; correct the address and send it again.", desk.SMTPHost, r.recipient, words))
	}
	return permanent(fault.Wrap(err, fault.Invalid, "%s refuses this message: %s. Nobody got it yet; change it and send it again.", desk.SMTPHost, words))
}

// oneLine keeps what a stranger's server says short and on one line.
func oneLine(s string) string {
	s = strings.TrimSuffix(strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " "), ".")
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}

// envelope is from whom and to whom, each once, in the form the relay can take: domains in ASCII unless it speaks SMTPUTF8 (RFC 6531), which
// a local part in another script needs.
func envelope(c *smtp.Client, o conversation.Outgoing) (from string, to []string, utf8 bool, err error) {
	var all []string
	for _, list := range [][]mail.Address{{{Address: returnPath(o)}}, o.Message.To, o.Message.Cc, o.Message.Bcc} {
		for _, a := range list {
			if !mail.Sendable(a.Address) {
				return "", nil, false, permanent(fault.New(fault.Invalid, "“%s” is not a mail address. Correct it and send again.", a.Address))
			}
			ascii := inASCII(a.Address)
			if len(all) < 2 || !slices.Contains(all[1:], ascii) {
				all = append(all, ascii)
			}
			utf8 = utf8 || !isASCII(ascii)
		}
	}
	if ok, _ := c.Extension("SMTPUTF8"); utf8 && !ok {
		return "", nil, false, permanent(fault.New(fault.Invalid, "%s cannot send to addresses in other scripts than Latin. Ask the customer for another address.", o.Desk.SMTPHost))
	}
	return all[0], all[1:], utf8, nil
}

func inASCII(address string) string {
	at := strings.LastIndexByte(address, '@')
	if domain, err := idna.Lookup.ToASCII(address[at+1:]); err == nil {
		return address[:at+1] + domain
	}
	return address
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// renamed gives the Message-IDs under which a relay says it sends our mail. Amazon's replaces ours and names its own in the answer to DATA;
// customers' answers refer to that one.
func renamed(host, said string) []string {
	rest, ok := strings.CutPrefix(strings.ToLower(host), "email-smtp.")
	region, isAmazon := strings.CutSuffix(rest, ".amazonaws.com")
	words := strings.Fields(said)
	if !ok || !isAmazon || len(words) == 0 {
		return nil
	}
	id := words[len(words)-1]
	return []string{id + "@email.amazonses.com", id + "@" + region + ".amazonses.com"}
}
