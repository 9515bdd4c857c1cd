package conversation

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/mail"
	"kept/internal/promise"
	"kept/internal/team"
)

func maya(h *house) event.Actor  { return event.Person(h.maya.PersonID) }
func jonas(h *house) event.Actor { return event.Person(h.jonas.PersonID) }

func TestAnsweringKeepsThePromise(t *testing.T) {
	each(t, func(h *house) {
		for _, c := range []struct {
			name  string
			after time.Duration
			state string
		}{
			{"in time", 3 * time.Hour, promise.Kept},
			{"at the last moment", 4 * time.Hour, promise.Kept},
			{"late", 5 * time.Hour, promise.KeptLate},
		} {
			h.clock = monday
			o := h.receive(h.amina(c.name, "Hello?"))
			h.clock = monday.Add(c.after)
			m := h.answer(o.ConversationID, "Hello!")
			row := h.is(o.ConversationID, Open, Customer)
			p := h.get(o.ConversationID).Promises[0]
			if p.State != c.state || p.EvidenceMessageID != m.ID || row.PersonID != h.maya.PersonID || !row.DueAt.IsZero() {
				h.Errorf("%s: promise %s by message %d, owner %d, due %v", c.name, p.State, p.EvidenceMessageID, row.PersonID, row.DueAt)
			}
		}
	})
}

func TestAnAnswerThatHasNotLeftKeepsNothing(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		m, err := h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: o.ConversationID, Text: "There.", UndoFor: 10 * time.Second, Close: true})
		h.ok(err)
		h.is(o.ConversationID, Open, Us)
		undone, err := h.book.Undo(h.ctx, h.maya, maya(h), m.ID)
		h.ok(err)
		if undone.State != StateUndone || undone.Text != "There." || h.get(o.ConversationID).Conversation.Preview != "Where?" {
			h.Errorf("undone: %+v", undone)
		}
		h.refused(h.book.Sending(h.ctx, m.ID), fault.Conflict)
		_, err = h.book.Undo(h.ctx, h.maya, maya(h), m.ID)
		h.refused(err, fault.Conflict)
		m, err = h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: o.ConversationID, Text: "Here.", Close: true})
		h.ok(err)
		h.leave(m)
		h.is(o.ConversationID, Closed, Nobody)
	})
}

func TestTwoAnswerAtOnce(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		seen := h.get(o.ConversationID).Conversation.LastMessageID
		_, err := h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: o.ConversationID, Text: "In Hamburg.", SeenMessageID: seen})
		h.ok(err)
		_, err = h.book.Send(h.ctx, h.jonas, jonas(h), Reply{ConversationID: o.ConversationID, Text: "In Bremen.", SeenMessageID: seen})
		h.refused(err, fault.Conflict)
		if in, _ := fault.Data(err).([]Obstacle); len(in) != 1 || in[0].Kind != "unseen" || !strings.Contains(in[0].Sentence, "Maya Lind") {
			h.Errorf("told %v: %v", err, fault.Data(err))
		}
		if n := len(h.get(o.ConversationID).Messages); n != 3 { // hers, the acknowledgement, Maya's
			h.Errorf("%d messages", n)
		}
	})
}

func TestTheCustomerWritesWhileTheAnswerLeaves(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		m, err := h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: o.ConversationID, Text: "There.", Close: true})
		h.ok(err)
		r := h.amina("Re: Lamp", "And the bulb?")
		r.Token = h.get(o.ConversationID).Conversation.Token
		h.receive(r)
		h.leave(m)
		h.is(o.ConversationID, Open, Us)
		p := h.get(o.ConversationID).Promises
		if len(p) != 2 || p[0].State != promise.Kept || p[1].State != promise.Active {
			h.Errorf("promises = %+v", p)
		}
	})
}

func TestAFailureComesBack(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		m, err := h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: o.ConversationID, Text: "There."})
		h.ok(err)
		h.ok(h.book.Sending(h.ctx, m.ID))
		h.ok(h.book.Failed(h.ctx, m.ID, "The relay is asleep.", false))
		if c := h.is(o.ConversationID, Open, Us); c.Failed {
			h.Error("a passing failure counts as final")
		}
		_, err = h.db.Exec(h.ctx, `update job set fence = 1, attempts = 1`) // whoever tried has the job in hand still
		h.ok(err)
		_, err = h.book.Undo(h.ctx, h.maya, maya(h), m.ID)
		if h.refused(err, fault.Conflict); strings.Contains(fault.Sentence(err), "left already") {
			h.Error("it is said to have left")
		}
		h.ok(h.book.Failed(h.ctx, m.ID, "No such mailbox.", true))
		if c := h.is(o.ConversationID, Open, Us); !c.Failed || !slices.Contains(h.kinds(o.ConversationID), "message.failed") {
			h.Error("a final failure is not shown")
		}
		_, err = h.book.Retry(h.ctx, h.maya, maya(h), m.ID)
		h.ok(err)
		_, err = h.db.Exec(h.ctx, `delete from job where fence = 1`) // and ends it now
		h.ok(err)
		if n := h.jobs(); n != 1 {
			h.Errorf("%d jobs to send it again", n)
		}
		h.leave(m)
		if c := h.is(o.ConversationID, Open, Customer); c.Failed {
			h.Error("still failed after it arrived")
		}
	})
}

func TestCloseNamesItsObstacles(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		err := h.book.Close(h.ctx, h.maya, maya(h), o.ConversationID, "", "")
		h.refused(err, fault.Conflict)
		in, _ := fault.Data(err).([]Obstacle)
		if len(in) != 1 || in[0].Kind != "unanswered" || in[0].MessageID != o.MessageID || in[0].PromiseID == 0 {
			h.Errorf("obstacles = %+v", in)
		}
		h.refused(h.book.Close(h.ctx, h.maya, maya(h), o.ConversationID, "bored", ""), fault.Invalid)
		h.refused(h.book.Close(h.ctx, h.maya, maya(h), o.ConversationID, "other", " "), fault.Invalid)
		m, err := h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: o.ConversationID, Text: "There."})
		h.ok(err)
		err = h.book.Close(h.ctx, h.maya, maya(h), o.ConversationID, "thanks", "")
		h.refused(err, fault.Conflict)
		if in, _ := fault.Data(err).([]Obstacle); len(in) != 1 || in[0].Kind != "sending" {
			h.Errorf("obstacles = %+v", in)
		}
		h.leave(m)
		h.ok(h.book.Close(h.ctx, h.maya, maya(h), o.ConversationID, "", ""))
		h.is(o.ConversationID, Closed, Nobody)
		thanks := h.receive(h.amina("Thank you!", "Great service."))
		h.ok(h.book.Close(h.ctx, h.maya, maya(h), thanks.ConversationID, "thanks", ""))
		h.is(thanks.ConversationID, Closed, Nobody)
		if p := h.get(thanks.ConversationID).Promises[0]; p.State != promise.Dismissed || p.Reason == "" {
			h.Errorf("the promise is %s because %q", p.State, p.Reason)
		}
	})
}

func TestSnoozeIsAPromise(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		snooze := func(until time.Time, reason string) error {
			return h.book.Snooze(h.ctx, h.maya, maya(h), o.ConversationID, until, reason)
		}
		h.refused(snooze(h.clock, "x"), fault.Invalid)
		h.refused(snooze(h.clock.Add(time.Hour), "  "), fault.Invalid)
		h.refused(snooze(h.clock.AddDate(5, 0, 0), "x"), fault.Invalid)
		h.refused(snooze(h.clock.Add(5*time.Hour), "The warehouse looks for it."), fault.Conflict) // past the answer she was promised
		h.ok(snooze(h.clock.Add(time.Hour), "The warehouse looks for it."))
		h.is(o.ConversationID, Resting, Us)
		h.clock = h.clock.Add(59 * time.Minute)
		h.ok(h.book.Tick(h.ctx))
		h.is(o.ConversationID, Resting, Us)
		h.clock = h.clock.Add(2 * time.Minute)
		h.ok(h.book.Tick(h.ctx))
		h.is(o.ConversationID, Open, Us)
		if p := h.get(o.ConversationID).Promises; len(p) != 2 || p[1].Kind != promise.Remind || p[1].State != promise.Kept {
			h.Errorf("promises = %+v", p)
		}
		h.answer(o.ConversationID, "It left today.")
		h.ok(snooze(h.clock.AddDate(0, 0, 3), "Has it arrived?"))
		h.is(o.ConversationID, Resting, Customer)
		r := h.amina("Re: Lamp", "It is here!")
		r.Token = h.get(o.ConversationID).Conversation.Token
		h.receive(r)
		h.is(o.ConversationID, Open, Us)
	})
}

func TestTimePasses(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		h.clock = monday.Add(4*time.Hour + time.Second)
		h.ok(h.book.Tick(h.ctx))
		h.ok(h.book.Tick(h.ctx))
		c := h.is(o.ConversationID, Open, Us) // what is late is still owed
		if !c.DueMissed || c.DueAt.IsZero() {
			h.Errorf("due %v, missed %v", c.DueAt, c.DueMissed)
		}
		var missed int
		for _, k := range h.kinds(o.ConversationID) {
			if k == "promise.missed" {
				missed++
			}
		}
		if missed != 1 {
			h.Errorf("missed %d times", missed)
		}
		page, err := h.book.List(h.ctx, h.maya, Filter{View: ViewDue})
		h.ok(err)
		if len(page.Items) != 1 {
			h.Errorf("%d due", len(page.Items))
		}
	})
}

func TestOnlyOnesOwnDesks(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		m := h.answer(o.ConversationID, "There.")
		rosa := event.Person(h.rosa.PersonID)
		_, get := h.book.Get(h.ctx, h.rosa, o.ConversationID)
		_, send := h.book.Send(h.ctx, h.rosa, rosa, Reply{ConversationID: o.ConversationID, Text: "Hello"})
		_, note := h.book.WriteNote(h.ctx, h.rosa, rosa, o.ConversationID, "Hello", "", nil)
		_, undo := h.book.Undo(h.ctx, h.rosa, rosa, m.ID)
		_, read := h.book.Message(h.ctx, h.rosa, m.ID)
		_, in := h.book.Obstacles(h.ctx, h.rosa, o.ConversationID)
		_, draft := h.book.DraftOf(h.ctx, h.rosa, o.ConversationID)
		_, _, start := h.book.Start(h.ctx, h.rosa, rosa, Beginning{DeskID: h.desk.ID, Subject: "Hi", Text: "Hi", To: []mail.Address{{Address: "tom@mail.example"}}})
		for name, err := range map[string]error{
			"get": get, "send": send, "note": note, "undo": undo, "read": read, "obstacles": in, "draft": draft, "start": start,
			"assign": h.book.Assign(h.ctx, h.rosa, rosa, o.ConversationID, 0, h.rosa.PersonID),
			"snooze": h.book.Snooze(h.ctx, h.rosa, rosa, o.ConversationID, h.clock.Add(time.Hour), "x"),
			"wake":   h.book.Wake(h.ctx, h.rosa, rosa, o.ConversationID),
			"close":  h.book.Close(h.ctx, h.rosa, rosa, o.ConversationID, "spam", ""),
			"reopen": h.book.Reopen(h.ctx, h.rosa, rosa, o.ConversationID),
			"mark":   h.book.MarkRead(h.ctx, h.rosa, o.ConversationID, m.ID),
			"save":   h.book.SaveDraft(h.ctx, h.rosa, o.ConversationID, []byte(`{}`)),
		} {
			if fault.Of(err) != fault.NotFound {
				h.Errorf("%s: %v", name, err)
			}
		}
		page, err := h.book.List(h.ctx, h.rosa, Filter{})
		h.ok(err)
		counts, err := h.book.Counts(h.ctx, h.rosa)
		h.ok(err)
		if len(page.Items) != 0 || counts[ViewWaiting] != 0 {
			h.Errorf("Rosa sees %d, counts %v", len(page.Items), counts)
		}
		h.refused(h.book.Assign(h.ctx, h.maya, maya(h), o.ConversationID, 0, h.rosa.PersonID), fault.Invalid)
	})
}

func TestAssignmentCarriesWhatIsOwed(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		h.ok(h.book.Assign(h.ctx, h.maya, maya(h), o.ConversationID, 0, h.jonas.PersonID))
		th := h.get(o.ConversationID)
		if th.Promises[0].PersonID != h.jonas.PersonID || th.Conversation.PersonName != "Jonas Weber" {
			h.Errorf("owned by %d, assigned to %q", th.Promises[0].PersonID, th.Conversation.PersonName)
		}
		mine, err := h.book.List(h.ctx, h.jonas, Filter{View: ViewMine})
		h.ok(err)
		if len(mine.Items) != 1 || !mine.Items[0].Unread {
			h.Errorf("Jonas has %+v", mine.Items)
		}
	})
}

func TestNotesStayInside(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Lamp", "Where?"))
		before := h.jobs()
		m, err := h.book.WriteNote(h.ctx, h.maya, maya(h), o.ConversationID, "The courier lost it.", "", nil)
		h.ok(err)
		_, err = h.book.WriteNote(h.ctx, h.maya, maya(h), o.ConversationID, " ", "", nil)
		h.refused(err, fault.Invalid)
		c := h.is(o.ConversationID, Open, Us)
		if h.jobs() != before || m.MessageID != "" || m.Author.Address != "" || c.Preview != "Where?" {
			h.Errorf("note %+v, preview %q", m, c.Preview)
		}
		sent := h.answer(o.ConversationID, "We look for it.")
		out, err := h.book.Outgoing(h.ctx, sent.ID)
		h.ok(err)
		if slices.Contains(out.References, m.MessageID) || out.Before == nil || out.Before.Text != "Where?" || out.InReplyTo != out.Before.MessageID {
			h.Errorf("goes out as an answer to %q with %v", out.InReplyTo, out.References)
		}
	})
}

func TestWeWriteFirst(t *testing.T) {
	each(t, func(h *house) {
		start := func(b Beginning) (Conversation, Message, error) { return h.book.Start(h.ctx, h.maya, maya(h), b) }
		to := []mail.Address{{Name: "Tom Berger", Address: "Tom@Mail.example"}}
		_, _, err := start(Beginning{DeskID: h.desk.ID, To: to, Text: "Hello"})
		h.refused(err, fault.Invalid)
		_, _, err = start(Beginning{DeskID: h.desk.ID, Subject: "Recall", Text: "Hello"})
		h.refused(err, fault.Invalid)
		_, _, err = start(Beginning{DeskID: h.desk.ID, Subject: "Recall", Text: "Hello", To: []mail.Address{{Address: "no address"}}})
		h.refused(err, fault.Invalid)
		c, m, err := start(Beginning{DeskID: h.desk.ID, To: to, Subject: "Your lamp is recalled", Text: "Please stop using it."})
		h.ok(err)
		h.leave(m)
		h.is(c.ID, Open, Customer)
		for i, kind := range []string{"conversation.opened", "customer.created"} {
			if e := h.get(c.ID).Events[i]; e.Kind != kind || e.Actor != maya(h) {
				h.Errorf("event %d is %s by %v, want %s by Maya", i, e.Kind, e.Actor, kind)
			}
		}
		if m.Subject != "Your lamp is recalled" {
			h.Errorf("subject %q", m.Subject)
		}
		r := h.amina("AW: Your lamp is recalled", "What now?")
		r.From, r.References = mail.Address{Address: "tom@mail.example"}, []string{m.MessageID}
		if o := h.receive(r); o.ConversationID != c.ID {
			h.Error("his answer opened another conversation")
		}
		h.is(c.ID, Open, Us)
	})
}

func TestPages(t *testing.T) {
	each(t, func(h *house) {
		for i := range 25 {
			h.clock = monday.Add(time.Duration(i/3) * time.Minute) // several share a moment
			r := h.amina("Lamp", "Where?")
			r.From.Address = string(rune('a'+i)) + "@mail.example"
			h.receive(r)
		}
		for _, view := range []string{ViewAll, ViewDue} {
			var ids []int64
			f := Filter{View: view, Limit: 4}
			for {
				p, err := h.book.List(h.ctx, h.maya, f)
				h.ok(err)
				for _, c := range p.Items {
					ids = append(ids, c.ID)
				}
				if f.Cursor = p.Next; f.Cursor == "" {
					break
				}
			}
			if len(ids) != 25 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 25 {
				h.Errorf("%s: paging gave %v", view, ids)
			}
		}
		_, err := h.book.List(h.ctx, h.maya, Filter{Cursor: "nonsense"})
		h.refused(err, fault.Invalid)
		_, err = h.book.List(h.ctx, h.maya, Filter{View: "nonsense"})
		h.refused(err, fault.Invalid)
		found, err := h.book.List(h.ctx, h.maya, Filter{Query: "C@mail"})
		h.ok(err)
		if len(found.Items) != 1 {
			h.Errorf("searching found %d", len(found.Items))
		}
		if none, err := h.book.List(h.ctx, h.maya, Filter{Query: "100%"}); err != nil || len(none.Items) != 0 {
			h.Errorf("a percent sign found %d, %v", len(none.Items), err)
		}
	})
}

// TestNobodyEverWaitsWithoutAPromise runs random lives of conversations and asks
// after every step whether the rule of the product still holds.
func TestNobodyEverWaitsWithoutAPromise(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		rapid.Check(t, func(r *rapid.T) {
			h.clock = monday.Add(time.Duration(rapid.IntRange(0, 200).Draw(r, "hours")) * time.Hour)
			o := h.receive(h.amina("A life", "It begins."))
			l := &life{house: h, id: o.ConversationID}
			for range rapid.IntRange(1, 12).Draw(r, "steps") {
				l.step(rapid.IntRange(0, 11).Draw(r, "verb"))
				h.sound()
				due, open := l.dues()
				if open != !due.IsZero() || open && !h.get(l.id).Conversation.DueAt.Equal(due) {
					r.Fatalf("the row says due %v, its promises %v", h.get(l.id).Conversation.DueAt, due)
				}
			}
		})
	})
}

// A life is one conversation and the message of ours that has not left yet.
type life struct {
	*house
	id     int64
	queued []Message
}

// step does something that may well be refused; what matters is what is left.
func (l *life) step(verb int) {
	by := maya(l.house)
	switch verb {
	case 0, 1:
		r := l.amina("Re: A life", "More.")
		r.Token = l.get(l.id).Conversation.Token
		l.receive(r)
	case 2, 3:
		if m, err := l.book.Send(l.ctx, l.maya, by, Reply{ConversationID: l.id, Text: "Words.", Close: verb == 3}); err == nil {
			l.queued = append(l.queued, m)
		}
	case 4, 5:
		for _, m := range l.queued {
			if l.book.Sending(l.ctx, m.ID) == nil {
				l.ok(l.book.Sent(l.ctx, m.ID, l.clock, "raw"))
			}
		}
		l.queued = nil
	case 6:
		for _, m := range l.queued {
			l.ok(l.book.Failed(l.ctx, m.ID, "No.", true))
		}
	case 7:
		_ = l.book.Close(l.ctx, l.maya, by, l.id, "", "")
	case 8:
		_ = l.book.Close(l.ctx, l.maya, by, l.id, "thanks", "")
	case 9:
		_ = l.book.Snooze(l.ctx, l.maya, by, l.id, l.clock.Add(90*time.Minute), "Later.")
	case 10:
		l.clock = l.clock.Add(100 * time.Minute)
		l.ok(l.book.Tick(l.ctx))
	case 11:
		l.ok(l.book.Reopen(l.ctx, l.maya, by, l.id))
		l.ok(l.book.Assign(l.ctx, team.System, by, l.id, 0, l.jonas.PersonID))
	}
}

// dues is the earliest due time of what is open, from the promises themselves.
func (l *life) dues() (due time.Time, open bool) {
	for _, p := range l.get(l.id).Promises {
		if p.Open() && (!open || p.DueAt.Before(due)) {
			due, open = p.DueAt, true
		}
	}
	return due, open
}

func TestWritingToTheCarrierAnswersNobody(t *testing.T) {
	each(t, func(h *house) {
		carrier := []mail.Address{{Name: "Parcel Line", Address: "claims@parcel.example"}}
		write := func(id int64, to []mail.Address) {
			m, err := h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: id, Text: "Where is it?", To: to})
			h.ok(err)
			h.leave(m)
		}
		o := h.receive(h.amina("Lamp", "Where is it?"))
		write(o.ConversationID, carrier)
		h.is(o.ConversationID, Open, Us) // she still waits, and is still owed
		write(o.ConversationID, nil)
		h.is(o.ConversationID, Open, Customer)
		write(o.ConversationID, carrier)
		h.is(o.ConversationID, Open, ThirdParty)
		r := h.amina("Re: Lamp", "It was left at the neighbour's.")
		r.From, r.Token = carrier[0], h.get(o.ConversationID).Conversation.Token
		h.receive(r)
		h.is(o.ConversationID, Open, Us)
		write(o.ConversationID, []mail.Address{{Address: "amina@mail.example"}})
		h.is(o.ConversationID, Open, Customer)
	})
}

func TestOneThatFailsDoesNotStopTheClock(t *testing.T) {
	each(t, func(h *house) {
		broken := h.receive(h.amina("Lamp", "Where?"))
		other := h.receive(h.amina("Bulb", "Where?"))
		if _, err := h.db.Exec(h.ctx, `update promise set conversation_id = -1 where conversation_id = $1`, broken.ConversationID); err != nil {
			t.Fatal(err)
		}
		h.clock = monday.Add(5 * time.Hour)
		if h.book.Tick(h.ctx) == nil {
			t.Error("the failure is not told")
		}
		if p := h.get(other.ConversationID).Promises; p[0].State != promise.Missed {
			t.Errorf("the other promise is %s", p[0].State)
		}
	})
}
