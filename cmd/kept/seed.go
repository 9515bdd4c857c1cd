package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"kept/internal/fault"
	"kept/internal/seed"
)

type seedCmd struct {
	Place
	Conversations int    `default:"10000" help:"How many conversations."`
	Messages      int    `help:"How many messages in all; by default five for each conversation."`
	Seed          int64  `default:"1" help:"The same number invents the same conversations."`
	At            string `placeholder:"TIME" help:"The present of the invention, such as 2026-03-04T10:00:00Z; by default now."`
	JSON          bool   `name:"json" help:"Print one JSON object."`
}

// Run fills the desk.
func (c *seedCmd) Run(s streams) error {
	now := time.Now()
	if c.At != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, c.At); err != nil {
			return fault.New(fault.Invalid, "%q is not a time. Write it as 2026-03-04T10:00:00Z.", c.At)
		}
	}
	ctx := context.Background()
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
	password := rand.Text()
	fresh, err := k.house.NeedsSetUp(ctx)
	if err != nil {
		return err
	}
	o := seed.Options{Conversations: c.Conversations, Messages: c.Messages, Seed: c.Seed, Now: now, Blobs: k.blobs, Password: password, Progress: func(done, of int) {
		fmt.Fprintf(s.err, "\r%d of %d messages", done, of)
	}}
	r, err := seed.Run(ctx, k.db, o)
	fmt.Fprintln(s.err)
	if err != nil {
		return err
	}
	return c.print(s, r, fresh, password)
}

func (c *seedCmd) print(s streams, r seed.Result, fresh bool, password string) error {
	perSecond := float64(r.Messages) / r.Took.Seconds()
	if !fresh {
		password = ""
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(struct {
			seed.Result
			Password  string  `json:"password,omitempty"`
			Seconds   float64 `json:"seconds"`
			PerSecond float64 `json:"messages_per_second"`
		}{r, password, r.Took.Seconds(), perSecond})
	}
	fmt.Fprintf(s.out, "%d conversations (%d open), %d messages, %d customers in %.1f s: %.0f messages a second.\n", r.Conversations, r.Open, r.Messages, r.Customers, r.Took.Seconds(), perSecond)
	if fresh {
		fmt.Fprintf(s.out, "Sign in as %s with the password %s\n", r.Email, password)
	}
	return nil
}
