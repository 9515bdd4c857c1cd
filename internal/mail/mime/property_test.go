package mime

import (
	"bytes"
	"encoding/base64"
	"fmt"
	stdmime "mime"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"pgregory.net/rapid"
)

// TestEncodingsComeBack: whatever the standard library encodes is decoded to the same bytes, also with other line ends.
func TestEncodingsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "data")
		encoded := base64.StdEncoding.EncodeToString(data)
		var lines strings.Builder
		end := rapid.SampledFrom([]string{"\n", "\r\n", " \n", "\n\n"}).Draw(t, "end")
		for len(encoded) > 0 {
			n := min(len(encoded), rapid.IntRange(1, 76).Draw(t, "n"))
			lines.WriteString(encoded[:n] + end)
			encoded = encoded[n:]
		}
		if got := decodeBase64([]byte(lines.String())); !bytes.Equal(got, data) {
			t.Fatalf("base64: %q, want %q", got, data)
		}
		var q bytes.Buffer
		w := quotedprintable.NewWriter(&q)
		w.Binary = true
		_, _ = w.Write(data)
		_ = w.Close()
		if got := decodeQuoted(q.Bytes()); !bytes.Equal(got, data) {
			t.Fatalf("quoted-printable: %q from %q, want %q", got, q.Bytes(), data)
		}
	})
}

// TestWordsComeBack: what the standard library writes as encoded words reads back, in both encodings.
func TestWordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(strings.Fields(rapid.StringMatching(`[a-zA-ZäöüßéñΩжя日本語€ ?=_.,]{0,120}`).Draw(t, "text")), " ")
		for _, e := range []stdmime.WordEncoder{stdmime.QEncoding, stdmime.BEncoding} {
			if got := Words(e.Encode("utf-8", text)); got != text {
				t.Fatalf("%q, want %q", got, text)
			}
		}
	})
}

// TestCharsetsComeBack: each charset decodes what it encoded, under the labels that mail uses for it.
func TestCharsetsComeBack(t *testing.T) {
	latin, cyrillic, greek := "Grüße, señor! Où ça?", "Здравствуйте, лампа не горит", "Καλημέρα, η λάμπα"
	for label, c := range map[string]struct {
		enc  encoding.Encoding
		text string
	}{
		"iso-8859-1": {charmap.ISO8859_1, latin}, "ISO-8859-15": {charmap.ISO8859_15, latin}, "windows-1252": {charmap.Windows1252, latin}, "cp1252": {charmap.Windows1252, latin}, "macintosh": {charmap.Macintosh, latin}, "ibm850": {charmap.CodePage850, latin}, "cp437": {charmap.CodePage437, "Grüße"},
		"windows-1251": {charmap.Windows1251, cyrillic}, "koi8-r": {charmap.KOI8R, cyrillic}, "KOI8-U": {charmap.KOI8U, cyrillic}, "iso-8859-5": {charmap.ISO8859_5, cyrillic}, "cp866": {charmap.CodePage866, cyrillic},
		"iso-8859-7": {charmap.ISO8859_7, greek}, "windows-1253": {charmap.Windows1253, greek}, "iso-8859-2": {charmap.ISO8859_2, "Zażółć gęślą jaźń"}, "windows-1250": {charmap.Windows1250, "Příliš žluťoučký kůň"}, "iso-8859-9": {charmap.ISO8859_9, "Lamba yanmıyor, ışık"}, "windows-1254": {charmap.Windows1254, "Lamba yanmıyor, ışık"},
		"windows-1255": {charmap.Windows1255, "שלום עולם"}, "iso-8859-8-i": {charmap.ISO8859_8, "שלום עולם"}, "windows-1256": {charmap.Windows1256, "مرحبا"}, "tis-620": {charmap.Windows874, "สวัสดี"},
		"iso-2022-jp": {japanese.ISO2022JP, "照明が点きません"}, "shift_jis": {japanese.ShiftJIS, "照明が点きません"}, "euc-jp": {japanese.EUCJP, "照明が点きません"}, "euc-kr": {korean.EUCKR, "안녕하세요"}, "ks_c_5601-1987": {korean.EUCKR, "안녕하세요"},
		"gb2312": {simplifiedchinese.GBK, "灯不亮了"}, "gb18030": {simplifiedchinese.GB18030, "灯不亮了"}, "hz-gb-2312": {simplifiedchinese.HZGB2312, "灯不亮了"}, "big5": {traditionalchinese.Big5, "燈不亮了"},
	} {
		raw, err := c.enc.NewEncoder().String(c.text)
		if err != nil {
			t.Fatalf("%s: %v", label, err)
		}
		if got := Decode([]byte(raw), label); got != c.text {
			t.Errorf("%s: %q, want %q", label, got, c.text)
		}
	}
}

// TestUndeclared: longer texts without a label are read in the charset they look like.
func TestUndeclared(t *testing.T) {
	for name, c := range map[string]struct {
		enc  encoding.Encoding
		text string
	}{
		"Russian":  {charmap.Windows1251, strings.Repeat("Здравствуйте, лампа в кухне не горит. Что мне делать? ", 4)},
		"KOI8":     {charmap.KOI8R, strings.Repeat("Здравствуйте, лампа в кухне не горит. Что мне делать? ", 4)},
		"Japanese": {japanese.ShiftJIS, strings.Repeat("台所の照明が点きません。どうすればいいですか。", 4)},
		"EUC":      {japanese.EUCJP, strings.Repeat("台所の照明が点きません。どうすればいいですか。", 4)},
		"Korean":   {korean.EUCKR, strings.Repeat("부엌 조명이 켜지지 않습니다. 어떻게 해야 하나요? ", 4)},
		"Chinese":  {simplifiedchinese.GBK, strings.Repeat("厨房的灯不亮了，我该怎么办？请尽快回复我们的问题。", 4)},
		"German":   {charmap.Windows1252, strings.Repeat("Die Küchenlampe geht nicht mehr, was soll ich tun? Grüße ", 4)},
	} {
		raw, err := c.enc.NewEncoder().String(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Decode([]byte(raw), ""); got != c.text {
			t.Errorf("%s: %.60q", name, got)
		}
	}
}

// tree is a message to be written for TestTreesComeBack.
type tree struct {
	text string
	kids []tree
}

func drawTree(t *rapid.T, depth int) tree {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
		return tree{text: rapid.StringMatching(`[a-z .]{1,30}(\n[a-z .]{1,30}){0,3}`).Draw(t, "text")}
	}
	out := tree{}
	for range rapid.IntRange(1, 4).Draw(t, "kids") {
		out.kids = append(out.kids, drawTree(t, depth-1))
	}
	return out
}

func (n tree) write(b *strings.Builder, id string, close bool) {
	if len(n.kids) == 0 {
		fmt.Fprintf(b, "Content-Type: text/plain\n\n%s", n.text)
		return
	}
	fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=%q\n\n", id)
	for i, k := range n.kids {
		b.WriteString("\n--" + id + "\n")
		k.write(b, fmt.Sprintf("%s.%d", id, i), close)
	}
	if close {
		b.WriteString("\n--" + id + "--\n")
	}
}

func (n tree) outline() string {
	if len(n.kids) == 0 {
		return n.text
	}
	var out []string
	for _, k := range n.kids {
		out = append(out, k.outline())
	}
	return "(" + strings.Join(out, "|") + ")"
}

func exact(p *Part) string {
	if len(p.Children) == 0 {
		return p.Text()
	}
	var out []string
	for _, c := range p.Children {
		out = append(out, exact(c))
	}
	return "(" + strings.Join(out, "|") + ")"
}

// TestTreesComeBack: any tree of parts reads back as it was written, with every line end, and also when no part is ever closed.
func TestTreesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := tree{kids: []tree{drawTree(t, 3)}}
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end")
		var b strings.Builder
		n.write(&b, "b", true)
		raw := strings.ReplaceAll(b.String(), "\n", end)
		if got, want := exact(Parse([]byte(raw))), n.outline(); got != want {
			t.Fatalf("got  %q\nwant %q\nfrom %q", got, want, raw)
		}
		b.Reset()
		n.write(&b, "b", false)
		if got, want := exact(Parse([]byte(b.String()))), n.outline(); got != want {
			t.Fatalf("unclosed: got  %q\nwant %q\nfrom %q", got, want, b.String())
		}
	})
}

// TestEveryCutIsRead: a mail that was cut off anywhere still shows the part of its text that arrived.
func TestEveryCutIsRead(t *testing.T) {
	whole := "From: tom@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nContent-Type: multipart/mixed; boundary=\"outer\"\n\n--outer\nContent-Type: multipart/alternative; boundary=inner\n\n--inner\nContent-Transfer-Encoding: quoted-printable\n\none =C3=A4 two\n--inner\nContent-Type: text/html\n\n<p>one</p>\n--inner--\n--outer\nContent-Transfer-Encoding: base64\nContent-Type: image/png; name*=utf-8''l%C3%A4mp.png\n\niVBORw0KGgo=\n--outer--\n"
	begin := time.Now()
	for n := range whole {
		p := Parse([]byte(whole[:n]))
		p.walk(func(q *Part) {
			if s := q.Text(); s != Valid(s) {
				t.Fatalf("cut at %d: %q", n, s)
			}
			_ = q.Name()
		})
		if at := strings.Index(whole, "one =C3=A4 two") + len("one =C3=A4 two"); n >= at && !strings.Contains(exact(p), "one ä two") {
			t.Fatalf("cut at %d loses the text: %q", n, exact(p))
		}
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestAddressesComeBack: names and mailboxes in the usual forms are told apart whatever stands in the name.
func TestAddressesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var field []string
		var want []Address
		for i := range rapid.IntRange(1, 6).Draw(t, "n") {
			name := strings.Join(strings.Fields(rapid.StringMatching(`[A-Za-zäöü,;:.@()<>' -]{0,25}`).Draw(t, "name")), " ")
			box := fmt.Sprintf("%s%d@%s.example", rapid.StringMatching(`[a-z][a-z.+-]{0,8}[a-z]`).Draw(t, "box"), i, rapid.StringMatching(`[a-z]{1,10}`).Draw(t, "host"))
			if strings.HasPrefix(name, "'") || strings.HasPrefix(name, "(") {
				name = "x" + name
			}
			field = append(field, `"`+name+`" <`+box+">")
			want = append(want, Address{name, box})
		}
		got := Addresses(strings.Join(field, rapid.SampledFrom([]string{", ", ",", " , ", "; "}).Draw(t, "comma")))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q gives %q, want %q", field, got, want)
		}
	})
}
