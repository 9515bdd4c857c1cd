package seed

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kept/internal/calendar"
	"kept/internal/db"
	"kept/internal/team"
)

// alone is the plan of a desk with one room, in which conversations can be drawn.
func alone(seed int64, conversations int) *plan {
	cal := calendar.Calendar{Zone: "Europe/Vienna", Hours: calendar.Office()}
	desk := team.Desk{ID: 1, TeamID: 1, FirstReplyMinutes: 240, NextReplyMinutes: 240, Acknowledge: true, Language: "en"}
	return &plan{o: Options{Seed: seed, Conversations: conversations, Now: now}, house: house{rooms: []room{{desk, cal, []int64{1, 2, 3}}}}}
}

// TestEveryCourseHoldsTogether: whatever the seed and the length, a conversation happened
// in order, before now, and what is owed follows from what was said.
func TestEveryCourseHoldsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		conversations := rapid.IntRange(1, 5000).Draw(t, "conversations")
		p := alone(rapid.Int64().Draw(t, "seed"), conversations)
		i, length := rapid.IntRange(0, conversations-1).Draw(t, "number"), rapid.IntRange(1, 60).Draw(t, "length")
		c := p.course(i, length)
		if len(c.steps) != length {
			t.Fatalf("%d steps instead of %d", len(c.steps), length)
		}
		for n := 1; n < length; n++ {
			if c.steps[n].at < c.steps[n-1].at {
				t.Fatalf("step %d is before the one before", n)
			}
		}
		if last := c.steps[length-1]; last.at > db.Micros(now) || c.closedAt > db.Micros(now) || c.steps[0].at != c.created {
			t.Fatalf("begun %d, last %d, closed %d, now %d", c.created, last.at, c.closedAt, db.Micros(now))
		}
		checkOwed(t, c)
		if again := p.course(i, length); again.created != c.created || again.state != c.state || len(again.promises) != len(c.promises) {
			t.Fatal("drawn again it is another one")
		}
	})
}

func checkOwed(t *rapid.T, c course) {
	open, replies := 0, 0
	for _, p := range c.promises {
		if p.done == 0 {
			open++
			if p.kind == "reply" {
				replies++
			}
		}
		switch {
		case p.due <= p.made || p.done > 0 && p.done < p.made:
			t.Fatalf("made %d, due %d, done %d", p.made, p.due, p.done)
		case p.state == "kept" && (p.done > p.due || c.steps[p.evidence].kind != out):
			t.Fatalf("kept: %+v", p)
		case p.state == "kept_late" && (p.done <= p.due || p.missed != p.due || c.steps[p.evidence].kind != out):
			t.Fatalf("kept late: %+v", p)
		case p.kind == "reply" && c.steps[p.source].kind != in:
			t.Fatalf("owed for what no customer wrote: %+v", p)
		}
	}
	last := c.steps[len(c.steps)-1].kind
	switch {
	case c.state == "closed" && (open > 0 || c.waitingOn != "nobody" || c.closedAt == 0):
		t.Fatalf("closed, and %d promises are open, waiting on %s", open, c.waitingOn)
	case (c.waitingOn == "us") != (replies == 1), c.waitingOn == "us" && last != in:
		t.Fatalf("waiting on %s with %d promises to answer", c.waitingOn, replies)
	case c.waitingOn == "customer" && last != out, c.waitingOn != "nobody" && c.waitingSince == 0:
		t.Fatalf("waiting on %s since %d, last step %d", c.waitingOn, c.waitingSince, last)
	case (c.state == "resting") != (c.snoozedUntil > db.Micros(now)):
		t.Fatalf("%s until %d", c.state, c.snoozedUntil)
	}
}

func TestRandIsEven(t *testing.T) {
	r := newRand(1, 2, 3)
	sum, below, long := 0.0, 0, 0.0
	const n = 100000
	for range n {
		sum += r.unit()
		long += r.exp(5)
		if r.below(10) == 3 {
			below++
		}
	}
	if math.Abs(sum/n-.5) > .01 || math.Abs(long/n-5) > .1 || math.Abs(float64(below)/n-.1) > .01 {
		t.Errorf("means %.3f %.3f, a tenth is %.3f", sum/n, long/n, float64(below)/n)
	}
	a, b, c := newRand(1, 2), newRand(1, 2), newRand(1, 3)
	if first := a.next(); first != b.next() || first == c.next() {
		t.Error("the same parts give the same numbers, others give others")
	}
}

// TestTexts: no gap is left open in any language, and letters differ.
func TestTexts(t *testing.T) {
	for language, v := range voices {
		r, seen := newRand(9), map[string]bool{}
		for _, lists := range [][]string{v.subjects, v.opening, v.matter, v.detail, v.closing, v.answer, v.remark} {
			for _, text := range lists {
				filled := v.filled(&r, text, someone{name: "Tom Berger"})
				if strings.ContainsAny(filled, "{}") || strings.TrimSpace(filled) == "" {
					t.Errorf("%s: %q", language, filled)
				}
				if seen[text] {
					t.Errorf("%s: %q is there twice", language, text)
				}
				seen[text] = true
			}
		}
	}
	if v := voiceOf("tlh"); v.hello != voices["en"].hello {
		t.Error("a language without a voice speaks English")
	}
}

func TestBulkText(t *testing.T) {
	b := newBulk("handle", "id,address")
	b.add(1, "tom@example.com")
	b.add(2, "anna@example.com")
	if got, want := b.text(2), "insert into handle (id, address) values (?,?),(?,?)"; got != want {
		t.Errorf("got %s", got)
	}
	if taken := b.take(); taken.rows() != 2 || b.rows() != 0 {
		t.Errorf("took %d, left %d", taken.rows(), b.rows())
	}
}

func TestTokensDiffer(t *testing.T) {
	seen := map[string]bool{}
	for id := range int64(50000) {
		k := token(1, id)
		if len(k) != 12 || seen[k] {
			t.Fatalf("%d: %q", id, k)
		}
		seen[k] = true
	}
	if token(1, 5) == token(2, 5) {
		t.Error("another seed gives the same secret")
	}
}

func TestHouseAsItIs(t *testing.T) {
	p := alone(1, 10)
	r := newRand(1)
	for range 100 {
		if p.house.pick(&r) != &p.house.rooms[0] {
			t.Fatal("one desk gets everything")
		}
	}
	if newest := p.course(9, 3).created; db.Time(newest).Before(now.Add(-span)) || time.Duration(span) < 365*24*time.Hour {
		t.Errorf("the newest conversation began at %v", db.Time(newest))
	}
}
