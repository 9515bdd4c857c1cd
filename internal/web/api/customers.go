package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"kept/internal/conversation"
	"kept/internal/customer"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/promise"
	"kept/internal/team"
)

// Customer is a person we serve.
type Customer struct {
	ID             int64     `json:"id"`
	Name           string    `json:"name" doc:"Empty while only the address is known."`
	Address        string    `json:"address" doc:"Where to write."`
	Language       string    `json:"language"`
	Zone           string    `json:"zone"`
	OrganisationID *int64    `json:"organisation_id"`
	CreatedAt      time.Time `json:"created_at"`
}

func customerOf(c customer.Customer) Customer {
	return Customer{c.ID, c.Name, c.Address(), c.Language, c.Zone, num(c.OrganisationID), c.CreatedAt}
}

// Handle is an address of a customer on a channel.
type Handle struct {
	ID            int64      `json:"id"`
	Channel       string     `json:"channel"`
	Address       string     `json:"address"`
	Verified      bool       `json:"verified"`
	BouncingSince *time.Time `json:"bouncing_since"`
}

// Organisation is a company or household that customers belong to.
type Organisation struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Domain string `json:"domain"`
}

// CustomerPage is all that is known about one customer and may be seen.
type CustomerPage struct {
	Customer      Customer       `json:"customer"`
	Handles       []Handle       `json:"handles"`
	Organisation  *Organisation  `json:"organisation,omitempty"`
	Conversations []Conversation `json:"conversations" doc:"The newest, at the desks you see."`
	Promises      []Promise      `json:"promises"`
}

const customerPage = 50

func (a *API) registerCustomers() {
	handle(a, op{method: "GET", path: "/customers", summary: "Customers, newest first, or those whose name or address holds q", tag: "customers"}, a.listCustomers)
	handle(a, op{method: "GET", path: "/customers/{id}", summary: "One customer with conversations and promises", tag: "customers"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[CustomerPage], error) {
			return ok(a.customerPage(ctx, s, in.ID))
		})
	handle(a, op{method: "PATCH", path: "/customers/{id}", summary: "Change what is known about a customer", tag: "customers"},
		func(ctx context.Context, s team.Seat, in *customerChange) (*body[Customer], error) {
			c, err := customer.Update(ctx, a.DB, s.Access, in.ID, customer.Change{Name: in.Body.Name, Language: in.Body.Language, Zone: in.Body.Zone}, event.Person(s.Person.ID), a.Now())
			return ok(customerOf(c), err)
		})
}

type customerChange struct {
	ByID
	Body struct {
		Name     *string `json:"name,omitempty" maxLength:"200"`
		Language *string `json:"language,omitempty" maxLength:"35"`
		Zone     *string `json:"zone,omitempty" maxLength:"100"`
	}
}

type customerQuery struct {
	Q      string `query:"q" maxLength:"200"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

func (a *API) listCustomers(ctx context.Context, s team.Seat, in *customerQuery) (*body[List[Customer]], error) {
	after, err := idCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := customer.List(ctx, a.DB, s.Access, in.Q, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return ok(idPage(found, in.Limit, customerOf, func(c customer.Customer) int64 { return c.ID }), nil)
}

// idCursor reads a cursor that is the last id of the page before.
func idCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(cursor, 36, 64)
	if err != nil || id < 1 {
		return 0, badCursor()
	}
	return id, nil
}

// timeCursor reads a cursor that is the time and id of the last row of the page before.
func timeCursor(cursor string) (time.Time, int64, error) {
	if cursor == "" {
		return time.Time{}, 0, nil
	}
	first, second, _ := strings.Cut(cursor, ".")
	us, err1 := strconv.ParseInt(first, 36, 64)
	id, err2 := strconv.ParseInt(second, 36, 64)
	if err1 != nil || err2 != nil {
		return time.Time{}, 0, badCursor()
	}
	return db.Time(us), id, nil
}

func writeTimeCursor(t time.Time, id int64) *string {
	c := strconv.FormatInt(db.Micros(t), 36) + "." + strconv.FormatInt(id, 36)
	return &c
}

func badCursor() error {
	return fault.New(fault.Invalid, "This cursor is not one of ours. Begin again without a cursor.").With("cursor", "Use next from the page before, as it is.")
}

// idPage makes a page of rows that were read with one more than limit.
func idPage[A, B any](rows []A, limit int, shape func(A) B, id func(A) int64) List[B] {
	var next *string
	if len(rows) > limit {
		rows = rows[:limit]
		c := strconv.FormatInt(id(rows[limit-1]), 36)
		next = &c
	}
	return List[B]{mapped(rows, shape), next}
}

func (a *API) customerPage(ctx context.Context, s team.Seat, id int64) (CustomerPage, error) {
	c, err := customer.Visible(ctx, a.DB, s.Access, id)
	if err != nil {
		return CustomerPage{}, err
	}
	page := CustomerPage{Customer: customerOf(c), Handles: mapped(c.Handles, func(h customer.Handle) Handle {
		return Handle{h.ID, h.Channel, h.Address, h.Verified, at(h.BouncingSince)}
	})}
	if c.OrganisationID != 0 {
		o, err := customer.OrganisationByID(ctx, a.DB, c.OrganisationID)
		if err != nil {
			return page, err
		}
		page.Organisation = &Organisation{o.ID, o.Name, o.Domain}
	}
	found, err := a.Book.List(ctx, s.Access, conversation.Filter{CustomerID: id, Limit: customerPage})
	if err != nil {
		return page, err
	}
	page.Conversations = mapped(found.Items, conversationOf)
	promises, err := promise.OfCustomer(ctx, a.DB, s.Access, id, customerPage)
	if err != nil {
		return page, err
	}
	page.Promises, err = a.promises(ctx, promises)
	return page, err
}
