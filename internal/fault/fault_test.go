package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestOf(t *testing.T) {
	gone := New(NotFound, "There is no conversation %d.", 7)
	for _, c := range []struct {
		name     string
		err      error
		kind     Kind
		sentence string
	}{
		{"no error", nil, Internal, ""},
		{"a plain error says nothing to the reader", io.EOF, Internal, ""},
		{"a fault", gone, NotFound, "There is no conversation 7."},
		{"a fault that was wrapped on its way up", fmt.Errorf("open conversation: %w", gone), NotFound, "There is no conversation 7."},
		{"the outermost fault wins", Wrap(gone, Unavailable, "Try again in a minute."), Unavailable, "Try again in a minute."},
		{"a percent sign in a sentence without arguments stays", New(Invalid, "100% is too much."), Invalid, "100% is too much."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if Of(c.err) != c.kind || Sentence(c.err) != c.sentence {
				t.Errorf("got %v %q, want %v %q", Of(c.err), Sentence(c.err), c.kind, c.sentence)
			}
		})
	}
}

func TestCauseIsForTheLogOnly(t *testing.T) {
	err := Wrap(io.ErrUnexpectedEOF, Unavailable, "The mail server hung up.")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if Sentence(err) != "The mail server hung up." {
		t.Errorf("the reader sees %q", Sentence(err))
	}
}

func TestFieldsAndData(t *testing.T) {
	err := fmt.Errorf("patch: %w", New(Invalid, "Two things need mending.").With("email", "Write an address.").With("name", "Write a name.").Data(42))
	if got := Fields(err); len(got) != 2 || got[1].Name != "name" {
		t.Errorf("fields = %v", got)
	}
	if Data(err) != 42 {
		t.Errorf("data = %v", Data(err))
	}
}
