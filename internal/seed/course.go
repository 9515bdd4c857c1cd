package seed

import (
	"time"

	"kept/internal/db"
	"kept/internal/policy"
)

// The kinds of step.
const (
	in    = iota // the customer writes
	out          // we answer
	note         // a colleague's note
	hello        // the acknowledgement
)

type step struct {
	at   int64 // microseconds
	kind uint8
}

// owed is a promise in the course of a conversation. Steps are named by their number.
type owed struct {
	kind, state, reason     string
	made, due, missed, done int64
	source, evidence        int // -1 for none
}

// course is what happened in one conversation.
type course struct {
	steps        []step
	promises     []owed
	desk         *room
	person       int64 // 0: nobody took it
	state        string
	waitingOn    string
	waitingSince int64
	snoozedUntil int64
	closedAt     int64
	closeReason  string
	created      int64
}

const (
	span   = 2 * 365 * 24 * time.Hour // how far back it all goes
	minute = int64(60_000_000)
	hour   = 60 * minute
)

// course draws conversation i with so many messages.
func (p *plan) course(i, length int) course {
	r := newRand(p.o.Seed, int64(i))
	now := db.Micros(p.o.Now)
	age := float64(p.o.Conversations-i) / float64(p.o.Conversations)
	c := course{desk: p.house.pick(&r), state: "closed", waitingOn: "nobody"}
	c.created = now - int64(age*float64(span.Microseconds())) - int64(r.exp(float64(20*minute))) - minute
	p.fate(&r, &c, age)
	c.kinds(&r, length)
	c.times(&r, now)
	c.owe(now)
	c.settle(&r, now)
	if r.chance(.93) || c.state == "closed" {
		c.person = pick(&r, c.desk.people)
	}
	return c
}

// fate draws how the conversation stands today: about 11 in 100 are open, mostly young ones.
func (p *plan) fate(r *rnd, c *course, age float64) {
	open, resting := .013, .001
	if age < .14 {
		open, resting = .70, .03
	}
	switch u := r.unit(); {
	case u < open*.25:
		c.state, c.waitingOn = "open", "us"
	case u < open:
		c.state, c.waitingOn = "open", "customer"
	case u < open+resting:
		c.state, c.waitingOn = "resting", "customer"
	}
}

// kinds draws who speaks when, so that the last word fits how it stands.
func (c *course) kinds(r *rnd, length int) {
	c.steps = make([]step, length)
	last := uint8(in)
	if r.chance(.03) {
		last = out
	}
	c.steps[0].kind = last
	for n := 1; n < length; n++ {
		kind, u := uint8(out), r.unit()
		switch {
		case n == 1 && last == in && c.desk.Acknowledge && length > 2:
			kind = hello
		case u < .09:
			kind = note
		case last == in && u < .20, last == out && u > .22:
			kind = in
		}
		if c.steps[n].kind = kind; kind == in || kind == out {
			last = kind
		}
	}
	switch c.waitingOn {
	case "us":
		c.steps[length-1].kind = in
	case "customer":
		c.steps[length-1].kind = out
	}
}

// times draws when, and moves what would be in the future closer together. What waits on
// us was written lately.
func (c *course) times(r *rnd, now int64) {
	t := c.created
	for n := range c.steps {
		if n > 0 {
			t += c.pause(r, n, t)
		}
		c.steps[n].at = t
	}
	latest := now - minute
	if c.waitingOn == "us" {
		latest = max(c.created, now-minute-int64(r.exp(float64(9*hour))))
	}
	total := t - c.created
	if t > latest || c.waitingOn == "us" {
		for n := range c.steps {
			if part := c.steps[n].at - c.created; total > 0 {
				c.steps[n].at = c.created + int64(float64(part)/float64(total)*float64(latest-c.created))
			}
		}
	}
	if len(c.steps) == 1 && c.waitingOn == "us" {
		c.created, c.steps[0].at = latest, latest
	}
}

func (c *course) pause(r *rnd, n int, t int64) int64 {
	switch c.steps[n].kind {
	case hello:
		return 2_000_000
	case note:
		return int64(r.exp(float64(20 * minute)))
	case in:
		return minute + int64(r.exp(float64(15*hour)))
	}
	due := db.Micros(policy.ReplyDue(c.desk.Desk, c.desk.calendar, n < 3, db.Time(t)))
	if r.chance(.93) {
		return int64((.03 + .9*r.unit()) * float64(due-t))
	}
	return due - t + int64(r.exp(float64(8*hour)))
}

// owe draws the consequence of every step as the domain does: what a customer writes is
// owed an answer, which an answer keeps.
func (c *course) owe(now int64) {
	open, answered := -1, false
	for n, s := range c.steps {
		switch {
		case s.kind == in && open < 0:
			due := policy.ReplyDue(c.desk.Desk, c.desk.calendar, !answered, db.Time(s.at))
			c.promises = append(c.promises, owed{kind: "reply", state: "active", made: s.at, due: db.Micros(due), source: n, evidence: -1})
			open = len(c.promises) - 1
		case s.kind == out && open >= 0:
			p := &c.promises[open]
			p.state, p.done, p.evidence = "kept", s.at, n
			if p.done > p.due {
				p.state, p.missed = "kept_late", p.due
			}
			open = -1
		}
		answered = answered || s.kind == out
	}
	if open >= 0 && c.promises[open].due < now {
		c.promises[open].state, c.promises[open].missed = "missed", c.promises[open].due
	}
}

// settle ends what has ended, and sets what lists show.
func (c *course) settle(r *rnd, now int64) {
	last := c.steps[len(c.steps)-1].at
	switch {
	case c.waitingOn == "us":
		c.waitingSince = c.promises[len(c.promises)-1].made
	case c.state == "resting":
		c.waitingSince, c.snoozedUntil = last, now+hour+int64(r.exp(float64(5*24*hour)))
		c.promises = append(c.promises, owed{kind: "remind", state: "active", made: last, due: c.snoozedUntil, source: -1, evidence: -1})
	case c.state == "open":
		c.waitingSince = last
	default:
		c.closedAt, c.closeReason = min(last+minute+int64(r.exp(float64(24*hour))), now), "answered"
		if n := len(c.promises) - 1; n >= 0 && c.promises[n].done == 0 {
			p := &c.promises[n]
			p.state, p.done, p.reason, c.closeReason = "dismissed", c.closedAt, "The customer said thank you.", "thanks"
		}
	}
}

// due is the earliest time at which something is owed, 0 for nothing.
func (c course) due() int64 {
	due := int64(0)
	for _, p := range c.promises {
		if p.done == 0 && (due == 0 || p.due < due) {
			due = p.due
		}
	}
	return due
}
