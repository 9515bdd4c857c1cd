package customer

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"

	"kept/internal/fault"
)

// Email is the channel whose handles are mail addresses.
const Email = "email"

// longest are the limits of RFC 5321 §4.5.3.1 (a path has 256 octets with its brackets)
// and of a name that is still one.
const (
	longestAddress = 254
	longestName    = 120
)

// Canonical returns the one form in which an address is stored and compared: trimmed,
// lower case, its domain in Unicode rather than punycode. Dots and plus parts stay, for
// only the receiving host knows whether they matter. An address of another channel is
// trimmed. What is no address at all comes back as it can be, never as an error.
func Canonical(channel, address string) string {
	address = strings.TrimSpace(clean(address))
	if channel != Email {
		return address
	}
	address = strings.TrimSuffix(strings.TrimPrefix(address, "<"), ">")
	if len(address) > 7 && strings.EqualFold(address[:7], "mailto:") {
		address = address[7:]
	}
	address = strings.ToLower(norm.NFC.String(address))
	local, domain, ok := cutLast(address, '@')
	if !ok {
		return address
	}
	return local + "@" + readable(strings.TrimSuffix(domain, "."))
}

// ASCII returns the address with its domain in punycode, as RFC 5321 hosts that do not
// speak SMTPUTF8 need it.
func ASCII(address string) string {
	local, domain, ok := cutLast(address, '@')
	if !ok {
		return address
	}
	plain, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return address
	}
	return local + "@" + plain
}

// readable returns a lower-case domain in Unicode where that form leads back to the same
// domain, and as it is otherwise.
func readable(domain string) string {
	if isASCII(domain) && !strings.Contains(domain, "xn--") {
		return domain
	}
	shown, err := idna.Lookup.ToUnicode(domain)
	if err != nil {
		return domain
	}
	back, err := idna.Lookup.ToASCII(shown)
	plain, err2 := idna.Lookup.ToASCII(domain)
	if err != nil || err2 != nil || back != plain {
		return domain
	}
	return shown
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	at := strings.LastIndexByte(s, sep)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}

// checkAddress refuses what nobody could be written to at.
func checkAddress(channel, address string) error {
	local, domain, at := cutLast(address, '@')
	switch {
	case address == "":
		return fault.New(fault.Invalid, "There is no address. Write one such as name@example.com.").With("address", "Write an address.")
	case len(address) > longestAddress:
		return fault.New(fault.Invalid, "That address is too long: mail addresses have %d letters at most.", longestAddress).With("address", "Shorten it.")
	case channel == Email && (!at || local == "" || domain == "" || strings.ContainsAny(address, " \t<>,;")):
		return fault.New(fault.Invalid, "\"%s\" is not a mail address. Write one such as name@example.com.", address).With("address", "Write an address such as name@example.com.")
	}
	return nil
}

// CleanName makes of a display name what a person would call somebody: without the
// quotes, addresses, list additions and control characters that mail programs leave in
// it, and with "Berger, Tom" turned round. It returns "" where no name is left.
func CleanName(name, address string) string {
	name = strings.Join(strings.Fields(norm.NFC.String(clean(name))), " ")
	if person, _, ok := strings.Cut(name, " via "); ok && person != "" { // mailing lists: 'Tom Berger' via Support
		name = person
	}
	name = strings.TrimSpace(strings.Trim(name, `"'`+"`“”‘’„«»<> "))
	if strings.Contains(name, "@") || strings.EqualFold(name, address) {
		return ""
	}
	name = turned(name)
	if runes := []rune(name); len(runes) > longestName {
		name = strings.TrimSpace(string(runes[:longestName]))
	}
	return name
}

// suffixes follow a comma without being a first name.
var suffixes = map[string]bool{"inc": true, "llc": true, "ltd": true, "gmbh": true, "ag": true, "kg": true, "co": true, "corp": true, "sa": true, "srl": true,
	"jr": true, "sr": true, "ii": true, "iii": true, "md": true, "phd": true, "mba": true, "msc": true, "esq": true, "dr": true, "prof": true, "usa": true, "uk": true}

// turned returns "Tom Berger" for "Berger, Tom", and everything else as it is.
func turned(name string) string {
	last, first, ok := strings.Cut(name, ", ")
	if !ok || strings.Contains(first, ",") || strings.ContainsAny(name, "0123456789/|&()") || len(strings.Fields(last)) > 2 || len(strings.Fields(first)) > 2 {
		return name
	}
	for _, word := range strings.Fields(strings.ToLower(first)) {
		if suffixes[strings.ReplaceAll(word, ".", "")] {
			return name
		}
	}
	return first + " " + last
}

// clean removes what no name or address holds: broken UTF-8, control characters and the
// invisible marks with which a text can pretend to be another.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == 0x200C || r == 0x200D: // joiners are spelling in Persian and Hindi
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// firm returns the domain that tells which organisation an address belongs to, "" where
// it tells nothing: free mail, access providers, literals.
func firm(address string) string {
	_, domain, _ := cutLast(ASCII(address), '@')
	registered, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil || !strings.Contains(domain, ".") || strings.HasPrefix(domain, "[") {
		return ""
	}
	name, _, _ := strings.Cut(registered, ".")
	if freeMail[registered] || freeNames[name] {
		return ""
	}
	return readable(registered)
}

// freeNames are providers that give addresses to everybody under many endings.
var freeNames = set("gmail", "googlemail", "yahoo", "ymail", "rocketmail", "hotmail", "outlook", "live", "msn", "gmx", "aol", "icloud", "yandex", "proton", "protonmail", "tutanota", "zoho")

// freeMail are further providers of addresses for private people.
var freeMail = set("me.com", "mac.com", "pm.me", "tuta.io", "tuta.com", "tutamail.com", "hey.com", "fastmail.com", "fastmail.fm", "mail.com", "email.com", "usa.com", "hushmail.com", "mailbox.org", "posteo.de", "posteo.net",
	"web.de", "t-online.de", "freenet.de", "arcor.de", "1und1.de", "online.de", "email.de", "vodafone.de", "o2online.de", "kabelmail.de", "netcologne.de",
	"aon.at", "a1.net", "chello.at", "bluewin.ch", "sunrise.ch", "hispeed.ch",
	"orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "bbox.fr", "numericable.fr",
	"libero.it", "virgilio.it", "alice.it", "tin.it", "tiscali.it", "inwind.it", "fastwebnet.it", "email.it",
	"telefonica.net", "terra.es", "ono.com", "movistar.es", "sapo.pt", "iol.pt", "mail.telepac.pt",
	"btinternet.com", "bt.com", "sky.com", "talktalk.net", "virginmedia.com", "ntlworld.com", "blueyonder.co.uk", "tiscali.co.uk", "eircom.net",
	"ziggo.nl", "kpnmail.nl", "planet.nl", "home.nl", "xs4all.nl", "hetnet.nl", "telenet.be", "skynet.be", "proximus.be",
	"wp.pl", "o2.pl", "onet.pl", "interia.pl", "op.pl", "seznam.cz", "centrum.cz", "email.cz", "azet.sk", "zoznam.sk", "abv.bg", "mail.bg", "freemail.hu", "citromail.hu",
	"telia.com", "comhem.se", "bredband.net", "online.no", "mail.dk", "kolumbus.fi", "luukku.com", "inbox.lv", "mail.ru", "bk.ru", "inbox.ru", "list.ru", "rambler.ru", "ukr.net", "i.ua", "meta.ua",
	"comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "earthlink.net", "optonline.net", "juno.com", "frontier.com", "rogers.com", "shaw.ca", "sympatico.ca", "videotron.ca", "telus.net", "bell.net",
	"uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "globo.com", "bigpond.com", "bigpond.net.au", "optusnet.com.au", "iinet.net.au", "xtra.co.nz",
	"qq.com", "163.com", "126.com", "sina.com", "sina.cn", "sohu.com", "foxmail.com", "aliyun.com", "naver.com", "daum.net", "hanmail.net", "nate.com", "docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp", "rediffmail.com", "walla.co.il", "walla.com", "mweb.co.za", "telkomsa.net", "maktoob.com",
	"privaterelay.appleid.com", "appleid.com", "duck.com", "simplelogin.com", "anonaddy.com", "addy.io", "mozmail.com", "relay.firefox.com")

func set(names ...string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// host is what a mail could be sent to: a domain in letters of any script, or an address literal.
var host = regexp.MustCompile(`^(\[[0-9a-zA-Z.:]+\]|[\p{L}\p{N}]([\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?)$`)

// Valid reports whether a mail could be sent to the address.
func Valid(address string) bool {
	address = Canonical(Email, address)
	_, domain, _ := cutLast(address, '@')
	return checkAddress(Email, address) == nil && host.MatchString(domain)
}
