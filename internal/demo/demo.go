// Package demo tells the story of a small company, so that a fresh desk has something true to show.
//
// Ottersby & Daughters make and mend fountain pens. Their people, customers and about two hundred conversations live in data/:
//
//	company.json               people, teams, desks with hours and signatures, policies
//	customers.json             customers and organisations, one per line
//	conversations/LANGUAGE/    what was said, one file per theme
//
// A conversation is written the way it is read, top to bottom:
//
//	=== cracked-cap                         its key, unique in the whole story
//	Desk: repairs
//	Customer: ilse-petersen
//	Language: de                            en, de, es or ar
//	Mood: worried                           how the customer feels when the story begins
//	Subject: Riss in der Kappe              may be empty
//
//	--- customer -6d 09:14                  a message: who and when, then optional fields, a blank line and the text
//	Attach: kappe.jpg | image/jpeg | 184k
//
//	Guten Tag, ...
//	--- jonas +50m                          a reply, by the id of a person of ours
//	Promise: cap fix +4d 16:00 | Fit a new cap and post the pen
//
//	... Ihr Füller ist am {{due cap}} wieder bei der Post.
//	--- note jonas +2m                      a note between colleagues, never sent
//	--- other +5m Ole Petersen <ole@petersen.example>
//	@@ +4d 15:10 jonas keeps cap: posted    an event: when, who, verb, rest
//	@@ +2m jonas closes
//
// The verbs are: takes, assigns WHO, snoozes WHEN: why, waits: for whom, keeps LABEL: evidence, moves LABEL WHEN: why,
// releases LABEL: why, reopens: why, and closes, or where the last word was the customer's closes REASON: words, with one of Reasons. The
// first reply to an unassigned conversation takes it. A customer who writes reopens what was closed and wakes what was resting.
//
// Fields of a message are Promise, Attach, Cc, Quote (below, above or inline), Kind (auto-reply, bounce, delivery-report, list, forward) and
// Header (Name: value). "~~~ html" on a line of its own starts the HTML form of the same message.
//
// A time is told relative to now, see When, so the story always ends today. Dates inside a text follow: {{due LABEL}} is when that
// promise falls due (only the time where it is the same day), {{day WHEN}} a weekday, {{date WHEN}} a day and month, all in the conversation's language.
package demo

// A Company is the whole story as written; Play gives it dates.
type Company struct {
	Name          string         `json:"name"`
	Domain        string         `json:"domain"`
	About         string         `json:"about"`
	People        []Person       `json:"people"`
	Teams         []Team         `json:"teams"`
	Desks         []Desk         `json:"desks"`
	Policies      []Policy       `json:"policies"`
	Organisations []Organisation `json:"-"`
	Customers     []Customer     `json:"-"`
	Conversations []Conversation `json:"-"`
}

// A Person has a seat. Role is owner, lead or agent; Away says why somebody takes nothing new, and is empty while they do.
type Person struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Email     string   `json:"email"`
	Role      string   `json:"role"`
	Languages []string `json:"languages"`
	Away      string   `json:"away"`
}

// A Team is a group of people, by id, who own work together.
type Team struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

// A Desk is an address with a team, working hours and the standing promise to answer within so many of those hours.
type Desk struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Address    string      `json:"address"`
	Team       string      `json:"team"`
	Language   string      `json:"language"`
	Zone       string      `json:"zone"`
	Hours      [][2]string `json:"hours"` // Monday to Friday, from and to as HH:MM, in order
	FirstReply int         `json:"firstReply"`
	NextReply  int         `json:"nextReply"`
	Signature  string      `json:"signature"`
}

// A Policy says what we grant or refuse, why, and what else is possible.
type Policy struct {
	ID           string   `json:"id"`
	Statement    string   `json:"statement"`
	Reason       string   `json:"reason"`
	Alternatives []string `json:"alternatives"`
}

// An Organisation is a company, school or household of customers.
type Organisation struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// A Customer is a person we serve, buyer or not. The first address is the one they mostly write from.
type Customer struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Addresses    []string `json:"addresses"`
	Organisation string   `json:"organisation"`
	Language     string   `json:"language"`
	NeverBought  bool     `json:"neverBought"`
	Machine      bool     `json:"machine"` // a sender nobody sits behind, such as a newsletter
	Facts        []string `json:"facts"`   // what they told us about themselves and would expect us to remember
}

// A Conversation is one exchange with one customer, in the order it happened.
type Conversation struct {
	Key, Desk, Customer, Language, Mood, Subject string
	From                                         string // the customer's address used here; their first unless the story says otherwise
	Steps                                        []Step
	file                                         string
}

// A Step is one thing that happened: a message or an event, never both.
type Step struct {
	When    When
	Message *Message
	Event   *Event
}

// A Role says who speaks in a message.
type Role string

// The roles of a message's author.
const (
	ByCustomer Role = "customer"
	ByOther    Role = "other" // somebody else who takes part, or a mail server
	ByAgent    Role = "agent"
	ByNote     Role = "note"
)

// A Message is one utterance. Author is a person's id for replies and notes, "Name <address>" for others, empty for the customer.
type Message struct {
	Role        Role
	Author      string
	Kind        string // empty for what a person wrote; otherwise auto-reply, bounce, delivery-report, list or forward
	Text, HTML  string
	Cc          []string
	Quote       string // how the mail before is quoted: below, above, inline, or empty
	Headers     []Header
	Attachments []Attachment
	Promises    []Promise
}

// A Header is an additional mail header field.
type Header struct{ Name, Value string }

// An Attachment is described only; its bytes are for the loader to make. Size is in bytes.
type Attachment struct {
	Name, Type string
	Size       int
}

// A Promise is something an agent told a customer would happen by Due, which is counted from the reply that made it.
type Promise struct {
	Label, Kind, What string
	Due               When
}

// An Event is something a person of ours did to the conversation. Which of the other fields count depends on the verb.
type Event struct {
	By, Verb string
	Whom     string // assigns
	Label    string // keeps, moves, releases
	Until    When   // snoozes, moves
	Reason   string // closes, why no answer is needed: one of Reasons
	Why      string // the reason in words, or the evidence
}

// Machine reports whether no person wrote the message, so that nobody waits for an answer to it.
func (m *Message) Machine() bool {
	switch m.Kind {
	case "auto-reply", "bounce", "delivery-report", "list":
		return true
	}
	return false
}
