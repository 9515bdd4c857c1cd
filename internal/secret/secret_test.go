package secret

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kept/internal/fault"
)

var mayasKey = strings.Repeat("4d", keySize)

func TestLoadRefusesKeysOfTheWrongShape(t *testing.T) {
	for name, key := range map[string]string{
		"too short":  "4d4d",
		"too long":   mayasKey + "4d",
		"not a code": "my dog's name and the year I was born in",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load(t.TempDir(), key); fault.Of(err) != fault.Invalid {
				t.Fatalf("got %v, want a refusal", err)
			}
		})
	}
}

func TestLoadRefusesADamagedKeyFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, KeyFile), []byte("half a ke"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, ""); fault.Of(err) != fault.Invalid {
		t.Fatalf("got %v, want a refusal: making a new key would lose every stored password", err)
	}
}

func TestOpenRefusesWhatItDidNotSeal(t *testing.T) {
	box, err := Load(t.TempDir(), mayasKey)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := Load(t.TempDir(), strings.Repeat("07", keySize))
	sealed := box.Seal("mailbox", "s3cret")
	for name, text := range map[string]string{
		"plain text":        "s3cret",
		"cut short":         sealed[:len(sealed)-3],
		"changed":           sealed[:len(sealed)-1] + flip(sealed[len(sealed)-1]),
		"only a version":    "v1.",
		"another key":       other.Seal("mailbox", "s3cret"),
		"another purpose":   box.Seal("relay", "s3cret"),
		"a version to come": "v2." + sealed[3:],
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := box.Open("mailbox", text); fault.Of(err) != fault.Invalid || got != "" {
				t.Fatalf("got %q, %v; want a refusal", got, err)
			}
		})
	}
}

func flip(c byte) string {
	if c == 'A' {
		return "Q"
	}
	return "A"
}

func TestSealAndOpen(t *testing.T) {
	dir := t.TempDir()
	box, err := Load(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []string{"", "x", "pässwörd 🔑", strings.Repeat("long ", 1000)} {
		a, b := box.Seal("mailbox", plain), box.Seal("mailbox", plain)
		if plain != "" && (a == b || len(plain) > 3 && strings.Contains(a, plain)) {
			t.Errorf("%.10q: sealed twice alike, or readable", plain)
		}
		again, err := Load(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open("mailbox", a); err != nil || got != plain {
			t.Errorf("%.10q came back as %.10q, %v", plain, got, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, KeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v; want mode 0600", info.Mode(), err)
	}
}

func TestTwoStartingTogetherShareOneKey(t *testing.T) {
	dir := t.TempDir()
	boxes := make([]*Box, 8)
	var wait sync.WaitGroup
	for i := range boxes {
		wait.Go(func() { boxes[i], _ = Load(dir, "") })
	}
	wait.Wait()
	sealed := boxes[0].Seal("mailbox", "s3cret")
	for i, b := range boxes {
		if got, err := b.Open("mailbox", sealed); err != nil || got != "s3cret" {
			t.Errorf("starter %d has another key: %v", i, err)
		}
	}
}
