package api

import (
	"context"
	"net/http"
	"time"

	"kept/internal/alarm"
	"kept/internal/channel/email/account"
	"kept/internal/channel/email/mailbox"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/team"
)

// Mail is what the API knows of the channel of e-mail in this process.
type Mail struct {
	Boxes *mailbox.Boxes
	// Reconcile compares every mailbox with its server.
	Reconcile func(ctx context.Context) error
	// SMTP is where mail is taken in, "" for nowhere.
	SMTP func() string
}

// Mailbox is an account on a mail server that a desk's mail arrives in. Its secrets are write-only.
type Mailbox struct {
	ID            int64      `json:"id"`
	DeskID        int64      `json:"desk_id"`
	Host          string     `json:"host"`
	Port          int        `json:"port"`
	Security      string     `json:"security" enum:"tls,starttls,none"`
	Username      string     `json:"username"`
	Auth          string     `json:"auth" enum:"password,xoauth2"`
	Folders       []string   `json:"folders"`
	SentFolder    string     `json:"sent_folder"`
	TokenURL      string     `json:"token_url"`
	ClientID      string     `json:"client_id"`
	Enabled       bool       `json:"enabled"`
	State         string     `json:"state" enum:"new,on,degraded,off"`
	LastFetchedAt *time.Time `json:"last_fetched_at"`
	LastError     *string    `json:"last_error"`
	LastErrorAt   *time.Time `json:"last_error_at"`
}

func mailboxOf(m mailbox.Mailbox) Mailbox {
	return Mailbox{m.ID, m.DeskID, m.Host, m.Port, string(m.Security), m.User, m.Auth, full(m.Folders), m.SentFolder, m.TokenURL, m.ClientID, m.Enabled, m.State,
		at(m.LastFetchedAt), text(m.LastError), at(m.LastErrorAt)}
}

// MailboxChange is what may be set on a mailbox; what is left out stays.
type MailboxChange struct {
	DeskID       *int64    `json:"desk_id,omitempty"`
	Host         *string   `json:"host,omitempty" maxLength:"253"`
	Port         *int      `json:"port,omitempty" minimum:"0" maximum:"65535"`
	Security     *string   `json:"security,omitempty" enum:"tls,starttls,none"`
	Username     *string   `json:"username,omitempty" maxLength:"320"`
	Auth         *string   `json:"auth,omitempty" enum:"password,xoauth2"`
	Secret       *string   `json:"secret,omitempty" maxLength:"10000" doc:"The password, or the refresh token. Left out or empty, the stored one stays."`
	Folders      *[]string `json:"folders,omitempty" maxItems:"50"`
	SentFolder   *string   `json:"sent_folder,omitempty" maxLength:"500"`
	TokenURL     *string   `json:"token_url,omitempty" maxLength:"2000"`
	ClientID     *string   `json:"client_id,omitempty" maxLength:"500"`
	ClientSecret *string   `json:"client_secret,omitempty" maxLength:"2000"`
	Enabled      *bool     `json:"enabled,omitempty"`
}

func (c MailboxChange) apply(s *mailbox.Settings) {
	set(&s.DeskID, c.DeskID)
	set(&s.Host, c.Host)
	set(&s.Port, c.Port)
	if c.Security != nil {
		s.Security = account.Security(*c.Security)
	}
	set(&s.User, c.Username)
	set(&s.Auth, c.Auth)
	set(&s.Secret, c.Secret)
	set(&s.Folders, c.Folders)
	set(&s.SentFolder, c.SentFolder)
	set(&s.TokenURL, c.TokenURL)
	set(&s.ClientID, c.ClientID)
	set(&s.ClientSecret, c.ClientSecret)
	set(&s.Enabled, c.Enabled)
}

func settingsOf(m mailbox.Mailbox) mailbox.Settings {
	return mailbox.Settings{DeskID: m.DeskID, Host: m.Host, Port: m.Port, Security: m.Security, User: m.User, Auth: m.Auth, Folders: m.Folders, SentFolder: m.SentFolder,
		TokenURL: m.TokenURL, ClientID: m.ClientID, Enabled: m.Enabled}
}

type mailboxInput struct{ Body MailboxChange }

type mailboxPatch struct {
	ByID
	Body MailboxChange
}

type mailboxTry struct {
	Body struct {
		MailboxChange
		ID int64 `json:"id,omitempty" doc:"The mailbox being changed: its stored secret is used where none is given."`
	}
}

// Tried is what came of trying settings out.
type Tried struct {
	OK    bool           `json:"ok"`
	Steps []mailbox.Step `json:"steps"`
}

func (a *API) registerMailboxes() {
	handle(a, op{method: "GET", path: "/mailboxes", summary: "The mailboxes of the desks you see", tag: "mail", action: team.ManageDesks},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[List[Mailbox]], error) {
			all, err := a.Mail.Boxes.List(ctx, s.Access)
			return okList(mapped(all, mailboxOf), err)
		})
	handle(a, op{method: "POST", path: "/mailboxes", summary: "Connect a mailbox; it is read within seconds", tag: "mail", action: team.ManageDesks, status: http.StatusCreated, private: true},
		func(ctx context.Context, s team.Seat, in *mailboxInput) (*body[Mailbox], error) {
			settings := mailbox.Settings{Enabled: true}
			in.Body.apply(&settings)
			m, err := a.Mail.Boxes.Create(ctx, s.Access, actor(s), settings)
			return ok(mailboxOf(m), err)
		})
	handle(a, op{method: "PATCH", path: "/mailboxes/{id}", summary: "Change a mailbox", tag: "mail", action: team.ManageDesks, private: true},
		func(ctx context.Context, s team.Seat, in *mailboxPatch) (*body[Mailbox], error) {
			m, err := a.Mail.Boxes.Get(ctx, s.Access, in.ID)
			if err != nil {
				return nil, err
			}
			settings := settingsOf(m)
			in.Body.apply(&settings)
			m, err = a.Mail.Boxes.Change(ctx, s.Access, actor(s), in.ID, settings)
			return ok(mailboxOf(m), err)
		})
	handle(a, op{method: "DELETE", path: "/mailboxes/{id}", summary: "Stop reading a mailbox; its mail stays", tag: "mail", action: team.ManageDesks},
		func(ctx context.Context, s team.Seat, in *ByID) (*none, error) {
			return nil, a.Mail.Boxes.Remove(ctx, s.Access, actor(s), in.ID)
		})
	handle(a, op{method: "POST", path: "/mailboxes/test", summary: "Try settings out, step by step; nothing is stored", tag: "mail", action: team.ManageDesks, status: http.StatusOK, private: true},
		func(ctx context.Context, s team.Seat, in *mailboxTry) (*body[Tried], error) {
			var settings mailbox.Settings
			if in.Body.ID != 0 {
				m, err := a.Mail.Boxes.Get(ctx, s.Access, in.Body.ID)
				if err != nil {
					return nil, err
				}
				settings = settingsOf(m)
			}
			in.Body.apply(&settings)
			steps := a.Mail.Boxes.Test(ctx, s.Access, in.Body.ID, settings)
			return ok(Tried{mailbox.Passed(steps), full(steps)}, nil)
		})
	handle(a, op{method: "GET", path: "/mail-health", summary: "Whether mail comes in and goes out", tag: "mail"},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[MailHealth], error) {
			return ok(a.mailHealth(ctx, s))
		})
	handle(a, op{method: "POST", path: "/mail-health/reconciliation", summary: "Compare every mailbox with its server now", tag: "mail", action: team.ManageDesks, status: http.StatusOK},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[MailHealth], error) {
			if a.Mail.Reconcile == nil {
				return nil, fault.New(fault.Unavailable, "This process reads no mailboxes.")
			}
			if err := a.Mail.Reconcile(ctx); err != nil {
				return nil, err
			}
			return ok(a.mailHealth(ctx, s))
		})
}

// MailHealth says whether mail comes in and goes out.
type MailHealth struct {
	Mailboxes      []MailboxHealth `json:"mailboxes"`
	SMTP           SMTPHealth      `json:"smtp"`
	Outgoing       OutgoingHealth  `json:"outgoing"`
	Reconciliation *Reconciliation `json:"reconciliation,omitempty" doc:"The latest comparison; absent before the first."`
	Alarms         []Alarm         `json:"alarms"`
	Quarantined    int64           `json:"quarantined"`
	SetAside       int64           `json:"set_aside"`
	Pending        int64           `json:"pending" doc:"Arrived and not yet read."`
}

// MailboxHealth is how one mailbox fares.
type MailboxHealth struct {
	ID            int64      `json:"id"`
	DeskName      string     `json:"desk_name"`
	Address       string     `json:"address"`
	Host          string     `json:"host"`
	Folder        string     `json:"folder"`
	State         string     `json:"state" enum:"new,on,degraded,off"`
	LastFetchedAt *time.Time `json:"last_fetched_at"`
	LastError     *string    `json:"last_error"`
	LagSeconds    int64      `json:"lag_seconds" doc:"Since the last successful look; 0 before the first."`
	StoredToday   int64      `json:"stored_today"`
}

// SMTPHealth is how the receiver fares.
type SMTPHealth struct {
	Listening      bool       `json:"listening"`
	Address        string     `json:"address"`
	ReceivedToday  int64      `json:"received_today"`
	LastReceivedAt *time.Time `json:"last_received_at"`
}

// OutgoingHealth is how sending fares.
type OutgoingHealth struct {
	Queued        int64 `json:"queued"`
	Failed        int64 `json:"failed"`
	OldestSeconds int64 `json:"oldest_seconds"`
}

// Reconciliation is the latest comparison of what servers hold with what is stored.
type Reconciliation struct {
	At   time.Time       `json:"at"`
	OK   bool            `json:"ok"`
	Gaps []GapsOfMailbox `json:"gaps"`
}

// GapsOfMailbox are the mails that a server holds and we did not.
type GapsOfMailbox struct {
	MailboxID int64         `json:"mailbox_id"`
	At        time.Time     `json:"at"`
	OnServer  int64         `json:"on_server"`
	Stored    int64         `json:"stored"`
	Missing   []mailbox.Gap `json:"missing"`
	Refetched int64         `json:"refetched"`
	Error     *string       `json:"error"`
}

// Alarm is something somebody should look at.
type Alarm struct {
	ID       int64     `json:"id"`
	Kind     string    `json:"kind"`
	Text     string    `json:"text"`
	DeskID   *int64    `json:"desk_id"`
	RaisedAt time.Time `json:"raised_at"`
}

func (a *API) mailHealth(ctx context.Context, s team.Seat) (h MailHealth, err error) {
	zone, _ := time.LoadLocation(s.Person.Zone) // it was checked when it was set
	now := a.Now().In(zone)
	came, err := intake.Since(ctx, a.DB, s.Access, time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone))
	if err != nil {
		return h, err
	}
	if h.Mailboxes, err = a.mailboxHealth(ctx, s, came); err != nil {
		return h, err
	}
	if h.SMTP, err = a.smtpHealth(ctx, came); err != nil {
		return h, err
	}
	leaving, err := a.Book.Leaving(ctx, s.Access)
	if err != nil {
		return h, err
	}
	h.Outgoing = OutgoingHealth{leaving.Queued, leaving.Failed, seconds(leaving.Oldest, now)}
	numbers, err := intake.Count(ctx, a.DB, s.Access)
	if err != nil {
		return h, err
	}
	h.Quarantined, h.SetAside, h.Pending = numbers.Quarantined, numbers.SetAside, numbers.Pending
	alarms, err := alarm.Open(ctx, a.DB, s.Access)
	if err != nil {
		return h, err
	}
	h.Alarms = mapped(alarms, func(v alarm.Alarm) Alarm { return Alarm{v.ID, v.Kind, v.Text, num(v.DeskID), v.RaisedAt} })
	h.Reconciliation, err = a.reconciliation(ctx, s)
	return h, err
}

func (a *API) mailboxHealth(ctx context.Context, s team.Seat, came []intake.Tally) ([]MailboxHealth, error) {
	boxes, err := a.Mail.Boxes.List(ctx, s.Access)
	if err != nil {
		return nil, err
	}
	desks, err := team.Desks(ctx, a.DB, s.Access)
	if err != nil {
		return nil, err
	}
	byDesk := map[int64]team.Desk{}
	for _, d := range desks {
		byDesk[d.ID] = d
	}
	stored := map[int64]int64{}
	for _, t := range came {
		stored[t.MailboxID] += t.Stored
	}
	return mapped(boxes, func(m mailbox.Mailbox) MailboxHealth {
		v := MailboxHealth{ID: m.ID, DeskName: byDesk[m.DeskID].Name, Address: byDesk[m.DeskID].Address, Host: m.Host, State: m.State, LastFetchedAt: at(m.LastFetchedAt),
			LastError: text(m.LastError), LagSeconds: seconds(m.LastFetchedAt, a.Now()), StoredToday: stored[m.ID]}
		if len(m.Folders) > 0 {
			v.Folder = m.Folders[0]
		}
		return v
	}), nil
}

func (a *API) smtpHealth(ctx context.Context, came []intake.Tally) (h SMTPHealth, err error) {
	if a.Mail.SMTP != nil {
		h.Address = a.Mail.SMTP()
		h.Listening = h.Address != ""
	}
	for _, t := range came {
		if t.Kind == "smtp" || t.Kind == "lmtp" {
			h.ReceivedToday += t.Stored
		}
	}
	last, err := intake.LastBy(ctx, a.DB, "smtp", "lmtp")
	h.LastReceivedAt = at(last)
	return h, err
}

// reconciliation is the latest comparison of every mailbox, as one.
func (a *API) reconciliation(ctx context.Context, s team.Seat) (*Reconciliation, error) {
	all, err := a.Mail.Boxes.Reconciliations(ctx, s.Access)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	r := Reconciliation{OK: true, Gaps: []GapsOfMailbox{}}
	for _, one := range all {
		if one.At.After(r.At) {
			r.At = one.At
		}
		r.OK = r.OK && one.OK()
		if !one.OK() || len(one.Missing) > 0 {
			r.Gaps = append(r.Gaps, GapsOfMailbox{one.MailboxID, one.At, one.OnServer, one.Stored, full(one.Missing), one.Refetched, text(one.Error)})
		}
	}
	return &r, nil
}

func seconds(since, now time.Time) int64 {
	if since.IsZero() || now.Before(since) {
		return 0
	}
	return int64(now.Sub(since).Seconds())
}
