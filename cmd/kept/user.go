package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Give somebody a seat. The password is read from standard input."`
	List     userListCmd     `cmd:"" help:"Everybody with a seat."`
	Password userPasswordCmd `cmd:"" help:"Set somebody's password, read from standard input; every session of theirs ends."`
	Disable  userDisableCmd  `cmd:"" help:"Take somebody's seat away; what they wrote stays theirs."`
}

type userAddCmd struct {
	Place
	Email string `arg:"" help:"Their mail address."`
	Name  string `required:"" help:"Their name."`
	Role  string `default:"agent" enum:"owner,lead,agent" help:"owner, lead or agent."`
}

// Run adds a person.
func (c *userAddCmd) Run(s streams) error {
	ctx := context.Background()
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	password, err := readPassword(s)
	if err != nil {
		return err
	}
	p, err := k.house.AddPerson(ctx, event.System, team.Person{Name: c.Name, Email: c.Email, Role: c.Role}, password)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s <%s> has a seat as %s.\n", p.Name, p.Email, p.Role)
	return err
}

// readPassword reads one line. It is never an argument: those can be read by every user of the machine.
func readPassword(s streams) (string, error) {
	fmt.Fprint(s.err, "Password: ")
	line, err := bufio.NewReader(s.in).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if err != nil && err != io.EOF {
		return "", err
	}
	if line == "" {
		return "", fault.New(fault.Invalid, "Write the password on standard input, followed by a new line.")
	}
	return line, nil
}

type userListCmd struct{ Place }

// Run lists everybody.
func (c *userListCmd) Run(s streams) error {
	ctx := context.Background()
	k, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	people, err := team.People(ctx, k.db)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tADDRESS\tROLE\tSTATE")
	for _, p := range people {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Email, p.Role, p.State)
	}
	return w.Flush()
}

type userPasswordCmd struct {
	Place
	Email string `arg:"" help:"Whose password."`
}

// Run sets a password.
func (c *userPasswordCmd) Run(s streams) error {
	ctx := context.Background()
	k, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	p, err := team.PersonByEmail(ctx, k.db, c.Email)
	if err != nil {
		return nobody(err, c.Email)
	}
	password, err := readPassword(s)
	if err != nil {
		return err
	}
	if err := k.house.SetPassword(ctx, p.ID, password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s has a new password and is signed out everywhere.\n", p.Name)
	return err
}

type userDisableCmd struct {
	Place
	Email string `arg:"" help:"Whose seat."`
}

// Run disables a person.
func (c *userDisableCmd) Run(s streams) error {
	ctx := context.Background()
	k, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	p, err := team.PersonByEmail(ctx, k.db, c.Email)
	if err != nil {
		return nobody(err, c.Email)
	}
	state := team.Disabled
	if _, err := k.house.ChangePerson(ctx, event.System, p.ID, team.PersonChange{State: &state}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s can no longer sign in.\n", p.Name)
	return err
}

func nobody(err error, address string) error {
	if fault.Of(err) == fault.NotFound {
		return fault.New(fault.NotFound, "Nobody with the address %s has a seat. `kept user list` shows who has.", address)
	}
	return err
}
