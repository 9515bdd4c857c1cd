package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-imap/v2"

	"kept/internal/channel/email/account"
	"kept/internal/channel/email/emailtest"
	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/team"
)

func TestSettingsThatAreRefused(t *testing.T) {
	each(t, func(o *office) {
		agent := team.Access{Role: team.Agent, DeskIDs: []int64{o.desk.ID}}
		stranger := team.Access{Role: team.Lead, DeskIDs: []int64{o.desk.ID + 1}}
		for name, c := range map[string]struct {
			acc    team.Access
			change func(*Settings)
			want   fault.Kind
			field  string
		}{
			"by an agent":               {agent, func(*Settings) {}, fault.Forbidden, ""},
			"by a lead of another desk": {stranger, func(*Settings) {}, fault.NotFound, ""},
			"without a host":            {team.System, func(s *Settings) { s.Host = " " }, fault.Invalid, "host"},
			"without a user":            {team.System, func(s *Settings) { s.User = "" }, fault.Invalid, "username"},
			"without a password":        {team.System, func(s *Settings) { s.Secret = "" }, fault.Invalid, "secret"},
			"an odd port":               {team.System, func(s *Settings) { s.Port = 99999 }, fault.Invalid, "port"},
			"an odd security":           {team.System, func(s *Settings) { s.Security = "ssl3" }, fault.Invalid, "security"},
			"an odd way to sign in":     {team.System, func(s *Settings) { s.Auth = "kerberos" }, fault.Invalid, "auth"},
			"a token without address":   {team.System, func(s *Settings) { s.Auth = XOAuth2 }, fault.Invalid, "token_url"},
		} {
			s := o.settings()
			c.change(&s)
			_, err := o.boxes.Create(ctx, c.acc, owner, s)
			if fault.Of(err) != c.want {
				o.T.Errorf("%s: %v", name, err)
			}
			if f := fault.Fields(err); c.field != "" && (len(f) != 1 || f[0].Name != c.field) {
				o.T.Errorf("%s: fields %v, want %s", name, f, c.field)
			}
		}
	})
}

func TestSecretsAreSealedAndStayHome(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		stored, err := db.One(ctx, o.DB, db.Value[string], `select secret from mailbox where id = $1`, m.ID)
		if err != nil || strings.Contains(stored, "sesame") || stored == "" {
			o.T.Errorf("stored as %q, %v", stored, err)
		}
		s := o.settings("INBOX", "Support", " ")
		s.Secret = ""
		m, err = o.boxes.Change(ctx, team.System, owner, m.ID, s)
		if l, _ := o.boxes.login(m); err != nil || l.Password != emailtest.IMAPPassword || len(m.Folders) != 2 {
			o.T.Errorf("after a change without a password: %+v, %v", m, err)
		}
		s.Host = "mail.attacker.example"
		if _, err := o.boxes.Change(ctx, team.System, owner, m.ID, s); fault.Of(err) != fault.Invalid {
			o.T.Errorf("a stored password may be sent to another server: %v", err)
		}
		if steps := o.boxes.Test(ctx, team.System, m.ID, s); Passed(steps) || !strings.Contains(steps[0].Sentence, "password again") {
			o.T.Errorf("a stored password may be tried on another server: %+v", steps)
		}
	})
}

func TestClientSecretsStayHome(t *testing.T) {
	each(t, func(o *office) {
		s := o.settings()
		s.Auth, s.TokenURL, s.ClientID, s.ClientSecret, s.Enabled = XOAuth2, "https://login.example.com/token", "kept", "between us", false
		m := o.create(s)
		s.TokenURL, s.Secret, s.ClientSecret = "https://login.attacker.example/token", "a refresh token of the attacker's own", ""
		if _, err := o.boxes.Change(ctx, team.System, owner, m.ID, s); fault.Of(err) != fault.Invalid || len(fault.Fields(err)) != 1 || fault.Fields(err)[0].Name != "client_secret" {
			o.T.Errorf("a stored client secret may be sent to another token address: %v", err)
		}
		if steps := o.boxes.Test(ctx, team.System, m.ID, s); Passed(steps) || !strings.Contains(steps[0].Sentence, "client secret again") {
			o.T.Errorf("a stored client secret may be tried on another token address: %+v", steps)
		}
		s.ClientSecret = "a new one"
		if _, err := o.boxes.Change(ctx, team.System, owner, m.ID, s); err != nil {
			o.T.Errorf("with a client secret for the new address: %v", err)
		}
	})
}

// TestARelayBorrowsFromItsOwnProviderOnly sets a desk's relay and its user without a password: whose server learns the mailbox's?
func TestARelayBorrowsFromItsOwnProviderOnly(t *testing.T) {
	each(t, func(o *office) {
		s := o.settings()
		s.Host, s.Enabled = "imap.mail.example.com", false
		o.create(s)
		for host, lent := range map[string]bool{"smtp.example.com": true, "IMAP.mail.example.com": true, "smtp.attacker.example": false, "192.0.2.7": false, "": false} {
			desk := o.desk
			desk.SMTPHost, desk.SMTPUser = host, s.User
			if l, err := o.boxes.Login(ctx, desk); err != nil || (l.Password != "") != lent {
				o.T.Errorf("%q is told %q, %v", host, l.Password, err)
			}
		}
	})
}

func TestListAndRemove(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		if got, err := o.boxes.List(ctx, team.Access{DeskIDs: []int64{o.desk.ID + 1}}); err != nil || len(got) != 0 {
			o.T.Errorf("another desk sees %v, %v", got, err)
		}
		if _, err := o.boxes.Get(ctx, team.Access{}, m.ID); fault.Of(err) != fault.NotFound {
			o.T.Errorf("another desk gets it: %v", err)
		}
		o.imap.Put("INBOX", emailtest.Mail("Tom", "wheel"))
		stop := o.read("oslo")
		o.pending(1)
		stop()
		if _, err := o.supervisor("oslo").Reconcile(ctx, m); err != nil {
			o.T.Fatal(err)
		}
		if err := o.boxes.Remove(ctx, team.System, owner, m.ID); err != nil {
			o.T.Fatal(err)
		}
		if _, err := o.boxes.Get(ctx, team.System, m.ID); fault.Of(err) != fault.NotFound || len(o.Arrivals(intake.Pending)) != 1 {
			o.T.Errorf("after removal: %v; its mail must stay", err)
		}
	})
}

func TestTheTestButton(t *testing.T) {
	each(t, func(o *office) {
		o.imap.Create("Support")
		o.imap.Put("Support", emailtest.Mail("Tom", "wheel"))
		for name, c := range map[string]struct {
			change func(*Settings)
			failed string // name of the last step; "" for none
			says   string
		}{
			"all is well":        {func(s *Settings) { s.Folders = []string{"INBOX", "Support"} }, "", "The folder Support holds 1 mails."},
			"no host":            {func(s *Settings) { s.Host = "" }, "settings", "Enter the name of the mail server"},
			"an unknown host":    {func(s *Settings) { s.Host = "mail.invalid" }, "name", "mail.invalid"},
			"a closed port":      {func(s *Settings) { s.Port = 1 }, "connection", "Nothing answers"},
			"not speaking TLS":   {func(s *Settings) { s.Security = account.TLS }, "connection", "does not speak TLS"},
			"no STARTTLS":        {func(s *Settings) { s.Security = account.StartTLS }, "connection", ""},
			"a wrong password":   {func(s *Settings) { s.Secret = "guess" }, "login", "does not accept the user name"},
			"a folder not there": {func(s *Settings) { s.Folders = []string{"Suport"} }, "folder", "There is no folder Suport. There are: INBOX, Support."},
		} {
			s := o.settings()
			c.change(&s)
			steps := o.boxes.Test(ctx, team.System, 0, s)
			last := steps[len(steps)-1]
			if Passed(steps) != (c.failed == "") || c.failed != "" && (last.Name != c.failed || last.OK) || !strings.Contains(last.Sentence, c.says) {
				o.T.Errorf("%s: %+v", name, steps)
			}
		}
		if all, _ := o.boxes.List(ctx, team.System); len(all) != 0 || o.imap.Unseen("Support") != 1 {
			o.T.Error("a test left traces")
		}
	})
}

func TestEncryptedMailboxes(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	o := newOffice(emailtest.New(t, dbtest.Open(t)), emailtest.NewIMAP(t, &tls.Config{Certificates: web.TLS.Certificates}))
	s := o.settings()
	if steps := o.boxes.Test(ctx, team.System, 0, s); Passed(steps) {
		t.Errorf("signed in without encryption: %+v", steps)
	}
	s.Security = account.StartTLS
	if steps := o.boxes.Test(ctx, team.System, 0, s); Passed(steps) || !strings.Contains(steps[2].Sentence, "nobody this machine trusts") {
		t.Errorf("trusted a stranger's certificate: %+v", steps)
	}
	o.boxes.dialer.Roots = roots
	if steps := o.boxes.Test(ctx, team.System, 0, s); !Passed(steps) {
		t.Errorf("STARTTLS: %+v", steps)
	}
}

func TestSigningInWithATokenThatWasWithdrawn(t *testing.T) {
	each(t, func(o *office) {
		var asked atomic.Int32
		provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n := min(asked.Add(1), 2) // the second one is good, however often it is asked for
			fmt.Fprintf(w, `{"access_token":"access%d","refresh_token":"refresh%d","expires_in":3600}`, n, n)
		}))
		defer provider.Close()
		s := o.settings()
		s.Auth, s.Secret, s.TokenURL, s.ClientID, s.ClientSecret = XOAuth2, "refresh0", provider.URL, "kept", "hush"
		m := o.create(s)
		o.imap.Token("access2") // the first one is refused
		o.imap.Put("INBOX", emailtest.Mail("Tom", "wheel"))
		o.read("oslo")
		o.pending(1)
		l, err := o.boxes.login(o.mailbox(m.ID))
		if err != nil || l.OAuth.RefreshToken == "refresh0" || l.OAuth.ClientSecret != "hush" {
			o.T.Errorf("the replaced refresh token was not kept: %+v, %v", l.OAuth, err)
		}
	})
}

func TestTheRelayLoginOfADesk(t *testing.T) {
	each(t, func(o *office) {
		o.create(o.settings())
		for name, c := range map[string]struct {
			desk team.Desk
			want string
		}{
			"its own password":           {team.Desk{ID: o.desk.ID, SMTPUser: "relay", SMTPSecret: o.boxes.secrets.Seal(team.SecretRelay, "own")}, "own"},
			"the mailbox's of that user": {team.Desk{ID: o.desk.ID, SMTPHost: o.settings().Host, SMTPUser: "Support"}, emailtest.IMAPPassword},
			"nobody's":                   {team.Desk{ID: o.desk.ID, SMTPUser: "other"}, ""},
			"not another desk's":         {team.Desk{ID: o.desk.ID + 1, SMTPUser: "support"}, ""},
		} {
			if l, err := o.boxes.Login(ctx, c.desk); err != nil || l.Password != c.want {
				o.T.Errorf("%s: %+v, %v", name, l, err)
			}
		}
	})
}

func TestMissingFoldersByTheirWords(t *testing.T) {
	no := func(code imap.ResponseCode, text string) error {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
	}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"by code":             {no(imap.ResponseCodeNonExistent, "gone"), true},
		"Dovecot":             {no("", "Mailbox doesn't exist: Support"), true},
		"in other words":      {no("", "No such mailbox"), true},
		"no permission":       {no(imap.ResponseCodeNoPerm, "Permission denied"), false},
		"short of something":  {no(imap.ResponseCodeUnavailable, "Try later"), false},
		"a broken connection": {context.DeadlineExceeded, false},
	} {
		if got := isMissing(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestATokenRenewedBesideAChangeStays lets an owner change a mailbox while the token that its provider renewed is being kept.
func TestATokenRenewedBesideAChangeStays(t *testing.T) {
	each(t, func(o *office) {
		m := o.create(o.settings())
		late := make(chan error, 1)
		err := o.DB.Tx(ctx, func(tx *db.DB) error {
			err := saveSecret(ctx, tx, m.ID, o.boxes.secrets.Seal(purpose, "the renewed one"))
			s := o.settings()
			s.Secret = ""
			go func() {
				_, err := o.boxes.Change(ctx, team.System, owner, m.ID, s)
				late <- err
			}()
			dbtest.UntilBlocked(o.T, tx)
			return err
		})
		if err := errors.Join(err, <-late); err != nil {
			o.T.Fatal(err)
		}
		if l, err := o.boxes.login(o.mailbox(m.ID)); err != nil || l.Password != "the renewed one" {
			o.T.Errorf("signs in with %q, %v", l.Password, err)
		}
	})
}
