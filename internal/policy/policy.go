// Package policy says what a desk promises by itself, and in which words.
//
// The one standing promise today is to answer: the first message of a conversation within
// the desk's time for first replies, every later one within its time for next replies,
// both in working time on the desk's calendar. The due time is rounded up to the minute,
// so that what the customer is told is exactly what we measure ourselves by.
//
// What a customer reads (Words, Acknowledgement) is written by hand per language, for a
// date is a sentence of its own in each of them. A language we do not speak falls back to
// that of the desk, and then to English.
package policy

import (
	"time"

	"kept/internal/calendar"
	"kept/internal/team"
)

// A Policy is what a desk promises about answers.
type Policy struct {
	FirstReply, NextReply time.Duration // working time
	Acknowledge           bool          // tell a new customer by when we answer
}

// Of returns the policy of a desk. Less than a minute is not a promise anybody can keep.
func Of(desk team.Desk) Policy {
	return Policy{
		FirstReply:  time.Duration(max(desk.FirstReplyMinutes, 1)) * time.Minute,
		NextReply:   time.Duration(max(desk.NextReplyMinutes, 1)) * time.Minute,
		Acknowledge: desk.Acknowledge,
	}
}

// ReplyDue returns by when a message that came at a time is to be answered: the first of
// its conversation, or a later one. It is total, never before at, and monotone in at.
func ReplyDue(desk team.Desk, cal calendar.Calendar, first bool, at time.Time) time.Time {
	p := Of(desk)
	working := p.NextReply
	if first {
		working = p.FirstReply
	}
	due := cal.Add(at, working)
	if full := due.Truncate(time.Minute); full.Before(due) {
		return full.Add(time.Minute)
	}
	return due
}
