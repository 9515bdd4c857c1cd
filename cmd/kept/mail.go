package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kept/internal/channel/email"
	"kept/internal/mail"
)

type mailCmd struct {
	Import mailImportCmd `cmd:"" help:"Bring old mail in: mbox files, Maildir folders, .eml files. May be stopped and run again."`
	Parse  mailParseCmd  `cmd:"" help:"Show what Kept reads in a mail. Needs no desk."`
}

type mailParseCmd struct {
	JSON  bool     `name:"json" help:"Print one JSON object per file, in order."`
	Files []string `arg:"" name:"file" help:"Mails as files (.eml); - reads standard input."`
}

// parseWithin is how long one mail may take; what takes longer is told as unreadable.
const parseWithin = 10 * time.Second

// Run shows every file. A broken mail is something to show, not a failure; only a file that cannot be read ends with 1.
func (c *mailParseCmd) Run(s streams) error {
	out := bufio.NewWriter(s.out)
	defer out.Flush()
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	var unread error
	for _, name := range c.Files {
		raw, err := readFile(name, s.in)
		r := mail.NewReport(name, &mail.Message{Quarantine: "This file cannot be read: " + reasonOf(err) + "."}, "")
		if err != nil {
			unread = exit(1)
		} else {
			r = report(name, raw)
		}
		if c.JSON {
			err = enc.Encode(r)
		} else {
			err = show(out, r)
		}
		if err != nil {
			return err
		}
	}
	return unread
}

func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return reason(err)
}

func readFile(name string, in io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(name)
}

// report reads a mail, for at most parseWithin.
func report(name string, raw []byte) mail.Report {
	done := make(chan mail.Report, 1)
	go func() {
		m := mail.Parse(raw)
		done <- mail.NewReport(name, m, email.Visible(m))
	}()
	select {
	case r := <-done:
		return r
	case <-time.After(parseWithin):
		return mail.NewReport(name, &mail.Message{Kind: mail.Plain, Quarantine: "Reading this mail takes too long."}, "")
	}
}

// show prints a report for a person.
func show(w io.Writer, r mail.Report) error {
	fmt.Fprintf(w, "%s\n", r.File)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-12s %s\n", name, value)
		}
	}
	line("Quarantine", r.Quarantine)
	line("From", list(r.From))
	line("To", list(r.To))
	line("Cc", list(r.Cc))
	line("Subject", r.Subject)
	line("Date", r.Date)
	line("Kind", string(r.Kind))
	if b := r.Bounce; b != nil {
		line("Bounce", strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Recipient, b.Status, b.Reason)))
	}
	for _, a := range r.Attachments {
		line("File", fmt.Sprintf("%s (%s, %d bytes)", a.Name, a.Type, a.Size))
	}
	_, err := fmt.Fprintf(w, "\n%s\n\n", strings.TrimSpace(r.VisibleText))
	return err
}

func list(addresses []mail.Address) string {
	var out []string
	for _, a := range addresses {
		out = append(out, strings.TrimSpace(a.Name+" <"+a.Address+">"))
	}
	return strings.Join(out, ", ")
}
