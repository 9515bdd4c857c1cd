package demo

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
)

func theStory(t *testing.T) *Company {
	t.Helper()
	c, err := readOnce()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// readOnce spares the tests the reading; none of them changes the story.
var readOnce = sync.OnceValues(Read)

func scenes(t *testing.T, c *Company, now time.Time) []Scene {
	t.Helper()
	all, err := c.Play(now)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func count[T any](all []T, is func(T) bool) (n int) {
	for _, one := range all {
		if is(one) {
			n++
		}
	}
	return n
}

func within(t *testing.T, what string, got, least, most int) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s: %d, want %d to %d", what, got, least, most)
	}
}

func TestTheCast(t *testing.T) {
	c := theStory(t)
	within(t, "people", len(c.People), 8, 8)
	within(t, "owners", count(c.People, func(p Person) bool { return p.Role == "owner" }), 1, 1)
	within(t, "leads", count(c.People, func(p Person) bool { return p.Role == "lead" }), 1, 1)
	within(t, "people on leave", count(c.People, func(p Person) bool { return p.Away != "" }), 1, 1)
	within(t, "teams", len(c.Teams), 3, 3)
	within(t, "desks", len(c.Desks), 3, 3)
	within(t, "desks with a lunch hour", count(c.Desks, func(d Desk) bool { return len(d.Hours) == 2 }), 1, 1)
	within(t, "desks in Madrid", count(c.Desks, func(d Desk) bool { return d.Zone == "Europe/Madrid" }), 1, 1)
	within(t, "customers", len(c.Customers), 85, 95)
	within(t, "customers with several addresses", count(c.Customers, func(x Customer) bool { return len(x.Addresses) > 1 }), 5, 15)
	within(t, "customers in organisations", count(c.Customers, func(x Customer) bool { return x.Organisation != "" }), 8, 20)
	within(t, "visitors who never bought", count(c.Customers, func(x Customer) bool { return x.NeverBought }), 4, 12)
	for what, in := range map[string]func(r rune) bool{
		"Arabic": func(r rune) bool { return unicode.Is(unicode.Arabic, r) },
		"Hebrew": func(r rune) bool { return unicode.Is(unicode.Hebrew, r) },
		"Han":    func(r rune) bool { return unicode.Is(unicode.Han, r) },
		"Hangul": func(r rune) bool { return unicode.Is(unicode.Hangul, r) },
		"accent": func(r rune) bool { return r > 0x7f && unicode.Is(unicode.Latin, r) },
	} {
		within(t, what+" names", count(c.Customers, func(x Customer) bool { return strings.IndexFunc(x.Name, in) >= 0 }), 1, 60)
	}
	within(t, "one-word names", count(c.Customers, func(x Customer) bool { return !strings.ContainsAny(x.Name, " ") && x.Name[0] < 0x80 }), 1, 5)
	within(t, "very long names", count(c.Customers, func(x Customer) bool { return len(x.Name) > 50 }), 1, 5)
}

func TestEverybodyHasSomethingToSay(t *testing.T) {
	c := theStory(t)
	wrote, answered := map[string]bool{}, map[string]bool{}
	for _, conv := range c.Conversations {
		wrote[conv.Customer] = true
		for _, step := range conv.Steps {
			if m := step.Message; m != nil && m.Role == ByAgent {
				answered[m.Author] = true
			}
		}
	}
	for _, customer := range c.Customers {
		if !wrote[customer.ID] {
			t.Errorf("%s never writes", customer.ID)
		}
	}
	for _, p := range c.People {
		if answered[p.ID] == (p.Away != "") {
			t.Errorf("%s answered: %v, away: %q", p.Name, answered[p.ID], p.Away)
		}
	}
}

func TestLanguagesAndMoods(t *testing.T) {
	all := theStory(t).Conversations
	within(t, "conversations", len(all), 195, 210)
	for language, n := range map[string]int{"en": 120, "de": 50, "es": 30, "ar": 3} {
		within(t, language, count(all, func(x Conversation) bool { return x.Language == language }), n-3, n+3)
	}
	for _, mood := range Moods {
		within(t, mood, count(all, func(x Conversation) bool { return x.Mood == mood }), 5, 60)
	}
	for _, desk := range []string{"support", "repairs", "orders"} {
		within(t, desk, count(all, func(x Conversation) bool { return x.Desk == desk }), 30, 130)
	}
}

// TestTheDeskLooksTheSameWheneverItStarts plays the story over nine days around the change of clocks.
func TestTheDeskLooksTheSameWheneverItStarts(t *testing.T) {
	c := theStory(t)
	monday := time.Date(2026, 10, 19, 0, 3, 0, 0, time.UTC)
	for step := range 44 {
		now := monday.Add(time.Duration(step) * 5 * time.Hour) // five shares no factor with 24, so every hour of the day comes round
		all := scenes(t, c, now)
		us := func(s Scene) bool { return s.WaitingOn == "us" }
		missed := func(s Scene) bool { return us(s) && s.ReplyDue.Before(now) }
		within(t, "waiting on us", count(all, us), 14, 20)
		within(t, "missed answers", count(all, missed), 4, 4)
		within(t, "waiting on the customer", count(all, func(s Scene) bool { return s.WaitingOn == "customer" }), 18, 24)
		within(t, "resting", count(all, func(s Scene) bool { return s.State == "resting" }), 9, 14)
		within(t, "unassigned and open", count(all, func(s Scene) bool { return us(s) && s.Owner == "" }), 5, 14)
		within(t, "closed", count(all, func(s Scene) bool { return s.State == "closed" }), 140, 165)
		within(t, "minutes old", count(all, func(s Scene) bool { return now.Sub(s.Moments[0].At) < 10*time.Minute }), 1, 3)
		if t.Failed() {
			t.Fatalf("seen from %s", now.Format("Monday 15:04"))
		}
	}
}

func TestDueTimesAreSpread(t *testing.T) {
	now := time.Date(2026, 7, 15, 8, 0, 0, 0, time.UTC) // a Wednesday at ten in Lübeck
	var soon, today, later int
	for _, s := range scenes(t, theStory(t), now) {
		left := s.ReplyDue.Sub(now)
		switch {
		case s.WaitingOn != "us" || left < 0:
		case left <= time.Hour:
			soon++
		case left <= 8*time.Hour:
			today++
		default:
			later++
		}
	}
	within(t, "due within the hour", soon, 3, 8)
	within(t, "due today", today, 4, 12)
	within(t, "due tomorrow", later, 1, 5)
}

func TestPromisesEndInEveryWay(t *testing.T) {
	ends := map[string]int{}
	for _, s := range scenes(t, theStory(t), wednesday) {
		for _, d := range s.Promises {
			ends[d.Outcome]++
			if d.Outcome == "missed" && s.State == "closed" {
				t.Errorf("%s was closed on a missed promise", s.Key)
			}
		}
	}
	for outcome, least := range map[string]int{"kept": 40, "kept_late": 2, "missed": 3, "moved": 2, "moved_late": 1, "open": 10} {
		within(t, outcome, ends[outcome], least, 100)
	}
}

func TestMailOfEveryKind(t *testing.T) {
	found := map[string]int{}
	see := func(what string, is bool) {
		if is {
			found[what]++
		}
	}
	emoji := regexp.MustCompile(`^[\p{So}\p{Sk}\x{fe0f}\x{200d}\s]+$`)
	for _, conv := range theStory(t).Conversations {
		see("empty subject", conv.Subject == "")
		see("second address", conv.From != "")
		messages := 0
		for _, step := range conv.Steps {
			if e := step.Event; e != nil {
				see(e.Verb, true)
				continue
			}
			m := step.Message
			messages++
			see(m.Kind, m.Kind != "")
			see("note", m.Role == ByNote)
			see("somebody else", m.Role == ByOther && !m.Machine())
			see("copied in", len(m.Cc) > 0)
			see("attachment", len(m.Attachments) > 0)
			see("HTML with remote images", strings.Contains(m.HTML, `<img src="https://`))
			see("inline quote", m.Quote == "inline" && strings.HasPrefix(m.Text, "> "))
			see("quote below", m.Quote == "below")
			see("only emoji", emoji.MatchString(m.Text))
			see("very long", len(m.Text) > 3500)
		}
		see("nine messages", messages >= 9)
		if messages > 12 {
			t.Errorf("%s has %d messages", conv.Key, messages)
		}
	}
	for _, what := range []string{"empty subject", "second address", "auto-reply", "bounce", "delivery-report", "list", "forward", "note", "somebody else",
		"copied in", "attachment", "HTML with remote images", "inline quote", "quote below", "only emoji", "very long", "nine messages",
		"takes", "assigns", "snoozes", "waits", "keeps", "moves", "releases", "closes", "reopens"} {
		if found[what] == 0 {
			t.Errorf("the story holds nothing of this kind: %s", what)
		}
	}
}

func TestNothingIsLeftUnwritten(t *testing.T) {
	unwritten := regexp.MustCompile(`\{\{|\}\}|(?i:lorem ipsum)|\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX|\[name\]|<name>|Attach:|Promise:|Header:`)
	for _, s := range scenes(t, theStory(t), wednesday) {
		for _, m := range s.Moments {
			if found := unwritten.FindString(m.Text + m.HTML); found != "" {
				t.Errorf("%s at %s still holds %q", s.Key, m.When, found)
			}
		}
	}
}

// telling are words that are frequent in one of the languages and absent from the others.
var telling = map[string][]string{
	"en": {"the", "and", "you", "it", "is", "to", "of", "that", "we", "with", "have", "not", "for", "your"},
	"de": {"der", "die", "das", "und", "ist", "nicht", "ich", "sie", "wir", "mit", "ein", "eine", "es", "auf", "zu"},
	"es": {"el", "la", "que", "y", "los", "las", "por", "con", "una", "para", "lo", "se", "te", "del", "si", "al"},
}

func TestLanguagesAreAsClaimed(t *testing.T) {
	for _, conv := range theStory(t).Conversations {
		var text strings.Builder
		for _, step := range conv.Steps {
			if m := step.Message; m != nil && m.Role != ByNote && m.Kind != "forward" {
				text.WriteString(m.Text + " ")
			}
		}
		if got := languageOf(text.String()); got != conv.Language {
			t.Errorf("%s claims %s and reads like %s", conv.Key, conv.Language, got)
		}
	}
}

func languageOf(text string) string {
	letters, arabic := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.Is(unicode.Arabic, r) {
			arabic++
		}
	}
	if arabic*2 > letters {
		return "ar"
	}
	best, most := "", 0
	words := wordsOf(text)
	for language, list := range telling {
		if n := count(words, func(w string) bool { return slices.Contains(list, w) }); n > most {
			best, most = language, n
		}
	}
	return best
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}

func fiveGrams(text string) map[string]bool {
	words, grams := wordsOf(text), map[string]bool{}
	for i := 0; i+5 <= len(words); i++ {
		grams[strings.Join(words[i:i+5], " ")] = true
	}
	return grams
}

func TestNobodySaysWhatSomebodyElseSaid(t *testing.T) {
	type saying struct {
		where string
		grams map[string]bool
	}
	said := map[Role][]saying{}
	whole := map[string]string{}
	for _, conv := range theStory(t).Conversations {
		for _, step := range conv.Steps {
			if step.Message == nil {
				continue
			}
			where, text := conv.Key+" "+string(step.When), step.Message.Text
			if before := whole[text]; before != "" && len(wordsOf(text)) > 2 {
				t.Errorf("%s and %s are word for word the same", before, where)
			}
			whole[text] = where
			role := step.Message.Role
			said[role] = append(said[role], saying{where, fiveGrams(text)})
		}
	}
	for _, role := range []Role{ByCustomer, ByAgent} {
		for i, a := range said[role] {
			for _, b := range said[role][:i] {
				shared := 0
				for gram := range a.grams {
					if b.grams[gram] {
						shared++
					}
				}
				if fewer := min(len(a.grams), len(b.grams)); fewer > 0 && shared*100 > fewer*60 {
					t.Errorf("%s and %s share %d of %d runs of five words", a.where, b.where, shared, fewer)
				}
			}
		}
	}
}

func TestRepliesAreSignedByTheirAuthors(t *testing.T) {
	c := theStory(t)
	for _, conv := range c.Conversations {
		for _, step := range conv.Steps {
			if step.Message == nil || step.Message.Role != ByAgent {
				continue
			}
			lines := strings.Split(step.Message.Text, "\n")
			last := lines[len(lines)-1]
			for _, p := range c.People {
				first, _, _ := strings.Cut(p.Name, " ")
				if (last == p.Name || last == first) && p.ID != step.Message.Author {
					t.Errorf("%s: %s signs as %s", conv.Key, step.Message.Author, last)
				}
			}
		}
	}
}

// TestPeopleWorkByDay looks at answers told by wall clock; those told from now fall wherever the demo starts.
func TestPeopleWorkByDay(t *testing.T) {
	c := theStory(t)
	for day := range 7 {
		for _, s := range scenes(t, c, wednesday.AddDate(0, 0, day)) {
			if first := string(s.Moments[0].When); !strings.Contains(first, ":") {
				continue
			}
			for _, m := range s.Moments {
				ours := m.Event != nil || m.Message.Role == ByAgent || m.Message.Role == ByNote
				if ours && (!isWorkingDay(m.At) || m.At.Hour() < 6 || m.At.Hour() > 20) {
					t.Errorf("%s: we are at work on %s (%s)", s.Key, m.At.Format("Monday at 15:04"), m.When)
				}
			}
		}
	}
}
