package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"kept/internal/calendar"
	"kept/internal/channel/email"
	"kept/internal/channel/email/sender"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/demo"
	"kept/internal/event"
	"kept/internal/intake"
	"kept/internal/mail"
	"kept/internal/promise"
	"kept/internal/team"
)

// demoPassword lets every person of the demo in. The desk is on this machine alone, and its people are invented.
const demoPassword = "a quiet, well-lit desk"

// storyteller lives through the demo's story as it happened: every mail is composed and goes through the spool, every answer is sent,
// every verb is the one an agent would use, and the clock stands where the story is. So what the demo shows is what Kept does.
type storyteller struct {
	*desk
	at     time.Time // where the story is
	now    func() time.Time
	house  *team.House
	book   *conversation.Book
	spool  *intake.Spool
	worker *email.Worker
	sender *sender.Sender

	company   *demo.Company
	people    map[string]team.Person
	teams     map[string]team.Team
	desks     map[string]team.Desk
	customers map[string]demo.Customer
	owner     team.Person
}

// scene is one conversation of the story while it is being lived.
type scene struct {
	*demo.Scene
	id       int64 // of the conversation, 0 before its first mail
	messages []conversation.Message
	lastID   string // Message-ID of the newest mail
	lastText string
	chain    []string
	mails    int
	promises map[*demo.Due]int64
}

// tellStory fills an empty desk. now is when the story ends.
func tellStory(ctx context.Context, k *desk, now time.Time) error {
	company, err := demo.Read()
	if err != nil {
		return err
	}
	scenes, err := company.Play(now)
	if err != nil {
		return err
	}
	t := newStoryteller(k, company, now.AddDate(0, 0, -40))
	defer k.fast(ctx)()
	if err := t.furnish(ctx, scenes); err != nil {
		return fmt.Errorf("furnish the demo desk: %w", err)
	}
	if err := t.live(ctx, scenes); err != nil {
		return err
	}
	t.at = now
	defer debug.FreeOSMemory() // telling took far more than serving will
	return t.book.Tick(ctx)
}

func newStoryteller(k *desk, company *demo.Company, begin time.Time) *storyteller {
	t := &storyteller{desk: k, company: company, at: begin, people: map[string]team.Person{}, teams: map[string]team.Team{}, desks: map[string]team.Desk{}, customers: map[string]demo.Customer{}}
	t.now = func() time.Time { return t.at }
	t.house = team.New(k.db, t.now)
	t.book = conversation.New(k.db, t.now)
	t.spool = intake.New(k.db, k.blobs, t.now)
	t.worker = email.NewWorker(k.db, t.spool, k.blobs, t.book, t.now, "story", noAuth)
	t.sender = &sender.Sender{DB: k.db, Blobs: k.blobs, Book: t.book, Secrets: k.box, Now: t.now}
	for _, c := range company.Customers {
		t.customers[c.ID] = c
	}
	return t
}

// fast lets SQLite answer before the disk does while the story is told, for a desk that is made anew when that fails.
func (k *desk) fast(ctx context.Context) (restore func()) {
	if k.db.Dialect.Name() != "sqlite" {
		return func() {}
	}
	k.db.Exec(ctx, `pragma synchronous = off`)
	return func() { k.db.Exec(ctx, `pragma synchronous = full`) }
}

// noAuth says that the story's mails carry no proof of where they come from.
func noAuth(context.Context, intake.Arrival, []byte, *mail.Message, string) json.RawMessage {
	return json.RawMessage(`{"dkim":"none","spf":"none","dmarc":"none"}`)
}

// furnish makes people, teams, hours and desks. Nothing is sent from a demo desk: its mail is kept and shown.
func (t *storyteller) furnish(ctx context.Context, scenes []demo.Scene) error {
	boss := t.company.People[slices.IndexFunc(t.company.People, func(p demo.Person) bool { return p.Role == team.Owner })]
	var err error
	t.owner, err = t.house.SetUp(ctx, team.First{Company: t.company.Name, Name: boss.Name, Email: boss.Email, Password: demoPassword, Zone: t.zoneOf(boss.ID)}, func(*db.DB, team.Person, team.Team) error { return nil })
	if err != nil {
		return err
	}
	t.people[boss.ID] = t.owner
	for _, p := range t.company.People {
		if p.ID == boss.ID {
			continue
		}
		if t.people[p.ID], err = t.house.AddPerson(ctx, event.System, team.Person{Name: p.Name, Email: p.Email, Role: p.Role, Language: p.Languages[0], Zone: t.zoneOf(p.ID)}, demoPassword); err != nil {
			return err
		}
		if p.Away != "" {
			away := true
			if _, err := t.house.ChangePerson(ctx, event.System, t.people[p.ID].ID, team.PersonChange{Away: &away}); err != nil {
				return err
			}
		}
	}
	return t.furnishDesks(ctx, scenes)
}

// zoneOf is where somebody works: at the first desk of the first team that counts them in.
func (t *storyteller) zoneOf(personID string) string {
	for _, g := range t.company.Teams {
		for _, d := range t.company.Desks {
			if d.Team == g.ID && slices.Contains(g.Members, personID) {
				return d.Zone
			}
		}
	}
	return t.company.Desks[0].Zone
}

// helpers are the people who lend a hand in the story at a desk of a team, without being in it: they need to see that desk.
func (t *storyteller) helpers(scenes []demo.Scene, teamID string) []int64 {
	var ids []int64
	for _, s := range scenes {
		at := slices.IndexFunc(t.company.Desks, func(d demo.Desk) bool { return d.ID == s.Desk })
		if t.company.Desks[at].Team != teamID {
			continue
		}
		for _, m := range s.Moments {
			if e := m.Event; e != nil {
				ids = append(ids, t.people[e.By].ID, t.people[e.Whom].ID)
			} else {
				ids = append(ids, t.people[m.Message.Author].ID)
			}
		}
	}
	return slices.DeleteFunc(ids, func(id int64) bool { return id == 0 })
}

func (t *storyteller) furnishDesks(ctx context.Context, scenes []demo.Scene) error {
	teams, err := team.Teams(ctx, t.db)
	if err != nil {
		return err
	}
	for i, g := range t.company.Teams {
		members := t.helpers(scenes, g.ID)
		for _, id := range g.Members {
			members = append(members, t.people[id].ID)
		}
		slices.Sort(members)
		members = slices.Compact(members)
		if i == 0 { // set-up made the first
			t.teams[g.ID], err = t.house.ChangeTeam(ctx, event.System, teams[0].ID, team.TeamChange{Name: &g.Name, Members: &members})
		} else {
			t.teams[g.ID], err = t.house.CreateTeam(ctx, event.System, g.Name, members)
		}
		if err != nil {
			return err
		}
	}
	for _, d := range t.company.Desks {
		c, err := calendar.Create(ctx, t.db, calendarOf(d), t.at)
		if err != nil {
			return err
		}
		t.desks[d.ID], err = t.house.CreateDesk(ctx, event.System, team.Desk{
			Name: d.Name, Address: d.Address, TeamID: t.teams[d.Team].ID, CalendarID: c.ID, FromName: t.company.Name, Language: d.Language, SignatureText: d.Signature,
			FirstReplyMinutes: int64(d.FirstReply) * 60, NextReplyMinutes: int64(d.NextReply) * 60, Acknowledge: true, ReplyToken: true, Transport: team.TransportHold})
		if err != nil {
			return err
		}
	}
	return nil
}

func calendarOf(d demo.Desk) calendar.Calendar {
	var day []calendar.Span
	for _, span := range d.Hours {
		day = append(day, calendar.Span{From: minutes(span[0]), To: minutes(span[1])})
	}
	c := calendar.Calendar{Name: d.Name, Zone: d.Zone}
	for i := range 5 {
		c.Hours[i] = day
	}
	return c
}

func minutes(clock string) int {
	t, _ := time.Parse("15:04", clock) // the story was checked when it was read
	return t.Hour()*60 + t.Minute()
}

type moment struct {
	*demo.Moment
	of *scene
}

// live goes through everything that happened, on all desks, in the order it happened.
func (t *storyteller) live(ctx context.Context, scenes []demo.Scene) error {
	var moments []moment
	for i := range scenes {
		s := &scene{Scene: &scenes[i], promises: map[*demo.Due]int64{}}
		for j := range s.Moments {
			moments = append(moments, moment{&s.Moments[j], s})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.At.UnixMicro(), b.At.UnixMicro()) })
	for _, m := range moments {
		t.at = m.At
		if err := t.book.Tick(ctx); err != nil {
			return err
		}
		var err error
		if m.Message != nil {
			err = t.say(ctx, m.of, m.Moment)
		} else {
			err = t.happen(ctx, m.of, m.Moment)
		}
		if err != nil {
			return fmt.Errorf("the story %s at %s: %w", m.of.Key, m.At.Format(time.DateTime), err)
		}
	}
	return nil
}

func (t *storyteller) say(ctx context.Context, s *scene, m *demo.Moment) error {
	switch m.Message.Role {
	case demo.ByAgent:
		return t.answer(ctx, s, m)
	case demo.ByNote:
		p := t.people[m.Message.Author]
		_, err := t.book.WriteNote(ctx, team.System, event.Person(p.ID), s.id, m.Text, m.HTML, nil)
		return err
	}
	return t.arrive(ctx, s, m)
}

// arrive has a mail come in, as from the network.
func (t *storyteller) arrive(ctx context.Context, s *scene, m *demo.Moment) error {
	raw, messageID, err := t.compose(s, m)
	if err != nil {
		return err
	}
	kept, err := t.spool.Keep(ctx, nil, bytes.NewReader(raw), 0)
	if err != nil {
		return err
	}
	to := t.desks[s.Desk]
	results, err := t.spool.Commit(ctx, intake.Entry{Raw: kept, Source: intake.Source{Kind: "smtp", DeskID: to.ID, EnvelopeTo: to.Address, Peer: "192.0.2.25", At: m.At}})
	if err != nil {
		return err
	}
	if _, err := t.worker.Once(ctx, func(context.Context, *db.DB) error { return nil }); err != nil {
		return err
	}
	a, err := t.spool.Get(ctx, team.System, results[0].ID)
	if err != nil {
		return err
	}
	if a.State != intake.Stored && !m.Message.Machine() {
		return fmt.Errorf("the mail became %s: %s", a.State, a.Reason)
	}
	if a.ConversationID != 0 && s.id == 0 {
		s.id = a.ConversationID
	}
	s.mails++
	s.lastID, s.lastText, s.chain = messageID, m.Text, append(s.chain, messageID)
	return t.acknowledged(ctx, s)
}

// acknowledged lets the automatic answers leave that the mail brought about.
func (t *storyteller) acknowledged(ctx context.Context, s *scene) error {
	if s.id == 0 {
		return nil
	}
	messages, err := conversation.MessagesOf(ctx, t.db, s.id)
	if err != nil {
		return err
	}
	s.messages = messages
	for _, out := range messages {
		if out.State == conversation.StateQueued {
			if err := t.sender.SendNow(ctx, out.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *storyteller) answer(ctx context.Context, s *scene, m *demo.Moment) error {
	p := t.people[m.Message.Author]
	by := event.Person(p.ID)
	access, err := t.house.Access(ctx, p.ID, nil)
	if err != nil {
		return err
	}
	r := conversation.Reply{ConversationID: s.id, Text: m.Text, HTML: m.HTML}
	for _, cc := range m.Message.Cc {
		r.Cc = append(r.Cc, addressOf(cc))
	}
	for _, f := range m.Message.Attachments {
		a := file(f)
		key, size, err := t.blobs.Put(ctx, bytes.NewReader(a.Content))
		if err != nil {
			return err
		}
		kept, err := t.book.Attach(ctx, access, conversation.Attachment{Name: a.Name, Type: a.Type, Size: size, Key: key})
		if err != nil {
			return err
		}
		r.AttachmentIDs = append(r.AttachmentIDs, kept.ID)
	}
	if s.id == 0 {
		return t.begin(ctx, s, r, by, access)
	}
	sent, err := t.book.Send(ctx, team.System, by, r)
	if err != nil {
		return err
	}
	return t.left(ctx, s, m, sent, by)
}

// begin is an answer without a question: we wrote first.
func (t *storyteller) begin(ctx context.Context, s *scene, r conversation.Reply, by event.Actor, access team.Access) error {
	c, sent, err := t.book.Start(ctx, access, by, conversation.Beginning{DeskID: t.desks[s.Desk].ID, To: []mail.Address{t.customer(s)}, Cc: r.Cc,
		Subject: cmp.Or(s.Subject, t.company.Name), Text: r.Text, HTML: r.HTML, AttachmentIDs: r.AttachmentIDs})
	if err != nil {
		return err
	}
	s.id = c.ID
	return t.left(ctx, s, &demo.Moment{}, sent, by)
}

// left hands an answer over and enters the promises made in it.
func (t *storyteller) left(ctx context.Context, s *scene, m *demo.Moment, sent conversation.Message, by event.Actor) error {
	for _, d := range m.Promises {
		if d.Successor == nil {
			if err := t.promise(ctx, s, d, sent.ID, by); err != nil {
				return err
			}
		}
	}
	s.lastID, s.lastText, s.chain = sent.MessageID, sent.Text, append(s.chain, sent.MessageID)
	s.messages = append(s.messages, sent)
	return t.sender.SendNow(ctx, sent.ID)
}

func (t *storyteller) promise(ctx context.Context, s *scene, d *demo.Due, source int64, by event.Actor) error {
	p, err := t.book.MakePromise(ctx, team.System, by, s.id, promise.Promise{Kind: d.Kind, What: d.What, DueAt: d.DueAt, SourceMessageID: source})
	s.promises[d] = p.ID
	return err
}

// happen is what a person of ours did without writing.
func (t *storyteller) happen(ctx context.Context, s *scene, m *demo.Moment) error {
	p := t.people[m.Event.By]
	by := event.Person(p.ID)
	switch m.Event.Verb {
	case "takes":
		return t.book.Assign(ctx, team.System, by, s.id, 0, p.ID)
	case "assigns":
		return t.book.Assign(ctx, team.System, by, s.id, 0, t.people[m.Event.Whom].ID)
	case "snoozes":
		return t.book.Snooze(ctx, team.System, by, s.id, m.Until, m.Event.Why)
	case "waits":
		_, err := t.book.WriteNote(ctx, team.System, by, s.id, "Waiting for "+strings.TrimPrefix(m.Event.Why, "for ")+".", "", nil)
		return err
	case "closes":
		return t.book.Close(ctx, team.System, by, s.id, m.Event.Reason, m.Event.Why)
	case "reopens":
		return t.book.Reopen(ctx, team.System, by, s.id)
	}
	return t.settle(ctx, s, m, by)
}

// settle keeps, releases or moves the promise that the moment ends.
func (t *storyteller) settle(ctx context.Context, s *scene, m *demo.Moment, by event.Actor) error {
	for _, d := range s.Promises {
		if d.Label != m.Event.Label || !d.SettledAt.Equal(m.At) {
			continue
		}
		if m.Event.Verb == "moves" {
			return t.promise(ctx, s, d.Successor, 0, by) // the one before it was never entered: a move is told as its outcome
		}
		if m.Event.Verb == "releases" {
			return t.book.DismissPromise(ctx, team.System, by, s.promises[d], cmp.Or(m.Event.Why, "The customer let us off."))
		}
		return t.book.KeepPromise(ctx, team.System, by, s.promises[d], 0)
	}
	return fmt.Errorf("no promise %s ends here", m.Event.Label)
}

func (t *storyteller) customer(s *scene) mail.Address {
	c := t.customers[s.Customer]
	return mail.Address{Name: c.Name, Address: cmp.Or(s.From, c.Addresses[0])}
}
