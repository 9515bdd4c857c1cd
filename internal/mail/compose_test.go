package mail

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"kept/internal/fault"
)

func draft() Outgoing {
	return Outgoing{
		From: Address{Name: "Lamp Desk", Address: "desk@example.com"}, To: []Address{{Name: "Tom Reed", Address: "tom@example.org"}}, Subject: "Your lamp",
		Date: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC), MessageID: "kept.abc.1@example.com", Text: "Hello Tom\n",
	}
}

func TestComposeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Outgoing){
		"no sender":                   func(o *Outgoing) { o.From.Address = "" },
		"nobody to go to":             func(o *Outgoing) { o.To = nil },
		"not an address":              func(o *Outgoing) { o.To[0].Address = "tom" },
		"a line break in the address": func(o *Outgoing) { o.To[0].Address = "tom@example.org\r\nBcc: eve@example.net" },
		"a line break in a name":      func(o *Outgoing) { o.To[0].Name = "Tom\nBcc: eve@example.net" },
		"a line break in the subject": func(o *Outgoing) { o.Subject = "Lamp\r\n\r\nbody" },
		"a lone carriage return":      func(o *Outgoing) { o.Subject = "Lamp\rx" },
		"a line break in an id":       func(o *Outgoing) { o.InReplyTo = "a@b\r\nX: y" },
		"brackets in an id":           func(o *Outgoing) { o.References = []string{"<a@b>"} },
		"a line break in a file name": func(o *Outgoing) { o.Attachments = []Attachment{{Name: "a\r\nb"}} },
		"a field that is ours":        func(o *Outgoing) { o.Header = []ExtraField{{Name: "Bcc", Value: "eve@example.net"}} },
		"a field name with a colon":   func(o *Outgoing) { o.Header = []ExtraField{{Name: "X: y", Value: "z"}} },
		"a line break in a field":     func(o *Outgoing) { o.Header = []ExtraField{{Name: "X-A", Value: "b\r\nBcc: eve@example.net"}} },
		"a line break in a content id": func(o *Outgoing) {
			o.Inline = []Attachment{{Name: "a", ContentID: "x>\r\nX-Evil: 1"}}
		},
		"a line break in what it is": func(o *Outgoing) { o.AutoSubmitted = "auto-replied\r\nX: y" },
	} {
		o := draft()
		spoil(&o)
		_, err := Compose(o)
		if err == nil || fault.Of(err) != fault.Invalid || !strings.HasSuffix(strings.TrimSpace(err.Error()), ".") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestComposeShapes(t *testing.T) {
	picture := Attachment{Name: "lamp.png", Type: "image/png", ContentID: "p1@example.com", Content: []byte("png")}
	file := Attachment{Name: "Rechnung für März.pdf", Type: "application/pdf", Content: []byte("pdf")}
	for _, c := range []struct {
		name  string
		set   func(*Outgoing)
		types []string
	}{
		{"text alone", func(o *Outgoing) {}, []string{"text/plain"}},
		{"text and HTML", func(o *Outgoing) { o.HTML = "<p>Hello</p>" }, []string{"multipart/alternative"}},
		{"a picture", func(o *Outgoing) { o.HTML, o.Inline = "<img src=cid:p1@example.com>", []Attachment{picture} }, []string{"multipart/alternative", "multipart/related"}},
		{"all of it", func(o *Outgoing) {
			o.HTML, o.Inline, o.Attachments = "<p>x</p>", []Attachment{picture}, []Attachment{file}
		}, []string{"multipart/mixed", "multipart/alternative", "multipart/related", "utf-8''Rechnung%20f%C3%BCr%20M%C3%A4rz.pdf"}},
	} {
		o := draft()
		c.set(&o)
		raw, err := Compose(o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, want := range c.types {
			if !bytes.Contains(raw, []byte(want)) {
				t.Errorf("%s: no %s in\n%s", c.name, want, raw)
			}
		}
		m := Parse(raw)
		if m.Text != o.Text || m.HTML != o.HTML || len(m.Attachments) != len(o.Inline)+len(o.Attachments) {
			t.Errorf("%s: reads %q %q %s", c.name, m.Text, m.HTML, names2(m.Attachments))
		}
	}
}

func TestComposeHeader(t *testing.T) {
	o := draft()
	o.ReplyTo = []Address{{Address: PlusAddress("desk@example.com", "k3j9")}}
	o.InReplyTo = "last@example.org"
	for i := range 100 {
		o.References = append(o.References, strings.Repeat("x", i+1)+"@example.org")
	}
	o.AutoSubmitted = "auto-replied"
	o.Header = []ExtraField{{"List-Id", "<lamps.example.com>"}}
	raw, err := Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(raw)
	if m.ReplyTo[0].Address != "desk+k3j9@example.com" || m.InReplyTo[0] != "last@example.org" || m.Auto.Submitted != "auto-replied" || m.Auto.ListID != "lamps.example.com" {
		t.Errorf("%+v", m)
	}
	if len(m.References) != maxReferences || m.References[0] != "x@example.org" || m.References[maxReferences-1] != o.References[99] {
		t.Errorf("kept %d references, first %s", len(m.References), m.References[0])
	}
	if m.MayAutoReply() {
		t.Error("an automatic mail of ours would be answered by machine")
	}
	if again, _ := Compose(o); !bytes.Equal(raw, again) {
		t.Error("composing twice gives two messages")
	}
}

func TestPlusAddress(t *testing.T) {
	for in, want := range map[[2]string]string{{"desk@example.com", "t1"}: "desk+t1@example.com", {"desk@example.com", ""}: "desk@example.com", {"nonsense", "t1"}: "nonsense"} {
		if got := PlusAddress(in[0], in[1]); got != want {
			t.Errorf("%v: %s", in, got)
		}
	}
}

func TestSigning(t *testing.T) {
	public, private, err := ed25519.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner("example.com", "k1", []byte("no key")); err == nil {
		t.Error("took something for a key")
	}
	signer, err := NewSigner("example.com", "k1", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	o := draft()
	o.Sign = signer
	raw, err := Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "k1._domainkey.example.com" {
			t.Errorf("asked for %s", name)
		}
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}})
	if err != nil || len(verified) != 1 || verified[0].Err != nil {
		t.Errorf("%v %v", verified, err)
	}
}

// TestRoundTrip: whatever can be composed reads back the same.
func TestRoundTrip(t *testing.T) {
	line := rapid.StringMatching(`[A-Za-zäöüß日本 ,;:.!?"'()=_<>@-]{0,90}`)
	file := rapid.Custom(func(t *rapid.T) Attachment {
		return Attachment{Name: rapid.StringMatching(`[A-Za-zäöü日 _%"()-]{1,80}\.(png|pdf)`).Draw(t, "name"), Type: "application/pdf", Content: rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "content")}
	})
	rapid.Check(t, func(t *rapid.T) {
		o := draft()
		o.Subject = strings.Join(strings.Fields(line.Draw(t, "subject")), " ")
		o.To[0].Name = strings.Join(strings.Fields(rapid.StringMatching(`[A-Za-zäöü日本 ,;:.()@-]{0,70}`).Draw(t, "name")), " ")
		o.Text = strings.Join(rapid.SliceOfN(line, 0, 8).Draw(t, "text"), "\n") + "\n"
		if rapid.Bool().Draw(t, "rich") {
			o.HTML = "<p>" + line.Draw(t, "html") + "</p>"
		}
		o.Attachments = rapid.SliceOfN(file, 0, 3).Draw(t, "files")
		raw, err := Compose(o)
		if err != nil {
			t.Fatal(err)
		}
		m := Parse(raw)
		if m.Subject != o.Subject || m.Text != o.Text && strings.TrimSpace(o.Text) != "" || m.HTML != o.HTML {
			t.Fatalf("subject %q text %q html %q from\n%s", m.Subject, m.Text, m.HTML, raw)
		}
		if m.From[0] != o.From || m.To[0].Address != o.To[0].Address || normal(m.To[0].Name) != normal(o.To[0].Name) {
			t.Fatalf("to %q, want %q", m.To, o.To)
		}
		if len(m.Attachments) != len(o.Attachments) || m.MessageID != o.MessageID || !m.Date.Equal(o.Date) {
			t.Fatalf("%s", names2(m.Attachments))
		}
		for i, a := range m.Attachments {
			if strings.TrimSpace(o.Attachments[i].Name) != a.Name || !bytes.Equal(a.Content, o.Attachments[i].Content) || a.Size != len(a.Content) {
				t.Fatalf("file %q, want %q", a.Name, o.Attachments[i].Name)
			}
		}
	})
}

// normal is a name without the parentheses around the whole that readers take for a comment.
func normal(name string) string {
	return strings.Trim(name, `()" `)
}
