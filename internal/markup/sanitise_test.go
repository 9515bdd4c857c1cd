package markup_test

import (
	"strings"
	"testing"

	"kept/internal/markup"
)

func TestSanitiseRefusesWhatActs(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"a script":                     {`<p>Hi<script>alert(1)</script></p>`, `<p>Hi</p>`},
		"a handler":                    {`<p onclick="x()">Hi</p>`, `<p>Hi</p>`},
		"a hidden scheme":              {`<a href="jav&#x0A;ascript:x">Hi</a>`, `Hi`},
		"a data page":                  {`<a href="data:text/html,x">Hi</a>`, `Hi`},
		"a form, but not its words":    {`<form action="//x.test">Name <input name=a><button>Send</button></form>`, `Name Send`},
		"a frame":                      {`<iframe src="//x.test"></iframe>Hi`, `Hi`},
		"a base and a refresh":         {`<base href="//x.test"><meta http-equiv=refresh content="0;url=//x.test">Hi`, `Hi`},
		"a drawing that scripts":       {`<svg onload=x><a xlink:href="javascript:x">y</a></svg>Hi`, `Hi`},
		"names that stand in for ours": {`<p id="app" name="body">Hi</p><a name="x">there</a>`, `<p>Hi</p>there`},
		"a style that loads":           {`<p style="color: red; background: url(//x.test/a.png)">Hi</p>`, `<p style="color: red">Hi</p>`},
		"a style that covers":          {`<p style="position: fixed; top: 0; z-index: 9; font-weight: bold">Hi</p>`, `<p style="font-weight: bold">Hi</p>`},
		"a style in disguise":          {`<p style="width: exp/**/ression(x); b\65havior: x; margin: -999px; color: blue">Hi</p>`, `<p style="color: blue">Hi</p>`},
		"a comment":                    {`<!--[if mso]><p>x</p><![endif]-->Hi`, `Hi`},
		"words that look like tags":    {`a &lt;script&gt; b`, `a &lt;script&gt; b`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := markup.Sanitise(c.source, markup.SafeOptions{}); got.HTML != c.want || got.Plain {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestSanitiseKeepsWhatMailLooksLike(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"a table":             {`<table width="600" cellpadding=0 bgcolor="#FFFFFF"><tr><td align=center valign=top>x</td></tr></table>`, `<table width="600" cellpadding="0" bgcolor="#FFFFFF"><tbody><tr><td align="center" valign="top">x</td></tr></tbody></table>`},
		"colours":             {`<span style="COLOR:#c00;font-family:'Open Sans',Arial">x</span>`, `<span style="color: #c00; font-family: &#39;Open Sans&#39;,Arial">x</span>`},
		"page colours":        {`<body bgcolor=#eeeeee text=navy><p>x</p></body>`, `<div bgcolor="#eeeeee" style="color: navy"><p>x</p></div>`},
		"an old font":         {`<font face="Verdana, Arial" size="+1" color=red>x</font>`, `<font color="red" face="Verdana, Arial" size="+1">x</font>`},
		"unknown tags":        {`<o:p>x</o:p><blink>y</blink>`, `xy`},
		"a list":              {`<ol start=3 type=a><li>x<li>y</ol>`, `<ol start="3" type="a"><li>x</li><li>y</li></ol>`},
		"a picture pasted in": {`<img src="data:image/png;base64,iVBORw0KGgo=" alt="lid">`, `<img alt="lid" src="data:image/png;base64,iVBORw0KGgo="/>`},
		"another direction":   {`<p dir=rtl lang=ar>سلام</p>`, `<p dir="rtl" lang="ar">سلام</p>`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := markup.Sanitise(c.source, markup.SafeOptions{}).HTML; got != c.want {
				t.Error(got)
			}
		})
	}
}

func TestRemotePicturesWaitUntilAskedFor(t *testing.T) {
	source := `<img src="http://img.shop.example/a.png" alt="Kettle"><img src="//img.shop.example/b.png"><img src="https://t.shop.example/o?x=1" width=1 height=1><img src="https://t.shop.example/p" style="display:none"><img src="cid:lid@costa.example"><img src="/local.png">`
	own := func(id string) string { return map[string]string{"lid@costa.example": "/files/9"}[id] }
	held := markup.Sanitise(source, markup.SafeOptions{CID: own})
	if held.RemoteImages != 2 || held.Trackers != 2 {
		t.Errorf("%d pictures, %d trackers", held.RemoteImages, held.Trackers)
	}
	if strings.Contains(held.HTML, ` src="http`) || !strings.Contains(held.HTML, `data-remote-src="https://img.shop.example/b.png"`) || !strings.Contains(held.HTML, `src="/files/9"`) || strings.Contains(held.HTML, "local.png") {
		t.Error(held.HTML)
	}
	shown := markup.Sanitise(source, markup.SafeOptions{CID: own, RemoteImages: true})
	if !strings.Contains(shown.HTML, ` src="http://img.shop.example/a.png"`) || strings.Contains(shown.HTML, ` src="https://t.shop.example`) {
		t.Error(shown.HTML)
	}
	if later := markup.Sanitise(held.HTML, markup.SafeOptions{CID: own, RemoteImages: true}); later.HTML != shown.HTML {
		t.Errorf("Asking later should show the same:\n%s\n%s", later.HTML, shown.HTML)
	}
}

func TestLinksSayWhereTheyLead(t *testing.T) {
	for _, c := range []struct {
		source   string
		target   string
		mismatch bool
	}{
		{`<a href="https://shop.example/x">our shop</a>`, "https://shop.example/x", false},
		{`<a href="https://www.shop.com/x">shop.com</a>`, "https://www.shop.com/x", false},
		{`<a href="https://click.shop.co.uk/t/1">www.shop.co.uk</a>`, "https://click.shop.co.uk/t/1", false},
		{`<a href="https://evil.test/x">https://www.bank.com/login</a>`, "https://evil.test/x", true},
		{`<a href="https://evil.co.uk/">bank.co.uk</a>`, "https://evil.co.uk/", true},
		{`<a href="https://bank.com@evil.test/">Log in</a>`, "https://bank.com@evil.test/", true},
		{`<a href="mailto:tom@okafor.example">tom@okafor.example</a>`, "mailto:tom@okafor.example", false},
		{`<a href="mailto:eve@evil.test">tom@okafor.com</a>`, "mailto:eve@evil.test", true},
		{`<a href="tel:+442079460000">+44 20 7946 0000</a>`, "tel:+442079460000", false},
		{`<a href=" HTTPS:\\shop.example\x y ">x</a>`, "https://shop.example/x%20y", false},
		{`<a href="www.shop.example">x</a>`, "http://www.shop.example", false},
	} {
		safe := markup.Sanitise(c.source, markup.SafeOptions{})
		if len(safe.Links) != 1 || safe.Links[0].URL != c.target || safe.Links[0].Mismatch != c.mismatch || strings.Contains(safe.HTML, "mismatch") != c.mismatch {
			t.Errorf("%s\n%+v", c.source, safe)
		}
		if !strings.Contains(safe.HTML, `rel="noopener noreferrer nofollow" target="_blank"`) {
			t.Error(safe.HTML)
		}
	}
}

func TestWhatCannotBeSettledIsShownAsText(t *testing.T) {
	for name, source := range map[string]string{
		"too deep": strings.Repeat("<div>", 5000) + "The lid broke.", "too large": strings.Repeat("<p>x</p>", 300_000) + "The lid broke.", "no body": "<frameset><frame src=x></frameset><noframes>The lid broke.</noframes>",
	} {
		t.Run(name, func(t *testing.T) {
			safe := markup.Sanitise(source, markup.SafeOptions{})
			if name != "no body" && (!safe.Plain || !strings.Contains(safe.HTML, "The lid broke.")) {
				t.Errorf("%.200s", safe.HTML)
			}
			if again := markup.Sanitise(safe.HTML, markup.SafeOptions{}); again.HTML != safe.HTML {
				t.Errorf("%.200s", again.HTML)
			}
			if got := markup.Text(safe.HTML); name != "no body" && !strings.HasSuffix(got, "The lid broke.") {
				t.Errorf("%.200s", got)
			}
		})
	}
}

func TestTextIsReadable(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"paragraphs":   {`<p>One</p><p>Two<br>three</p>`, "One\n\nTwo\nthree"},
		"divisions":    {`<div>One</div><div>Two</div><div><br></div><div>Three</div>`, "One\nTwo\n\nThree"},
		"spaces":       {"<p>  One\n  two&nbsp;&nbsp;three <b> four</b></p>", "One two  three four"},
		"a list":       {`<ul><li>a<li>b<ol start=4><li>c<li>d</ol></ul>`, "- a\n- b\n  4. c\n  5. d"},
		"a table":      {`<table><tr><th>Item</th><th>Price</th></tr><tr><td>Lid</td><td>4</td></tr></table>`, "Item Price\nLid 4"},
		"a quote":      {`<p>x</p><blockquote><p>a</p><p>b</p><blockquote>c</blockquote></blockquote>`, "x\n\n> a\n>\n> b\n>\n>> c"},
		"as written":   {"<pre>if x {\n    y\n}</pre>", "if x {\n    y\n}"},
		"a link":       {`<a href="https://shop.example/x">our shop</a>`, "our shop (https://shop.example/x)"},
		"a bare link":  {`<a href="https://shop.example/">https://shop.example</a> <a href="mailto:a@b.example">a@b.example</a>`, "https://shop.example a@b.example"},
		"a picture":    {`<p>See <img src=x alt="the lid"> here</p>`, "See the lid here"},
		"no machinery": {`<title>t</title><style>p{}</style><script>x</script><p>Hi</p>`, "Hi"},
		"a line":       {`<p>a</p><hr><p>b</p>`, "a\n\n---\n\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := markup.Text(c.source); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestPlainTextBecomesAPage(t *testing.T) {
	link := func(target, words string) string {
		return `<a href="` + target + `" rel="noopener noreferrer nofollow" target="_blank">` + words + `</a>`
	}
	for name, c := range map[string]struct{ text, want string }{
		"nothing":    {" \n", ""},
		"paragraphs": {"One\ntwo\r\n\r\n\r\nthree", "<p>One<br/>two</p><p>three</p>"},
		"markup":     {`<b>"x"</b> & y`, "<p>&lt;b&gt;&#34;x&#34;&lt;/b&gt; &amp; y</p>"},
		"indents":    {"a\n  b", "<p>a<br/>\u00a0 b</p>"},
		"a link":     {"See www.shop.com.", "<p>See " + link("http://www.shop.com", "www.shop.com") + ".</p>"},
		"an address": {"(maya@shop.example)", "<p>(" + link("mailto:maya@shop.example", "maya@shop.example") + ")</p>"},
		"brackets":   {"https://shop.example/a_(b), ok", "<p>" + link("https://shop.example/a_(b)", "https://shop.example/a_(b)") + ", ok</p>"},
		"a file":     {"see report.pdf, main.go and notes.md", "<p>see report.pdf, main.go and notes.md</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			got := markup.FromText(c.text)
			if got != c.want {
				t.Errorf("%q", got)
			}
			if safe := markup.Sanitise(got, markup.SafeOptions{}).HTML; safe != got {
				t.Errorf("Sanitising changed it: %q", safe)
			}
		})
	}
}
