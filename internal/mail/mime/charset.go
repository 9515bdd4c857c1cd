package mime

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// Decode turns bytes of a declared charset into UTF-8. Labels lie: UTF-8 that is called Latin-1 or ASCII is read as UTF-8, bytes that
// are not valid in the declared charset, or have none, are read in the charset they look like.
func Decode(b []byte, label string) string {
	if isASCII(b) && !stateful(label) && !(label == "" && bytes.Contains(b, []byte("\x1b"))) {
		return string(b)
	}
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), "\"'"))
	switch label {
	case "utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7":
		return decodeUTF7(b)
	case "", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "unknown", "default", "8bit", "x-user-defined", "default_charset":
		return detect(b)
	case "utf-8", "utf8", "utf-8-sig", "unicode":
		if utf8.Valid(b) {
			return string(b)
		}
		return mostlyUTF8(b)
	}
	if latinLabels[label] && utf8.Valid(b) {
		return string(b)
	}
	enc := lookup(label)
	if enc == nil {
		return detect(b)
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return detect(b)
	}
	if !stateful(label) && utf8.Valid(b) && bytes.Count(out, replacement) > 0 {
		return string(b)
	}
	return string(out)
}

var replacement = []byte("\ufffd")

// latinLabels are the charsets in which nearly every byte is a character, so that a wrong label shows no error.
var latinLabels = map[string]bool{"iso-8859-1": true, "iso8859-1": true, "iso_8859-1": true, "latin1": true, "windows-1252": true, "cp1252": true, "iso-8859-15": true}

// aliases are names that neither index knows, each seen in mail.
var aliases = map[string]encoding.Encoding{
	"gb2312": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GB18030, "x-gbk": simplifiedchinese.GB18030, "cp936": simplifiedchinese.GB18030, "gb_2312-80": simplifiedchinese.GB18030,
	"hz-gb-2312": simplifiedchinese.HZGB2312, "ks_c_5601-1987": korean.EUCKR, "ksc5601": korean.EUCKR, "cp949": korean.EUCKR, "uhc": korean.EUCKR, "ms949": korean.EUCKR, "ks_c_5601": korean.EUCKR,
	"iso-2022-jp-ms": japanese.ISO2022JP, "iso-2022-jp-1": japanese.ISO2022JP, "iso-2022-jp-2": japanese.ISO2022JP, "cp50220": japanese.ISO2022JP, "cp50221": japanese.ISO2022JP,
	"cp932": japanese.ShiftJIS, "x-sjis-jp": japanese.ShiftJIS, "windows-31j": japanese.ShiftJIS, "big5-hkscs": traditionalchinese.Big5, "cp950": traditionalchinese.Big5,
	"cp1250": charmap.Windows1250, "cp1251": charmap.Windows1251, "cp1252": charmap.Windows1252, "cp1253": charmap.Windows1253, "cp1254": charmap.Windows1254, "cp1255": charmap.Windows1255,
	"cp1256": charmap.Windows1256, "cp1257": charmap.Windows1257, "win-1250": charmap.Windows1250, "win-1251": charmap.Windows1251, "win-1252": charmap.Windows1252,
	"cp437": charmap.CodePage437, "ibm437": charmap.CodePage437, "cp850": charmap.CodePage850, "ibm850": charmap.CodePage850, "cp858": charmap.CodePage858, "cp866": charmap.CodePage866,
	"macroman": charmap.Macintosh, "x-mac-roman": charmap.Macintosh, "mac": charmap.Macintosh, "iso8859-1": charmap.Windows1252, "iso_8859-1": charmap.Windows1252, "iso-8859-8-i": charmap.ISO8859_8,
	"iso-8859-8-e": charmap.ISO8859_8, "koi8-ru": charmap.KOI8U,
}

func lookup(label string) encoding.Encoding {
	if e := aliases[label]; e != nil {
		return e
	}
	if e, err := htmlindex.Get(label); err == nil {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(label); err == nil && e != nil {
		return e
	}
	if e, err := ianaindex.IANA.Encoding(label); err == nil && e != nil {
		return e
	}
	if squeezed := strings.ReplaceAll(strings.ReplaceAll(label, "_", "-"), " ", ""); squeezed != label {
		return lookup(squeezed)
	}
	if rest, ok := strings.CutPrefix(label, "x-"); ok {
		return lookup(rest)
	}
	return nil
}

// stateful charsets write their letters in ASCII bytes.
func stateful(label string) bool {
	if label == "" {
		return false
	}
	l := strings.ToLower(label)
	return strings.Contains(l, "utf-7") || strings.HasPrefix(l, "iso-2022") || strings.HasPrefix(l, "hz") || strings.HasPrefix(l, "utf-16") || strings.HasPrefix(l, "utf-32") || strings.HasPrefix(l, "cp5022")
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// detect reads bytes without a usable label: escape sequences of ISO-2022, valid UTF-8, else the best statistical guess, else windows-1252.
func detect(b []byte) string {
	if i := bytes.Index(b, []byte("\x1b$")); i >= 0 {
		enc := encoding.Encoding(japanese.ISO2022JP)
		if bytes.HasPrefix(b[i:], []byte("\x1b$)C")) {
			enc = korean.EUCKR
		}
		if out, err := enc.NewDecoder().Bytes(b); err == nil {
			return string(out)
		}
	}
	if utf8.Valid(b) {
		return string(b)
	}
	if bad := invalidRunes(b); bad*10 < highRuns(b) {
		return mostlyUTF8(b)
	}
	if enc := guess(b); enc != nil {
		if out, err := enc.NewDecoder().Bytes(b); err == nil && bytes.Count(out, replacement)*20 <= len(out) {
			return string(out)
		}
	}
	out, _ := charmap.Windows1252.NewDecoder().Bytes(b)
	return string(out)
}

// guess asks the statistics, and believes them only for scripts they tell apart well.
func guess(b []byte) encoding.Encoding {
	sample := b[:min(len(b), 16<<10)]
	results, err := chardet.NewTextDetector().DetectAll(sample)
	if err != nil {
		return nil
	}
	high := 0
	for _, c := range sample {
		if c >= 0x80 {
			high++
		}
	}
	for _, r := range results {
		if r.Confidence < 10 {
			break
		}
		switch r.Charset {
		case "GB-18030", "Big5", "EUC-JP", "EUC-KR", "Shift_JIS":
			if high < 4 || r.Confidence < 30 {
				continue
			}
		case "ISO-8859-1", "windows-1252":
			return charmap.Windows1252
		case "UTF-8", "ISO-8859-6", "ISO-8859-8", "ISO-8859-8-I", "ISO-8859-9", "ISO-8859-2", "IBM420_ltr", "IBM420_rtl", "IBM424_ltr", "IBM424_rtl":
			if r.Confidence < 40 || high < 8 {
				continue
			}
		}
		label := strings.ToLower(r.Charset)
		if label == "gb-18030" {
			label = "gb18030"
		}
		if e := lookup(label); e != nil {
			return e
		}
	}
	return nil
}

// mostlyUTF8 keeps the valid characters of damaged UTF-8 and reads the stray bytes between them as windows-1252; text that is hardly UTF-8 at all is detected instead.
func mostlyUTF8(b []byte) string {
	if invalidRunes(b)*2 > highRuns(b) {
		if enc := guess(b); enc != nil {
			if out, err := enc.NewDecoder().Bytes(b); err == nil {
				return string(out)
			}
		}
	}
	var out strings.Builder
	out.Grow(len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

func invalidRunes(b []byte) (n int) {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			n++
		}
		b = b[size:]
	}
	return n
}

// highRuns counts characters outside ASCII, taking the bytes as UTF-8.
func highRuns(b []byte) (n int) {
	for len(b) > 0 {
		_, size := utf8.DecodeRune(b)
		if b[0] >= 0x80 {
			n++
		}
		b = b[size:]
	}
	return n
}

var metaCharset = regexp.MustCompile(`(?i)<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([a-z0-9_:.-]+)`)

// htmlCharset is the charset of an HTML part: the mail's, or where it names none the one that the document names.
func htmlCharset(b []byte, declared string) string {
	switch strings.ToLower(declared) {
	case "", "us-ascii", "ascii", "unknown-8bit", "default", "x-unknown":
		if m := metaCharset.FindSubmatch(b[:min(len(b), 4096)]); m != nil {
			if l := strings.ToLower(string(m[1])); !strings.HasPrefix(l, "utf-16") && !(strings.HasPrefix(l, "utf-8") && !utf8.Valid(b)) {
				return l
			}
		}
	}
	return declared
}

var utf7Encoding = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").WithPadding(base64.NoPadding)

// decodeUTF7 follows RFC 2152; broken shifts are kept as written.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		i := bytes.IndexByte(b, '+')
		if i < 0 {
			break
		}
		out.Write(b[:i])
		b = b[i+1:]
		n := 0
		for n < len(b) && base64Value[b[n]] >= 0 {
			n++
		}
		if n == 0 {
			out.WriteByte('+')
		} else {
			out.WriteString(utf7Run(b[:n]))
		}
		if b = b[n:]; len(b) > 0 && b[0] == '-' {
			b = b[1:]
		}
	}
	out.Write(b)
	return Valid(out.String())
}

func utf7Run(b []byte) string {
	if len(b)%4 == 1 {
		b = b[:len(b)-1]
	}
	raw := make([]byte, utf7Encoding.DecodedLen(len(b)))
	n, err := utf7Encoding.Decode(raw, b)
	if err != nil && n == 0 {
		return "+" + string(b)
	}
	u := make([]uint16, n/2)
	for i := range u {
		u[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return string(utf16.Decode(u))
}
