package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"kept/internal/demo"
	"kept/internal/team"
	"kept/internal/web/api"
)

type demoCmd struct {
	Config
	JSON bool `name:"json" help:"Print one line of JSON when ready."`
}

// ready is what `kept demo --json` prints.
type ready struct {
	URL      string `json:"url"`
	SMTP     string `json:"smtp"`
	Address  string `json:"address"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Token    string `json:"token"`
	Data     string `json:"data"`
	name     string // of whoever signs in with Email
}

// seat is what the sign-in page offers to anybody: a seat of the story's people, never one of a real desk whose folder was named.
func (r ready) seat() *api.DemoSeat {
	company, err := demo.Read()
	if err != nil || !strings.HasSuffix(r.Email, "@"+company.Domain) {
		return nil
	}
	return &api.DemoSeat{Name: r.name, Email: r.Email, Password: r.Password}
}

// Run makes the demo desk, unless its folder has one already, and serves it.
func (c *demoCmd) Run(s streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	forget, err := c.settle()
	if err != nil {
		return err
	}
	defer forget()
	release, err := c.prepareAndLock()
	if err != nil {
		return err
	}
	defer release()
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	r, err := c.furnish(ctx, s, k)
	if err != nil {
		return err
	}
	srv, err := start(ctx, c.Config, k, r.seat())
	if err != nil {
		return err
	}
	r.URL, r.SMTP = srv.url, srv.smtp
	if err := c.greet(s, r); err != nil {
		return err
	}
	return srv.wait()
}

// settle gives the demo a folder of its own where none was named, and an address for mail.
func (c *demoCmd) settle() (forget func(), err error) {
	if c.SMTP == "" {
		c.SMTP = "localhost:2525"
	}
	if !c.unnamed {
		return func() {}, nil
	}
	if c.Data, err = os.MkdirTemp("", "kept-demo-"); err != nil {
		return nil, err
	}
	return func() { os.RemoveAll(c.Data) }, nil
}

// furnish tells the story where the desk is empty, and makes a token for its owner.
func (c *demoCmd) furnish(ctx context.Context, s streams, k *desk) (r ready, err error) {
	fresh, err := k.house.NeedsSetUp(ctx)
	if err != nil {
		return r, err
	}
	if fresh {
		if !c.JSON {
			fmt.Fprintln(s.out, "Making a desk of invented people and their last 30 days …")
		}
		if err := tellStory(ctx, k, time.Now()); err != nil {
			return r, err
		}
	}
	people, err := team.People(ctx, k.db)
	if err != nil {
		return r, err
	}
	r = ready{Password: demoPassword, Data: c.Data}
	for _, p := range people {
		if p.Role != team.Owner || r.Email != "" {
			continue
		}
		access, err := k.house.Access(ctx, p.ID, nil)
		if err != nil {
			return r, err
		}
		r.Email, r.name = p.Email, p.Name
		if r.Token, _, err = k.house.MakeToken(ctx, team.Seat{Person: p, Access: access}, "Demo", []string{team.ScopeAdmin}, time.Time{}); err != nil {
			return r, err
		}
	}
	desks, err := team.Desks(ctx, k.db, team.System)
	if err == nil && len(desks) > 0 {
		r.Address = desks[0].Address
	}
	return r, err
}

func (c *demoCmd) greet(s streams, r ready) error {
	if c.JSON {
		return json.NewEncoder(s.out).Encode(r)
	}
	_, err := fmt.Fprintf(s.out, `
  Open     %s
  Sign in  %s
  Password %s

  Write a mail to %s with any mail program, through SMTP at %s,
  and watch it arrive. Nothing is ever sent from here: the Outbox shows what would have left.

  Data     %s
  Stop with Ctrl+C.
`, r.URL, r.Email, r.Password, r.Address, r.SMTP, r.Data)
	return err
}
