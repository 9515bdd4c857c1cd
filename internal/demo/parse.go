package demo

import (
	"fmt"
	"strconv"
	"strings"
)

// parser reads one conversations file line by line and remembers where it is.
type parser struct {
	file   string
	line   int
	found  []Conversation
	target *strings.Builder // text or HTML of the current message; nil outside of one
	fields bool             // whether the next lines may be fields
	text   strings.Builder
	html   strings.Builder
}

// parseConversations reads the notation described in the package comment.
func parseConversations(file, content string) ([]Conversation, error) {
	p := &parser{file: file}
	for _, line := range strings.Split(content, "\n") {
		p.line++
		if err := p.take(line); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", file, p.line, err)
		}
	}
	p.finishMessage()
	return p.found, nil
}

func (p *parser) take(line string) error {
	switch {
	case strings.HasPrefix(line, "=== "):
		p.finishMessage()
		p.found = append(p.found, Conversation{Key: strings.TrimSpace(line[4:]), file: p.file})
		p.fields = true
		return nil
	case len(p.found) == 0:
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "# ") {
			return nil
		}
		return fmt.Errorf("a file begins with a conversation (=== its-key), not with %q", line)
	case strings.HasPrefix(line, "--- "):
		p.finishMessage()
		return p.startMessage(line[4:])
	case strings.HasPrefix(line, "@@ "):
		p.finishMessage()
		return p.event(line[3:])
	case line == "~~~ html" && p.target != nil:
		p.target, p.fields = &p.html, false
		return nil
	}
	return p.content(line)
}

func (p *parser) content(line string) error {
	if p.fields {
		if strings.TrimSpace(line) == "" {
			p.fields = false
			return nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("%q is not a field; leave a blank line before the text", line)
		}
		if p.target == nil {
			return p.current().setField(name, strings.TrimSpace(value))
		}
		return p.message().setField(name, strings.TrimSpace(value))
	}
	if p.target != nil {
		p.target.WriteString(line + "\n")
		return nil
	}
	if strings.TrimSpace(line) != "" {
		return fmt.Errorf("%q belongs to no message", line)
	}
	return nil
}

func (p *parser) current() *Conversation { return &p.found[len(p.found)-1] }

func (p *parser) message() *Message {
	steps := p.current().Steps
	return steps[len(steps)-1].Message
}

func (p *parser) finishMessage() {
	if p.target != nil {
		m := p.message()
		m.Text = strings.Trim(p.text.String(), "\n")
		m.HTML = strings.Trim(p.html.String(), "\n")
	}
	p.target, p.fields = nil, false
	p.text.Reset()
	p.html.Reset()
}

func (p *parser) startMessage(line string) error {
	m := &Message{Role: ByAgent}
	who, rest, _ := strings.Cut(line, " ")
	switch who {
	case "customer":
		m.Role = ByCustomer
	case "other":
		m.Role = ByOther
	case "note":
		m.Role = ByNote
		m.Author, rest, _ = strings.Cut(rest, " ")
	default:
		m.Author = who
	}
	when, rest, err := cutWhen(rest)
	if err != nil {
		return err
	}
	if m.Role == ByOther {
		m.Author, rest = rest, ""
	}
	if rest != "" {
		return fmt.Errorf("%q is more than who and when", rest)
	}
	p.current().Steps = append(p.current().Steps, Step{When: when, Message: m})
	p.target, p.fields = &p.text, true
	return nil
}

func (p *parser) event(line string) error {
	when, rest, err := cutWhen(line)
	if err != nil {
		return err
	}
	e := &Event{}
	head, why, _ := strings.Cut(rest, ": ")
	e.Why = strings.TrimSpace(why)
	e.By, head, _ = strings.Cut(head, " ")
	e.Verb, head, _ = strings.Cut(head, " ")
	if err := e.setObject(head, rest); err != nil {
		return err
	}
	p.current().Steps = append(p.current().Steps, Step{When: when, Event: e})
	return nil
}

// setObject reads what follows the verb. A clock time holds a colon but no space after it, so the reason was cut off safely before.
func (e *Event) setObject(object, whole string) error {
	var err error
	switch e.Verb {
	case "assigns":
		e.Whom, object = object, ""
	case "keeps", "releases":
		e.Label, object = object, ""
	case "moves":
		e.Label, object, _ = strings.Cut(object, " ")
		e.Until, object, err = cutWhen(object)
	case "snoozes":
		e.Until, object, err = cutWhen(object)
	case "closes":
		e.Reason, object = object, ""
	case "takes", "waits", "reopens":
	default:
		return fmt.Errorf("%q is not something a person can do here", e.Verb)
	}
	if err != nil {
		return err
	}
	if e.Verb == "closes" && e.Why != "" && e.Reason == "" {
		e.Reason = "other"
	}
	if object != "" {
		return fmt.Errorf("%q says more than %q needs", whole, e.Verb)
	}
	return nil
}

func (c *Conversation) setField(name, value string) error {
	switch name {
	case "Desk":
		c.Desk = value
	case "Customer":
		c.Customer = value
	case "From":
		c.From = value
	case "Language":
		c.Language = value
	case "Mood":
		c.Mood = value
	case "Subject":
		c.Subject = value
	default:
		return fmt.Errorf("a conversation has no field %q", name)
	}
	return nil
}

func (m *Message) setField(name, value string) error {
	switch name {
	case "Cc":
		m.Cc = append(m.Cc, value)
	case "Quote":
		m.Quote = value
	case "Kind":
		m.Kind = value
	case "Header":
		header, content, ok := strings.Cut(value, ": ")
		if !ok {
			return fmt.Errorf("%q is not a header", value)
		}
		m.Headers = append(m.Headers, Header{header, content})
	case "Attach":
		return m.attach(value)
	case "Promise":
		return m.promise(value)
	default:
		return fmt.Errorf("a message has no field %q; leave a blank line before the text", name)
	}
	return nil
}

func (m *Message) attach(value string) error {
	parts := strings.Split(value, " | ")
	if len(parts) != 3 {
		return fmt.Errorf("an attachment is told as name | type | size, not as %q", value)
	}
	size, err := strconv.Atoi(strings.TrimSuffix(parts[2], "k"))
	if err != nil || size <= 0 {
		return fmt.Errorf("%q is not a size; write bytes, or kilobytes as 184k", parts[2])
	}
	if strings.HasSuffix(parts[2], "k") {
		size *= 1024
	}
	m.Attachments = append(m.Attachments, Attachment{parts[0], parts[1], size})
	return nil
}

func (m *Message) promise(value string) error {
	head, what, ok := strings.Cut(value, " | ")
	words := strings.SplitN(head, " ", 3)
	if !ok || len(words) != 3 || what == "" {
		return fmt.Errorf("a promise is told as label kind when | what, not as %q", value)
	}
	due, rest, err := cutWhen(words[2])
	if err != nil {
		return err
	}
	if rest != "" {
		return fmt.Errorf("%q is more than a due time", words[2])
	}
	m.Promises = append(m.Promises, Promise{Label: words[0], Kind: words[1], Due: due, What: what})
	return nil
}
