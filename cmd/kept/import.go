package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"kept/internal/channel/email"
	"kept/internal/channel/email/archive"
	"kept/internal/conversation"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/lease"
	"kept/internal/mail/auth"
	"kept/internal/team"
)

type mailImportCmd struct {
	Place
	Desk      string   `placeholder:"ADDRESS" help:"The desk that the mail belongs to, by its address; needed where there are several."`
	OpenSince string   `placeholder:"DATE" help:"Customers' mail since then, such as 2026-03-01, still waits unless it was answered; without, all is history."`
	MaxMailMB int64    `name:"max-mail-mb" default:"100" help:"Largest mail taken in, in MB."`
	JSON      bool     `name:"json" help:"Print the report as one JSON object."`
	Paths     []string `arg:"" name:"path" help:"mbox files, Maildir folders, .eml files or folders of them."`
}

// Run imports. Stopped at any point it goes on when it is run again, and what is here already is not stored twice. A server may be running
// meanwhile.
func (c *mailImportCmd) Run(s streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	since, err := c.since()
	if err != nil {
		return err
	}
	k, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	to, err := c.desk(ctx, k)
	if err != nil {
		return err
	}
	spool := intake.New(k.db, k.blobs, k.now)
	finish, err := c.work(ctx, k, spool)
	if err != nil {
		return err
	}
	defer finish()
	bar := &progressBar{w: s.err, live: isTerminal(s.err) && !c.JSON}
	im := &archive.Importer{DB: k.db, Spool: spool, Now: k.now}
	r, err := im.Import(ctx, c.Paths, archive.Options{Desk: to, OpenSince: since, Limit: c.MaxMailMB << 20}, bar.show)
	bar.end()
	if errors.Is(err, context.Canceled) {
		err = fault.New(fault.Conflict, "Stopped. What was read is kept; run the same command again to go on.")
	}
	if err != nil && r.Found == 0 {
		return err
	}
	return errors.Join(c.print(s.out, r), err)
}

func (c *mailImportCmd) since() (time.Time, error) {
	if c.OpenSince == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, c.OpenSince); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "%q is not a date. Write --open-since as 2026-03-01.", c.OpenSince)
}

func (c *mailImportCmd) desk(ctx context.Context, k *desk) (team.Desk, error) {
	if c.Desk != "" {
		d, _, ok, err := team.DeskByAddress(ctx, k.db, c.Desk)
		if err == nil && !ok {
			err = fault.New(fault.NotFound, "No desk has the address %s. Check its spelling, or make the desk first.", c.Desk)
		}
		return d, err
	}
	all, err := team.Desks(ctx, k.db, team.System)
	if err != nil || len(all) == 1 {
		return append(all, team.Desk{})[0], err
	}
	if len(all) == 0 {
		return team.Desk{}, fault.New(fault.NotFound, "There is no desk yet. Run kept serve, set Kept up in the browser, then import.")
	}
	var addresses []string
	for _, d := range all {
		addresses = append(addresses, d.Address)
	}
	return team.Desk{}, fault.New(fault.Invalid, "There are several desks. Name one with --desk: %s.", strings.Join(addresses, ", "))
}

// work reads the arrivals meanwhile, unless a running server does.
func (c *mailImportCmd) work(ctx context.Context, k *desk, spool *intake.Spool) (finish func(), err error) {
	node, release, err := lease.Node(k.dir)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	worker := email.NewWorker(k.db, spool, k.blobs, conversation.New(k.db, k.now), k.now, node, email.Authenticate(auth.DNS{}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		worker.Run(ctx)
	}()
	return func() {
		stop()
		<-done
		release()
	}, nil
}

func (c *mailImportCmd) print(w io.Writer, r archive.Report) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Read %d mails from %d files", r.Read, r.Files)
	if r.Before > 0 {
		fmt.Fprintf(&b, " (%d were read by an earlier run)", r.Before)
	}
	fmt.Fprintf(&b, ": %d stored, %d were here already, %d skipped.\n", r.Stored, r.Duplicates, len(r.Skipped))
	if c.OpenSince != "" {
		fmt.Fprintf(&b, "%d customers still wait for an answer.\n", r.Waiting)
	}
	if r.Quarantined > 0 {
		fmt.Fprintf(&b, "%d imported mails could not be read and wait in quarantine.\n", r.Quarantined)
	}
	for i, s := range r.Skipped {
		if i == 50 {
			fmt.Fprintf(&b, "… and %d more; --json names all of them.\n", len(r.Skipped)-i)
			break
		}
		fmt.Fprintf(&b, "skipped %s: %s\n", s.Path, s.Reason)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// A progressBar shows how far an import is, where somebody looks.
type progressBar struct {
	w     io.Writer
	live  bool
	shown bool
}

func (p *progressBar) show(r archive.Report) {
	if !p.live {
		return
	}
	p.shown = true
	switch {
	case r.Phase == "done":
		fmt.Fprintf(p.w, "\r\033[KReading into conversations: %d to go", r.Pending)
	case r.Phase == "scanning" || r.Bytes == 0:
		fmt.Fprintf(p.w, "\r\033[KLooking: %d mails in %d files", r.Found, r.Files)
	default:
		part := int(30 * r.BytesDone / r.Bytes)
		fmt.Fprintf(p.w, "\r\033[K[%s%s] %d of %d mails", strings.Repeat("█", part), strings.Repeat("·", 30-part), r.Before+r.Read, r.Found)
	}
}

func (p *progressBar) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
