// Package customer knows the people we serve: who they are, by which addresses they
// write, and which organisation they belong to.
//
// A customer comes into being with the first message from an address nobody has written
// from before. An address (a handle) belongs to one customer at most; a customer may have
// several. Somebody who is only copied in takes part in a conversation and becomes a
// customer when he writes himself.
//
// Two nodes may receive first messages from the same sender at the same moment. Each
// makes a customer and then claims the address; the unique rule of the handle lets one
// win, and the other one drops its customer and takes the winner's (Resolve).
//
// A customer is visible to those who see a desk he has a conversation with: names and
// addresses of other desks' customers are not told, not even that they exist.
package customer

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

// A Customer is a person we serve, buyer or not.
type Customer struct {
	ID             int64
	Name           string // "" while we know the address only
	Language       string // BCP 47, "" while unknown
	Zone           string // IANA, "" while unknown
	OrganisationID int64  // 0 for none
	CreatedAt      time.Time
	Handles        []Handle // oldest first
}

// A Handle is an address of a customer on a channel.
type Handle struct {
	ID, CustomerID int64
	Channel        string
	Address        string // canonical, see Canonical
	Verified       bool
	BouncingSince  time.Time // zero: mail arrives there as far as we know
	CreatedAt      time.Time
}

// An Organisation is a company or household that customers belong to.
type Organisation struct {
	ID        int64
	Name      string
	Domain    string // of its members' addresses, "" for none
	CreatedAt time.Time
}

// Address returns where to write to the customer: the newest handle that does not bounce,
// the newest of all where all do, and "" where there is none.
func (c Customer) Address() string {
	best := ""
	for _, h := range c.Handles {
		if best == "" || h.BouncingSince.IsZero() {
			best = h.Address
		}
	}
	return best
}

// Resolve returns the customer who writes from an address, and whether he is new. A new
// one gets his name from the message and his organisation from the domain; a known one
// without a name gets it now. Handles holds the address asked for alone. The event
// customer.created is the caller's to append, for he knows at which desk it happened.
func Resolve(ctx context.Context, tx *db.DB, channel, address, name string, now time.Time) (Customer, bool, error) {
	address = Canonical(channel, address)
	if err := checkAddress(channel, address); err != nil {
		return Customer{}, false, err
	}
	name = CleanName(name, address)
	var c Customer
	var isNew bool
	err := tx.Tx(ctx, func(tx *db.DB) error {
		var err error
		c, err = byHandle(ctx, tx, channel, address)
		if fault.Of(err) == fault.NotFound {
			c, isNew, err = create(ctx, tx, channel, address, name, now)
		}
		if err != nil || isNew {
			return err
		}
		return heard(ctx, tx, &c, name, now)
	})
	return c, isNew, err
}

// create makes a customer and claims the address for him; where somebody else was faster,
// the customer is dropped again and the other one returned.
func create(ctx context.Context, tx *db.DB, channel, address, name string, now time.Time) (Customer, bool, error) {
	c := Customer{Name: name, CreatedAt: now}
	var err error
	if channel == Email {
		if c.OrganisationID, err = organisation(ctx, tx, firm(address), now); err != nil {
			return c, false, err
		}
	}
	if c.ID, err = insert(ctx, tx, c); err != nil {
		return c, false, err
	}
	h := Handle{CustomerID: c.ID, Channel: channel, Address: address, CreatedAt: now}
	claimed, err := claim(ctx, tx, &h)
	if err != nil {
		return c, false, err
	}
	if claimed {
		c.Handles = []Handle{h}
		return c, true, nil
	}
	if err := remove(ctx, tx, c.ID); err != nil {
		return c, false, err
	}
	c, err = byHandle(ctx, tx, channel, address)
	return c, false, err
}

// heard notes what a message from a known customer tells: his name, where we had none,
// and that the address works.
func heard(ctx context.Context, tx *db.DB, c *Customer, name string, now time.Time) error {
	if c.Name == "" && name != "" {
		c.Name = name
		if err := christen(ctx, tx, c.ID, name, now); err != nil {
			return err
		}
	}
	if !c.Handles[0].BouncingSince.IsZero() {
		c.Handles[0].BouncingSince = time.Time{}
		return setBouncing(ctx, tx, c.Handles[0].Channel, c.Handles[0].Address, time.Time{})
	}
	return nil
}

// Bounced notes that mail to an address comes back, since the first time it did.
func Bounced(ctx context.Context, tx *db.DB, channel, address string, now time.Time) error {
	return setBouncing(ctx, tx, channel, Canonical(channel, address), now)
}

// A Change is what is new about a customer; nil leaves it as it is.
type Change struct{ Name, Language, Zone *string }

// Update changes what is known about a customer.
func Update(ctx context.Context, d *db.DB, acc team.Access, id int64, ch Change, by event.Actor, now time.Time) (Customer, error) {
	var c Customer
	err := d.Tx(ctx, func(tx *db.DB) error {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
		var err error
		if c, err = Visible(ctx, tx, acc, id); err != nil {
			return err
		}
		if err := ch.apply(&c); err != nil {
			return err
		}
		if err := save(ctx, tx, c, now); err != nil {
			return err
		}
		return event.Append(ctx, tx, event.Event{At: now, Kind: "customer.updated", Actor: by, CustomerID: id})
	})
	return c, err
}

func (ch Change) apply(c *Customer) error {
	if ch.Name != nil {
		name := strings.TrimSpace(*ch.Name) // as a colleague wrote it: CleanName is for what mail programs make of names
		if Valid(name) {
			return fault.New(fault.Invalid, "That does not look like a name. Write it as the person does, without an address.").With("name", "Write a name.")
		}
		if utf8.RuneCountInString(name) > 200 {
			return fault.New(fault.Invalid, "Write a shorter name, of at most 200 letters.").With("name", "Write a shorter name.")
		}
		c.Name = name
	}
	if ch.Zone != nil {
		if _, err := time.LoadLocation(*ch.Zone); err != nil || *ch.Zone == "Local" {
			return fault.New(fault.Invalid, "We do not know the time zone \"%s\". Choose one such as \"Europe/Vienna\".", *ch.Zone).With("zone", "Choose a time zone.")
		}
		c.Zone = *ch.Zone
	}
	if ch.Language != nil {
		if len(*ch.Language) > 35 || clean(*ch.Language) != *ch.Language {
			return fault.New(fault.Invalid, "We do not know that language. Choose one such as \"de\" or \"pt-BR\".").With("language", "Choose a language.")
		}
		c.Language = *ch.Language
	}
	return nil
}

// AddHandle gives a customer a further address. One that belongs to somebody else stays his.
func AddHandle(ctx context.Context, d *db.DB, acc team.Access, id int64, channel, address string, by event.Actor, now time.Time) (Handle, error) {
	h := Handle{CustomerID: id, Channel: channel, Address: Canonical(channel, address), CreatedAt: now}
	if err := checkAddress(channel, h.Address); err != nil {
		return h, err
	}
	err := d.Tx(ctx, func(tx *db.DB) error {
		c, err := Visible(ctx, tx, acc, id)
		if err != nil {
			return err
		}
		for _, have := range c.Handles {
			if have.Channel == h.Channel && have.Address == h.Address {
				h = have
				return nil
			}
		}
		claimed, err := claim(ctx, tx, &h)
		if err != nil {
			return err
		}
		if !claimed {
			return fault.New(fault.Conflict, "The address %s already belongs to another customer. Search for it to see whether they are the same person.", h.Address)
		}
		return event.Append(ctx, tx, event.Event{At: now, Kind: "customer.updated", Actor: by, CustomerID: id})
	})
	return h, err
}

// RenameOrganisation gives an organisation, which begins with the name of its domain, its
// own name.
func RenameOrganisation(ctx context.Context, d *db.DB, acc team.Access, id int64, name string) (Organisation, error) {
	if err := acc.Can(team.Write); err != nil {
		return Organisation{}, err
	}
	name = CleanName(name, "")
	if name == "" {
		return Organisation{}, fault.New(fault.Invalid, "Give the organisation a name.").With("name", "Write a name.")
	}
	if _, err := d.Exec(ctx, `update organisation set name = $1 where id = $2`, name, id); err != nil {
		return Organisation{}, err
	}
	return OrganisationByID(ctx, d, id)
}
