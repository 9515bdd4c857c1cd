package event

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func tell(ctx context.Context, d *db.DB, kind string) error {
	return d.Tx(ctx, func(tx *db.DB) error { return Append(ctx, tx, Event{At: noon, Kind: kind, Actor: System}) })
}

func mustTell(t *testing.T, d *db.DB, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		if err := tell(t.Context(), d, kind); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, d *db.DB) *Log {
	l := New(d)
	t.Cleanup(l.Close)
	return l
}

func kinds(events []Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Kind)
	}
	return strings.Join(all, " ")
}

// eventually waits for a condition: other transactions on the server may hold readers back for a moment.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within two minutes: %s", what)
		}
	}
}

// settled waits until the log holds n events for readers, and returns them.
func settled(t *testing.T, l *Log, n int) []Event {
	t.Helper()
	var all []Event
	eventually(t, fmt.Sprintf("%d events are settled", n), func() bool {
		var err error
		if all, err = l.Read(t.Context(), Position{}, n+1); err != nil {
			t.Fatal(err)
		}
		return len(all) >= n
	})
	return all
}

func TestParsePositionRefuses(t *testing.T) {
	for _, s := range []string{"", ".", "7", "7.", ".7", "a.b", "1.2.3", "-1.5", "1.-5", "1 .2", "99999999999999999999.1", "0x1.2", "1,2"} {
		p, err := ParsePosition(s)
		if fault.Of(err) != fault.Invalid || !strings.Contains(fault.Sentence(err), "Use one that the stream sent") {
			t.Errorf("%q was read as %v, %v", s, p, err)
		}
	}
}

func TestPositionsAreOrderedByTransactionThenID(t *testing.T) {
	order := []Position{{}, {0, 1}, {0, 9}, {1, 0}, {1, 8}, {2, 3}, {10, 1}}
	for i, p := range order {
		if again, err := ParsePosition(p.String()); err != nil || again != p {
			t.Errorf("%v came back as %v, %v", p, again, err)
		}
		for j, q := range order {
			if p.Less(q) != (i < j) {
				t.Errorf("%v before %v: %v", p, q, p.Less(q))
			}
		}
	}
}

func TestAppendRefusesAnEventWithoutItsTime(t *testing.T) {
	d := dbtest.Open(t)
	if err := Append(t.Context(), d, Event{Kind: "note.written"}); err == nil || !strings.Contains(err.Error(), "note.written") {
		t.Errorf("err = %v", err)
	}
}

func TestAppendBelongsToItsTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		look, stop := l.Subscribe()
		defer stop()
		changed := errors.New("Maya changed her mind")
		err := d.Tx(t.Context(), func(tx *db.DB) error {
			return errors.Join(Append(t.Context(), tx, Event{At: noon, Kind: "message.queued"}), changed)
		})
		if !errors.Is(err, changed) {
			t.Fatal(err)
		}
		select {
		case <-look:
			t.Error("somebody was woken for nothing")
		default:
		}
		mustTell(t, d, "message.sent")
		<-look
		if got := kinds(settled(t, l, 1)); got != "message.sent" {
			t.Errorf("the log holds %q", got)
		}
	})
}

func TestAnEventComesBackAsItWasWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in := Event{
			At: noon, Kind: "message.received", Actor: Customer(7), DeskID: 1, ConversationID: 2, CustomerID: 7,
			Data: Data(map[string]any{"subject": "Lampe „Aurora“ flackert – 100 % 🙁", "ids": []int{1, 2}}),
		}
		if err := Append(t.Context(), d, in); err != nil {
			t.Fatal(err)
		}
		l := open(t, d)
		out := settled(t, l, 1)[0]
		head, err := l.Head(t.Context())
		if err != nil || head != out.Position || head == (Position{}) {
			t.Errorf("head %v, event at %v, %v", head, out.Position, err)
		}
		out.Position = Position{}
		if string(out.Data) != string(in.Data) || !out.At.Equal(in.At) || out.Actor != in.Actor || out.Kind != in.Kind ||
			out.DeskID != 1 || out.ConversationID != 2 || out.CustomerID != 7 {
			t.Errorf("wrote %+v, read %+v", in, out)
		}
	})
}

func TestOfConversationTellsOneStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, kind := range []string{"conversation.opened", "message.received", "person.updated", "conversation.closed"} {
			conversation := []int64{4, 4, 0, 5}[i]
			if err := Append(t.Context(), d, Event{At: noon, Kind: kind, ConversationID: conversation}); err != nil {
				t.Fatal(err)
			}
		}
		for id, want := range map[int64]string{4: "conversation.opened message.received", 5: "conversation.closed", 6: "", 0: ""} {
			if got, err := OfConversation(t.Context(), d, id); err != nil || kinds(got) != want {
				t.Errorf("conversation %d: %q, %v; want %q", id, kinds(got), err, want)
			}
		}
	})
}

func TestAnEmptyLogHasItsHeadAtTheBeginning(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		head, err := l.Head(t.Context())
		if err != nil || head != (Position{}) {
			t.Errorf("head %v, %v", head, err)
		}
		if got, err := l.Read(t.Context(), head, 10); err != nil || len(got) != 0 {
			t.Errorf("read %v, %v", got, err)
		}
	})
}

func TestReadGoesOnWhereItStopped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := open(t, d)
		mustTell(t, d, "a", "b", "c", "d", "e")
		all := settled(t, l, 5)
		var at Position
		var seen []Event
		for {
			page, err := l.Read(t.Context(), at, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			seen, at = append(seen, page...), page[len(page)-1].Position
		}
		if kinds(seen) != "a b c d e" || !slices.EqualFunc(seen, all, func(x, y Event) bool { return x.Position == y.Position }) {
			t.Errorf("seen %q", kinds(seen))
		}
	})
}
