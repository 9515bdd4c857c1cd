//go:build unix

package markup_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"kept/internal/markup"
)

// newsletter is about 30 KB of the HTML that shops send: nested tables, styles, pictures, tracked links.
func newsletter() string {
	var b strings.Builder
	b.WriteString(`<html><head><style>td{color:red}</style></head><body bgcolor="#f4f4f4"><table width="100%" cellpadding="0" cellspacing="0">`)
	for i := range 38 {
		fmt.Fprintf(&b, `<tr><td align="center" style="padding: 12px 24px; font-family: Arial, 'Helvetica Neue', sans-serif; font-size: 14px; line-height: 20px; color: #333333; background-color: #ffffff">
<table width="600" align="center"><tr><td valign="top"><a href="https://click.shop.example/t/%d?c=abc&amp;u=%d" style="text-decoration: none; color: #1155cc"><img src="https://img.shop.example/p/%d.png" width="280" height="180" alt="Kettle %d" style="display: block; border: 0"></a></td>
<td valign="top" style="padding-left: 16px"><h3 style="margin: 0 0 8px">Kettle number %d</h3><p style="margin: 0">Boils a litre in two minutes, whistles when it is done, and can be repaired.</p></td></tr></table></td></tr>`, i, i, i, i, i)
	}
	b.WriteString(`</table><img src="https://open.shop.example/o.gif" width="1" height="1"></body></html>`)
	return b.String()
}

// longReply is about 10 KB: an answer above a marked history of several rounds.
func longReply() string {
	var b strings.Builder
	b.WriteString("Hello Maya,\n\n" + answer + "\n\nBest regards,\nTom Okafor\n\n-- \nTom Okafor\nOkafor Ltd\n+44 20 7946 0000\n\n")
	for round := 1; b.Len() < 10_000; round++ {
		marks := strings.Repeat(">", round)
		for _, l := range strings.Split(intros["English, Gmail"]+"\n\n"+asked+"\n\n"+answer, "\n") {
			b.WriteString(marks[1:] + " " + l + "\n")
		}
	}
	return b.String()
}

func BenchmarkSanitise(b *testing.B) {
	source := newsletter()
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		markup.Sanitise(source, markup.SafeOptions{})
	}
}

func BenchmarkVisible(b *testing.B) {
	source := longReply()
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		_ = markup.Visible(source, "").Visible()
	}
}

func BenchmarkFoldHTML(b *testing.B) {
	safe := markup.Sanitise(newsletter(), markup.SafeOptions{}).HTML
	b.SetBytes(int64(len(safe)))
	for b.Loop() {
		markup.FoldHTML(safe)
	}
}

// TestGarbageTakesLinearTime feeds long runs of what makes careless programs quadratic. It counts processor time, so that
// a busy machine does not fail it; a quadratic step takes ten times the limit.
func TestGarbageTakesLinearTime(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, 1<<17/len(s)) }
	for name, s := range map[string]string{
		"a megabyte of quote marks": strings.Repeat(">", 1<<20), "a megabyte of divisions": strings.Repeat("<div>", 1<<20/5), "quote lines": fill(">\n"), "open bold": fill("<b>"), "open bold with attributes": boldly(), "open links": fill(`<a href="http://x.test">`),
		"less-than": fill("<"), "comments": fill("<!--"), "tables": fill("<table><tr><td>"), "paragraphs": fill("<p>x"), "lists": "<ol>" + fill("<li>x"), "quotes": fill(`"`), "ampersands": fill("&amp"), "at signs": fill("a@"), "dots": fill("a."),
		"schemes": fill("http://"), "attributions": fill("On 4 Mar 2025 Maya <a@b.example> wrote:\n"), "attribution starts": fill("On Monday, 4 March 2025\n"), "headers": fill("From: a@b.example\n"), "header starts": fill("From: a\nx\n"), "dashes": fill("--\n"),
		"rulers": fill("____\n\n"), "signatures": fill("-- \nTom\n"), "devices": fill("Sent from my phone\n"), "closings": fill("Best regards\n"), "disclaimers": fill("confidential intended recipient privileged unauthorised\n\n"), "brackets": fill("http://x.test/(("),
		"one word": fill("a"), "spaces": fill(" "), "new lines": fill("\n"), "carriage returns": fill("\r"), "nested quotes": fill("<blockquote>q"), "styles": `<p style="` + fill("a:b;") + `">x`, "brackets in style": `<p style="` + fill("(") + `">x`, "pre": "<pre>" + fill("x\n"),
		"forwards": fill("---------- Forwarded message ---------\n"), "open angle": fill("On 1.1.2025 <\n"), "spans": fill("<span>x</span>"), "mis-nested": fill("<b><p></b>"), "formatting": fill("<b><i><u><p>"),
	} {
		t.Run(name, func(t *testing.T) {
			for step, f := range map[string]func(){
				"Sanitise": func() { markup.Sanitise(s, markup.SafeOptions{}) }, "Text": func() { markup.Text(s) }, "FromText": func() { markup.FromText(s) }, "Zones": func() { _ = markup.Zones(s).Visible() },
				"Visible": func() { _ = markup.Visible("", s).Visible() }, "FoldHTML": func() { markup.FoldHTML(s) }, "FoldKnown": func() { markup.FoldKnown(s, []string{s}) },
			} {
				began := processorTime(t)
				f()
				if took := processorTime(t) - began; took > 1500*time.Millisecond {
					t.Errorf("%s took %s.", step, took)
				} else if took > 300*time.Millisecond {
					t.Logf("%s took %s", step, took)
				}
			}
		})
	}
}

// boldly opens formatting elements that a parser must remember one by one.
func boldly() string {
	var b strings.Builder
	for i := 0; b.Len() < 1<<17; i++ {
		fmt.Fprintf(&b, `<b c=%d><p>`, i)
	}
	return b.String()
}

func processorTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
