package demo

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
)

// Moods are the words a conversation's mood may be told with.
var Moods = []string{"happy", "praising", "worried", "furious", "grieving", "confused", "bargaining", "dissatisfied", "chasing",
	"impossible", "browsing", "hurried", "calm"}

// Languages are the languages of the story, as BCP 47 tags.
var Languages = []string{"en", "de", "es", "ar"}

// Reasons are why a conversation may be closed without an answer to its last message.
var Reasons = []string{"thanks", "spam", "wrong_address", "newsletter", "duplicate", "other"}

var (
	kinds       = []string{"", "auto-reply", "bounce", "delivery-report", "list", "forward"}
	quotes      = []string{"", "below", "above", "inline"}
	promiseKind = []string{"deliver", "call", "inform", "fix", "refund", "update", "rights", "checkin", "internal"}
)

// checkCast tells what is wrong with the people, teams, desks and customers; what happens is only worth checking after that.
func (c *Company) checkCast() error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	unique := map[string]string{}
	once := func(what, id string) {
		if id == "" || unique[what+id] != "" {
			say("%s %q is empty or told twice", what, id)
		}
		unique[what+id] = id
	}
	for _, p := range c.People {
		once("person", p.ID)
		once("name", p.Name)
		if !slices.Contains([]string{"owner", "lead", "agent"}, p.Role) {
			say("%s has the unknown role %q", p.Name, p.Role)
		}
	}
	for _, t := range c.Teams {
		once("team", t.ID)
		for _, id := range t.Members {
			if c.person(id) == nil {
				say("team %s has the unknown member %q", t.ID, id)
			}
		}
	}
	for i := range c.Desks {
		d := &c.Desks[i]
		once("desk", d.ID)
		if unique["team"+d.Team] == "" {
			say("desk %s belongs to the unknown team %q", d.ID, d.Team)
		}
		if d.FirstReply <= 0 || d.NextReply <= 0 {
			say("desk %s promises no time to reply", d.ID)
		}
		if _, err := d.hours(); err != nil {
			wrong = append(wrong, err)
		}
	}
	for _, o := range c.Organisations {
		once("organisation", o.ID)
	}
	for _, customer := range c.Customers {
		once("customer", customer.ID)
		wrong = append(wrong, c.checkCustomer(customer, unique["organisation"+customer.Organisation]))
		for _, address := range customer.Addresses {
			once("address", address)
		}
	}
	return errors.Join(wrong...)
}

func (c *Company) checkCustomer(customer Customer, organisation string) error {
	if customer.Organisation != "" && organisation == "" {
		return fmt.Errorf("%s belongs to the unknown organisation %q", customer.ID, customer.Organisation)
	}
	if len(customer.Addresses) == 0 {
		return fmt.Errorf("%s has no address", customer.ID)
	}
	for _, address := range customer.Addresses {
		if _, err := mail.ParseAddress(address); err != nil || !reserved(address) {
			return fmt.Errorf("%s: %q is not an address in a domain reserved for examples", customer.ID, address)
		}
	}
	return nil
}

// reserved tells whether an address lies in a domain of RFC 2606, so that no demo ever writes to a stranger.
func reserved(address string) bool {
	domain := strings.TrimSuffix(address[strings.LastIndex(address, "@")+1:], ">")
	for _, top := range []string{"example", "test", "example.com", "example.org", "example.net"} {
		if domain == top || strings.HasSuffix(domain, "."+top) {
			return true
		}
	}
	return false
}

func (c *Company) person(id string) *Person {
	for i := range c.People {
		if c.People[i].ID == id {
			return &c.People[i]
		}
	}
	return nil
}

func (c *Company) desk(id string) *Desk {
	for i := range c.Desks {
		if c.Desks[i].ID == id {
			return &c.Desks[i]
		}
	}
	return nil
}

func (c *Company) customer(id string) *Customer {
	for i := range c.Customers {
		if c.Customers[i].ID == id {
			return &c.Customers[i]
		}
	}
	return nil
}

// checkNames tells whether everything a conversation names exists.
func (c *Company) checkNames(conv *Conversation) error {
	customer := c.customer(conv.Customer)
	switch {
	case c.desk(conv.Desk) == nil:
		return fmt.Errorf("there is no desk %q", conv.Desk)
	case customer == nil:
		return fmt.Errorf("there is no customer %q", conv.Customer)
	case conv.From != "" && !slices.Contains(customer.Addresses, conv.From):
		return fmt.Errorf("%s does not write from %q", customer.ID, conv.From)
	case !slices.Contains(Languages, conv.Language):
		return fmt.Errorf("nobody here speaks the language %q", conv.Language)
	case !slices.Contains(Moods, conv.Mood):
		return fmt.Errorf("%q is not a mood", conv.Mood)
	case len(conv.Steps) == 0:
		return errors.New("nothing happens")
	}
	for _, step := range conv.Steps {
		if err := c.checkStep(step); err != nil {
			return err
		}
	}
	return nil
}

func (c *Company) checkStep(step Step) error {
	if e := step.Event; e != nil {
		if c.person(e.By) == nil || (e.Verb == "assigns" && c.person(e.Whom) == nil) {
			return fmt.Errorf("nobody here is called %q or %q", e.By, e.Whom)
		}
		if e.Why == "" && slices.Contains([]string{"snoozes", "waits", "keeps", "moves", "releases", "reopens"}, e.Verb) {
			return fmt.Errorf("%s %s without saying why", e.By, e.Verb)
		}
		if e.Reason != "" && !slices.Contains(Reasons, e.Reason) {
			return fmt.Errorf("%q is not a reason for closing without an answer", e.Reason)
		}
		return nil
	}
	m := step.Message
	switch {
	case (m.Role == ByAgent || m.Role == ByNote) && c.person(m.Author) == nil:
		return fmt.Errorf("nobody here is called %q", m.Author)
	case m.Role == ByOther && !reservedParticipant(m.Author):
		return fmt.Errorf("%q is not a name with an address in a reserved domain", m.Author)
	case m.Text == "" && len(m.Attachments) == 0:
		return fmt.Errorf("the message of %s is empty", step.When)
	case !slices.Contains(kinds, m.Kind) || !slices.Contains(quotes, m.Quote):
		return fmt.Errorf("a message cannot be of kind %q or quote %q", m.Kind, m.Quote)
	case len(m.Promises) > 0 && m.Role != ByAgent:
		return errors.New("only a reply can promise something")
	}
	for _, p := range m.Promises {
		if !slices.Contains(promiseKind, p.Kind) {
			return fmt.Errorf("promise %s has the unknown kind %q", p.Label, p.Kind)
		}
	}
	for _, cc := range m.Cc {
		if !reservedParticipant(cc) {
			return fmt.Errorf("%q is copied in without an address in a reserved domain", cc)
		}
	}
	return nil
}

func reservedParticipant(who string) bool {
	a, err := mail.ParseAddress(who)
	return err == nil && reserved(a.Address)
}
