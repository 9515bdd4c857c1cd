package customer

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kept/internal/fault"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"  Tom@Example.COM ", "tom@example.com"},
		{"<tom@example.com>", "tom@example.com"},
		{"mailto:tom@example.com", "tom@example.com"},
		{"MAILTO:Tom@example.com", "tom@example.com"},
		{"tom@example.com.", "tom@example.com"},
		{"tom.berger+shop@example.com", "tom.berger+shop@example.com"},
		{"info@BÜCHER.example", "info@bücher.example"},
		{"info@xn--bcher-kva.example", "info@bücher.example"},
		{"info@XN--BCHER-KVA.EXAMPLE", "info@bücher.example"},
		{"info@bu\u0308cher.example", "info@bücher.example"}, // decomposed
		{"jürgen@example.com", "jürgen@example.com"},
		{"shop@пример.example", "shop@пример.example"},
		{"shop@xn--e1afmkfd.example", "shop@пример.example"},
		{"tom@xn--zzzzzzz-.example", "tom@xn--zzzzzzz-.example"}, // broken punycode stays as it is
		{"tom@[192.0.2.1]", "tom@[192.0.2.1]"},
		{`"tom berger"@example.com`, `"tom berger"@example.com`},
		{"a@b@example.com", "a@b@example.com"},
		{"not an address", "not an address"},
		{"tom\x00@exam\u200bple.com\r\n", "tom@example.com"},
		{"tom@example\xff.com", "tom@example.com"},
	} {
		if got := Canonical(Email, c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
	if got := Canonical("sms", " +43 660 Abc "); got != "+43 660 Abc" {
		t.Errorf("other channels keep their case: %q", got)
	}
}

func TestCanonicalIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z.+]{1,8}@(xn--)?[a-zA-Zäöüß-]{1,12}\.[a-z]{2,5}\.?`)).Draw(t, "address")
		once := Canonical(Email, in)
		if twice := Canonical(Email, once); twice != once && !strings.ContainsAny(in, "<>:") {
			t.Fatalf("%q gives %q, then %q", in, once, twice)
		}
		if again := Canonical(Email, ASCII(once)); once == strings.TrimSpace(once) && ASCII(once) != once && again != once {
			t.Fatalf("%q goes out as %q and comes back as %q", once, ASCII(once), again)
		}
	})
}

func TestASCII(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"info@bücher.example", "info@xn--bcher-kva.example"}, {"tom@example.com", "tom@example.com"}, {"nobody", "nobody"},
	} {
		if got := ASCII(c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCheckAddressRefuses(t *testing.T) {
	for _, address := range []string{"", "tom", "@example.com", "tom@", "tom @example.com", "a@b.example,c@d.example", strings.Repeat("a", 250) + "@example.com"} {
		if err := checkAddress(Email, address); fault.Of(err) != fault.Invalid || !strings.HasSuffix(fault.Sentence(err), ".") || Valid(address) {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"tom@example.com", "jürgen@bücher.example", "o'neil@localhost", "tom@[192.0.2.1]"} {
		if err := checkAddress(Email, address); err != nil || !Valid(" "+address) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestCleanName(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"   ", ""},
		{"Tom Berger", "Tom Berger"},
		{"  Tom \t\r\n Berger ", "Tom Berger"},
		{`"Tom Berger"`, "Tom Berger"},
		{"'Tom Berger'", "Tom Berger"},
		{"“Tom Berger”", "Tom Berger"},
		{"'Tom Berger' via Support", "Tom Berger"},
		{"tom@example.com", ""},
		{"Tom (tom@example.com)", ""},
		{"Berger, Tom", "Tom Berger"},
		{"van Dyck, Anna Maria", "Anna Maria van Dyck"},
		{"Acme, Inc.", "Acme, Inc."},
		{"Fern & Clay, Graz", "Fern & Clay, Graz"},
		{"Sam Ortiz, PhD", "Sam Ortiz, PhD"},
		{"Sales, Team 4", "Sales, Team 4"},
		{"O'Neil", "O'Neil"},
		{"Evil\u202eeman", "Evileman"},
		{"Tom\x00Berger", "TomBerger"},
		{"نادية الحسن", "نادية الحسن"},
		{"می\u200cخواهم", "می\u200cخواهم"},
		{"山田 太郎", "山田 太郎"},
		{strings.Repeat("ä", 500), strings.Repeat("ä", longestName)},
	} {
		if got := CleanName(c.in, "tom@example.com"); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFirm(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"tom@gmail.com", ""}, {"tom@hotmail.co.uk", ""}, {"tom@web.de", ""}, {"tom@mail.yahoo.co.jp", ""}, {"x@privaterelay.appleid.com", ""},
		{"tom@[192.0.2.1]", ""}, {"tom@localhost", ""}, {"nobody", ""}, {"tom@co.uk", ""},
		{"tom@fernandclay.example", "fernandclay.example"}, {"tom@mail.sales.fernandclay.example", "fernandclay.example"},
		{"tom@shop.fernandclay.co.uk", "fernandclay.co.uk"}, {"info@bücher.example", "bücher.example"},
	} {
		if got := firm(c.address); got != c.want {
			t.Errorf("%s: got %q, want %q", c.address, got, c.want)
		}
	}
}
