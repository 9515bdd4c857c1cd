package markup_test

import (
	"strings"
	"testing"

	"kept/internal/markup"
)

// replies are answers as mail programs write them in HTML; all say "The kettle arrived." and quote "On its way".
var replies = map[string]string{
	"Gmail":               `<div dir="ltr">The kettle arrived.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Tue, Mar 4, 2025 at 9:12 AM Maya &lt;<a href="mailto:maya@shop.example">maya@shop.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><p>On its way</p></blockquote></div>`,
	"Gmail, new language": `<div dir="ltr">The kettle arrived.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Maya hat qaSpuʼDIʼ<br></div><blockquote class="gmail_quote"><p>On its way</p></blockquote></div>`,
	"Outlook on the web":  `<div style="font-size:12pt">The kettle arrived.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>From:</b> Maya &lt;maya@shop.example&gt;<br><b>Sent:</b> Tuesday, March 4, 2025 9:12 AM<br><b>To:</b> Tom<br><b>Subject:</b> Kettle</font><div>&nbsp;</div></div><div>On its way</div>`,
	"Outlook desktop":     `<div class="WordSection1"><p class="MsoNormal">The kettle arrived.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Von:</b> Maya &lt;maya@shop.example&gt; <br><b>Gesendet:</b> Dienstag, 4. März 2025 09:12<br><b>An:</b> Tom<br><b>Betreff:</b> Kessel<o:p></o:p></p></div></div><p class="MsoNormal">On its way</p></div>`,
	"Apple Mail":          `<html><body>The kettle arrived.<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>On 4 Mar 2025, at 09:12, Maya &lt;maya@shop.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>On its way</div></blockquote></div></body></html>`,
	"Thunderbird":         `<p>The kettle arrived.<br></p><div class="moz-cite-prefix">On 04/03/2025 09:12, Maya wrote:<br></div><blockquote type="cite" cite="mid:x@shop.example"><p>On its way</p></blockquote>`,
	"Yahoo":               `<div class="ydp1yahoo-style-wrap"><div dir="ltr">The kettle arrived.</div></div><div id="ydp2yahoo_quoted_123" class="ydp2yahoo_quoted"><div><div>On Tuesday, 4 March 2025 at 09:12:45 GMT, Maya &lt;maya@shop.example&gt; wrote:</div><div><br></div><div>On its way</div></div></div>`,
	"Proton":              `<div style="font-family: Arial">The kettle arrived.</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Sent with Proton Mail secure email.</div></div><div class="protonmail_quote">On Tuesday, March 4th, 2025 at 9:12 AM, Maya &lt;maya@shop.example&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">On its way</blockquote></div>`,
	"Zimbra":              `<div style="color:#000"><div>The kettle arrived.</div><div><br></div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>"Maya" &lt;maya@shop.example&gt;<br><b>To: </b>"Tom" &lt;tom@okafor.example&gt;<br><b>Sent: </b>Tuesday, March 4, 2025 9:12:45 AM<br><b>Subject: </b>Kettle<br></div><div>On its way</div></div>`,
	"Mail.ru":             `<div>The kettle arrived.</div><div>&nbsp;</div><div class="mail-quote-collapse"><blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">Вторник, 4 марта 2025, 9:12 +03:00 от Maya &lt;maya@shop.example&gt;:<br>&nbsp;<div>On its way</div></blockquote></div>`,
	"QQ":                  `<div>The kettle arrived.</div><div><br></div><div style="font-size:12px;padding:2px 0;">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="background:#efefef"><div><b>发件人:</b> "Maya"&lt;maya@shop.example&gt;;</div><div><b>发送时间:</b> 2025年3月4日 9:12</div><div><b>收件人:</b> "Tom"&lt;tom@okafor.example&gt;;</div><div><b>主题:</b> Kettle</div></div><div>On its way</div>`,
	"Front":               `<div>The kettle arrived.</div><br><div class="front-blockquote"><div>On March 4, 2025 at 9:12 AM GMT <a href="mailto:maya@shop.example">maya@shop.example</a> wrote:</div><blockquote type="cite" class="front-blockquote">On its way</blockquote></div>`,
	"Lotus Notes":         `<font face="Default Sans Serif">The kettle arrived.<br><br><font color="#990099">-----Maya/Shop wrote: -----</font><div style="padding-left:5px;border-left:2px solid black">To: Tom/Okafor@Okafor<br>From: Maya/Shop<br>Date: 03/04/2025 09:12AM<br>Subject: Kettle<br><br>On its way</div></font>`,
	"GMX":                 `<div>The kettle arrived.</div><div>&nbsp;<div name="quote" style="margin:10px 5px 5px 10px;padding:10px 0 10px 10px;border-left:2px solid #C3D9E5"><div><b>Gesendet:</b> Dienstag, 04. März 2025 um 09:12 Uhr<br><b>Von:</b> Maya &lt;maya@shop.example&gt;<br><b>An:</b> tom@okafor.example<br><b>Betreff:</b> Kessel</div><div name="quoted-content">On its way</div></div></div>`,
	"Outlook mobile":      `<div dir="auto">The kettle arrived.</div><div id="ms-outlook-mobile-signature"><div>Get <a href="https://aka.example/o0ukef">Outlook for iOS</a></div></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg"><b>De :</b> Maya &lt;maya@shop.example&gt;<br><b>Envoyé :</b> mardi 4 mars 2025<br><b>À :</b> Tom<br><b>Objet :</b> Bouilloire</div><div>On its way</div>`,
}

func TestHTMLRepliesAreFoldedWithTheirFormatting(t *testing.T) {
	for name, source := range replies {
		t.Run(name, func(t *testing.T) {
			safe := markup.Sanitise(source, markup.SafeOptions{})
			visible, folded, interleaved := markup.FoldHTML(safe.HTML)
			if got := markup.Text(visible); got != "The kettle arrived." {
				t.Errorf("The reader sees %q", got)
			}
			if !strings.Contains(folded, "On its way") || !strings.HasPrefix(folded, `<details class="kept-fold">`) {
				t.Errorf("The history is %q", folded)
			}
			if interleaved {
				t.Error("Nobody answered between the lines.")
			}
			if !sameWords(markup.Text(visible)+" "+strings.Replace(markup.Text(folded), "…", "", 1), markup.Text(safe.HTML)) {
				t.Errorf("Words were lost:\n%s\n%s\n%s", safe.HTML, visible, folded)
			}
			if got := markup.Visible("", source).Visible(); got != "The kettle arrived." {
				t.Errorf("As text the reader sees %q", got)
			}
		})
	}
}

func TestFoldingLeavesTheRestAlone(t *testing.T) {
	for name, source := range map[string]string{
		"no history":             `<p>The <b>lid</b> broke.</p>`,
		"answers between":        `<p>Hello Maya</p><blockquote type="cite">Broken?</blockquote><p>Yes.</p><blockquote type="cite">A new one?</blockquote><p>Please.</p>`,
		"the writer's own quote": `<p>Your page says</p><blockquote>two years</blockquote><p>but it lasted one.</p>`,
		"indented words":         `<p>Please note:</p><blockquote style="margin: 0 0 0 40px; border: none; padding: 0px">the <i>blue</i> one</blockquote>`,
		"only a quote":           `<blockquote type="cite">The lid broke.</blockquote>`,
		"forward":                `<p>Please help.</p><div class="gmail_quote">---------- Forwarded message ---------<br>From: Iris &lt;iris@costa.example&gt;<br>Date: today<br>Subject: Lid<br>To: Tom<br><br>It broke.</div>`,
		"nothing":                ``,
	} {
		t.Run(name, func(t *testing.T) {
			safe := markup.Sanitise(source, markup.SafeOptions{})
			if visible, folded, _ := markup.FoldHTML(safe.HTML); visible != safe.HTML || folded != "" {
				t.Errorf("visible %s\nfolded %s", visible, folded)
			}
		})
	}
}

func TestFormattingStaysOnBothSides(t *testing.T) {
	safe := markup.Sanitise(`<div style="color: red">The <b>lid</b> broke.<div class="moz-cite-prefix">Am 04.03.2025 um 09:12 schrieb Maya:</div><blockquote type="cite"><ul><li>one</li><li><i>two</i></li></ul><img src="cid:pic" alt="drawing"></blockquote></div>`, markup.SafeOptions{CID: func(string) string { return "/files/7" }})
	visible, folded, _ := markup.FoldHTML(safe.HTML)
	if want := `<div style="color: red">The <b>lid</b> broke.</div>`; visible != want {
		t.Errorf("visible %s", visible)
	}
	for _, want := range []string{`style="color: red"`, `<blockquote type="cite"><ul><li>one</li><li><i>two</i></li></ul>`, `src="/files/7"`} {
		if !strings.Contains(folded, want) {
			t.Errorf("%s is missing in %s", want, folded)
		}
	}
}

func TestOurOwnWordsAreFoldedWithoutAnyMark(t *testing.T) {
	ours := "Hello Tom,\n\nyour kettle left our warehouse on Monday and should be with you by Thursday at the latest. The lid is covered by the warranty.\n\nMaya"
	wrapped := strings.ReplaceAll(strings.ReplaceAll(ours, " and should", "\nand should"), " The lid", "\nThe lid")
	z := markup.FoldKnown("It has not arrived!\n\nTom\n\n"+wrapped+"\n", []string{"something else", ours})
	wantWhole(t, z)
	if got := z.Visible(); strings.Contains(got, "warehouse") || !strings.HasPrefix(got, "It has not arrived!") {
		t.Errorf("The reader sees %q", got)
	}
	mixed := markup.FoldKnown("your kettle left our warehouse on Monday and should be with you by Thursday at the latest.\nIt did not.\n", []string{ours})
	if got := mixed.Visible(); got != "It did not." {
		t.Errorf("The reader sees %q", got)
	}
	for _, own := range []string{"Thank you for the kettle.", "Hello Tom, your kettle left", "It left our warehouse on Monday, you said, so where is it now? I have waited for three days and nobody came."} {
		if got := markup.FoldKnown(own, []string{ours}).Visible(); got != own {
			t.Errorf("%q became %q", own, got)
		}
	}
	visible, folded, _ := markup.FoldHTMLKnown("<p>It has not arrived!</p><p>"+strings.ReplaceAll(ours, "\n", "<br>")+"</p>", []string{ours})
	if strings.Contains(visible, "warehouse") || !strings.Contains(folded, "warehouse") {
		t.Errorf("visible %s\nfolded %s", visible, folded)
	}
}

func TestThePlainPartIsPreferredAndTheHTMLPartHelps(t *testing.T) {
	z := markup.Visible("The kettle arrived.\n\nMaya said\n\nYour kettle is on its way and will be with you on Thursday at noon, unless it rains all day.\n",
		`<p>The kettle arrived.</p><div class="gmail_quote"><div class="gmail_attr">Maya said</div><blockquote class="gmail_quote">Your kettle is on its way and will be with you on Thursday at noon, unless it rains all day.</blockquote></div>`)
	wantWhole(t, z)
	if got := z.Visible(); strings.Contains(got, "on its way") || !strings.HasPrefix(got, "The kettle arrived.") {
		t.Errorf("The reader sees %q", got)
	}
}
