package bench

import (
	"testing"
	"time"

	"kept/internal/mail"
)

// TestInventedMails: what is measured is real mail of several forms, each different.
func TestInventedMails(t *testing.T) {
	at, ids, files, html := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC), map[string]bool{}, 0, 0
	for i := range 40 {
		raw := invented("help@fernandclay.example", "run1", i, at)
		m := mail.Parse(raw)
		if m.Quarantine != "" || m.Text == "" || len(m.From) != 1 || len(m.To) != 1 || m.To[0].Address != "help@fernandclay.example" || !m.MayAutoReply() {
			t.Fatalf("mail %d: %q %v %v", i, m.Quarantine, m.From, m.To)
		}
		if ids[m.MessageID] || m.MessageID == "" {
			t.Fatalf("mail %d has the Message-ID %q", i, m.MessageID)
		}
		ids[m.MessageID] = true
		files += len(m.Attachments)
		if m.HTML != "" {
			html++
		}
		if len(raw) < 500 || len(raw) > 60_000 {
			t.Errorf("mail %d has %d bytes", i, len(raw))
		}
	}
	if files != 10 || html != 30 {
		t.Errorf("%d files and %d with HTML among 40", files, html)
	}
}
