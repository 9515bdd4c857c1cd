// Package fault gives every failure a kind, a sentence fit for the reader and a
// cause for the log.
//
// The domain returns faults and never names HTTP; the HTTP edge alone maps a
// kind to a status. Whatever is not a fault is internal: it is logged once with
// its cause and shown as one plain sentence with a reference number.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure it is, so that an edge can answer it.
type Kind int

// The kinds. Internal is the kind of every error that is not a fault.
const (
	Internal    Kind = iota
	Invalid          // what was asked for makes no sense; say how to mend it
	NotFound         // it is not there, or not for this person to see
	Conflict         // it was fine, but something happened in between
	Forbidden        // known and visible, but not this person's to do
	TooMany          // too much at once; say when to come back
	Unavailable      // something we depend on does not answer; say what is safe
)

var names = [...]string{"internal", "invalid", "not found", "conflict", "forbidden", "too many", "unavailable"}

// String names the kind for logs.
func (k Kind) String() string { return names[k] }

// A Field is one thing wrong with one field of what was asked for.
type Field struct {
	Name     string // where, as the caller wrote it: "email", "hours[0].from"
	Sentence string // what to do about it
}

// Error is a failure that a person may read.
type Error struct {
	kind     Kind
	sentence string
	cause    error
	fields   []Field
	data     any
}

// New makes a fault. The sentence is formatted as by fmt.Sprintf and must say
// what the reader can do next.
func New(kind Kind, sentence string, args ...any) *Error {
	return Wrap(nil, kind, sentence, args...)
}

// Wrap makes a fault with a cause that only the log sees.
func Wrap(cause error, kind Kind, sentence string, args ...any) *Error {
	if len(args) > 0 {
		sentence = fmt.Sprintf(sentence, args...)
	}
	return &Error{kind: kind, sentence: sentence, cause: cause}
}

// With adds what is wrong with one field.
func (e *Error) With(name, sentence string) *Error {
	e.fields = append(e.fields, Field{name, sentence})
	return e
}

// Data attaches something a program can act on, such as the obstacles to a close.
func (e *Error) Data(v any) *Error {
	e.data = v
	return e
}

// Error returns the sentence and, for the log, the cause behind it.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.sentence
	}
	return e.sentence + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Of returns the kind of the outermost fault in err's chain, or Internal.
func Of(err error) Kind {
	if e := find(err); e != nil {
		return e.kind
	}
	return Internal
}

// Sentence returns what a reader may see of err, "" where it is internal.
func Sentence(err error) string {
	if e := find(err); e != nil {
		return e.sentence
	}
	return ""
}

// Fields returns what is wrong with single fields, if anything.
func Fields(err error) []Field {
	if e := find(err); e != nil {
		return e.fields
	}
	return nil
}

// Data returns what was attached for programs, or nil.
func Data(err error) any {
	if e := find(err); e != nil {
		return e.data
	}
	return nil
}

func find(err error) *Error {
	var e *Error
	if errors.As(err, &e) && e.kind != Internal {
		return e
	}
	return nil
}
