package customer

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/team"
)

const (
	columns       = `customer.id, customer.name, customer.language, customer.zone, customer.organisation_id, customer.created_at`
	handleColumns = `handle.id, handle.customer_id, handle.channel, handle.address, handle.verified, handle.bouncing_since, handle.created_at`
)

func scan(s db.Scanner) (Customer, error) {
	var c Customer
	err := s.Scan(c.dest()...)
	return c, err
}

// dest returns where the columns of a row go, in order.
func (c *Customer) dest() []any {
	return []any{&c.ID, &c.Name, &c.Language, &c.Zone, (*optional)(&c.OrganisationID), (*micros)(&c.CreatedAt)}
}

func scanHandle(s db.Scanner) (Handle, error) {
	var h Handle
	err := s.Scan(h.dest()...)
	return h, err
}

func (h *Handle) dest() []any {
	return []any{&h.ID, &h.CustomerID, &h.Channel, &h.Address, &h.Verified, (*micros)(&h.BouncingSince), (*micros)(&h.CreatedAt)}
}

func scanOrganisation(s db.Scanner) (Organisation, error) {
	var o Organisation
	err := s.Scan(&o.ID, &o.Name, &o.Domain, (*micros)(&o.CreatedAt))
	return o, err
}

// micros scans a time from microseconds.
type micros time.Time

func (m *micros) Scan(v any) error {
	us, _ := v.(int64)
	*m = micros(db.Time(us))
	return nil
}

// optional scans null as 0.
type optional int64

func (o *optional) Scan(v any) error {
	id, _ := v.(int64)
	*o = optional(id)
	return nil
}

// ByID returns any customer; ask Visible on behalf of a person.
func ByID(ctx context.Context, d *db.DB, id int64) (Customer, error) {
	return Visible(ctx, d, team.System, id)
}

// Visible returns a customer whom acc may see, with all his handles.
func Visible(ctx context.Context, d *db.DB, acc team.Access, id int64) (Customer, error) {
	where, args := seen(acc, 2)
	c, err := db.One(ctx, d, scan, `select `+columns+` from customer where id = $1`+where, append([]any{id}, args...)...)
	if fault.Of(err) == fault.NotFound {
		return c, fault.Wrap(err, fault.NotFound, "There is no such customer, or only at desks that you do not see.")
	}
	if err != nil {
		return c, err
	}
	c.Handles, err = db.Collect(ctx, d, scanHandle, `select `+handleColumns+` from handle where customer_id = $1 order by id`, id)
	return c, err
}

// ByHandle returns the customer to whom an address belongs, with that handle alone, or a
// NotFound fault.
func ByHandle(ctx context.Context, d *db.DB, channel, address string) (Customer, error) {
	return byHandle(ctx, d, channel, Canonical(channel, address))
}

func byHandle(ctx context.Context, d *db.DB, channel, address string) (Customer, error) {
	return db.One(ctx, d, func(s db.Scanner) (Customer, error) {
		var c Customer
		var h Handle
		err := s.Scan(append(c.dest(), h.dest()...)...)
		c.Handles = []Handle{h}
		return c, err
	}, `select `+columns+`, `+handleColumns+` from handle join customer on customer.id = handle.customer_id where handle.channel = $1 and handle.address = $2`, channel, address)
}

// List returns customers whom acc may see, newest first, those below the id after only (0
// for all). A query q keeps those whose name or address holds it.
func List(ctx context.Context, d *db.DB, acc team.Access, q string, after int64, limit int) ([]Customer, error) {
	if after == 0 {
		after = math.MaxInt64
	}
	text, args := `select `+columns+` from customer where id < $1`, []any{after}
	if q = strings.TrimSpace(clean(q)); q != "" {
		text += ` and (lower(name) like lower($2) escape '\' or exists (select 1 from handle where customer_id = customer.id and address like $3 escape '\'))`
		args = append(args, like(q), like(strings.ToLower(q)))
	}
	where, more := seen(acc, len(args)+1)
	args = append(append(args, more...), limit)
	found, err := db.Collect(ctx, d, scan, text+where+` order by id desc limit `+db.In(1, len(args)), args...)
	if err != nil {
		return nil, err
	}
	return found, fillHandles(ctx, d, found)
}

func fillHandles(ctx context.Context, d *db.DB, customers []Customer) error {
	at := make(map[int64]*Customer, len(customers))
	ids := make([]any, len(customers))
	for i := range customers {
		at[customers[i].ID], ids[i] = &customers[i], customers[i].ID
	}
	handles, err := db.Collect(ctx, d, scanHandle, `select `+handleColumns+` from handle where customer_id in (`+db.In(len(ids), 1)+`) order by id`, ids...)
	for _, h := range handles {
		at[h.CustomerID].Handles = append(at[h.CustomerID].Handles, h)
	}
	return err
}

// seen is the condition that keeps the customers of visible desks.
func seen(acc team.Access, from int) (string, []any) {
	where, args := acc.Where("conversation.desk_id", from)
	if where == "" {
		return "", nil
	}
	return ` and exists (select 1 from conversation where conversation.customer_id = customer.id and ` + where + `)`, args
}

// like makes a pattern that finds q anywhere, with q's own wildcards taken literally.
func like(q string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(q) + "%"
}

func insert(ctx context.Context, tx *db.DB, c Customer) (int64, error) {
	return db.Insert(ctx, tx, `insert into customer (name, language, zone, organisation_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $5) returning id`,
		c.Name, c.Language, c.Zone, db.Null(c.OrganisationID), db.Micros(c.CreatedAt))
}

// claim inserts the handle and reports whether it was free. On PostgreSQL it waits for a
// transaction that is claiming the same address.
func claim(ctx context.Context, tx *db.DB, h *Handle) (bool, error) {
	id, err := db.Insert(ctx, tx, `insert into handle (customer_id, channel, address, created_at) values ($1, $2, $3, $4)
		on conflict (channel, address) do nothing returning id`, h.CustomerID, h.Channel, h.Address, db.Micros(h.CreatedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	h.ID = id
	return err == nil, err
}

func save(ctx context.Context, tx *db.DB, c Customer, now time.Time) error {
	_, err := tx.Exec(ctx, `update customer set name = $1, language = $2, zone = $3, updated_at = $4 where id = $5`, c.Name, c.Language, c.Zone, db.Micros(now), c.ID)
	return err
}

// hold takes a customer's row until the transaction ends, so that of two who change him
// neither undoes what the other did.
func hold(ctx context.Context, tx *db.DB, id int64) error {
	_, err := tx.Exec(ctx, `update customer set updated_at = updated_at where id = $1`, id)
	return err
}

// christen names a customer unless somebody did meanwhile.
func christen(ctx context.Context, tx *db.DB, id int64, name string, now time.Time) error {
	_, err := tx.Exec(ctx, `update customer set name = $1, updated_at = $2 where id = $3 and name = ''`, name, db.Micros(now), id)
	return err
}

func remove(ctx context.Context, tx *db.DB, id int64) error {
	_, err := tx.Exec(ctx, `delete from customer where id = $1`, id)
	return err
}

// setBouncing keeps the first time of several; the zero time clears it.
func setBouncing(ctx context.Context, tx *db.DB, channel, address string, at time.Time) error {
	_, err := tx.Exec(ctx, `update handle set bouncing_since = $1 where channel = $2 and address = $3 and (bouncing_since = 0 or cast($1 as bigint) = 0)`, db.Micros(at), channel, address)
	return err
}

// organisation returns the id of the one with that domain, which is made where there is
// none; "" has none.
func organisation(ctx context.Context, tx *db.DB, domain string, now time.Time) (int64, error) {
	if domain == "" {
		return 0, nil
	}
	const find = `select id from organisation where domain = $1 and domain <> ''`
	id, err := db.One(ctx, tx, db.Value[int64], find, domain)
	if fault.Of(err) != fault.NotFound {
		return id, err
	}
	id, err = db.Insert(ctx, tx, `insert into organisation (name, domain, created_at) values ($1, $1, $2) on conflict (domain) where domain <> '' do nothing returning id`,
		domain, db.Micros(now))
	if errors.Is(err, sql.ErrNoRows) { // another node was faster
		return db.One(ctx, tx, db.Value[int64], find, domain)
	}
	return id, err
}

// OrganisationByID returns an organisation.
func OrganisationByID(ctx context.Context, d *db.DB, id int64) (Organisation, error) {
	o, err := db.One(ctx, d, scanOrganisation, `select id, name, domain, created_at from organisation where id = $1`, id)
	if fault.Of(err) == fault.NotFound {
		return o, fault.Wrap(err, fault.NotFound, "There is no such organisation.")
	}
	return o, err
}
