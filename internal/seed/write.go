package seed

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"kept/internal/db"
)

// A writer turns the plan into rows.
type writer struct {
	p      *plan
	known  []bool // customers written already
	going  map[int32]thread
	firms  map[int]bool
	files  []file
	handle int64 // ids given out
	owed   int64
	filed  int64

	organisation, customer, handles, conversation, participant, message, ref, promise, attachment, read, event *bulk
}

// A thread is a conversation of which messages are still to be written.
type thread struct {
	course
	i       int32
	id      int64
	who     someone
	subject string
}

type file struct {
	name, kind, key string
	size            int64
}

func newWriter(ctx context.Context, p *plan) (*writer, error) {
	w := &writer{
		p: p, known: make([]bool, p.customers), going: map[int32]thread{}, firms: map[int]bool{}, handle: p.first.handle, owed: p.first.promise, filed: p.first.attachment,
		organisation: newBulk("organisation", "id,name,domain,created_at"),
		customer:     newBulk("customer", "id,name,language,zone,organisation_id,created_at,updated_at"),
		handles:      newBulk("handle", "id,customer_id,channel,address,created_at"),
		conversation: newBulk("conversation", "id,desk_id,customer_id,subject,token,state,waiting_on,waiting_since,team_id,person_id,due_at,snoozed_until,snooze_reason,preview,language,message_count,last_message_id,last_activity_at,created_at,closed_at,close_reason"),
		participant:  newBulk("participant", "conversation_id,address,name,role,created_at"),
		message:      newBulk("message", "id,conversation_id,desk_id,direction,state,kind,author_kind,author_id,author_name,author_address,to_list,subject,text,visible_text,html,auto,message_id,in_reply_to,sent_at,at"),
		ref:          newBulk("message_ref", "desk_id,ref,conversation_id,message_id"),
		promise:      newBulk("promise", "id,conversation_id,customer_id,desk_id,kind,what,state,team_id,person_id,due_at,made_at,missed_at,settled_at,source_message_id,evidence_message_id,reason"),
		attachment:   newBulk("attachment", "id,message_id,name,type,size,blob_key,created_at"),
		read:         newBulk("read_mark", "conversation_id,person_id,message_id,at"),
		event:        newBulk("event", "at,kind,actor_kind,actor_id,desk_id,conversation_id,customer_id,data"),
	}
	return w, w.keepFiles(ctx)
}

// keepFiles puts the few files that attachments share into the blob store.
func (w *writer) keepFiles(ctx context.Context) error {
	if w.p.o.Blobs == nil {
		return nil
	}
	for _, f := range []file{{name: "receipt.txt", kind: "text/plain"}, {name: "serial-number.txt", kind: "text/plain"}, {name: "measurements.csv", kind: "text/csv"}} {
		var err error
		if f.key, f.size, err = w.p.o.Blobs.Put(ctx, strings.NewReader(strings.Repeat(f.name+", as sent to Halden Cycles\n", 40))); err != nil {
			return err
		}
		w.files = append(w.files, f)
	}
	return nil
}

// write turns a part of the messages in order, and all that belongs to them, into rows,
// parents first.
func (w *writer) write(from, to int) []bulk {
	for _, at := range w.p.order[from:to] {
		m := w.p.steps[at]
		if m.n == 0 {
			w.begin(m.conversation)
		}
		c := w.going[m.conversation]
		w.say(c, int(m.n))
		if int(m.n) == len(c.steps)-1 {
			delete(w.going, m.conversation)
		}
	}
	var out []bulk
	for _, b := range []*bulk{w.organisation, w.customer, w.handles, w.conversation, w.participant, w.message, w.ref, w.promise, w.attachment, w.read, w.event} {
		out = append(out, b.take())
	}
	return out
}

// begin writes what a conversation is, from its first message on.
func (w *writer) begin(i int32) {
	c := thread{course: w.p.again(i), i: i, id: w.p.first.conversation + int64(i) + 1, who: w.person(i)}
	c.subject = w.subject(c)
	w.going[i] = c
	w.know(c.who, c.course)
	r, last := newRand(w.p.o.Seed, int64(i), 1), len(c.steps)-1
	reason := ""
	if c.snoozedUntil > 0 {
		reason = parts
	}
	w.conversation.add(c.id, c.desk.ID, c.who.id, c.subject, token(w.p.o.Seed, c.id), c.state, c.waitingOn, c.waitingSince, c.desk.TeamID, db.Null(c.person), c.due(), c.snoozedUntil, reason,
		preview(w.said(c, last)), c.desk.Language, len(c.steps), w.p.messageID(i, last), c.steps[last].at, c.created, c.closedAt, c.closeReason)
	w.participant.add(c.id, c.who.address, c.who.name, "customer", c.created)
	if r.chance(.08) {
		w.participant.add(c.id, fmt.Sprintf("copied%d@example.org", r.below(5000)), "", "copied", c.created)
	}
	if c.person != 0 && (c.state == "closed" || r.chance(.6)) {
		w.read.add(c.id, c.person, w.p.messageID(i, last), c.steps[last].at)
	}
	w.tell(c, c.created, "conversation.opened", "customer", c.who.id, `{"subject":`+quoted(c.subject)+`}`)
	for _, p := range c.promises {
		w.promised(c, p)
	}
	if c.closedAt > 0 {
		w.tell(c, c.closedAt, "conversation.closed", "person", c.person, `{"reason":`+quoted(c.closeReason)+`}`)
	}
}

const parts = "Waiting for the parts"

func (w *writer) promised(c thread, p owed) {
	number := func(n int) any {
		if n < 0 {
			return nil
		}
		return w.p.messageID(c.i, n)
	}
	what := "An answer to “" + c.subject + "”"
	if p.kind == "remind" {
		what = parts
	}
	w.owed++
	w.promise.add(w.owed, c.id, c.who.id, c.desk.ID, p.kind, what, p.state, c.desk.TeamID, db.Null(c.person), p.due, p.made, p.missed, p.done, number(p.source), number(p.evidence), p.reason)
	data := `{"promise_id":` + strconv.FormatInt(w.owed, 10) + `,"kind":"` + p.kind + `","state":"` + p.state + `"}`
	w.tell(c, p.made, "promise.made", "system", 0, data)
	if p.missed > 0 {
		w.tell(c, p.missed, "promise.missed", "system", 0, data)
	}
	switch {
	case p.state == "dismissed":
		w.tell(c, p.done, "promise.dismissed", "person", c.person, data)
	case p.done > 0:
		w.tell(c, p.done, "promise.kept", "person", c.person, data)
	}
}

// spoken is how the kinds of step are written: direction, state, event.
var spoken = [...][3]string{in: {"in", "received", "message.received"}, out: {"out", "sent", "message.sent"}, note: {"note", "written", "note.written"}, hello: {"out", "sent", "message.sent"}}

// say writes the n-th message of a conversation.
func (w *writer) say(c thread, n int) {
	s, r, id, text := c.steps[n], newRand(w.p.o.Seed, int64(c.i), int64(n), 2), w.p.messageID(c.i, n), w.said(c, n)
	how, kind, sent := spoken[s.kind], "message", int64(0)
	author, authorID, name, address, to := "customer", c.who.id, c.who.name, c.who.address, c.desk.Address
	if s.kind != in {
		author, authorID, address, to, sent = "person", max(c.person, c.desk.people[0]), c.desk.Address, c.who.address, s.at
		name = w.p.house.names[authorID]
	}
	if s.kind == hello {
		author, authorID, name, kind = "system", 0, c.desk.From(), "acknowledgement"
	}
	html, ref, list := "", "", `[{"name":"","address":"`+to+`"}]`
	if s.kind == note {
		list, sent = "[]", 0
	} else {
		ref = strconv.FormatUint(r.next(), 36) + "." + strconv.FormatInt(id, 36) + "@mail.example"
		w.ref.add(c.desk.ID, ref, c.id, id)
	}
	if r.chance(.3) {
		html = "<p>" + strings.ReplaceAll(text, "\n\n", "</p><p>") + "</p>"
	}
	w.message.add(id, c.id, c.desk.ID, how[0], how[1], kind, author, authorID, name, address, list, c.subject, text, text, html, s.kind == hello, ref, "[]", sent, s.at)
	if s.kind == in && len(w.files) > 0 && r.chance(.03) {
		f := pick(&r, w.files)
		w.filed++
		w.attachment.add(w.filed, id, f.name, f.kind, f.size, f.key, s.at)
	}
	w.tell(c, s.at, how[2], author, authorID, `{"message_id":`+strconv.FormatInt(id, 10)+`}`)
}

func (w *writer) tell(c thread, at int64, kind, actor string, actorID int64, data string) {
	w.event.add(at, kind, actor, actorID, c.desk.ID, c.id, c.who.id, data)
}

// token gives a conversation its secret: twelve characters of base32, drawn from 60 bits.
func token(seed, id int64) string {
	r := newRand(seed, id, 3)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], r.next())
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:])[:12])
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string can always be encoded
	return string(b)
}

func preview(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 240 {
		return string(runes[:240])
	}
	return text
}
