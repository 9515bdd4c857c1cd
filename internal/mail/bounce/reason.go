package bounce

import (
	"regexp"
	"strings"
)

// Reasons are the classes that Bounce.Reason can hold.
var Reasons = []string{"authfailure", "badreputation", "blocked", "contenterror", "delivered", "exceedlimit", "expired", "failedstarttls", "feedback", "filtered", "hasmoved", "hostunknown", "mailboxfull", "mailererror", "mesgtoobig", "networkerror",
	"norelaying", "notaccept", "notcompliantrfc", "onhold", "policyviolation", "rejected", "requireptr", "securityerror", "spamdetected", "speeding", "suppressed", "suspend", "syntaxerror", "systemerror", "systemfull", "toomanyconn", "undefined",
	"userunknown", "vacation", "virusdetected"}

// rule gives a reason when what was said matches. The rules are asked in order: what names one cause exactly stands before what many causes share.
type rule struct {
	reason string
	words  *regexp.Regexp
}

// phrases builds a rule from alternatives in lower case; a blank stands for any run of blanks.
func phrases(reason string, alternatives ...string) rule {
	words := strings.ReplaceAll(strings.Join(alternatives, "|"), " ?", `\s*`)
	return rule{reason, regexp.MustCompile(strings.ReplaceAll(words, " ", `\s+`))}
}

// said holds what servers say in their own words.
var said = []rule{
	phrases("virusdetected", `virus`, `malware`, `infected`, `trojan`, `dangerous (content|attachment)`, `potentially executable`, `spamsignature`),
	phrases("requireptr", `reverse dns`, `reverse hostname`, `\bptr\b`, `\brdns\b`, `cannot find your hostname`, `can.t find your (host|reverse)`, `(unresolvable|unresolved) relay`, `hostname.*(does not|doesn.t) resolve`, `forward.confirmed`, `no matching (a|forward)`, `unverified dns|unresolved ip`),
	phrases("authfailure", `\bdmarc\b`, `\bdkim\b`, `\bspf\b`, `sender policy framework`, `unauthenticated (e-?mail|mail)`, `authentication information`, `authenticat(e|ion) (of|checks?).*(sender|domain)`, `not authori[sz]ed to (send|use)`, `sender domain.*not.*authenti`, `authentication.results.*fail`),
	phrases("badreputation", `reputation`, `sender ?score`, `user complaints`),
	phrases("failedstarttls", `(must|need to|required?|use|issue|support|before|without|failed?).{0,20}starttls|starttls.{0,30}(fail|required|not|error)`, `tls (is )?(required|negotiation failed)`, `encryption (is )?required`),
	phrases("speeding", `rate.?limit`, `throttl`, `too (fast|quickly)`, `too many (messages|mails|emails)`, `too many recipients (this|per|in|within)`, `receiving mail (at a rate|too quickly)`, `sending (rate|limit)`, `(message|hourly|daily|max|maximum) (rate|send(ing)?|number).*(exceeded|limit)`, `unusual rate`, `exceeded (its|the|your) .*(limit|quota) of .*(messages|mail)`, `sent.* too many`, `max(imum)? emails? per hour`, `max (defers|sends?)`, `permits \d+ unverifyable`),
	phrases("toomanyconn", `too many (connections|concurrent|sessions|simultaneous|sockets)`, `concurrent (connections|sessions)`, `connection (limit|rate)`, `frequency limited`, `connections? from your (host|ip)`, `too many recipients`),
	phrases("exceedlimit", `message (length|size) exceeds administrative`, `length limit`, `recipsizelimit`),
	phrases("mesgtoobig", `(message|mail|size|file)( is| was| file)? too (big|large|long)`, `exceeds? .*(maximum|fixed|size).*(size|limit)`, `message size exceeds`, `maximum message (size|length)`, `size limit`, `(larger|bigger) than (the )?(current|maximum|permitted|allowed)`, `exceeded maximum inbound message size`, `message exceeds`, `line limit`, `(message|mail)[^.]*(size|length)[^.]*maximum allowed`),
	phrases("mailboxfull", `(mail ?box|inbox|mail ?folder|account|user|maildir|mail ?store)[^.]{0,60}(full|over ?(-|the )?quota|exceed)`, `over ?quota`, `quota (is |has been |was |would be )?(exceed|full|violat)`, `exceed(ed|s|ing)?[^.]{0,40}(quota|storage|mailbox|space)`, `out of (storage|space|quota)`, `disk quota`, `not enough (storage|space|disk)`, `insufficient (disk )?(space|quota|storage) (in|for)`,
		`full mailbox`, `too much mail data`, `mailbox size`, `recipient storage`, `storage (limit|quota)`, `number of messages in recipient`, `has too many messages`, `ist voll`, `postfach.*voll`, `bo[iî]te.*pleine`, `buz[oó]n.*lleno`, `mailbox.*limit`, `sender quota`, `boite du destinataire.*(archivee|pleine)`, `maximum storage`),
	phrases("systemfull", `no space left`, `disk (is )?full`, `insufficient (system|disk) (storage|resources|space)`, `file ?system (is )?full`, `mail system full`),
	phrases("norelaying", `relay(ing)? (not (permitted|allowed)|denied|prohibited|is (not|prohibited)|access denied|refused)`, `(not|unable|unauthori[sz]ed|don.t|do not|refuse) (configured )?(to )?relay`, `(that|this) domain isn.t in my list`, `not an open relay`, `open relay`, `we do not relay`, `relaying`, `insecure mail relay`),
	phrases("hasmoved", `has (moved|been replaced)`, `(address|mailbox) (has )?(changed|moved)`, `user has moved`, `moved to`, `please use .*@.* instead`, `new address`),
	phrases("suspend", `(account|mailbox|user|recipient|mail ?box|address|domain|destinataire)[^.]{0,60}(suspend|disabled|inactive|deactivat|(temporar(il)?y )?locked|not active|frozen|expired|bloqu|closed)`, `(suspended|disabled|inactive|deactivated|locked|expired|frozen) (user|account|mailbox|recipient|address)`, `temporar(il)?y (locked|disabled|blocked)`, `is inactive`, `has been (suspended|discontinued|disabled)`, `not active`, `discontinued`, `est (desactive|bloque|suspendu)`, `currently suspended`, `invalid/inactive`, `user (is )?locked`),
	phrases("notcompliantrfc", `\brfc ?\d+`, `(not|non).?(rfc.)?complian`, `duplicate header`, `(missing|multiple|invalid|duplicate|bad) .{0,40}(header|message-?id|date|subject)`, `headers? (is|are) missing`, `multiple .{0,30}addresses in from`),
	phrases("spamdetected", `blacklisted url|uribl|surbl`, `spam\b`, `\bspam (message|content|mail|detect|filter)`, `unsolicited`, `bulk (mail|email)`, `junk mail`, `\bubm\b|\buce\b|\bube\b`, `message (contained|contains) (unacceptable|prohibited|forbidden)`, `content (rejected|blocked|filter)`, `rejected due to (content|spam)`, `high(ly)? probab`, `score too high`, `bayes`, `mail content denied`),
	phrases("policyviolation", `host network not allowed`, `potential(ly)? (security|harmful|dangerous)`, `header error`, `attachment[^.]{0,40}(not|prohibit|block|reject|forbid)`, `(for|due to|violat\w+|by|because of|against)( our| your| the| a| site| local| security| email| mail)* ?polic(y|ies)`, `polic(y|ies) (reason|violation|restrict|reject)`),
	phrases("blocked", `\baup#`, `black ?list`, `block ?list`, `\b(dns)?bl\b|\brbl\b|\bdnsbl`, `spamhaus`, `spamcop`, `sorbs`, `barracuda`, `client host`, `blocked using`, `blocked by`, `messages from \[?[\d.]+\]? weren.t sent`, `(your|the|sending|source|this|client|host|connecting|remote) (ip|host|network|server|mail server)[^.]{0,60}(block|reject|refus|denied|banned|not allowed|listed|not accept|not permitted|bad)`, `\bip\b[^.]{0,60}(block|refus|denied|banned|reject|listed)`, `(banned|blocked|denied|refused|rejected) (by|because of|due to|for|from)? ?(your|the|this|sending)? ?(ip|host|network)`, `connection (dropped|not accepted)`, `refused to talk`, `not accept(ing|ed)? (connections|mail from (your|this) (host|ip|server))`, `no access from mail server`, `service refus`, `ip source bloque`, `hello.*reject|helo.*(reject|invalid|denied)`, `\b(dynamic|residential|generic) (ip|address|host)|generic (host|r?dns)`, `bad (dns|helo|ehlo)`, `invalid (helo|ehlo)`, `we have limits for how many messages can be sent per`, `please use the (smtp|mail) server of`),
	phrases("rejected", `all recipient addresses rejected`, `sender[^.]{0,80}(reject|denied|refus|(?:un|not) ?(verif)|not (accepted|exist|found|valid)|unknown|invalid|block|does not|doesn.t)`, `(invalid|unknown|bad|rejected|denied|unverified|unroutable|refused|null|empty|blocked) (envelope )?(sender|from|return path|mail from|reverse.?path)`, `(mail|envelope) from[^.]{0,80}(reject|denied|refus|not|invalid|unknown|does)`, `from[: ]<?>?[^.]{0,60}(rejected|not allowed|denied)`, `domain of sender`, `sender (address|domain|verify)`, `purported`, `return(-| )path`, `not accept mail from you`, `(your|this) (domain|address) [^.]{0,40}(reject|block|denied|not accepted|refused)`, `recipient.* only accepts? (mail|messages) from`, `closed to (non-?members|outside)`, `not have permission to (post|write|send)`, `members? (only|can post)|(not|isn.t|aren.t) (a )?members?\b`, `may not be posting|posting (is )?not|unable to post|groups\.google|support/answer.*groups|google\S*/groups`, `not a registered`, `you are sending to/from an address`),
	phrases("mailererror", `pipe to \||mailer error|procmail|maildrop|exit(ed)? (with )?(code|status|value)|exit \d+|(command|program|pipe) (failed|died|not found|time|output)|unknown mailer|x-unix|couldn.t (exec|run)|can.t exec|error in executing|delivery program|message processing failed|operating system error`),
	phrases("networkerror", `not found, try again|not found in dns, try again`),
	phrases("hostunknown", `dns lookup failure: host \S+ not found`, `host [a-z0-9.-]+\.[a-z]+ (was )?not found$`, `host or domain name not found`, `name service error.*host not found`),
	phrases("networkerror", `\bloop|too many hops|hop count|too many received|maximum hop`, `dns error|name service error|host ?name lookup (failure|failed)|host lookup (failed|did not complete)|lookup failure|not found, try again`),
	phrases("notaccept", `no (valid )?(mx|mail exchanger)|couldn.t find (a|any) (mail exchanger|host)|null ?mx|(mx|srv) .*no smtp service|no smtp service|does(n.t| not) accept (any )?(e-?)?mail|no mail (is )?accepted|mx .*(point|nullmx)|all relevant mx records|not accept(ing)? (any )?(messages|mail)$|no mail hosts`),
	phrases("contenterror", `media error|8bitmime|\bmime\b|malformed (message|mime|header)|illegal (character|format)|bad content|unsupported (media|format|content)|message format|conversion (failed|required|not)|header size`),
	phrases("syntaxerror", `syntax error|malformed address|unrecogni[sz]ed command|command (not|unrec)|bad sequence|unexpected command|need (mail|rcpt) command|parameters? not`),
	phrases("hostunknown", `\b5\d\d ([a-z0-9-]+\.)+[a-z]+ does not exist`, `\b(host|domain|dns name|server name)[^.<>@]{0,50}(unknown|not found|does(n.t| not) exist|not exist|cannot be resolved|could not be resolved|not known)`, `(unknown|no such|invalid|bad destination|bad|nonexistent|non-existent|illegal) (host|domain|mail domain|destination host)`, `name or service not known`, `nxdomain`, `unroute?able (mail )?domain`, `unrouteable address`, `host(name)? lookup`, `cannot find .*domain`, `recipient.s domain (name )?.*(invalid|not)`, `no (known )?(route|path) to (the )?(domain|destination)`, `なドメイン`),
	phrases("expired", `did not accept our requests to connect`, `failed \d+ attempts`, `message expired`, `(delivery|message) (time|timeout)[^.]{0,30}(exceed|expired)`, `delivery expired`, `connection timed ?out`, `timed ?out (during|while|connecting)`, `retry time(out)?[^.]{0,20}(exceed|not reached)`, `(been|message) .*too long in (the )?queue`, `could not send (message )?for`, `undelivered after`, `after \d+ (hours|days|minutes|seconds)`, `not been delivered|has been delayed|was delayed|delayed (by|for)`, `timed out while`),
	phrases("userunknown", `recipient address rejected: access denied`, `(user|recipient|mail ?box|account|address|addressee|alias|destinataire|local ?part|person|customer|subscriber|contact)[^.;]{0,60}(unknown|not? (found|exist|exists|known|here|valid|local|listed|defined|registered|recogni[sz]ed|available)|does(n.t| not) exist|doesn.t have|unavailable|invalid|not a valid|nonexist|undefined|unroutable|is not in|not in|inexist|inconnu|undeliverable|deleted|removed|no longer)`, `(unknown|no such|invalid|bad|nonexistent|non-existent|illegal|undefined|no valid|unrecogni[sz]ed|not a valid|not our) (user|recipient|mail ?box|local|account|address|person|rcpt|customer|destination mailbox|destination|addressee|alias|login|virtual|destinataire|subscriber|name)`, `no (mailbox|one|user|account|recipient|person) (here |called |by |with |exists)`, `(isn.t|is not) (a |an )?(valid|known|local|in my)`, `not listed in`, `does(n.t| not) have (a|an)? ?[^.]{0,40}account`, `delivery error: dd`, `no longer (valid|available|exists|in use|works|on (this )?server|employed|here|with)`, `user not`, `not our customer`, `can.t (verify|find) (recipient|user|mailbox)`, `(account|adresse|compte|boite)[^.]{0,30}(n.existe|inexistant|inconnu)`, `wrong (email )?address`, `never logged`, `sorry.*no mailbox`, `user.*doesn.t`, `email address (could not|couldn.t) be found`, `address (you sent|wasn.t found)`, `cannot verify user|unknown local|not known at|existe pas|existiert nicht|unbekannt|存在しません|не найден`, `mailbox unavailable`),
	phrases("networkerror", `connection (refused|timed|reset|closed|lost)|connect(ion)? (to|failed|error)|no route to host|network (is )?unreachable|network error|host (is )?(unreachable|down)|dns (failure|server)|lost connection|name server|not reachable|establish.*connection|unable to (connect|contact|reach)|can.t connect|couldn.t establish`),
	phrases("expired", `expired`, `giving up`, `queue too long`, `still (being|in)`, `warning.*could not`, `(failed|did not|does not) respond|not respond`, `delivery temporarily suspended`, `timed ?out`),
	phrases("systemerror", `(local|internal|server|system|configuration|lookup|aliasing|temporary|software|database|i/o|write) (configuration )?(error|failure|problem)|can.t (create|open|lookup|check)|could not (initialize|load)|misconfig|lowest numbered mx|interrupted system call|broken pipe|unable to (lookup|open|process)|resources? (temporarily|not)|system not (accept|capable)|no such file|service (is )?(currently |temporarily )?unavailable|transaction failed|queue file`),
	phrases("filtered", `recipient preferences|because the recipient is not accepting|user reject|(refused|rejected|blocked|filtered|declined) by (the )?(recipient|user|addressee|customer)|recipient (has )?(block|refus|reject|declin)|message filtered|resources restricted|not deliverable|due to extended inactivity|not accepting mail|has blocked|cannot receive`),
	phrases("userunknown", `no such`, `r[ée]cipient (address )?(rejected|refused)`, `does(n.t| not) exist|not exist`),
	phrases("securityerror", `auth(entication)? ?(required|failed|turned)|credential|(not |un)authenti|password|access denied|must be encrypted|unauthori[sz]ed|security`),
	phrases("rejected", `sender`),
	phrases("policyviolation", `prohibited|polic(y|ies)|denied by|disallowed|restricted|not permitted`),
	phrases("spamdetected", `spam`),
}

// plainly are words that name a missing mailbox beyond doubt, whenever they are said.
var plainly = phrases("userunknown", `not listed in`, `unknown recipient`, `no valid recipients`, `recipient name is not recogni[sz]ed`, `(e-?mail )?account does not exist at the organi[sz]ation`, `<[^>]+>: user unknown`, `delivery error: dd`, `no mailbox here by that name`, `550 requested action not taken: mailbox unavailable \(`, `recipient address rejected: access denied`)

// settled are status codes so precise that no words can add to them (RFC 3463, RFC 7372, RFC 7504).
var settled = map[string]string{"X.1.6": "hasmoved", "X.2.2": "mailboxfull", "X.2.3": "exceedlimit", "X.3.4": "mesgtoobig", "X.1.7": "rejected", "X.1.8": "rejected", "X.7.20": "authfailure", "X.7.21": "authfailure", "X.7.22": "authfailure", "X.7.23": "authfailure",
	"X.7.24": "authfailure", "X.7.25": "requireptr", "X.7.26": "authfailure", "X.7.509": "authfailure"}

// byStatus is the meaning of status codes (RFC 3463 section 3, RFC 7372, RFC 7504) where nothing more telling was said. X stands for either 4 or 5.
var byStatus = map[string]string{
	"X.1.0": "userunknown", "X.1.1": "userunknown", "X.1.2": "hostunknown", "X.1.3": "userunknown", "X.1.4": "filtered", "X.1.6": "hasmoved", "X.1.7": "rejected", "X.1.8": "rejected", "X.1.9": "systemerror", "X.1.10": "notaccept",
	"X.2.0": "filtered", "X.2.1": "filtered", "X.2.2": "mailboxfull", "X.2.3": "exceedlimit", "X.2.4": "filtered",
	"X.3.0": "systemerror", "X.3.1": "systemfull", "X.3.2": "notaccept", "X.3.3": "systemerror", "X.3.4": "mesgtoobig", "X.3.5": "systemerror",
	"X.4.0": "networkerror", "X.4.1": "networkerror", "X.4.2": "networkerror", "X.4.3": "systemerror", "X.4.4": "hostunknown", "X.4.5": "systemerror", "X.4.6": "networkerror", "X.4.7": "expired", "X.4.14": "networkerror", "X.4.316": "networkerror",
	"X.5.0": "syntaxerror", "X.5.1": "syntaxerror", "X.5.2": "syntaxerror", "X.5.3": "toomanyconn", "X.5.4": "syntaxerror", "X.5.5": "syntaxerror", "X.5.6": "syntaxerror",
	"X.6.0": "contenterror", "X.6.1": "contenterror", "X.6.2": "contenterror", "X.6.3": "contenterror", "X.6.4": "contenterror", "X.6.5": "contenterror", "X.6.6": "contenterror", "X.6.7": "contenterror", "X.6.8": "contenterror", "X.6.9": "contenterror",
	"X.7.0": "securityerror", "X.7.1": "securityerror", "X.7.2": "securityerror", "X.7.3": "securityerror", "X.7.4": "securityerror", "X.7.5": "securityerror", "X.7.6": "securityerror", "X.7.7": "securityerror", "X.7.8": "securityerror", "X.7.9": "securityerror", "X.7.11": "securityerror",
	"X.7.13": "suspend", "X.7.14": "securityerror", "X.7.20": "authfailure", "X.7.21": "authfailure", "X.7.22": "authfailure", "X.7.23": "authfailure", "X.7.24": "authfailure", "X.7.25": "requireptr", "X.7.26": "authfailure", "X.7.27": "notaccept", "X.7.28": "speeding", "X.7.509": "authfailure",
}

// byReply is the meaning of reply codes (RFC 5321 4.2.3, RFC 1846) as the last resort.
var byReply = map[string]string{"421": "blocked", "450": "systemerror", "451": "systemerror", "452": "systemfull", "521": "notaccept", "556": "notaccept", "552": "mailboxfull", "530": "securityerror", "535": "securityerror", "551": "hasmoved", "501": "syntaxerror", "500": "syntaxerror", "502": "syntaxerror", "503": "syntaxerror", "550": "filtered", "553": "userunknown", "554": "filtered"}

// reason decides why. A code that leaves no doubt comes first, then what was said, then what the codes generally mean.
func (e *evidence) reason(f failure, b *Bounce) string {
	if b.Delivered {
		return "delivered"
	}
	words := strings.ToLower(strings.Join(strings.Fields(f.said), " "))
	code := ""
	if b.Status != "" {
		code = "X" + b.Status[1:]
	}
	if r := settled[code]; r != "" {
		return r
	}
	command := e.command(f)
	if r := match(words); r != "" {
		return weigh(r, words, code, command)
	}
	if f.action == "delayed" || f.action == "expired" {
		return "expired"
	}
	if r := byStatus[code]; r != "" {
		return r
	}
	for _, text := range []string{e.notice, e.whole} {
		all := strings.ToLower(strings.Join(strings.Fields(text), " "))
		if r := match(all); r != "" {
			return weigh(r, all, code, command)
		}
	}
	if r := byReply[b.ReplyCode]; r != "" {
		return r
	}
	if words != "" {
		return "onhold"
	}
	return "undefined"
}

// weigh takes into account when it was said: refused at MAIL FROM it is about the sender; and a mailbox is only missing for certain where that was said about
// the recipient, at RCPT TO or with X.1.x. Several large providers say "unknown user" of mail that they filtered.
func weigh(reason, words, code, command string) string {
	switch reason {
	case "userunknown", "hostunknown", "filtered":
		if command == "MAIL" {
			return "rejected"
		}
	case "securityerror":
		if command == "MAIL" && strings.Contains(words, "access denied") {
			return "rejected"
		}
	}
	if reason == "userunknown" && command != "RCPT" && !strings.HasPrefix(code, "X.1.") && !plainly.words.MatchString(words) {
		return "filtered"
	}
	return reason
}

// commands are how reports tell which SMTP command was answered.
var commands = []struct {
	name  string
	words *regexp.Regexp
}{
	{"RCPT", regexp.MustCompile(`(?i)in reply to (the )?rcpt|after rcpt|our rcpt to|rcpt command|>>> ?rcpt|does not like recipient|most progress was rcpt|smtp:rcpt|rcpt to:?<`)},
	{"MAIL", regexp.MustCompile(`(?i)in reply to (the )?mail|after mail from|our mail from|mail from command|>>> ?mail from|but sender was rejected`)},
	{"DATA", regexp.MustCompile(`(?i)in reply to (the )?(end of )?data|after (end of )?data|our (final )?data|data command|>>> ?data|after i sent the message|failed after i sent`)},
}

// command finds the SMTP command that was refused: the last one before the refusal in a transcript, else the one that the words name.
func (e *evidence) command(f failure) string {
	text := f.said
	if i := strings.Index(e.notice, "<<< 5"); i >= 0 {
		text = e.notice[:i]
		if j := strings.LastIndex(text, ">>> "); j >= 0 {
			text = text[j:]
		}
	}
	for _, t := range []string{text, e.notice} {
		for _, c := range commands {
			if c.words.MatchString(t) {
				return c.name
			}
		}
	}
	return ""
}

func match(words string) string {
	if words == "" {
		return ""
	}
	words = words[:min(len(words), 2048)]
	for _, r := range said {
		if r.words.MatchString(words) {
			return r.reason
		}
	}
	return ""
}

// hard: the address or its host is gone for good, or takes no mail at all.
func hard(b *Bounce) bool {
	switch b.Reason {
	case "userunknown", "hostunknown", "hasmoved":
		return true
	case "notaccept":
		return !strings.HasPrefix(b.Status, "4.") && !strings.HasPrefix(b.ReplyCode, "4")
	}
	return false
}
