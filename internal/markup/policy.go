package markup

import (
	"regexp"
	"strings"
)

// dropped elements vanish with all they hold: what is inside is for a machine, not for a reader.
var dropped = set("script style iframe object embed applet template svg math head title base meta link frameset frame " +
	"audio video canvas source track param select option datalist map area noembed xml portal fencedframe")

// allowed elements may stand in a mail. Every other element (forms and their fields among them) is unwrapped: its words stay.
var allowed = set("abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details " +
	"dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i ins kbd li main mark nav ol p pre q rp rt " +
	"ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr")

// attributes may stand on any element, with values of the given shape. No id, no name: they could stand in for our own.
var attributes = map[string]*regexp.Regexp{
	"align": word, "valign": word, "dir": regexp.MustCompile(`(?i)^(?:ltr|rtl|auto)$`), "lang": regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`),
	"width": size, "height": size, "border": size, "cellpadding": size, "cellspacing": size, "hspace": size, "vspace": size,
	"colspan": number, "rowspan": number, "span": number, "start": number, "value": number, "size": regexp.MustCompile(`^[+-]?\d{1,2}$`),
	"bgcolor": colourValue, "color": colourValue, "nowrap": regexp.MustCompile(`(?i)^(?:nowrap)?$`), "noshade": regexp.MustCompile(`(?i)^(?:noshade)?$`),
	"face": regexp.MustCompile(`^[\p{L}\p{N} ,'_-]{1,120}$`), "title": anyText, "alt": anyText, "summary": anyText,
	"type": regexp.MustCompile(`(?i)^(?:[1ai]|disc|circle|square|cite)$`), "class": regexp.MustCompile(`^kept-(?:fold|plain)$`), "scope": word,
}

var (
	word    = regexp.MustCompile(`^[A-Za-z]{1,12}$`)
	size    = regexp.MustCompile(`^\d{1,4}(?:\.\d{1,3})?(?:%|px)?$`)
	number  = regexp.MustCompile(`^\d{1,3}$`)
	anyText = regexp.MustCompile(`(?s)^.*$`)
)

func safeAttribute(key, value string) (string, bool) {
	shape, known := attributes[key]
	if !known {
		return "", false
	}
	if shape != anyText {
		value = strings.TrimSpace(value)
	}
	return value, shape.MatchString(value)
}

// styles are the properties that change how words look and cannot lay them over something else.
var styles = set("background background-color border border-bottom border-bottom-color border-bottom-left-radius border-bottom-right-radius " +
	"border-bottom-style border-bottom-width border-collapse border-color border-left border-left-color border-left-style border-left-width " +
	"border-radius border-right border-right-color border-right-style border-right-width border-spacing border-style border-top " +
	"border-top-color border-top-left-radius border-top-right-radius border-top-style border-top-width border-width box-sizing caption-side " +
	"clear color direction display float font font-family font-size font-style font-variant font-weight height letter-spacing line-height " +
	"list-style list-style-position list-style-type margin margin-bottom margin-left margin-right margin-top max-height max-width min-height " +
	"min-width opacity overflow overflow-wrap padding padding-bottom padding-left padding-right padding-top table-layout text-align " +
	"text-decoration text-decoration-color text-decoration-line text-decoration-style text-indent text-overflow text-transform " +
	"unicode-bidi vertical-align visibility white-space width word-break word-spacing word-wrap")

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	// cssValue has no backslash, angle, brace or at sign, so that no escape and no at-rule can be written with it.
	cssValue    = regexp.MustCompile(`^[\p{L}\p{N} #%.,'"()!+*/_-]{1,300}$`)
	cssFunction = regexp.MustCompile(`([\p{L}\p{N}_-]*)\s*\(`)
	cssHuge     = regexp.MustCompile(`\d{5,}|\d\s*(?:vw|vh|vmin|vmax|dvh|svh|lvh)`)
	cssNegative = regexp.MustCompile(`(?:^|[\s(,])-\s*\.?\d`)
)

// safeStyle keeps the harmless declarations of a style attribute and writes them in one form.
func safeStyle(style string) string {
	if len(style) > 8<<10 {
		return ""
	}
	var kept []string
	for _, d := range declarations(cssComment.ReplaceAllString(style, "")) {
		name, value, ok := strings.Cut(d, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.Join(strings.Fields(value), " ")
		if ok && styles[name] && safeValue(name, value) {
			kept = append(kept, name+": "+value)
		}
	}
	return strings.Join(kept, "; ")
}

func safeValue(name, value string) bool {
	if !cssValue.MatchString(value) || cssHuge.MatchString(strings.ToLower(value)) || strings.Count(value, `"`)%2+strings.Count(value, `'`)%2 > 0 {
		return false
	}
	for _, f := range cssFunction.FindAllStringSubmatch(value, -1) {
		switch strings.ToLower(f[1]) {
		case "rgb", "rgba", "hsl", "hsla":
		default:
			return false
		}
	}
	spacing := name == "letter-spacing" || name == "word-spacing" || name == "vertical-align"
	return spacing || !cssNegative.MatchString(value)
}

// declarations splits at semicolons outside quotes and brackets.
func declarations(style string) []string {
	var out []string
	depth, start := 0, 0
	quote := byte(0)
	for i := 0; i < len(style); i++ {
		switch ch := style[i]; {
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '"' || ch == '\'':
			quote = ch
		case ch == '(':
			depth++
		case ch == ')' && depth > 0:
			depth--
		case ch == ';' && depth == 0:
			out = append(out, style[start:i])
			start = i + 1
		}
	}
	return append(out, style[start:])
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
