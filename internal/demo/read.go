package demo

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

//go:embed data
var data embed.FS

// Read returns the whole story, checked. It only fails when the files of this package contradict themselves; the error then tells
// every contradiction, one sentence a line.
func Read() (*Company, error) { return readFrom(data) }

func readFrom(files fs.FS) (*Company, error) {
	c := &Company{}
	if err := readJSON(files, "data/company.json", c); err != nil {
		return nil, err
	}
	var people struct {
		Organisations []Organisation `json:"organisations"`
		Customers     []Customer     `json:"customers"`
	}
	if err := readJSON(files, "data/customers.json", &people); err != nil {
		return nil, err
	}
	c.Organisations, c.Customers = people.Organisations, people.Customers
	names, err := fs.Glob(files, "data/conversations/*/*.txt")
	if err != nil {
		return nil, fmt.Errorf("listing conversations: %w", err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		found, err := parseConversations(strings.TrimPrefix(name, "data/conversations/"), string(content))
		if err != nil {
			return nil, err
		}
		c.Conversations = append(c.Conversations, found...)
	}
	return c, c.check()
}

func readJSON(files fs.FS, name string, into any) error {
	f, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("opening %s: %w", name, err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// checkedAt are moments at which the story must hold together: before, during and after work, on a weekday, a Monday and a weekend,
// in summer and in winter.
var checkedAt = []time.Time{
	time.Date(2026, 3, 2, 0, 5, 0, 0, time.UTC),
	time.Date(2026, 3, 31, 7, 10, 0, 0, time.UTC),
	time.Date(2026, 7, 15, 11, 40, 0, 0, time.UTC),
	time.Date(2026, 10, 30, 16, 20, 0, 0, time.UTC),
	time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
	time.Date(2026, 11, 22, 22, 50, 0, 0, time.UTC),
}

// check tells every contradiction in the story.
func (c *Company) check() error {
	var wrong []error
	if err := c.checkCast(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range c.Conversations {
		conv := &c.Conversations[i]
		if seen[conv.Key] {
			wrong = append(wrong, fmt.Errorf("%s: two conversations are called %s", conv.file, conv.Key))
		}
		seen[conv.Key] = true
		if err := c.checkConversation(conv); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %s: %w", conv.file, conv.Key, err))
		}
	}
	return errors.Join(wrong...)
}

func (c *Company) checkConversation(conv *Conversation) error {
	if err := c.checkNames(conv); err != nil {
		return err
	}
	for _, now := range checkedAt {
		if _, err := c.play(conv, now); err != nil {
			return fmt.Errorf("%w (seen from %s)", err, now.Format("Monday 15:04"))
		}
	}
	return nil
}
