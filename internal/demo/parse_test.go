package demo

import (
	"reflect"
	"strings"
	"testing"
)

func TestFilesThatCannotBeRead(t *testing.T) {
	cases := []struct{ why, text, says string }{
		{"text before any conversation", "Dear all,", "begins with a conversation"},
		{"an unknown field of a conversation", "=== a\nColour: red", `no field "Colour"`},
		{"a line that is no field", "=== a\nred", "is not a field"},
		{"text that belongs to nobody", "=== a\nDesk: support\n\nHello", "belongs to no message"},
		{"a message without a time", "=== a\n\n--- customer", "does not begin with a time"},
		{"a time glued to a word", "=== a\n\n--- customer -5minutes", "does not begin with a time"},
		{"more than who and when", "=== a\n\n--- customer -5m again", "more than who and when"},
		{"an unknown field of a message", "=== a\n\n--- customer -5m\nDear: all", `no field "Dear"`},
		{"an attachment without a size", "=== a\n\n--- customer -5m\nAttach: a.pdf | application/pdf", "name | type | size"},
		{"an attachment of no size", "=== a\n\n--- customer -5m\nAttach: a.pdf | application/pdf | none", "is not a size"},
		{"a header without a value", "=== a\n\n--- customer -5m\nHeader: Precedence", "is not a header"},
		{"a promise of nothing", "=== a\n\n--- mei -5m\nPromise: cap fix +1d 10:00", "label kind when | what"},
		{"a promise for no time", "=== a\n\n--- mei -5m\nPromise: cap fix soon | Mend it", "does not begin with a time"},
		{"a promise with too many times", "=== a\n\n--- mei -5m\nPromise: cap fix +5m +6m | Mend it", "more than a due time"},
		{"an event without a time", "=== a\n@@ mei closes", "does not begin with a time"},
		{"an unknown verb", "=== a\n@@ -5m mei dances", "dances"},
		{"a snooze for no time", "=== a\n@@ -5m mei snoozes: tired", "does not begin with a time"},
		{"a verb that says too much", "=== a\n@@ -5m mei takes it", "more than"},
	}
	for _, c := range cases {
		_, err := parseConversations("story.txt", c.text)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "story.txt line ") {
			t.Errorf("%s: got %v, want the place and %q", c.why, err, c.says)
		}
	}
}

const ilse = `# a comment before the first conversation

=== cracked-cap
Desk: repairs
Customer: ilse
From: ilse@post.example
Language: de
Mood: worried
Subject: Riss: in der Kappe

--- customer -6d 09:14
Attach: kappe.jpg | image/jpeg | 2k
Cc: Ole <ole@petersen.example>
Kind: forward
Quote: inline
Header: X-Mailer: Brieftaube: 2

Guten Tag,

Zeit: heute?
-- 
Ilse
~~~ html
<p>Guten Tag</p>

--- jonas +50m
Promise: cap fix +4d 16:00 | Fit a new cap | and post it

Bis {{due cap}}.
--- note samira +2m

Messing?
--- other +5m Ole Petersen <ole@petersen.example>

Ich hole ihn ab.
@@ +2m tunde assigns jonas
@@ +1d 10:00 jonas moves cap +6d 16:00: the cap is late
@@ +1d 10:00 jonas snoozes +3d 09:00: cap dries
@@ +4d 15:10 jonas keeps cap: posted: tracking 7
@@ +2m jonas closes thanks: she said thanks
@@ +2m jonas closes: it is done
@@ +2m jonas closes
`

func TestAConversationIsReadAsItIsWritten(t *testing.T) {
	found, err := parseConversations("story.txt", ilse)
	if err != nil || len(found) != 1 {
		t.Fatalf("got %d conversations and %v", len(found), err)
	}
	c := found[0]
	if c.Key != "cracked-cap" || c.Desk != "repairs" || c.Customer != "ilse" || c.From != "ilse@post.example" || c.Language != "de" ||
		c.Mood != "worried" || c.Subject != "Riss: in der Kappe" {
		t.Errorf("the head was read as %+v", c)
	}
	want := []Step{
		{"-6d 09:14", &Message{Role: ByCustomer, Kind: "forward", Quote: "inline", Text: "Guten Tag,\n\nZeit: heute?\n-- \nIlse", HTML: "<p>Guten Tag</p>",
			Cc: []string{"Ole <ole@petersen.example>"}, Headers: []Header{{"X-Mailer", "Brieftaube: 2"}}, Attachments: []Attachment{{"kappe.jpg", "image/jpeg", 2048}}}, nil},
		{"+50m", &Message{Role: ByAgent, Author: "jonas", Text: "Bis {{due cap}}.", Promises: []Promise{{"cap", "fix", "Fit a new cap | and post it", "+4d 16:00"}}}, nil},
		{"+2m", &Message{Role: ByNote, Author: "samira", Text: "Messing?"}, nil},
		{"+5m", &Message{Role: ByOther, Author: "Ole Petersen <ole@petersen.example>", Text: "Ich hole ihn ab."}, nil},
		{"+2m", nil, &Event{By: "tunde", Verb: "assigns", Whom: "jonas"}},
		{"+1d 10:00", nil, &Event{By: "jonas", Verb: "moves", Label: "cap", Until: "+6d 16:00", Why: "the cap is late"}},
		{"+1d 10:00", nil, &Event{By: "jonas", Verb: "snoozes", Until: "+3d 09:00", Why: "cap dries"}},
		{"+4d 15:10", nil, &Event{By: "jonas", Verb: "keeps", Label: "cap", Why: "posted: tracking 7"}},
		{"+2m", nil, &Event{By: "jonas", Verb: "closes", Reason: "thanks", Why: "she said thanks"}},
		{"+2m", nil, &Event{By: "jonas", Verb: "closes", Reason: "other", Why: "it is done"}},
		{"+2m", nil, &Event{By: "jonas", Verb: "closes"}},
	}
	if len(c.Steps) != len(want) {
		t.Fatalf("got %d steps, want %d", len(c.Steps), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(c.Steps[i], want[i]) {
			t.Errorf("step %d was read as %+v %+v, want %+v %+v", i, c.Steps[i].Message, c.Steps[i].Event, want[i].Message, want[i].Event)
		}
	}
}
