package mailbox

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/net/publicsuffix"

	"kept/internal/channel/email/account"
	"kept/internal/fault"
	"kept/internal/team"
)

// A Step is one thing tried on the way into a mailbox.
type Step struct {
	Name     string `json:"name"` // settings, name, connection, login, folder
	OK       bool   `json:"ok"`
	Sentence string `json:"sentence"`
}

// Test tries settings out, step by step, up to the first that fails; folders are all tried. id is the mailbox being changed, whose stored
// secret is used where none is given, or 0. Nothing is stored and nothing on the server changes.
func (b *Boxes) Test(ctx context.Context, acc team.Access, id int64, s Settings) []Step {
	ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
	defer cancel()
	t := &trial{}
	m, err := b.candidate(ctx, acc, id, s)
	if !t.step("settings", err, "The settings are complete.") {
		return t.steps
	}
	if !t.step("name", lookUp(ctx, m.Host), fmt.Sprintf("%s is known.", m.Host)) {
		return t.steps
	}
	conn, err := b.connect(ctx, m)
	how := map[account.Security]string{account.TLS: "encrypted (TLS)", account.StartTLS: "encrypted (STARTTLS)", account.Plain: "without encryption"}[m.Security]
	if !t.step("connection", err, fmt.Sprintf("Connected to %s on port %d, %s.", m.Host, m.Port, how)) {
		return t.steps
	}
	defer conn.end()
	if !t.step("login", b.signIn(ctx, conn, m), fmt.Sprintf("Signed in as %s.", m.User)) {
		return t.steps
	}
	folders := m.Folders
	if m.SentFolder != "" {
		folders = append(folders, m.SentFolder)
	}
	for _, f := range folders {
		t.folder(conn, f)
	}
	return t.steps
}

// Passed reports whether every step went well.
func Passed(steps []Step) bool {
	for _, s := range steps {
		if !s.OK {
			return false
		}
	}
	return len(steps) > 0
}

type trial struct{ steps []Step }

func (t *trial) step(name string, err error, well string) bool {
	if err == nil {
		t.steps = append(t.steps, Step{name, true, well})
		return true
	}
	t.steps = append(t.steps, Step{name, false, allSentences(err)})
	return false
}

func allSentences(err error) string {
	var all []string
	for _, f := range fault.Fields(err) {
		all = append(all, f.Sentence)
	}
	if len(all) > 0 {
		return strings.Join(all, " ")
	}
	if s := fault.Sentence(err); s != "" {
		return s
	}
	return "This did not work; the log has the cause."
}

func (t *trial) folder(s *session, name string) {
	data, err := s.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	switch {
	case isMissing(err):
		t.step("folder", fault.Wrap(err, fault.NotFound, "There is no folder %s.%s", name, s.suggest()), "")
	case err != nil:
		t.step("folder", s.explain(err), "")
	default:
		t.step("folder", nil, fmt.Sprintf("The folder %s holds %d mails.", name, data.NumMessages))
	}
}

// suggest names some folders that there are.
func (s *session) suggest() string {
	all, err := s.List("", "*", nil).Collect()
	if err != nil || len(all) == 0 {
		return ""
	}
	var names []string
	for _, f := range all[:min(len(all), 12)] {
		names = append(names, f.Mailbox)
	}
	return " There are: " + strings.Join(names, ", ") + "."
}

// candidate is the mailbox that settings would make.
func (b *Boxes) candidate(ctx context.Context, acc team.Access, id int64, s Settings) (Mailbox, error) {
	if err := b.check(acc, &s, id == 0); err != nil {
		return Mailbox{}, err
	}
	var m Mailbox
	if id != 0 {
		var err error
		if m, err = b.Get(ctx, acc, id); err != nil {
			return m, err
		}
		if err := staysHome(m, s); err != nil {
			return m, err
		}
	}
	return b.apply(m, s), nil
}

// staysHome refuses settings that would send a stored secret to another server than the one it was given for.
func staysHome(m Mailbox, s Settings) error {
	switch {
	case s.Secret == "" && m.secret != "" && !sameServer(m, s):
		return fault.New(fault.Invalid, "Enter the password again: it is not sent to another server than the one it was given for.").With("secret", "Enter the password again.")
	case s.ClientSecret == "" && m.clientSecret != "" && m.TokenURL != s.TokenURL:
		return fault.New(fault.Invalid, "Enter the client secret again: it is not sent to another token address than the one it was given for.").With("client_secret", "Enter the client secret again.")
	}
	return nil
}

// sameServer reports whether a stored secret would go where its owner meant it to go.
func sameServer(m Mailbox, s Settings) bool {
	return strings.EqualFold(m.Host, s.Host) && m.Port == s.Port && (m.Security == s.Security || s.Security == account.TLS) && m.TokenURL == s.TokenURL
}

// relatives reports whether two servers belong to one provider, such as imap.example.com and smtp.example.com.
func relatives(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(a))
	other, err2 := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(b))
	return err == nil && err2 == nil && site == other && net.ParseIP(a) == nil && net.ParseIP(b) == nil
}

func lookUp(ctx context.Context, host string) error {
	if net.ParseIP(host) != nil {
		return nil
	}
	_, err := net.DefaultResolver.LookupHost(ctx, host)
	return account.Explain(err, account.Server{Host: host})
}
