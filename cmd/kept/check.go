package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"kept/internal/check"
)

type checkCmd struct {
	Place
	JSON    bool `name:"json" help:"Print one JSON object."`
	NoFiles bool `name:"no-files" help:"Do not look whether every stored file is there."`
}

// Run asks whether all is well, and ends with 1 where it is not.
func (c *checkCmd) Run(s streams) error {
	ctx := context.Background()
	k, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	blobs := k.blobs
	if c.NoFiles {
		blobs = nil
	}
	r, err := check.Run(ctx, k.db, blobs, k.now())
	if err != nil {
		return err
	}
	if err := c.print(s.out, r); err != nil {
		return err
	}
	if !r.OK {
		return exit(1)
	}
	return nil
}

func (c *checkCmd) print(w io.Writer, r check.Report) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := io.WriteString(w, inWords(r))
	return err
}

// inWords says in plain words what the report holds, the worst first.
func inWords(r check.Report) string {
	var b strings.Builder
	if r.NakedWaits > 0 {
		fmt.Fprintf(&b, "BROKEN  %d conversations wait on us without a promise: %v\n", r.NakedWaits, r.Naked)
	}
	for _, o := range r.Orphans {
		fmt.Fprintf(&b, "BROKEN  %s (%s: %v)\n", o.Sentence, o.Kind, o.IDs)
	}
	for _, g := range r.Reconciliation.Gaps {
		if g.Error != "" {
			fmt.Fprintf(&b, "BROKEN  Mailbox %d could not be compared: %s\n", g.MailboxID, g.Error)
			continue
		}
		fmt.Fprintf(&b, "BROKEN  Mailbox %d: the server holds %d mails that are not stored.\n", g.MailboxID, g.Missing)
	}
	for _, a := range r.Alarms {
		fmt.Fprintf(&b, "look    %s\n", a.Text)
	}
	if r.Counts.Quarantined > 0 {
		fmt.Fprintf(&b, "look    %d mails are in quarantine.\n", r.Counts.Quarantined)
	}
	word := "All is well"
	if !r.OK {
		word = "Not well"
	}
	fmt.Fprintf(&b, "%s: %d conversations, %d messages, %d open promises, %d mails waiting to be read.\n",
		word, r.Counts.Conversations, r.Counts.Messages, r.Counts.OpenPromises, r.Counts.Pending)
	return b.String()
}
