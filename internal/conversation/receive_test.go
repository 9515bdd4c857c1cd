package conversation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/mail"
	"kept/internal/promise"
)

func TestAFirstMailIsOwedAnAnswer(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Third time I am asking", "My parcel says delivered. It is not here."))
		c := h.is(o.ConversationID, Open, Us)
		if want := monday.Add(4 * time.Hour); !c.DueAt.Equal(want) || c.DueKind != promise.Reply || c.DueMissed {
			h.Errorf("due %v (%s, missed %v), want %v", c.DueAt, c.DueKind, c.DueMissed, want)
		}
		if c.CustomerName != "Amina Okafor" || c.CustomerAddress != "amina@mail.example" || c.Preview != "My parcel says delivered. It is not here." {
			h.Errorf("the list would show %q <%s>: %q", c.CustomerName, c.CustomerAddress, c.Preview)
		}
		p := h.get(o.ConversationID).Promises
		if len(p) != 1 || p[0].TeamID != h.desk.TeamID || p[0].SourceMessageID != o.MessageID {
			h.Errorf("promises = %+v", p)
		}
		want := []string{"conversation.opened", "customer.created", "message.received", "promise.made"}
		if got := h.kinds(o.ConversationID); !slices.Equal(got, want) {
			h.Errorf("events = %v, want %v", got, want)
		}
	})
}

func TestFirstContactIsAcknowledgedOnceADay(t *testing.T) {
	each(t, func(h *house) {
		o := h.receive(h.amina("Where is it?", "Where is my lamp?"))
		m := h.get(o.ConversationID).Messages
		if len(m) != 2 || m[1].Kind != Acknowledgement || !m[1].Auto || !strings.Contains(m[1].Text, "14:00") {
			h.Fatalf("messages = %+v", m)
		}
		h.leave(m[1])
		h.is(o.ConversationID, Open, Us) // a machine's word answers nobody
		h.clock = h.clock.Add(3 * time.Hour)
		again := h.receive(h.amina("Something else", "And my other order?"))
		if n := len(h.get(again.ConversationID).Messages); n != 1 {
			h.Errorf("a second acknowledgement on the same day: %d messages", n)
		}
		h.clock = h.clock.Add(25 * time.Hour)
		next := h.receive(h.amina("A third thing", "One more question."))
		if n := len(h.get(next.ConversationID).Messages); n != 2 {
			h.Errorf("no acknowledgement on the next day: %d messages", n)
		}
	})
}

func TestNoAutomaticAnswerToMachines(t *testing.T) {
	each(t, func(h *house) {
		r := h.amina("Your weekly digest", "All that happened")
		r.MayAutoReply, r.Bulk, r.Kind = false, true, mail.List
		o := h.receive(r)
		h.is(o.ConversationID, Open, Us)
		if h.jobs() != 0 {
			h.Error("a list was answered automatically")
		}
	})
}

func TestThreading(t *testing.T) {
	each(t, func(h *house) {
		first := h.receive(h.amina("Broken lamp", "It came broken."))
		sent := h.answer(first.ConversationID, "I am sorry. A new one leaves today.")
		token := h.get(first.ConversationID).Conversation.Token
		stranger := mail.Address{Name: "Eve Stranger", Address: "eve@elsewhere.example"}
		copied := mail.Address{Name: "Tom Okafor", Address: "tom@mail.example"}
		withTom := h.amina("Re: Broken lamp", "Tom will be at home.")
		withTom.InReplyTo, withTom.Cc = []string{sent.MessageID}, []mail.Address{copied}
		for _, c := range []struct {
			name   string
			change func(r *Received)
			joins  bool
			linked bool
		}{
			{"a stranger with our Message-ID gets a conversation of his own", func(r *Received) { r.From, r.InReplyTo = stranger, []string{sent.MessageID} }, false, true},
			{"a stranger with the reply token too", func(r *Received) { r.From, r.Token = stranger, token }, false, true},
			{"a token that does not exist", func(r *Received) { r.Token = "aaaaaaaaaaaa" }, false, false},
			{"the same subject alone", func(r *Received) { r.Subject = "Re: Broken lamp" }, false, false},
			{"an answer to our answer", func(r *Received) { r.InReplyTo = []string{sent.MessageID} }, true, false},
			{"References only", func(r *Received) { r.References = []string{"x@y.example", sent.MessageID} }, true, false},
			{"the token only", func(r *Received) { r.Token = token }, true, false},
			{"our Message-ID rewritten behind the token", func(r *Received) {
				r.InReplyTo = []string{"kept." + token + ".0123456789abcdef@relay.example"}
			}, true, false},
			{"her own earlier mail", func(r *Received) { r.InReplyTo = []string{"a1@mail.example"} }, false, false},
			{"somebody copied in by the customer", func(r *Received) { *r = withTom }, true, false},
			{"and he then answers himself", func(r *Received) { r.From, r.InReplyTo = copied, []string{sent.MessageID} }, true, false},
		} {
			r := h.amina("About the lamp", c.name)
			c.change(&r)
			o := h.receive(r)
			if joined := o.ConversationID == first.ConversationID; joined != c.joins {
				h.Errorf("%s: joined = %v", c.name, joined)
			}
			if linked := h.get(o.ConversationID).Conversation.LinkedFrom == first.ConversationID; linked != c.linked {
				h.Errorf("%s: linked = %v", c.name, linked)
			}
			h.sound()
		}
		who := h.get(first.ConversationID).Participants
		if len(who) != 2 || who[0].Role != "customer" || who[1].Address != "tom@mail.example" {
			h.Errorf("participants = %+v", who)
		}
	})
}

func TestPeopleCopiedInAreNoCustomers(t *testing.T) {
	each(t, func(h *house) {
		r := h.amina("All of us", "We are sixty.")
		for i := range 60 {
			r.Cc = append(r.Cc, mail.Address{Address: fmt.Sprintf("guest%d@mail.example", i)})
		}
		h.receive(r)
		n, err := db.One(h.ctx, h.db, db.Value[int], `select count(*) from customer`)
		h.ok(err)
		if n != 1 {
			h.Errorf("%d customers came of one mail", n)
		}
	})
}

func TestOneMailToTwoDesksIsTwoConversations(t *testing.T) {
	each(t, func(h *house) {
		r := h.amina("To both", "Who can help?")
		r.To = append(r.To, mail.Address{Address: "orders@lumen.example"})
		a := h.receive(r)
		r.DeskID = h.other.ID
		b := h.receive(r)
		if a.ConversationID == b.ConversationID {
			h.Fatal("one conversation for two desks")
		}
		sent := h.answer(a.ConversationID, "We can.")
		reply := h.amina("Re: To both", "Thank you both.")
		reply.To, reply.InReplyTo = r.To, []string{sent.MessageID}
		at := h.receive(reply)
		reply.DeskID = h.other.ID
		if other := h.receive(reply); at.ConversationID != a.ConversationID || other.ConversationID == a.ConversationID {
			h.Errorf("the answer to both went to %d and %d", at.ConversationID, other.ConversationID)
		}
	})
}

func TestReports(t *testing.T) {
	each(t, func(h *house) {
		first := h.receive(h.amina("Invoice", "Please send it."))
		sent := h.answer(first.ConversationID, "Here it is.")
		h.is(first.ConversationID, Open, Customer)
		before := h.jobs()
		bounce := Received{DeskID: h.desk.ID, Channel: "email", From: mail.Address{Address: "mailer-daemon@mail.example"}, Subject: "Undelivered", Kind: mail.Bounced, At: h.clock.Add(time.Minute),
			Bounce: &mail.Bounce{Status: "5.1.1", Hard: true, Recipient: "amina@mail.example", OriginalMessageID: "unknown@x.example"}}
		if o := h.receive(bounce); o.SetAside == "" || o.ConversationID != 0 {
			h.Errorf("a report about nothing of ours: %+v", o)
		}
		bounce.Bounce.OriginalMessageID = sent.MessageID
		delayed, arrived := bounce, bounce
		late, done := *bounce.Bounce, *bounce.Bounce
		late.Delayed, done.Delivered = true, true
		delayed.Bounce, arrived.Bounce = &late, &done
		h.receive(delayed)
		h.receive(arrived)
		if m := message(h, first.ConversationID, sent.ID); m.State != StateSent || !m.Delivered {
			h.Errorf("after reports of delay and success the answer is %s, delivered %v", m.State, m.Delivered)
		}
		if o := h.receive(bounce); o.ConversationID != first.ConversationID {
			h.Errorf("the bounce went to %+v", o)
		}
		c := h.is(first.ConversationID, Open, Us)
		m := message(h, first.ConversationID, sent.ID)
		if m.State != StateBounced || !c.Failed || !strings.Contains(m.Error, "amina@mail.example") {
			h.Errorf("after the bounce: %s %q, failed %v", m.State, m.Error, c.Failed)
		}
		n, err := db.One(h.ctx, h.db, db.Value[int], `select count(*) from conversation`)
		h.ok(err)
		if n != 1 || h.jobs() != before {
			h.Errorf("%d conversations, and %d mails to send where there were %d before the reports", n, h.jobs(), before)
		}
	})
}

// TestABounceBesideItsHandOver lets an answer come back while its hand-over is being noted, and before.
func TestABounceBesideItsHandOver(t *testing.T) {
	each(t, func(h *house) {
		for _, c := range []struct {
			name string
			race func(id int64, handOver func(*Book) error, comeBack func() error)
		}{
			{"while", h.overlap},
			{"before", func(_ int64, handOver func(*Book) error, comeBack func() error) {
				h.ok(comeBack())
				h.ok(handOver(h.book))
			}},
		} {
			id := h.receive(h.amina(c.name, "Where is it?")).ConversationID
			m, err := h.book.Send(h.ctx, h.maya, maya(h), Reply{ConversationID: id, Text: "On its way."})
			h.ok(err)
			h.ok(h.book.Sending(h.ctx, m.ID))
			bounce := Received{DeskID: h.desk.ID, Channel: "email", From: mail.Address{Address: "mailer-daemon@mail.example"}, Kind: mail.Bounced, At: h.clock,
				Bounce: &mail.Bounce{Status: "5.1.1", Hard: true, Recipient: "amina@mail.example", OriginalMessageID: m.MessageID}}
			c.race(id, func(book *Book) error { return book.Sent(h.ctx, m.ID, h.clock, "raw") }, func() error {
				return h.db.Tx(h.ctx, func(tx *db.DB) error {
					_, err := h.book.Receive(h.ctx, tx, bounce)
					return err
				})
			})
			got := message(h, id, m.ID)
			if row := h.is(id, Open, Us); got.State != StateBounced || got.RawKey != "raw" || got.SentAt.IsZero() || !row.Failed {
				h.Errorf("%s: the answer is %s, its source %q, sent at %v, failed %v", c.name, got.State, got.RawKey, got.SentAt, row.Failed)
			}
		}
	})
}

func TestAFileOfAMessageNotReadYet(t *testing.T) {
	messages := []Message{{ID: 1}, {ID: 2}}
	enclose(messages, []Attachment{{ID: 7, MessageID: 2}, {ID: 8, MessageID: 3}})
	if len(messages[0].Attachments) != 0 || len(messages[1].Attachments) != 1 {
		t.Errorf("files went to %+v", messages)
	}
	enclose(nil, []Attachment{{ID: 8, MessageID: 3}})
}

func message(h *house, conversationID, id int64) Message {
	for _, m := range h.get(conversationID).Messages {
		if m.ID == id {
			return m
		}
	}
	h.Fatalf("no message %d", id)
	return Message{}
}

func TestAutomaticAnswersOpenNothing(t *testing.T) {
	each(t, func(h *house) {
		r := h.amina("Out of office", "I am away.")
		r.Kind, r.MayAutoReply = mail.AutoReply, false
		if o := h.receive(r); o.SetAside == "" {
			h.Errorf("an automatic answer to nothing opened %+v", o)
		}
		first := h.receive(h.amina("Hello", "A question."))
		sent := h.answer(first.ConversationID, "An answer.")
		r.InReplyTo = []string{sent.MessageID}
		if o := h.receive(r); o.ConversationID != first.ConversationID {
			h.Errorf("an automatic answer went to %+v", o)
		}
		h.is(first.ConversationID, Open, Customer)
	})
}

func TestAFloodIsStoredButMuted(t *testing.T) {
	each(t, func(h *house) {
		h.desk.Acknowledge = false
		var muted []int64
		for i := range 30 {
			o := h.receive(h.amina(fmt.Sprint("Mail ", i), "Again and again."))
			if h.get(o.ConversationID).Conversation.Muted {
				muted = append(muted, o.ConversationID)
			}
		}
		if len(muted) != 10 {
			h.Errorf("%d of 30 are muted, want the last 10", len(muted))
		}
		page, err := h.book.List(h.ctx, h.maya, Filter{View: ViewTeam})
		h.ok(err)
		all, err := h.book.List(h.ctx, h.maya, Filter{})
		h.ok(err)
		if len(page.Items) != 20 || len(all.Items) != 30 {
			h.Errorf("the inbox shows %d and everything is %d", len(page.Items), len(all.Items))
		}
		h.sound()
		h.clock = h.clock.Add(2 * time.Hour)
		if o := h.receive(h.amina("Calm again", "Sorry for that.")); h.get(o.ConversationID).Conversation.Muted {
			h.Error("still muted two hours later")
		}
	})
}

func TestStrangeSenders(t *testing.T) {
	each(t, func(h *house) {
		for _, from := range []mail.Address{{}, {Name: "Nobody"}, {Address: "not an address"}, {Address: "a@b@c d"}, {Address: strings.Repeat("x", 400) + "@mail.example"}} {
			r := h.amina("", "Hello?")
			r.From = from
			h.is(h.receive(r).ConversationID, Open, Us)
		}
		if h.jobs() != 0 {
			h.Error("something would be sent to an address that is none")
		}
	})
}

func TestAListInFrontOfTheDesk(t *testing.T) {
	each(t, func(h *house) {
		r := h.amina("Via the list", "Hello")
		r.ReplyTo, r.From = []mail.Address{r.From}, mail.Address{Name: "'Amina Okafor' via Support", Address: "support@lumen.example"}
		if c := h.get(h.receive(r).ConversationID).Conversation; c.CustomerAddress != "amina@mail.example" {
			h.Errorf("the customer is %s", c.CustomerAddress)
		}
	})
}

// TestAMailInTheDesksOwnName comes from a colleague's mail program, or from a forger.
func TestAMailInTheDesksOwnName(t *testing.T) {
	each(t, func(h *house) {
		for _, from := range []string{"support@lumen.example", "Support+abc@lumen.example"} {
			r := h.amina("To ourselves", "Remember the lamp.")
			r.From = mail.Address{Address: from}
			id := h.receive(r).ConversationID
			h.is(id, Open, Us)
			if people := h.get(id).Participants; len(people) != 1 {
				h.Errorf("%s: %+v take part", from, people)
			}
		}
		if h.jobs() != 0 {
			h.Error("the desk answers itself")
		}
	})
}

// TestAnswersGoWhereTheNewestMailAsks lets Amina, a copied colleague of hers and a forger write into one conversation, and answers.
func TestAnswersGoWhereTheNewestMailAsks(t *testing.T) {
	each(t, func(h *house) {
		bo := mail.Address{Name: "Bo", Address: "bo@mail.example"}
		office := mail.Address{Name: "Office", Address: "office@mail.example"}
		first := h.amina("Lamp", "It flickers.")
		first.Cc = []mail.Address{bo, office}
		id := h.receive(first).ConversationID
		for _, c := range []struct {
			name    string
			from    mail.Address
			replyTo []mail.Address
			auth    string
			want    string
		}{
			{"nobody asked for anything", first.From, nil, `{"dmarc":"pass"}`, "amina@mail.example"},
			{"a colleague wants his answers elsewhere", bo, []mail.Address{{Address: "bo@home.example"}}, "", "bo@home.example"},
			{"that was his wish, not hers", first.From, nil, "", "amina@mail.example"},
			{"to somebody copied in", first.From, []mail.Address{office}, "", "office@mail.example"},
			{"a forger in her name", first.From, []mail.Address{{Address: "eve@evil.example"}}, `{"dkim":"none","spf":"pass","dmarc":"fail"}`, "amina@mail.example"},
			{"a forger of a domain without a policy", first.From, []mail.Address{{Address: "eve@evil.example"}}, `{"dkim":"none","spf":"fail","dmarc":"none"}`, "amina@mail.example"},
			{"forwarded, with her signature", first.From, []mail.Address{office}, `{"dkim":"pass","spf":"fail","dmarc":"pass"}`, "office@mail.example"},
		} {
			r := h.amina("Re: Lamp", "And?")
			r.From, r.ReplyTo, r.Auth, r.InReplyTo = c.from, c.replyTo, c.auth, []string{first.MessageID}
			if o := h.receive(r); o.ConversationID != id {
				h.Fatalf("%s: it went to conversation %d, not %d", c.name, o.ConversationID, id)
			}
			if m := h.answer(id, "Soon."); len(m.To) != 1 || m.To[0].Address != c.want {
				h.Errorf("%s: the answer goes to %v, want %s", c.name, m.To, c.want)
			}
			h.clock = h.clock.Add(time.Hour)
		}
	})
}

// TestNoAcknowledgementForForgedMail keeps the desk from writing to people in whose name somebody else wrote.
func TestNoAcknowledgementForForgedMail(t *testing.T) {
	each(t, func(h *house) {
		for i, c := range []struct {
			auth string
			want int
		}{
			{`{"dkim":"none","spf":"softfail","dmarc":"fail"}`, 0},
			{`{"dkim":"none","spf":"fail","dmarc":"none"}`, 0},
			{`{"dkim":"pass","spf":"fail","dmarc":"pass"}`, 1},
			{`{"dkim":"none","spf":"none","dmarc":"none"}`, 1},
			{`{"dkim":"none","spf":"temperror","dmarc":"temperror"}`, 1},
		} {
			r := h.amina("Hello", "Are you there?")
			r.From.Address, r.Auth = "victim"+strconv.Itoa(i)+"@mail.example", c.auth
			before := h.jobs()
			h.is(h.receive(r).ConversationID, Open, Us)
			if got := h.jobs() - before; got != c.want {
				h.Errorf("%s: %d acknowledgements, want %d", c.auth, got, c.want)
			}
		}
	})
}

func TestAnImportOwesNothing(t *testing.T) {
	each(t, func(h *house) {
		r := h.amina("Two years ago", "Do you still sell lamps?")
		r.At, r.History = monday.AddDate(-2, 0, 0), true
		first := h.receive(r)
		ours := h.amina("Re: Two years ago", "We do.")
		ours.From, ours.To = mail.Address{Address: "support@lumen.example"}, []mail.Address{r.From}
		ours.At, ours.History, ours.InReplyTo = r.At.Add(time.Hour), true, []string{r.MessageID}
		second := h.receive(ours)
		h.is(first.ConversationID, Closed, Nobody)
		m := h.get(first.ConversationID).Messages
		if second.ConversationID != first.ConversationID || len(m) != 2 || m[1].Direction != Out || h.jobs() != 0 {
			h.Errorf("imported as %+v with %d mails to send", m, h.jobs())
		}
	})
}

func TestTheCustomerWritesAgain(t *testing.T) {
	each(t, func(h *house) {
		first := h.receive(h.amina("Lamp", "Where is it?"))
		reply := func(text string) {
			r := h.amina("Re: Lamp", text)
			r.Token = h.get(first.ConversationID).Conversation.Token
			h.receive(r)
		}
		reply("Hello?") // before any answer: still the one promise
		if p := h.get(first.ConversationID).Promises; len(p) != 1 {
			h.Fatalf("%d promises for two unanswered mails", len(p))
		}
		h.answer(first.ConversationID, "On its way.")
		h.is(first.ConversationID, Open, Customer)
		h.clock = h.clock.Add(time.Hour)
		reply("Thank you. And the bulb?")
		c := h.is(first.ConversationID, Open, Us)
		if want := h.clock.Add(2 * time.Hour); !c.DueAt.Equal(want) {
			h.Errorf("the next answer is due %v, want %v", c.DueAt, want)
		}
		h.answer(first.ConversationID, "It is in the box.")
		h.ok(h.book.Close(h.ctx, h.maya, maya(h), first.ConversationID, "", ""))
		reply("It is not.")
		h.is(first.ConversationID, Open, Us)
	})
}
