package demo

import (
	"strings"
	"testing"
	"time"
)

// wednesday is a working morning in Lübeck, 11:40 local.
var wednesday = time.Date(2026, 7, 15, 9, 40, 0, 0, time.UTC)

// shop is the smallest company: one desk that owes a first answer in eight working hours and later ones in four.
func shop(t *testing.T, steps string) (*Company, error) {
	t.Helper()
	found, err := parseConversations("story.txt", "=== ilse\nDesk: repairs\nCustomer: ilse\nLanguage: de\nMood: calm\nSubject: Kappe\n\n"+steps)
	if err != nil {
		t.Fatal(err)
	}
	c := &Company{
		People: []Person{{ID: "jonas", Name: "Jonas", Role: "agent"}, {ID: "samira", Name: "Samira", Role: "lead"}},
		Teams:  []Team{{ID: "bench", Members: []string{"jonas", "samira"}}},
		Desks: []Desk{{ID: "repairs", Team: "bench", Zone: "Europe/Berlin", Hours: [][2]string{{"09:00", "12:30"}, {"13:30", "17:30"}},
			FirstReply: 8, NextReply: 4}},
		Customers:     []Customer{{ID: "ilse", Name: "Ilse", Addresses: []string{"ilse@post.example"}}},
		Conversations: found,
	}
	return c, c.check()
}

func TestStoriesThatContradictThemselves(t *testing.T) {
	const asked = "--- customer -3d 09:00\n\nFrage\n"
	const promised = asked + "--- jonas +1h\nPromise: cap fix +1d 12:00 | Neue Kappe\n\nGern.\n"
	cases := []struct{ why, steps, says string }{
		{"nothing happens", "", "nothing happens"},
		{"a step in the future", "--- customer -1h\n\nFrage\n--- jonas +2h\n\nAntwort\n", "in the future"},
		{"a step before the one above", asked + "--- jonas -4d 09:00\n\nAntwort\n", "before the step above"},
		{"a beginning that counts from nothing", "--- customer +1h\n\nFrage\n", "first step cannot count"},
		{"a story from long ago", "--- customer -40d 09:00\n\nFrage\n", "more than a month ago"},
		{"an unknown author", asked + "--- piotr +1h\n\nAntwort\n", `called "piotr"`},
		{"an unknown actor", asked + "@@ +1h piotr takes\n", `called "piotr"`},
		{"an unknown assignee", asked + "@@ +1h jonas assigns piotr\n", `"piotr"`},
		{"an empty message", "--- customer -3d 09:00\n\n\n", "is empty"},
		{"an unknown kind of mail", "--- customer -3d 09:00\nKind: telegram\n\nFrage\n", `kind "telegram"`},
		{"an unknown way of quoting", "--- customer -3d 09:00\nQuote: loudly\n\nFrage\n", `quote "loudly"`},
		{"somebody copied in who could exist", "--- customer -3d 09:00\nCc: Ole <ole@post.de>\n\nFrage\n", "reserved domain"},
		{"a participant who could exist", asked + "--- other +1h Ole <ole@post.de>\n\nHallo\n", "reserved domain"},
		{"a customer who promises", "--- customer -3d 09:00\nPromise: pay refund +1d 10:00 | Zahlen\n\nFrage\n", "only a reply can promise"},
		{"an unknown kind of promise", asked + "--- jonas +1h\nPromise: cap sing +1d 12:00 | Neue Kappe\n\nGern.\n", `kind "sing"`},
		{"a promise due before it is made", asked + "--- jonas +1h\nPromise: cap fix -9d 12:00 | Neue Kappe\n\nGern.\n", "due before it is made"},
		{"two promises of one name", promised + "--- jonas +1h\nPromise: cap fix +1d 12:00 | Noch eine\n\nGern.\n", "two promises"},
		{"keeping what was never promised", asked + "@@ +1h jonas keeps cap: da\n", `no open promise "cap"`},
		{"keeping twice", promised + "@@ +1h jonas keeps cap: da\n@@ +1h jonas keeps cap: da\n", `no open promise "cap"`},
		{"keeping without evidence", promised + "@@ +1h jonas keeps cap\n", "without saying why"},
		{"moving to an earlier time", promised + "@@ +1h jonas moves cap +1h: eilig\n", "not later"},
		{"closing over an open promise", promised + "@@ +1h jonas closes\n", "the promise cap is open"},
		{"closing on a waiting customer", asked + "@@ +1h jonas closes\n", "still waits for an answer"},
		{"closing for no known reason", asked + "@@ +1h jonas closes boredom: egal\n", `"boredom"`},
		{"resting while the customer waits", asked + "@@ +1h jonas snoozes +5d 09:00: Urlaub\n", "cannot rest while"},
		{"resting past a promise", promised + "@@ +1h jonas snoozes +5d 09:00: Urlaub\n", "cannot rest past the promise cap"},
		{"still resting after its time", asked + "--- jonas +1h\n\nGern.\n@@ +1h jonas snoozes +1h: Pause\n", "wake in the future"},
		{"reopening what is open", asked + "@@ +1h jonas reopens: doch\n", "only what is closed"},
		{"a date of an unknown promise", asked + "--- jonas +1h\n\nAm {{due cap}}.\n", `no promise "cap"`},
		{"an unknown form of date", asked + "--- jonas +1h\n\nAm {{week +1d}}.\n", `"week"`},
		{"a date that is none", asked + "--- jonas +1h\n\nAm {{day soon}}.\n", "not a time"},
		{"a broken place for a date", asked + "--- jonas +1h\n\nAm {{day}}.\n", "cannot be read"},
	}
	for _, c := range cases {
		if _, err := shop(t, c.steps); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want a sentence with %q", c.why, err, c.says)
		}
	}
}

func play(t *testing.T, steps string) Scene {
	t.Helper()
	c, err := shop(t, steps)
	if err != nil {
		t.Fatal(err)
	}
	scenes, err := c.Play(wednesday)
	if err != nil {
		t.Fatal(err)
	}
	return scenes[0]
}

func TestHowThingsStandInTheEnd(t *testing.T) {
	const asked = "--- customer -3d 09:00\n\nFrage\n"
	const answered = asked + "--- jonas +1h\n\nAntwort\n"
	cases := []struct{ why, steps, state, waiting, owner string }{
		{"nobody looked yet", asked, "open", "us", ""},
		{"taken, not answered", asked + "@@ +1h samira takes\n", "open", "us", "samira"},
		{"answered", answered, "open", "customer", "jonas"},
		{"assigned first, answered by another", asked + "@@ +1h jonas assigns samira\n--- jonas +1h\n\nAntwort\n", "open", "customer", "samira"},
		{"a note answers nobody", asked + "--- note jonas +1h\n\nMessing?\n", "open", "us", ""},
		{"an automatic reply asks nothing", answered + "--- customer +1m\nKind: auto-reply\n\nIm Urlaub\n", "open", "customer", "jonas"},
		{"our answer came back", answered + "--- other +1m Post <post@mx.example>\nKind: bounce\n\nFull\n", "open", "us", "jonas"},
		{"somebody else asks", answered + "--- other +1h Ole <ole@petersen.example>\n\nWann?\n", "open", "us", "jonas"},
		{"resting", answered + "@@ +1h jonas snoozes +9d 09:00: Kappe\n", "resting", "nobody", "jonas"},
		{"the customer woke it", answered + "@@ +1h jonas snoozes +9d 09:00: Kappe\n--- customer +1h\n\nNoch was\n", "open", "us", "jonas"},
		{"waiting for the carrier", answered + "@@ +1h jonas waits: Paketdienst\n", "open", "third_party", "jonas"},
		{"closed", answered + "@@ +1h jonas closes\n", "closed", "nobody", "jonas"},
		{"closed with a thank-you", answered + "--- customer +1h\n\nDanke\n@@ +1h jonas closes thanks: Dank\n", "closed", "nobody", "jonas"},
		{"closed, and the customer came back", answered + "@@ +1h jonas closes\n--- customer +1h\n\nDoch\n", "open", "us", "jonas"},
		{"closed, and we came back", answered + "@@ +1h jonas closes\n@@ +1h samira reopens: vergessen\n", "open", "us", "jonas"},
	}
	for _, c := range cases {
		s := play(t, c.steps)
		if s.State != c.state || s.WaitingOn != c.waiting || s.Owner != c.owner {
			t.Errorf("%s: %s, waiting on %s, owner %q; want %s, %s, %q", c.why, s.State, s.WaitingOn, s.Owner, c.state, c.waiting, c.owner)
		}
		if s.ReplyDue.IsZero() == (c.waiting == "us") {
			t.Errorf("%s: waiting on %s with an answer due at %v", c.why, s.WaitingOn, s.ReplyDue)
		}
	}
}

func TestAnAnswerIsDueInWorkingHours(t *testing.T) {
	const first = "--- customer -3d 15:30\n\nFrage\n"
	cases := []struct{ why, steps, due string }{
		{"eight hours for the first, over night and lunch", first, "Mon 16:00"},
		{"an impatient second mail changes nothing", first + "--- customer +1h\n\nHallo?\n", "Mon 16:00"},
		{"four hours for the next", first + "--- jonas +10m\n\nWelche?\n--- customer +1d 09:00\n\nDie blaue\n", "Mon 14:00"},
	}
	for _, c := range cases {
		if got := play(t, c.steps).ReplyDue.Format("Mon 15:04"); got != c.due {
			t.Errorf("%s: due %s, want %s", c.why, got, c.due)
		}
	}
}

func TestWhatBecomesOfAPromise(t *testing.T) {
	const promised = "--- customer -8d 09:00\n\nFrage\n--- jonas +1h\nPromise: cap fix +2d 12:00 | Neue Kappe\n\nAm {{due cap}}.\n"
	cases := []struct{ why, steps, outcomes string }{
		{"kept in time", promised + "@@ +2d 11:59 jonas keeps cap: verschickt\n", "kept"},
		{"kept on the minute", promised + "@@ +2d 12:00 jonas keeps cap: verschickt\n", "kept"},
		{"kept late", promised + "@@ +2d 12:01 jonas keeps cap: verschickt\n", "kept_late"},
		{"missed without a word", promised, "missed"},
		{"moved in time and kept", promised + "@@ +1d 10:00 jonas moves cap +3d 12:00: Messing fehlt\n@@ +3d 09:00 jonas keeps cap: da\n", "moved kept"},
		{"moved late, still open", promised + "@@ +3d 10:00 jonas moves cap +9d 12:00: Messing fehlt\n", "moved_late open"},
		{"released", promised + "@@ +1d 10:00 jonas releases cap: sie will keine\n", "released"},
	}
	for _, c := range cases {
		s := play(t, c.steps)
		var got []string
		for _, d := range s.Promises {
			got = append(got, d.Outcome)
			if d.Outcome != "missed" && d.Outcome != "open" && (d.SettledAt.IsZero() || d.Evidence == "") {
				t.Errorf("%s: %s without a time or a reason", c.why, d.Outcome)
			}
		}
		if strings.Join(got, " ") != c.outcomes {
			t.Errorf("%s: %v, want %s", c.why, got, c.outcomes)
		}
		if len(s.Promises) == 2 && s.Promises[0].Successor != s.Promises[1] {
			t.Errorf("%s: the moved promise does not lead to its successor", c.why)
		}
	}
}

func TestDatesAreWrittenInTheCustomersLanguage(t *testing.T) {
	const steps = "--- customer -3d 09:00\n\nFrage\n--- jonas +1h\nPromise: cap fix +2d 16:00 | Kappe\n\nA {{due cap}} B {{day -1d}} C {{date +2d}} D\n"
	const soon = "\n--- jonas +5m\nPromise: tip fix +0d 16:30 | Spitze\n\nE {{due tip}} F\n"
	today := map[string]string{"de": "E 16:30 Uhr F", "en": "E 16:30 today F", "es": "E hoy a las 16:30 F", "ar": "E اليوم الساعة 16:30 F"}
	want := map[string]string{
		"de": "A Dienstag, 14. Juli um 16:00 Uhr B Donnerstag C 14. Juli D",
		"en": "A Tuesday 14 July at 16:00 B Thursday C 14 July D",
		"es": "A martes 14 de julio a las 16:00 B jueves C 14 de julio D",
		"ar": "A الثلاثاء 14 يوليو الساعة 16:00 B الخميس C 14 يوليو D",
	}
	for language, text := range want {
		c, err := shop(t, steps+soon)
		if err != nil {
			t.Fatal(err)
		}
		c.Conversations[0].Language = language
		scenes, err := c.Play(wednesday)
		if err != nil {
			t.Fatal(err)
		}
		if got := scenes[0].Moments[1].Text; got != text {
			t.Errorf("%s: %q, want %q", language, got, text)
		}
		if got := scenes[0].Moments[2].Text; got != today[language] {
			t.Errorf("%s: %q, want %q", language, got, today[language])
		}
	}
}
