package mime

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing to do", "Lamp broken", "Lamp broken"},
		{"quoted", "=?iso-8859-1?Q?Gr=FC=DFe_aus_K=F6ln?=", "Grüße aus Köln"},
		{"base64", "=?utf-8?B?SsO8cmdlbg==?=", "Jürgen"},
		{"neighbours lose the blank between", "=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
		{"text between keeps its blanks", "=?utf-8?q?a?= and =?utf-8?q?b?=", "a and b"},
		{"a character cut in two", "=?utf-8?b?w6TD?= =?utf-8?b?tg==?=", "äö"},
		{"a language behind the charset", "=?us-ascii*en?q?hi?=", "hi"},
		{"blanks inside", "=?utf-8?q?two words?=", "two words"},
		{"the end is missing", "=?utf-8?q?Gr=C3=BC=C3=9Fe", "Grüße"},
		{"unknown encoding stays", "=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
		{"unknown charset", "=?no-such-set?q?abc?=", "abc"},
		{"raw UTF-8", "Grüße", "Grüße"},
		{"raw Latin-1", "Gr\xfc\xdfe", "Grüße"},
		{"control characters go", "a\x00b\x07c", "abc"},
		{"Japanese", "=?ISO-2022-JP?B?GyRCRnxLXDhsGyhC?=", "日本語"},
		{"a question mark before a code", "=?utf-8?q?why=3F?=", "why?"},
	} {
		if got := Words(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []Address
	}{
		{"nothing", "", nil},
		{"only commas", ", ,;", nil},
		{"a name without mailbox", "Tom", []Address{{Address: "Tom"}}},
		{"words without mailbox", "undisclosed people", []Address{{Name: "undisclosed people"}}},
		{"bare", "tom@example.com", []Address{{Address: "tom@example.com"}}},
		{"named", "Tom Reed <tom@example.com>", []Address{{"Tom Reed", "tom@example.com"}}},
		{"quoted with a comma", `"Reed, Tom" <tom@example.com>, mara@example.org`, []Address{{"Reed, Tom", "tom@example.com"}, {"", "mara@example.org"}}},
		{"a comma without quotes", "Reed, Tom <tom@example.com>", []Address{{"Reed, Tom", "tom@example.com"}}},
		{"comment as name", "tom@example.com (Tom Reed)", []Address{{"Tom Reed", "tom@example.com"}}},
		{"group", "Friends: tom@example.com, mara@example.org;", []Address{{"", "tom@example.com"}, {"", "mara@example.org"}}},
		{"empty group", "undisclosed-recipients:;", nil},
		{"encoded", "=?utf-8?q?Ren=C3=A9?= <rene@example.org>", []Address{{"René", "rene@example.org"}}},
		{"encoded inside quotes", `"=?utf-8?q?Ren=C3=A9?=" <rene@example.org>`, []Address{{"René", "rene@example.org"}}},
		{"bracket never closed", "Tom <tom@example.com", []Address{{"Tom", "tom@example.com"}}},
		{"no brackets at all", "Tom Reed tom@example.com", []Address{{"Tom Reed", "tom@example.com"}}},
		{"mailto and blanks", "<mailto: tom@example.com >", []Address{{"", "tom@example.com"}}},
		{"route", "<@relay.example,@two.example:tom@example.com>", []Address{{"", "tom@example.com"}}},
		{"quoted local part kept", `"tom reed"@example.com`, []Address{{"", `"tom reed"@example.com`}}},
		{"needless quotes go", `<"tom"@example.com>`, []Address{{"", "tom@example.com"}}},
		{"semicolons", "tom@example.com; mara@example.org", []Address{{"", "tom@example.com"}, {"", "mara@example.org"}}},
		{"address as name", `"tom@example.com" <tom@example.com>`, []Address{{"tom@example.com", "tom@example.com"}}},
	} {
		got := Addresses(c.in)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	}
}

func TestIDs(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"<a@x> <b@y>":                   "a@x b@y",
		"Your message of today <a@x>":   "a@x",
		"a@x":                           "a@x",
		"the mail you sent":             "",
		"<a@ x>":                        "a@x",
		"<a@x":                          "a@x",
		"<a@x><b@y>,<c@z>":              "a@x b@y c@z",
		"=?utf-8?q?x?= <kept.1@desk.x>": "kept.1@desk.x",
	} {
		if got := strings.Join(IDs(in), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"":                                       "",
		"yesterday":                              "",
		"Tue, 3 Mar 2026 09:00:00 +0100":         "2026-03-03T09:00:00+01:00",
		"Tue, 3 Mar 2026 09:00:00 +0100 (CET)":   "2026-03-03T09:00:00+01:00",
		"3 Mar 26 09:00 EST":                     "2026-03-03T09:00:00-05:00",
		"Tue Mar  3 09:00:00 2026":               "2026-03-03T09:00:00Z",
		"Tuesday, 03-Mar-26 09:00:00 GMT":        "2026-03-03T09:00:00Z",
		"2026-03-03 09:00:00 +0200":              "2026-03-03T09:00:00+02:00",
		"2026-03-03T09:00:00Z":                   "2026-03-03T09:00:00Z",
		"Di, 3 Mär 2026 09:00:00 +0100":          "2026-03-03T09:00:00+01:00",
		"Tue, 3 Mar 2026 9:05:00 PM -0800":       "2026-03-03T21:05:00-08:00",
		"Tue, 3 March 2026 09:00:00 -0000":       "2026-03-03T09:00:00Z",
		"Tue, 45 Mar 2026 09:00:00 +0100":        "",
		"Thu, 1 Jan 1601 00:00:00 +0000":         "",
		"Tue, 3 Mar 2026 09:00:00 +0100, really": "2026-03-03T09:00:00+01:00",
	} {
		got := ""
		if d := Date(in); !d.IsZero() {
			got = d.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, in, label, want string }{
		{"ASCII", "plain", "", "plain"},
		{"Latin-1", "Gr\xfc\xdfe", "iso-8859-1", "Grüße"},
		{"smart quotes called Latin-1", "\x93hi\x94", "iso-8859-1", "“hi”"},
		{"UTF-8 called Latin-1", "Grüße", "iso-8859-1", "Grüße"},
		{"UTF-8 called ASCII", "Grüße", "us-ascii", "Grüße"},
		{"Latin-1 called UTF-8", "Gr\xfc\xdfe aus K\xf6ln", "utf-8", "Grüße aus Köln"},
		{"one broken byte in UTF-8", "Grüße und Küsse aus Köln, bis b\xe4ld", "utf-8", "Grüße und Küsse aus Köln, bis bäld"},
		{"UTF-7", "Hi Mom +Jjo-!", "utf-7", "Hi Mom ☺!"},
		{"UTF-7 plus sign", "1 +- 1", "utf-7", "1 + 1"},
		{"Chinese under its old name", "\xc4\xe3\xba\xc3", "gb2312", "你好"},
		{"four bytes of GB 18030", "\x81\x30\x84\x36", "gb18030", "¥"},
		{"Korean", "\xb0\xa1", "ks_c_5601-1987", "가"},
		{"Shift JIS", "\x93\xfa\x96{", "cp932", "日本"},
		{"ISO-2022-JP undeclared", "\x1b$BF|K\\\x1b(B", "", "日本"},
		{"Cyrillic", "\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251", "Привет"},
		{"KOI8", "\xf0\xd2\xc9\xd7\xc5\xd4", "koi8-r", "Привет"},
		{"a Mac", "\x8a", "macintosh", "ä"},
		{"a made-up charset", "Gr\xfc\xdfe", "x-made-up", "Grüße"},
		{"quotes around the label", "Gr\xfc\xdfe", `"ISO-8859-1"`, "Grüße"},
	} {
		if got := Decode([]byte(c.in), c.label); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := Decode([]byte(c.in), c.label); !utf8.ValidString(Valid(got)) {
			t.Errorf("%s: not valid UTF-8", c.name)
		}
	}
}

func TestParams(t *testing.T) {
	for _, c := range []struct{ name, in, value, key, want string }{
		{"plain", `text/plain; charset=utf-8`, "text/plain", "charset", "utf-8"},
		{"quoted with semicolon", `multipart/mixed; boundary="a;b"`, "multipart/mixed", "boundary", "a;b"},
		{"case and blanks", `TEXT/HTML ; CharSet = "UTF-8"`, "text/html", "charset", "UTF-8"},
		{"continued and encoded", `application/pdf; name*0*=utf-8''Rech%C3; name*1*=%BCng; name*2=.pdf`, "application/pdf", "name", "Rechüng.pdf"},
		{"out of order", `a/b; name*1=two; name*0=one`, "a/b", "name", "onetwo"},
		{"encoded word where none may be", `a/b; name="=?utf-8?q?=C3=A4.png?="`, "a/b", "name", "ä.png"},
		{"raw 8-bit", "a/b; name=\"\xe4.png\"", "a/b", "name", "ä.png"},
		{"blanks without quotes", `attachment; filename=my report.pdf; size=3`, "attachment", "filename", "my report.pdf"},
		{"a semicolon is missing", `text/plain; charset=utf-8 format=flowed`, "text/plain", "format", "flowed"},
		{"two semicolons", `text/plain;; charset=utf-8`, "text/plain", "charset", "utf-8"},
		{"a comment", `text/plain (words); charset=utf-8 (yes)`, "text/plain", "charset", "utf-8"},
		{"only a parameter", `charset=utf-8`, "", "charset", "utf-8"},
		{"quote never closed", `a/b; name="x.png`, "a/b", "name", "x.png"},
	} {
		value, params := params(c.in)
		if value != c.value || params[c.key] != c.want {
			t.Errorf("%s: %q %q, want %q %q", c.name, value, params[c.key], c.value, c.want)
		}
	}
}

// outline writes a tree as "mixed(plain html)" with the texts of its leaves.
func outline(p *Part) string {
	if len(p.Children) == 0 {
		return strings.TrimSpace(p.Text())
	}
	var kids []string
	for _, c := range p.Children {
		kids = append(kids, outline(c))
	}
	return "(" + strings.Join(kids, "|") + ")"
}

func TestParse(t *testing.T) {
	const two = "Content-Type: multipart/mixed; boundary=a\n\npreamble\n--a\n\none\n--a\nContent-Type: text/html\n\ntwo\n--a--\nepilogue\n"
	for _, c := range []struct{ name, in, want string }{
		{"no header at all", "just words\nand more", "just words\nand more"},
		{"only a header", "Subject: x", ""},
		{"two parts", two, "(one|two)"},
		{"CRLF", strings.ReplaceAll(two, "\n", "\r\n"), "(one|two)"},
		{"CR only", strings.ReplaceAll(two, "\n", "\r"), "(one|two)"},
		{"never closed", strings.TrimSuffix(two, "--a--\nepilogue\n"), "(one|two)"},
		{"blanks behind the boundary", strings.ReplaceAll(two, "--a\n", "--a  \n"), "(one|two)"},
		{"an inner part ends with the outer", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--a\n\ntwo\n--a--\n", "((one)|two)"},
		{"one boundary begins like another", "Content-Type: multipart/mixed; boundary=ab\n\n--ab\nContent-Type: multipart/mixed; boundary=abc\n\n--abc\n\none\n--abc--\n--ab\n\ntwo\n--ab--\n", "((one)|two)"},
		{"words behind the boundary", strings.ReplaceAll(two, "--a\n", "--a and words\n"), "(one|two)"},
		{"a blank line with a blank inside the header", "Subject: x\n  \n more of it\nContent-Type: text/plain\n\nwords", "words"},
		{"a blank line with a blank behind the header", "Subject: x\n \nwords", "words"},
		{"parts behind the closing boundary", two + "--a\n\nthree\n--a--\n", "(one|two|three)"},
		{"boundary not declared", strings.Replace(strings.Replace(two, "; boundary=a", "", 1), "--a\n\none", "--a\nContent-Type: text/plain\n\none", 1), "(one|two)"},
		{"boundary declared wrongly", strings.Replace(strings.Replace(two, "boundary=a", "boundary=zzz", 1), "--a\n\none", "--a\nContent-Type: text/plain\n\none", 1), "(one|two)"},
		{"the folded boundary lost its indent", "Content-Type: multipart/mixed;\nboundary=a\n\n--a\n\none\n--a--\n", "(one)"},
		{"no blank line before the first boundary", "Subject: x\nContent-Type: multipart/mixed; boundary=a\n--a\n\none\n--a--\n", "(one)"},
		{"mbox separator first", "From tom@example.com Tue Mar  3 09:00:00 2026\nSubject: x\n\nwords", "words"},
		{"blank lines first", "\n\nSubject: x\n\nwords", "words"},
		{"a junk line inside the header", "Subject: x\njunk without colon\nContent-Type: text/plain\n\nwords", "words"},
		{"the blank line is missing", "Subject: x\nHello there, no colon here\nmore", "Hello there, no colon here\nmore"},
		{"byte order mark", "\xef\xbb\xbfSubject: x\n\nwords", "words"},
		{"quoted-printable, broken", "Content-Transfer-Encoding: quoted-printable\n\na=3Db =zz c=\nd  \ne=", "a=b =zz cd\ne"},
		{"base64 with junk and no padding", "Content-Transfer-Encoding: base64\n\naGVs\n bG8*gd29y\nbGQ", "hello world"},
		{"base64 in two pieces", "Content-Transfer-Encoding: base64\n\naGVsbG8=\nIHlvdQ==", "hello you"},
		{"called base64 but words", "Content-Transfer-Encoding: base64\n\nsee the lamp\nit is broken\nplease help\n", "see the lamp\nit is broken\nplease help"},
		{"called base64 but plain", "Content-Transfer-Encoding: base64\n\nThis is not encoded at all, you see.", "This is not encoded at all, you see."},
	} {
		if got := outline(Parse([]byte(c.in))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNamesLoseTheirFolder(t *testing.T) {
	for in, want := range map[string]string{
		`attachment; filename="C:\\Users\\tom\\lamp.png"`: "lamp.png",
		`attachment; filename="../../etc/passwd"`:         "passwd",
		`attachment; filename="lamp.png"`:                 "lamp.png",
		"attachment; filename=\"invoice\u202efdp.exe\"":   "invoicefdp.exe",
		`attachment`: "",
	} {
		p := Parse([]byte("Content-Disposition: " + in + "\n\nx"))
		if p.Name() != want {
			t.Errorf("%s: %q, want %q", in, p.Name(), want)
		}
	}
}

func TestExtractFiles(t *testing.T) {
	const uu = "before\nbegin 644 note.txt\n+:&5L;&\\@=V]R;&0\n`\nend\nafter\n"
	rest, found, files := ExtractFiles([]byte(uu))
	if !found || len(files) != 1 || files[0].Name != "note.txt" || string(files[0].Content) != "hello world" || string(rest) != "before\nafter\n" {
		t.Errorf("%q %v %q", rest, found, files)
	}
	rest, _, files = ExtractFiles([]byte("=ybegin line=128 size=5 name=hi.bin\n\x92\x8f\x96\x96\x99\n=yend size=5\n"))
	if len(files) != 1 || string(files[0].Content) != "hello" || len(rest) != 0 {
		t.Errorf("yEnc: %q %q", rest, files)
	}
	for _, prose := range []string{"begin with the lamp\nend\n", "begin 644\n", "we begin 644 x\n", "begin 644 x\nnot uuencoded {|}~\n"} {
		if rest, found, _ := ExtractFiles([]byte(prose)); found || string(rest) != prose {
			t.Errorf("%q was taken for a file", prose)
		}
	}
}

func TestPartsAreBounded(t *testing.T) {
	inner := strings.Repeat("--in\n\nx\n", 3*MaxParts)
	p := Parse([]byte("Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: multipart/mixed; boundary=in\n\n" + inner + "--in--\n--out\n\nafterwards\n--out--\n"))
	children := p.Children[0].Children
	if n := len(p.Leaves()); n > MaxParts+1 {
		t.Errorf("%d parts, want at most %d and what is left", n, MaxParts)
	}
	if rest := children[len(children)-1]; strings.Count(string(rest.Body), "--in") < 2*MaxParts || strings.Contains(string(rest.Body), "afterwards") {
		t.Errorf("the rest of the inner parts is %d bytes", len(rest.Body))
	}
	if last := p.Children[len(p.Children)-1]; string(last.Body) != "\nafterwards" && string(last.Body) != "afterwards" {
		t.Errorf("after the inner parts: %q", last.Body)
	}
}

func TestHeaderIsBounded(t *testing.T) {
	p := Parse([]byte(strings.Repeat("X-A: b\n", maxFields+10) + "\nwords"))
	if len(p.Header) != maxFields || strings.TrimSpace(p.Text()) != "words" {
		t.Errorf("%d fields, text %q", len(p.Header), p.Text())
	}
}
