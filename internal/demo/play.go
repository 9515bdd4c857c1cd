package demo

import (
	"errors"
	"fmt"
	"time"
)

// A Scene is a conversation with dates: everything that happened up to now, and how things stand.
type Scene struct {
	*Conversation
	Moments   []Moment
	WaitingOn string    // us, customer, third_party or nobody
	State     string    // open, resting or closed
	Owner     string    // id of a person, empty while nobody took it
	ReplyDue  time.Time // when our answer is due, zero unless it waits on us
	Promises  []*Due
}

// A Moment is a step with its time. Text and HTML have their dates filled in; Until is what the event counts to.
type Moment struct {
	Step
	At         time.Time
	Text, HTML string
	Until      time.Time
	Promises   []*Due // made in this message
}

// A Due is a promise with dates. Outcome is open, kept, kept_late, missed, moved, moved_late or released. A move makes the successor.
type Due struct {
	Promise
	By            string
	MadeAt, DueAt time.Time
	Outcome       string
	SettledAt     time.Time
	Evidence      string // what shows that it was kept, or the reason for moving or releasing it
	Successor     *Due
}

// Play gives every conversation its dates, counted back from now. The same now always gives the same scenes.
func (c *Company) Play(now time.Time) ([]Scene, error) {
	scenes := make([]Scene, 0, len(c.Conversations))
	for i := range c.Conversations {
		s, err := c.play(&c.Conversations[i], now)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Conversations[i].Key, err)
		}
		scenes = append(scenes, *s)
	}
	return scenes, nil
}

// stage is what playing one conversation needs to remember.
type stage struct {
	*Scene
	desk  *Desk
	hours hours
	now   time.Time
	last  time.Time
	open  map[string]*Due // the live promise behind each label
	first bool            // whether we still owe the very first answer
	wake  time.Time
}

func (c *Company) play(conv *Conversation, now time.Time) (*Scene, error) {
	desk := c.desk(conv.Desk)
	h, err := desk.hours()
	if err != nil {
		return nil, err
	}
	s := &stage{Scene: &Scene{Conversation: conv, State: "open", WaitingOn: "nobody"}, desk: desk, hours: h, now: now,
		open: map[string]*Due{}, first: true}
	for _, step := range conv.Steps {
		if err := s.act(step); err != nil {
			return nil, fmt.Errorf("at %s: %w", step.When, err)
		}
	}
	return s.Scene, s.settle()
}

func (s *stage) act(step Step) error {
	at, err := step.When.at(s.now, s.last, s.hours)
	if err != nil {
		return err
	}
	switch {
	case at.Before(s.last):
		return fmt.Errorf("%s happens before the step above it", step.When)
	case at.After(s.now):
		return errors.New("this lies in the future")
	case s.last.IsZero() && step.When[0] == '+':
		return errors.New("the first step cannot count from the step before")
	case at.Before(s.now.AddDate(0, 0, -32)):
		return errors.New("this is more than a month ago")
	}
	s.last = at
	m := Moment{Step: step, At: at}
	if step.Message != nil {
		err = s.say(&m)
	} else {
		err = s.happen(&m)
	}
	s.Moments = append(s.Moments, m)
	return err
}

// say adds a message and works out who waits on whom after it.
func (s *stage) say(m *Moment) error {
	msg := m.Message
	for _, p := range msg.Promises {
		if err := s.make(m, p); err != nil {
			return err
		}
	}
	switch {
	case msg.Role == ByAgent:
		s.answered(msg.Author)
	case msg.Role != ByNote && !msg.Machine(), msg.Kind == "bounce":
		s.wait(m.At)
	}
	var err error
	if m.Text, err = s.fill(msg.Text, m.At); err != nil {
		return err
	}
	m.HTML, err = s.fill(msg.HTML, m.At)
	return err
}

func (s *stage) make(m *Moment, p Promise) error {
	due, err := p.Due.at(s.now, m.At, s.hours)
	if err != nil {
		return err
	}
	if !due.After(m.At) {
		return fmt.Errorf("promise %s is due before it is made", p.Label)
	}
	if s.open[p.Label] != nil {
		return fmt.Errorf("two promises are called %s", p.Label)
	}
	d := &Due{Promise: p, By: m.Message.Author, MadeAt: m.At, DueAt: due, Outcome: "open"}
	s.open[p.Label] = d
	s.Promises = append(s.Promises, d)
	m.Promises = append(m.Promises, d)
	return nil
}

func (s *stage) answered(by string) {
	if s.Owner == "" {
		s.Owner = by
	}
	s.State, s.WaitingOn, s.ReplyDue, s.first, s.wake = "open", "customer", time.Time{}, false, time.Time{}
}

// wait owes the customer an answer; who already waits keeps the earlier due time.
func (s *stage) wait(at time.Time) {
	s.State, s.wake = "open", time.Time{}
	if s.WaitingOn == "us" {
		return
	}
	allowed := s.desk.NextReply
	if s.first {
		allowed = s.desk.FirstReply
	}
	s.WaitingOn = "us"
	s.ReplyDue = s.hours.walk(at, 1, time.Duration(allowed)*time.Hour)
}

func (s *stage) happen(m *Moment) error {
	e := m.Event
	if e.Until != "" {
		var err error
		if m.Until, err = e.Until.at(s.now, m.At, s.hours); err != nil {
			return err
		}
	}
	switch e.Verb {
	case "takes":
		s.Owner = e.By
	case "assigns":
		s.Owner = e.Whom
	case "snoozes":
		return s.snooze(m.Until)
	case "waits":
		s.WaitingOn = "third_party"
	case "reopens":
		if s.State != "closed" {
			return errors.New("only what is closed can be reopened")
		}
		s.wait(m.At)
	case "closes":
		return s.close(e)
	default:
		return s.turn(m)
	}
	return nil
}

func (s *stage) snooze(until time.Time) error {
	if s.WaitingOn == "us" && s.ReplyDue.Before(until) {
		return errors.New("it cannot rest while the customer waits for an answer")
	}
	for label, d := range s.open {
		if d.Outcome == "open" && d.DueAt.Before(until) {
			return fmt.Errorf("it cannot rest past the promise %s", label)
		}
	}
	s.wake = until
	return nil
}

func (s *stage) close(e *Event) error {
	if s.WaitingOn == "us" && e.Reason == "" {
		return errors.New("the customer still waits for an answer; say why none is needed, or answer")
	}
	for label, d := range s.open {
		if d.Outcome == "open" {
			return fmt.Errorf("it cannot be closed while the promise %s is open", label)
		}
	}
	s.State, s.WaitingOn, s.ReplyDue, s.wake = "closed", "nobody", time.Time{}, time.Time{}
	return nil
}

// turn keeps, moves or releases a promise.
func (s *stage) turn(m *Moment) error {
	e := m.Event
	d := s.open[e.Label]
	if d == nil || d.Outcome != "open" {
		return fmt.Errorf("there is no open promise %q", e.Label)
	}
	late := m.At.After(d.DueAt)
	d.SettledAt, d.Evidence = m.At, e.Why
	switch e.Verb {
	case "keeps":
		d.Outcome = either(late, "kept_late", "kept")
	case "releases":
		d.Outcome = "released"
	case "moves":
		d.Outcome = either(late, "moved_late", "moved")
		next := &Due{Promise: d.Promise, By: e.By, MadeAt: m.At, DueAt: m.Until, Outcome: "open"}
		if !next.DueAt.After(d.DueAt) {
			return fmt.Errorf("the promise %s moves to a time that is not later", e.Label)
		}
		next.Due, d.Successor = e.Until, next
		s.open[e.Label] = next
		s.Promises = append(s.Promises, next)
	}
	return nil
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// settle looks at the end of the story: what rests, and which promises passed their time unkept.
func (s *stage) settle() error {
	if !s.wake.IsZero() {
		if !s.wake.After(s.now) {
			return errors.New("what rests at the end must wake in the future")
		}
		s.State, s.WaitingOn = "resting", "nobody"
		s.ReplyDue = time.Time{}
	}
	for _, d := range s.Promises {
		if d.Outcome == "open" && d.DueAt.Before(s.now) {
			d.Outcome = "missed"
		}
	}
	return nil
}
