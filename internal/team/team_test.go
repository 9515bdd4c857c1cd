package team

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/event"
	"kept/internal/fault"
)

var monday = time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)

const goodPassword = "four quiet herons walk"

// place is a house with a clock that tests move.
type place struct {
	*House
	testing.TB
	at time.Time
}

func newPlace(t testing.TB, d *db.DB) *place {
	p := &place{TB: t, at: monday}
	p.House = New(d, func() time.Time { return p.at })
	return p
}

func (p *place) person(name, role string, teams ...int64) Person {
	p.Helper()
	v, err := p.AddPerson(p.Context(), event.System, Person{Name: name, Email: strings.ToLower(name) + "@brook.example", Role: role, TeamIDs: teams}, "")
	if err != nil {
		p.Fatal(err)
	}
	return v
}

func (p *place) desk(name string, members ...int64) Desk {
	p.Helper()
	g, err := p.CreateTeam(p.Context(), event.System, name, members)
	if err != nil {
		p.Fatal(err)
	}
	calendar, err := db.Insert(p.Context(), p.db, `insert into calendar (name, zone, hours) values ('Office', 'UTC', '[[],[],[],[],[],[],[]]') returning id`)
	if err != nil {
		p.Fatal(err)
	}
	k, err := p.CreateDesk(p.Context(), event.System, Desk{Name: name, Address: strings.ToLower(name) + "@brook.example", TeamID: g.ID, CalendarID: calendar})
	if err != nil {
		p.Fatal(err)
	}
	return k
}

func (p *place) seatOf(v Person) Seat {
	p.Helper()
	s, err := p.seat(p.Context(), v.ID, nil, Seat{})
	if err != nil {
		p.Fatal(err)
	}
	return s
}

func wants(t *testing.T, err error, kind fault.Kind, words string) {
	t.Helper()
	if fault.Of(err) != kind || !strings.Contains(fault.Sentence(err), words) {
		t.Errorf("got %v %q, want %v with %q", fault.Of(err), err, kind, words)
	}
}

func TestAccess(t *testing.T) {
	dana := Access{PersonID: 3, Role: Agent, DeskIDs: []int64{2, 5}}
	for _, c := range []struct {
		name string
		a    Access
		sees []int64
		not  []int64
		sql  string
		args []any
	}{
		{"nobody sees nothing", Access{}, nil, []int64{0, 1, 2}, "1 = 0", nil},
		{"an agent sees the desks of the own teams", dana, []int64{2, 5}, []int64{0, 1, 3, 6}, "c.desk_id in ($4,$5)", []any{int64(2), int64(5)}},
		{"an owner sees everything", Access{Role: Owner, All: true}, []int64{1, 99}, nil, "", nil},
		{"the machine sees everything", System, []int64{1, 99}, nil, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, id := range c.sees {
				if !c.a.Sees(id) || c.a.Desk(id) != nil {
					t.Errorf("desk %d is not seen", id)
				}
			}
			for _, id := range c.not {
				if c.a.Sees(id) || fault.Of(c.a.Desk(id)) != fault.NotFound {
					t.Errorf("desk %d is seen", id)
				}
			}
			if sql, args := c.a.Where("c.desk_id", 4); sql != c.sql || !reflect.DeepEqual(args, c.args) {
				t.Errorf("where %q %v", sql, args)
			}
		})
	}
}

func TestCan(t *testing.T) {
	actions := []string{Read, Write, ManagePeople, InvitePeople, ManageDesks, CreateDesks}
	for _, c := range []struct {
		name string
		a    Access
		may  string // one letter for each action: y or n
	}{
		{"owner in a browser", Access{Role: Owner}, "yyyyyy"},
		{"lead in a browser", Access{Role: Lead}, "yynyyn"},
		{"agent in a browser", Access{Role: Agent}, "yynnnn"},
		{"owner's token without scopes", Access{Role: Owner, Scopes: []string{}}, "nnnnnn"},
		{"owner's reading token", Access{Role: Owner, Scopes: []string{ScopeRead}}, "ynnnnn"},
		{"owner's writing token", Access{Role: Owner, Scopes: []string{ScopeWrite}}, "yynnnn"},
		{"owner's admin token", Access{Role: Owner, Scopes: []string{ScopeAdmin}}, "yyyyyy"},
		{"agent's admin token", Access{Role: Agent, Scopes: []string{ScopeAdmin}}, "yynnnn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, action := range actions {
				if got := c.a.Can(action) == nil; got != (c.may[i] == 'y') {
					t.Errorf("%s: %v", action, got)
				}
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	h := newHasher(2)
	ctx := t.Context()
	stored, err := h.hash(ctx, goodPassword)
	if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q %v", stored, err)
	}
	if again, _ := h.hash(ctx, goodPassword); again == stored {
		t.Error("two hashes of one password are the same")
	}
	for _, c := range []struct {
		name, stored, password string
		want                   bool
	}{
		{"the right one", stored, goodPassword, true},
		{"another one", stored, goodPassword + " ", false},
		{"none", stored, "", false},
		{"nobody's", "", goodPassword, false},
		{"nobody's, with none", "", "", false},
		{"one stored at another cost", encode(cost{64, 1, 1}, []byte("saltsaltsaltsalt"), []byte{1, 2, 3, 4}), goodPassword, false},
	} {
		if got, err := h.matches(ctx, c.stored, c.password); got != c.want || err != nil {
			t.Errorf("%s: %v %v", c.name, got, err)
		}
	}
	for _, damaged := range []string{"plain", "$argon2id$v=19$m=x$a$b", "$argon2id$v=19$m=1,t=1,p=1$!$b", "$bcrypt$v=19$m=1,t=1,p=1$a$b"} {
		if _, err := h.matches(ctx, damaged, goodPassword); err == nil {
			t.Errorf("a damaged hash passes: %q", damaged)
		}
	}
}

// TestHasherIsBounded keeps a flood of sign-ins from taking the machine: what finds no room is told to come back.
func TestHasherIsBounded(t *testing.T) {
	h := newHasher(1)
	running, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		h.run(context.Background(), func() { close(running); <-release })
	})
	<-running
	for range 15 {
		wg.Go(func() { h.run(context.Background(), func() {}) })
	}
	for len(h.queue) < 16 { // the waiting ones are started; each takes its place before it waits
		time.Sleep(time.Millisecond)
	}
	wants(t, h.run(t.Context(), func() {}), fault.TooMany, "signing in at once")
	close(release)
	wg.Wait()
	stuck := newHasher(1)
	stuck.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := stuck.run(ctx, func() {}); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up still waits: %v", err)
	}
}

func TestLimiter(t *testing.T) {
	l := NewLimiter(2, time.Minute, 3)
	now := monday
	for i, c := range []struct {
		pass time.Duration
		key  string
		wait time.Duration
	}{
		{0, "tom", 0}, {0, "tom", 0}, {0, "tom", time.Minute}, {0, "ines", 0},
		{30 * time.Second, "tom", 30 * time.Second}, {30 * time.Second, "tom", 0}, {0, "tom", time.Minute},
		{time.Hour, "tom", 0}, {0, "tom", 0}, {0, "tom", time.Minute}, // turns do not pile up
	} {
		now = now.Add(c.pass)
		if got := l.Take(c.key, now); got != c.wait {
			t.Errorf("%d: %s waits %v, want %v", i, c.key, got, c.wait)
		}
	}
	if l.Peek("tom", now) == 0 || l.Peek("nobody", now) != 0 {
		t.Error("peeking is wrong")
	}
	l.Forget("tom")
	if got := l.Take("tom", now); got != 0 {
		t.Errorf("forgiven Tom waits %v", got)
	}
}

// TestLimiterFull floods the limiter with names: it stays small, and the known ones keep their place.
func TestLimiterFull(t *testing.T) {
	l := NewLimiter(1, time.Hour, 100)
	l.Take("tom", monday)
	let := 0
	for i := range 10_000 {
		if l.Take(strings.Repeat("x", i%97)+string(rune('a'+i%26))+strings.Repeat("y", i/97), monday) == 0 {
			let++
		}
	}
	if len(l.buckets) > 101 || let > 100 {
		t.Errorf("%d keys are held, %d turns were given", len(l.buckets), let)
	}
	if l.Take("tom", monday) == 0 {
		t.Error("Tom was forgotten, so he may try again")
	}
	if l.Take("ines", monday.Add(2*time.Hour)) != 0 {
		t.Error("nobody is let in when the flood is over")
	}
}

func TestOrigin(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "2001:db8:1:2:9::9": "2001:db8:1:2::/64",
	} {
		if got := (Visitor{Address: netip.MustParseAddr(address)}).Origin(); got != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
}

func TestDeskByAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		support, repairs := p.desk("Support"), p.desk("Repairs")
		change := func(k *Desk) error {
			k.Aliases = []string{"Hilfe@Brook.example", "with+plus@brook.example"}
			return nil
		}
		if _, err := p.ChangeDesk(t.Context(), event.System, support.ID, change); err != nil {
			t.Fatal(err)
		}
		_, err := p.ChangeDesk(t.Context(), event.System, repairs.ID, change)
		wants(t, err, fault.Invalid, "already belongs to the desk Support")
		_, err = p.CreateDesk(t.Context(), event.System, Desk{Name: "X", Address: "support@brook.example", TeamID: support.TeamID, CalendarID: support.CalendarID})
		wants(t, err, fault.Invalid, "already")
		for _, c := range []struct {
			address string
			desk    int64
			token   string
		}{
			{"support@brook.example", support.ID, ""},
			{" SUPPORT@Brook.Example ", support.ID, ""},
			{"hilfe@brook.example", support.ID, ""},
			{"support+abc234@brook.example", support.ID, "abc234"},
			{"hilfe+abc234@brook.example", support.ID, "abc234"},
			{"with+plus@brook.example", support.ID, ""},
			{"repairs+a+b@brook.example", repairs.ID, "a+b"},
			{"nobody@brook.example", 0, ""},
			{"support@other.example", 0, ""},
			{"+@brook.example", 0, ""},
			{"", 0, ""},
			{"support", 0, ""},
			{"x@y+support@brook.example", 0, ""},
		} {
			k, token, ok, err := DeskByAddress(t.Context(), d, c.address)
			if err != nil || k.ID != c.desk || token != c.token || ok != (c.desk != 0) {
				t.Errorf("%q: desk %d token %q %v %v", c.address, k.ID, token, ok, err)
			}
		}
		if _, err := p.ChangeDesk(t.Context(), event.System, support.ID, func(k *Desk) error { k.ArchivedAt = p.at; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, _, ok, _ := DeskByAddress(t.Context(), d, "support@brook.example"); ok {
			t.Error("an archived desk takes mail")
		}
	})
}

func TestDeskRefusals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		good := p.desk("Support")
		for _, c := range []struct {
			name, says string
			spoil      func(*Desk)
		}{
			{"no name", "Write a name", func(k *Desk) { k.Name = " " }},
			{"no address", "Write a mail address", func(k *Desk) { k.Address = "support" }},
			{"a name in the address", "Write a mail address", func(k *Desk) { k.Address = "Us <us@brook.example>" }},
			{"no promise", "first answer", func(k *Desk) { k.FirstReplyMinutes = 0 }},
			{"a promise of years", "further answer", func(k *Desk) { k.NextReplyMinutes = 1 << 40 }},
			{"no way to send", "not a way to send", func(k *Desk) { k.Transport = "pigeon" }},
			{"no relay", "server that sends", func(k *Desk) { k.Transport = TransportSMTP }},
			{"no such port", "port from 1", func(k *Desk) { k.SMTPPort = 70000 }},
			{"no such security", "kind of security", func(k *Desk) { k.SMTPSecurity = "hope" }},
			{"no such team", "Choose the team", func(k *Desk) { k.TeamID = 999 }},
			{"no such calendar", "no calendar", func(k *Desk) { k.CalendarID = 999 }},
		} {
			_, err := p.ChangeDesk(t.Context(), event.System, good.ID, func(k *Desk) error { c.spoil(k); return nil })
			wants(t, err, fault.Invalid, c.says)
		}
		kept, err := DeskByID(t.Context(), d, good.ID)
		if err != nil || !reflect.DeepEqual(kept, normal(good)) {
			t.Errorf("a refused change left traces:\n%+v\n%+v", kept, good)
		}
	})
}

// normal is a desk as it reads back: lists are never nil.
func normal(k Desk) Desk {
	if k.Aliases == nil {
		k.Aliases = []string{}
	}
	return k
}

func TestLastOwner(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		maya, ravi := p.person("Maya", Owner), p.person("Ravi", Owner)
		agent, off := Agent, Disabled
		results := make(chan error)
		for _, id := range []int64{maya.ID, ravi.ID} { // each removes the other, at once
			go func() {
				_, err := p.ChangePerson(context.Background(), event.System, id, PersonChange{Role: &agent})
				results <- err
			}()
		}
		a, b := <-results, <-results
		if (a == nil) == (b == nil) {
			t.Fatalf("want one refusal, got %v and %v", a, b)
		}
		people, err := People(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range people {
			if v.Role == Owner {
				_, err := p.ChangePerson(t.Context(), event.System, v.ID, PersonChange{State: &off})
				wants(t, err, fault.Conflict, "last owner")
			}
		}
	})
}

func TestDisabledPersonIsOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		p.person("Maya", Owner)
		dana, err := p.AddPerson(t.Context(), event.System, Person{Name: "Dana", Email: "Dana@brook.example", Role: Agent}, goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		from := Visitor{Address: netip.MustParseAddr("192.0.2.7"), Agent: "test"}
		cookie, seat, err := p.SignIn(t.Context(), "dana@brook.example", goodPassword, from)
		if err != nil || seat.Person.ID != dana.ID || seat.SessionID == 0 {
			t.Fatalf("%+v %v", seat, err)
		}
		token, _, err := p.MakeToken(t.Context(), seat, "robot", []string{ScopeWrite}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.ByToken(t.Context(), token); err != nil {
			t.Error(err)
		}
		off, on := Disabled, Active
		if _, err := p.ChangePerson(t.Context(), event.System, dana.ID, PersonChange{State: &off}); err != nil {
			t.Fatal(err)
		}
		_, err = p.BySession(t.Context(), cookie)
		wants(t, err, fault.NotFound, "")
		_, err = p.ByToken(t.Context(), token)
		wants(t, err, fault.NotFound, "")
		if _, _, err = p.SignIn(t.Context(), "dana@brook.example", goodPassword, from); err != ErrSignIn {
			t.Errorf("a disabled person gets %v", err)
		}
		if _, err := p.ChangePerson(t.Context(), event.System, dana.ID, PersonChange{State: &on}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.BySession(t.Context(), cookie); err == nil {
			t.Error("the old session works again")
		}
		if _, _, err = p.SignIn(t.Context(), "dana@brook.example", goodPassword, from); err != nil {
			t.Errorf("Dana is back and gets %v", err)
		}
	})
}

// TestNothingSecretIsStored looks for the secrets themselves in the tables.
func TestNothingSecretIsStored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		maya, err := p.AddPerson(t.Context(), event.System, Person{Name: "Maya", Email: "maya@brook.example", Role: Owner}, goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		cookie, seat, err := p.SignIn(t.Context(), maya.Email, goodPassword, Visitor{})
		if err != nil {
			t.Fatal(err)
		}
		token, _, err1 := p.MakeToken(t.Context(), seat, "x", []string{ScopeRead}, time.Time{})
		link, _, err2 := p.Invite(t.Context(), seat, Invite{Email: "nora@brook.example", Role: Agent})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{`select password from person`, `select token_hash from session`, `select token_hash from api_token`, `select token_hash from invite`} {
			stored, err := db.One(t.Context(), d, db.Value[string], text)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{goodPassword, cookie, token, link} {
				if strings.Contains(stored, secret) || len(stored) < 60 {
					t.Errorf("%s gives %q", text, stored)
				}
			}
		}
	})
}

func TestAccessFollowsTeams(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		maya, dana := p.person("Maya", Owner), p.person("Dana", Agent)
		support, repairs := p.desk("Support", dana.ID), p.desk("Repairs")
		if a := p.seatOf(maya).Access; !a.All {
			t.Errorf("the owner's access: %+v", a)
		}
		if a := p.seatOf(dana).Access; !reflect.DeepEqual(a.DeskIDs, []int64{support.ID}) {
			t.Errorf("Dana sees %v", a.DeskIDs)
		}
		both := []int64{repairs.TeamID, support.TeamID}
		if _, err := p.ChangePerson(t.Context(), event.System, dana.ID, PersonChange{TeamIDs: &both}); err != nil {
			t.Fatal(err)
		}
		if a := p.seatOf(dana).Access; !reflect.DeepEqual(a.DeskIDs, []int64{support.ID, repairs.ID}) {
			t.Errorf("Dana sees %v", a.DeskIDs)
		}
		desks, err := Desks(t.Context(), d, p.seatOf(dana).Access)
		if err != nil || len(desks) != 2 || desks[0].Name != "Repairs" {
			t.Errorf("desks %v %v", desks, err)
		}
		if serves, err := Serves(t.Context(), d, dana.ID, repairs.ID); err != nil || !serves {
			t.Errorf("Dana serves Repairs: %v %v", serves, err)
		}
	})
}

// TestTwoChangeADeskAtOnce lets Rob set the signature while Dana's new name for the desk is being written.
func TestTwoChangeADeskAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		id := p.desk("Support").ID
		late := make(chan error, 1)
		err := d.Tx(t.Context(), func(tx *db.DB) error {
			_, err := New(tx, p.now).ChangeDesk(t.Context(), event.System, id, func(k *Desk) error { k.Name = "Help"; return nil })
			go func() {
				_, err := p.ChangeDesk(t.Context(), event.System, id, func(k *Desk) error { k.SignatureText = "Rob"; return nil })
				late <- err
			}()
			dbtest.UntilBlocked(t, tx)
			return err
		})
		if err := errors.Join(err, <-late); err != nil {
			t.Fatal(err)
		}
		if k, err := DeskByID(t.Context(), d, id); err != nil || k.Name != "Help" || k.SignatureText != "Rob" {
			t.Errorf("the desk is %q, signed %q, %v", k.Name, k.SignatureText, err)
		}
	})
}
