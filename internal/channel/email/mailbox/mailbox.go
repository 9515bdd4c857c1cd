// Package mailbox reads the mailboxes that customers write to (IMAP, RFC 3501 and RFC 9051), and keeps their settings.
//
// What has been read is known by number, never by flag or date: for every folder the highest UID that is in the spool, under the folder's
// UIDVALIDITY. Cursor and arrivals are saved in one transaction, so that after a crash at any point a mail is either behind the cursor and
// stored, or before it and fetched again; the spool knows it by its fingerprint either way. Folders are opened read-only and bodies fetched
// with PEEK: nothing we do shows on the server, and nothing that people do there (reading, flagging, answering) hides a mail from us.
//
//	supervisor ─ per mailbox ─► lease ─► connect, sign in ─► each folder: UIDs above the cursor ─► spool + cursor ─► IDLE, or wait ─┐
//	                              ▲          ▲ backoff with jitter, alarm on silence                      └───────────────────────┘
//
// A folder whose UIDVALIDITY changed was numbered anew: it is read again from the start, and the spool tells old from new. A folder that is
// gone raises an alarm while the others go on. A mail over the size limit leaves its header and its size in quarantine. A mail that the server cannot
// give, or that ends the connection every time, is quarantined by its number and the ones after it come. Every night Reconcile counts both
// sides and fetches what is missing.
//
// Mail that lay in the folder before Kept was connected is received without automatic answers; what of it was answered there, or is older
// than thirty days, is history that nobody waits for.
package mailbox

import (
	"context"
	"strings"
	"time"

	"kept/internal/channel/email/account"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/secret"
	"kept/internal/team"
)

// How we sign in.
const (
	Password = "password"
	XOAuth2  = "xoauth2"
)

// The states of a mailbox.
const (
	New      = "new"      // not reached yet
	On       = "on"       // being read
	Degraded = "degraded" // cannot be read just now; LastError says why
	Off      = "off"      // switched off by somebody
)

// purpose is what a mailbox's secrets are sealed for.
const purpose = "mailbox"

// A Mailbox is an account on a mail server that a desk's mail arrives in. Its secrets stay sealed.
type Mailbox struct {
	ID, DeskID    int64
	Host          string
	Port          int
	Security      account.Security
	User          string
	Auth          string   // Password or XOAuth2
	Folders       []string // read in this order; the first is watched live
	SentFolder    string   // "" where none: read to learn what a relay renamed our mail to
	TokenURL      string
	ClientID      string
	Enabled       bool
	State         string
	LastFetchedAt time.Time
	LastError     string
	LastErrorAt   time.Time
	CreatedAt     time.Time

	secret, clientSecret string // sealed: password or refresh token; OAuth client secret
}

// Settings are what a person says about a mailbox. Secrets left empty in a change stay as they are.
type Settings struct {
	DeskID             int64
	Host               string
	Port               int
	Security           account.Security
	User, Auth         string
	Secret             string // the password or the refresh token
	Folders            []string
	SentFolder         string
	TokenURL, ClientID string
	ClientSecret       string
	Enabled            bool
}

// Boxes keeps the mailboxes.
type Boxes struct {
	db      *db.DB
	secrets *secret.Box
	now     func() time.Time
	dialer  account.Dialer
	tokens  *account.Tokens
	plain   bool
}

// NewBoxes gives the mailboxes kept in d. An administrator names the servers, so private networks are allowed to dialer. With plain set,
// servers beyond this machine may be used without encryption where their settings say "none".
func NewBoxes(d *db.DB, secrets *secret.Box, now func() time.Time, dialer account.Dialer, plain bool) *Boxes {
	return &Boxes{db: d, secrets: secrets, now: now, dialer: dialer, tokens: &account.Tokens{Dialer: dialer, Now: now}, plain: plain}
}

// Create adds a mailbox; it is read within seconds.
func (b *Boxes) Create(ctx context.Context, acc team.Access, by event.Actor, s Settings) (Mailbox, error) {
	if err := b.check(acc, &s, true); err != nil {
		return Mailbox{}, err
	}
	m := b.apply(Mailbox{State: New, CreatedAt: b.now()}, s)
	err := b.db.Tx(ctx, func(tx *db.DB) (err error) {
		if m.ID, err = insert(ctx, tx, m); err != nil {
			return err
		}
		return b.tell(ctx, tx, by, m, "created")
	})
	return m, err
}

// Change replaces the settings of a mailbox. What was read stays read.
func (b *Boxes) Change(ctx context.Context, acc team.Access, by event.Actor, id int64, s Settings) (Mailbox, error) {
	if err := b.check(acc, &s, false); err != nil {
		return Mailbox{}, err
	}
	var m Mailbox
	err := b.db.Tx(ctx, func(tx *db.DB) (err error) {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if m, err = b.get(ctx, tx, acc, id); err != nil {
			return err
		}
		if err := staysHome(m, s); err != nil {
			return err
		}
		m = b.apply(m, s)
		if err := update(ctx, tx, m); err != nil {
			return err
		}
		return b.tell(ctx, tx, by, m, "changed")
	})
	return m, err
}

// Remove forgets a mailbox. Its mail stays, here and on the server.
func (b *Boxes) Remove(ctx context.Context, acc team.Access, by event.Actor, id int64) error {
	if err := acc.Can(team.ManageDesks); err != nil {
		return err
	}
	return b.db.Tx(ctx, func(tx *db.DB) error {
		m, err := b.get(ctx, tx, acc, id)
		if err != nil {
			return err
		}
		if err := remove(ctx, tx, m, b.now()); err != nil {
			return err
		}
		return b.tell(ctx, tx, by, m, "removed")
	})
}

// Get gives a mailbox that acc may see.
func (b *Boxes) Get(ctx context.Context, acc team.Access, id int64) (Mailbox, error) {
	return b.get(ctx, b.db, acc, id)
}

func (b *Boxes) get(ctx context.Context, d *db.DB, acc team.Access, id int64) (Mailbox, error) {
	m, err := byID(ctx, d, id)
	if fault.Of(err) == fault.NotFound {
		return m, fault.Wrap(err, fault.NotFound, "This mailbox is not here, or belongs to a desk that you cannot see.")
	}
	if err != nil {
		return m, err
	}
	return m, acc.Desk(m.DeskID)
}

// List gives the mailboxes that acc may see.
func (b *Boxes) List(ctx context.Context, acc team.Access) ([]Mailbox, error) {
	return list(ctx, b.db, acc)
}

// check cleans settings and refuses what makes no sense.
func (b *Boxes) check(acc team.Access, s *Settings, isNew bool) error {
	if err := acc.Can(team.ManageDesks); err != nil {
		return err
	}
	if err := acc.Desk(s.DeskID); err != nil {
		return err
	}
	s.defaults()
	problem := fault.New(fault.Invalid, "Check the mailbox settings.")
	if err := (account.Server{Host: s.Host, Port: s.Port, Security: s.Security}).Check(); err != nil {
		for _, f := range fault.Fields(err) {
			problem.With(f.Name, f.Sentence)
		}
	}
	if s.User == "" {
		problem.With("username", "Enter the user name of the mailbox, often its address.")
	}
	if isNew && s.Secret == "" {
		problem.With("secret", "Enter the password, or the refresh token.")
	}
	if s.Auth != Password && s.Auth != XOAuth2 {
		problem.With("auth", "Choose password or xoauth2.")
	}
	if s.Auth == XOAuth2 && (s.ClientID == "" || !strings.HasPrefix(s.TokenURL, "http")) {
		problem.With("token_url", "Signing in with a token needs the provider's token address and the client id.")
	}
	if len(fault.Fields(problem)) > 0 {
		return problem
	}
	return nil
}

func (s *Settings) defaults() {
	s.Host, s.User = strings.TrimSpace(s.Host), strings.TrimSpace(s.User)
	if s.Auth == "" {
		s.Auth = Password
	}
	if s.Security == "" {
		s.Security = account.TLS
	}
	if s.Port == 0 {
		s.Port = map[account.Security]int{account.TLS: 993}[s.Security]
	}
	if s.Port == 0 {
		s.Port = 143
	}
	var folders []string
	for _, f := range s.Folders {
		if f = strings.TrimSpace(f); f != "" && f != s.SentFolder {
			folders = append(folders, f)
		}
	}
	if s.Folders = folders; len(folders) == 0 {
		s.Folders = []string{"INBOX"}
	}
}

func (b *Boxes) apply(m Mailbox, s Settings) Mailbox {
	m.DeskID, m.Host, m.Port, m.Security, m.User, m.Auth = s.DeskID, s.Host, s.Port, s.Security, s.User, s.Auth
	m.Folders, m.SentFolder, m.TokenURL, m.ClientID, m.Enabled = s.Folders, s.SentFolder, s.TokenURL, s.ClientID, s.Enabled
	if s.Secret != "" {
		m.secret = b.secrets.Seal(purpose, s.Secret)
	}
	if s.ClientSecret != "" {
		m.clientSecret = b.secrets.Seal(purpose, s.ClientSecret)
	}
	switch {
	case !m.Enabled:
		m.State = Off
	case m.State == Off || m.State == "":
		m.State = New
	}
	return m
}

func (b *Boxes) tell(ctx context.Context, tx *db.DB, by event.Actor, m Mailbox, how string) error {
	return event.Append(ctx, tx, event.Event{At: b.now(), Kind: "mailbox.updated", Actor: by, DeskID: m.DeskID, Data: event.Data(map[string]any{"mailbox_id": m.ID, "how": how})})
}

// login opens the mailbox's secrets.
func (b *Boxes) login(m Mailbox) (account.Login, error) {
	l := account.Login{User: m.User}
	plain, err := b.secrets.Open(purpose, m.secret)
	if err != nil {
		return l, err
	}
	if m.Auth != XOAuth2 {
		l.Password = plain
		return l, nil
	}
	client, err := b.secrets.Open(purpose, m.clientSecret)
	l.OAuth = &account.OAuth{ClientID: m.ClientID, ClientSecret: client, RefreshToken: plain, TokenURL: m.TokenURL}
	if m.ID != 0 {
		l.OAuth.Save = func(ctx context.Context, refresh string) error {
			return saveSecret(ctx, b.db, m.ID, b.secrets.Seal(purpose, refresh))
		}
	}
	return l, err
}

// Login says who we are to the relay of a desk: with the relay's own password or, where it has none, with the consent that a mailbox of the
// same user at this desk was given, provided that mailbox and relay are one provider's: nobody else is told its password or token.
func (b *Boxes) Login(ctx context.Context, desk team.Desk) (account.Login, error) {
	if desk.SMTPSecret != "" {
		password, err := b.secrets.Open(team.SecretRelay, desk.SMTPSecret)
		return account.Login{User: desk.SMTPUser, Password: password}, err
	}
	all, err := list(ctx, b.db, team.Access{DeskIDs: []int64{desk.ID}})
	if err != nil {
		return account.Login{}, err
	}
	for _, m := range all {
		if strings.EqualFold(m.User, desk.SMTPUser) && relatives(m.Host, desk.SMTPHost) {
			return b.login(m)
		}
	}
	return account.Login{User: desk.SMTPUser}, nil
}

// Tokens are the access tokens held for mailboxes and relays.
func (b *Boxes) Tokens() *account.Tokens { return b.tokens }
