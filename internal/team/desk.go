package team

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
)

// How a desk's mail leaves.
const (
	TransportSMTP = "smtp"
	TransportHold = "hold" // kept and shown in the outbox, never sent
)

// A Desk is an address that customers write to, the team that answers there, its working hours and what it promises.
type Desk struct {
	ID         int64
	Name       string
	Address    string   // lower case
	Aliases    []string // further addresses, lower case
	TeamID     int64
	CalendarID int64
	FromName   string // "" takes the desk's name
	Language   string

	SignatureText, SignatureHTML string

	FirstReplyMinutes int64 // working minutes until the first answer is due
	NextReplyMinutes  int64 // and every further one
	Acknowledge       bool  // tell a new customer by when we answer
	ReplyToken        bool  // a plus-address in Reply-To finds the conversation even where headers are lost
	QuoteHistory      bool  // answers carry what was said before

	Transport    string // TransportSMTP or TransportHold
	SMTPHost     string
	SMTPPort     int64
	SMTPSecurity string // tls, starttls, none
	SMTPUser     string
	SMTPSecret   string // sealed, see SecretRelay

	DKIMDomain, DKIMSelector string
	DKIMKey                  string // sealed, see SecretDKIM

	TrustedAuthserv string // whose Authentication-Results we believe
	CreatedAt       time.Time
	ArchivedAt      time.Time // zero: in use
}

// What the sealed fields of a desk are sealed for.
const (
	SecretRelay = "relay"
	SecretDKIM  = "dkim"
)

// From is the name customers see.
func (d Desk) From() string {
	if d.FromName != "" {
		return d.FromName
	}
	return d.Name
}

// CreateDesk makes a desk.
func (h *House) CreateDesk(ctx context.Context, by event.Actor, k Desk) (Desk, error) {
	err := h.db.Tx(ctx, func(tx *db.DB) error {
		var err error
		k, err = h.CreateDeskIn(ctx, tx, by, k)
		return err
	})
	return k, err
}

// CreateDeskIn is CreateDesk inside the caller's transaction.
func (h *House) CreateDeskIn(ctx context.Context, tx *db.DB, by event.Actor, k Desk) (Desk, error) {
	k.defaults()
	if err := k.check(ctx, tx); err != nil {
		return Desk{}, err
	}
	k.CreatedAt = h.now()
	id, err := insertDesk(ctx, tx, k)
	if err != nil {
		return Desk{}, addressTaken(err, k)
	}
	k.ID = id
	return k, h.tell(ctx, tx, by, "desk.updated", id, map[string]any{"desk_id": id})
}

func (d *Desk) defaults() {
	if d.FirstReplyMinutes == 0 {
		d.FirstReplyMinutes = 240
	}
	if d.NextReplyMinutes == 0 {
		d.NextReplyMinutes = d.FirstReplyMinutes
	}
	if d.Transport == "" {
		d.Transport = TransportHold
	}
	if d.SMTPPort == 0 {
		d.SMTPPort = 587
	}
	if d.SMTPSecurity == "" {
		d.SMTPSecurity = "starttls"
	}
	if d.Language == "" {
		d.Language = "en"
	}
}

// ChangeDesk lets change edit the desk and stores it when it still makes sense.
func (h *House) ChangeDesk(ctx context.Context, by event.Actor, id int64, change func(*Desk) error) (Desk, error) {
	var k Desk
	err := h.db.Tx(ctx, func(tx *db.DB) error {
		var err error
		if k, err = lockDesk(ctx, tx, id); err != nil {
			return err
		}
		if err := change(&k); err != nil {
			return err
		}
		if err := k.check(ctx, tx); err != nil {
			return err
		}
		if err := updateDesk(ctx, tx, k); err != nil {
			return addressTaken(err, k)
		}
		return h.tell(ctx, tx, by, "desk.updated", id, map[string]any{"desk_id": id})
	})
	return k, err
}

func addressTaken(err error, k Desk) error {
	if db.IsUnique(err) {
		return invalid("address", "Another desk already has the address %s.", k.Address)
	}
	return err
}

// check cleans a desk's fields and refuses what makes no sense.
func (d *Desk) check(ctx context.Context, tx *db.DB) (err error) {
	if d.Name, err = cleanName("name", d.Name); err != nil {
		return err
	}
	if d.Address, err = cleanAddress("address", d.Address); err != nil {
		return err
	}
	for i := range d.Aliases {
		if d.Aliases[i], err = cleanAddress("aliases", d.Aliases[i]); err != nil {
			return err
		}
	}
	if err := d.checkPromises(); err != nil {
		return err
	}
	if err := d.checkTransport(); err != nil {
		return err
	}
	if err := teamsExist(ctx, tx, []int64{d.TeamID}); err != nil {
		return invalid("team_id", "Choose the team that answers at this desk.")
	}
	if err := allExist(ctx, tx, "calendar", "calendar_id", []int64{d.CalendarID}); err != nil {
		return err
	}
	return d.checkAliases(ctx, tx)
}

const mostMinutes = 60 * 24 * 60 // two months of round-the-clock hours

func (d *Desk) checkPromises() error {
	if d.FirstReplyMinutes < 1 || d.FirstReplyMinutes > mostMinutes {
		return invalid("first_reply_minutes", "Write how many working minutes the first answer may take, from 1 to %d.", mostMinutes)
	}
	if d.NextReplyMinutes < 1 || d.NextReplyMinutes > mostMinutes {
		return invalid("next_reply_minutes", "Write how many working minutes a further answer may take, from 1 to %d.", mostMinutes)
	}
	return nil
}

func (d *Desk) checkTransport() error {
	switch {
	case d.Transport != TransportSMTP && d.Transport != TransportHold:
		return invalid("transport", "%q is not a way to send. Choose smtp, or hold to keep mail here.", d.Transport)
	case d.Transport == TransportSMTP && strings.TrimSpace(d.SMTPHost) == "":
		return invalid("smtp_host", "Write the name of the server that sends your mail, such as smtp.example.com.")
	case d.SMTPPort < 1 || d.SMTPPort > 65535:
		return invalid("smtp_port", "Write a port from 1 to 65535; 587 is usual.")
	case !slices.Contains([]string{"tls", "starttls", "none"}, d.SMTPSecurity):
		return invalid("smtp_security", "%q is not a kind of security. Choose tls, starttls or none.", d.SMTPSecurity)
	}
	return nil
}

// checkAliases keeps every address with one desk: mail must know where it belongs.
func (d *Desk) checkAliases(ctx context.Context, tx *db.DB) error {
	others, err := Desks(ctx, tx, System)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID == d.ID {
			continue
		}
		for _, a := range append([]string{d.Address}, d.Aliases...) {
			if a == o.Address || slices.Contains(o.Aliases, a) {
				return invalid("aliases", "The address %s already belongs to the desk %s.", a, o.Name)
			}
		}
	}
	return nil
}

const deskColumns = `id, name, address, aliases, team_id, calendar_id, from_name, language, signature_text, signature_html,
	first_reply_minutes, next_reply_minutes, acknowledge, reply_token, quote_history, transport, smtp_host, smtp_port, smtp_security,
	smtp_user, smtp_secret, dkim_domain, dkim_selector, dkim_key, trusted_authserv, created_at, archived_at`

func scanDesk(s db.Scanner) (Desk, error) {
	var d Desk
	var aliases string
	var created, archived int64
	if err := s.Scan(&d.ID, &d.Name, &d.Address, &aliases, &d.TeamID, &d.CalendarID, &d.FromName, &d.Language, &d.SignatureText, &d.SignatureHTML,
		&d.FirstReplyMinutes, &d.NextReplyMinutes, &d.Acknowledge, &d.ReplyToken, &d.QuoteHistory, &d.Transport, &d.SMTPHost, &d.SMTPPort, &d.SMTPSecurity,
		&d.SMTPUser, &d.SMTPSecret, &d.DKIMDomain, &d.DKIMSelector, &d.DKIMKey, &d.TrustedAuthserv, &created, &archived); err != nil {
		return d, err
	}
	d.CreatedAt, d.ArchivedAt = db.Time(created), db.Time(archived)
	return d, json.Unmarshal([]byte(aliases), &d.Aliases)
}

// values are a desk's columns in the order of deskColumns, without the id.
func (d Desk) values() []any {
	return []any{d.Name, d.Address, jsonText(d.Aliases), d.TeamID, d.CalendarID, d.FromName, d.Language, d.SignatureText, d.SignatureHTML,
		d.FirstReplyMinutes, d.NextReplyMinutes, d.Acknowledge, d.ReplyToken, d.QuoteHistory, d.Transport, d.SMTPHost, d.SMTPPort, d.SMTPSecurity,
		d.SMTPUser, d.SMTPSecret, d.DKIMDomain, d.DKIMSelector, d.DKIMKey, d.TrustedAuthserv, db.Micros(d.CreatedAt), db.Micros(d.ArchivedAt)}
}

var deskNames = strings.TrimPrefix(deskColumns, "id, ")

func insertDesk(ctx context.Context, tx *db.DB, d Desk) (int64, error) {
	v := d.values()
	return db.Insert(ctx, tx, `insert into desk (`+deskNames+`) values (`+db.In(len(v), 1)+`) returning id`, v...)
}

func updateDesk(ctx context.Context, tx *db.DB, d Desk) error {
	v := d.values()
	_, err := tx.Exec(ctx, `update desk set (`+deskNames+`) = (`+db.In(len(v), 2)+`) where id = $1`, append([]any{d.ID}, v...)...)
	return err
}

// DeskByID returns a desk. Who asks for somebody checks Access.Desk first.
func DeskByID(ctx context.Context, d *db.DB, id int64) (Desk, error) {
	k, err := db.One(ctx, d, scanDesk, `select `+deskColumns+` from desk where id = $1`, id)
	return k, orNotThere(err, "desk")
}

// lockDesk takes a desk's row until the transaction ends, so that of two who change it neither undoes what the other did.
func lockDesk(ctx context.Context, tx *db.DB, id int64) (Desk, error) {
	if _, err := tx.Exec(ctx, `update desk set name = name where id = $1`, id); err != nil {
		return Desk{}, err
	}
	return DeskByID(ctx, tx, id)
}

// Desks lists the desks that may be seen, by name.
func Desks(ctx context.Context, d *db.DB, acc Access) ([]Desk, error) {
	where, args := acc.Where("id", 1)
	if where == "" {
		where = "1 = 1"
	}
	return db.Collect(ctx, d, scanDesk, `select `+deskColumns+` from desk where `+where+` order by lower(name), id`, args...)
}

// DeskByAddress finds the desk that mail to addr belongs to, by its address or an alias, whatever the case. Where the local part ends
// in "+token", and the desk has no such address of its own, token is what follows the plus. Archived desks receive nothing.
func DeskByAddress(ctx context.Context, d *db.DB, addr string) (desk Desk, token string, ok bool, err error) {
	addr = strings.ToLower(strings.TrimSpace(addr))
	if desk, ok, err = deskAt(ctx, d, addr); ok || err != nil {
		return desk, "", ok, err
	}
	at := strings.LastIndexByte(addr, '@')
	plus := strings.IndexByte(addr, '+')
	if plus < 0 || plus > at {
		return Desk{}, "", false, nil
	}
	desk, ok, err = deskAt(ctx, d, addr[:plus]+addr[at:])
	if !ok {
		return Desk{}, "", false, err
	}
	return desk, addr[plus+1 : at], true, nil
}

func deskAt(ctx context.Context, d *db.DB, addr string) (Desk, bool, error) {
	k, err := db.One(ctx, d, scanDesk, `select `+deskColumns+` from desk where address = $1 and archived_at = 0`, addr)
	if err == nil || fault.Of(err) != fault.NotFound {
		return k, err == nil, err
	}
	aliased, err := db.Collect(ctx, d, scanDesk, `select `+deskColumns+` from desk where aliases <> '[]' and archived_at = 0`)
	if err != nil {
		return Desk{}, false, err
	}
	for _, k := range aliased {
		if slices.Contains(k.Aliases, addr) {
			return k, true, nil
		}
	}
	return Desk{}, false, nil
}
