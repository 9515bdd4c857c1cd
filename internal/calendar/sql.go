package calendar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kept/internal/db"
	"kept/internal/fault"
)

const columns = `id, name, zone, country, hours, holidays`

func scan(s db.Scanner) (Calendar, error) {
	var c Calendar
	var hours, holidays string
	if err := s.Scan(&c.ID, &c.Name, &c.Zone, &c.Country, &hours, &holidays); err != nil {
		return Calendar{}, err
	}
	return c, errors.Join(json.Unmarshal([]byte(hours), &c.Hours), json.Unmarshal([]byte(holidays), &c.Holidays))
}

// Create saves a new calendar, with the public holidays of its country from now on, and
// returns it with its id.
func Create(ctx context.Context, d *db.DB, c Calendar, now time.Time) (Calendar, error) {
	if err := c.Check(); err != nil {
		return Calendar{}, err
	}
	c = c.Seed(now)
	hours, holidays, err := written(c)
	if err != nil {
		return Calendar{}, err
	}
	c.ID, err = db.Insert(ctx, d, `insert into calendar (name, zone, country, hours, holidays) values ($1, $2, $3, $4, $5) returning id`,
		c.Name, c.Zone, c.Country, hours, holidays)
	return c, err
}

// Update saves a changed calendar. Another country brings its holidays and takes away
// those of the old one. What was promised on the old hours stays as it was promised.
func Update(ctx context.Context, d *db.DB, c Calendar, now time.Time) (Calendar, error) {
	if err := c.Check(); err != nil {
		return Calendar{}, err
	}
	err := d.Tx(ctx, func(tx *db.DB) error {
		old, err := ByID(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if c.Country != old.Country {
			c = c.Follow(c.Country, now)
		}
		return save(ctx, tx, c)
	})
	return c, err
}

// SeedAll brings every calendar the public holidays of the years to come. It is meant to
// run once a day.
func SeedAll(ctx context.Context, d *db.DB, now time.Time) error {
	return d.Tx(ctx, func(tx *db.DB) error {
		all, err := List(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range all {
			seeded := c.Seed(now)
			if len(seeded.Holidays) == len(c.Holidays) {
				continue
			}
			if err := save(ctx, tx, seeded); err != nil {
				return fmt.Errorf("seed calendar %d: %w", c.ID, err)
			}
		}
		return nil
	})
}

// ByID returns one calendar.
func ByID(ctx context.Context, d *db.DB, id int64) (Calendar, error) {
	c, err := db.One(ctx, d, scan, `select `+columns+` from calendar where id = $1`, id)
	if fault.Of(err) == fault.NotFound {
		return c, fault.Wrap(err, fault.NotFound, "That calendar is not there any more. Choose another one.")
	}
	return c, err
}

// List returns all calendars, oldest first.
func List(ctx context.Context, d *db.DB) ([]Calendar, error) {
	return db.Collect(ctx, d, scan, `select `+columns+` from calendar order by id`)
}

func save(ctx context.Context, d *db.DB, c Calendar) error {
	hours, holidays, err := written(c)
	if err != nil {
		return err
	}
	_, err = d.Exec(ctx, `update calendar set name = $1, zone = $2, country = $3, hours = $4, holidays = $5 where id = $6`,
		c.Name, c.Zone, c.Country, hours, holidays, c.ID)
	return err
}

func written(c Calendar) (hours, holidays string, err error) {
	for d := range c.Hours {
		if c.Hours[d] == nil {
			c.Hours[d] = []Span{}
		}
	}
	if c.Holidays == nil {
		c.Holidays = []Holiday{}
	}
	h, err1 := json.Marshal(c.Hours)
	y, err2 := json.Marshal(c.Holidays)
	return string(h), string(y), errors.Join(err1, err2)
}

// Office returns the hours most desks start with: Monday to Friday, nine to five.
func Office() (hours [7][]Span) {
	for d := range 5 {
		hours[d] = []Span{{9 * 60, 17 * 60}}
	}
	return hours
}
