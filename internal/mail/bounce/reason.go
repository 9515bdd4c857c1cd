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
	return rule{reason, regexp.MustCompile(strings.ReplaceAll(strings.Join(alternatives, "|"), " ", `\s+`))}
}

// said holds what servers say in their own words.
var said = []rule{
	phrases("virusdetected", `virus`, `malware`, `infected`, `trojan`, `dangerous (content|attachment)`, `potentially executable`),
	phrases("requireptr", `reverse dns`, `reverse hostname`, `\bptr\b`, `\brdns\b`, `cannot find your hostname`, `can.t find your (host|reverse)`, `(unresolvable|unresolved) relay`, `domain of sender address .* does not resolve`, `hostname.*(does not|doesn.t) resolve`, `forward.confirmed`, `no matching (a|forward)`),
	phrases("authfailure", `\bdmarc\b`, `\bdkim\b`, `\bspf\b`, `sender policy framework`, `unauthenticated (e-?mail|mail)`, `authenticat(e|ion) (of|check).*(sender|domain)`, `not authori[sz]ed to (send|use)`, `sender domain.*not.*authenti`, `authentication.results.*fail`),
	phrases("badreputation", `reputation`, `senderscore`, `sender score`),
	phrases("failedstarttls", `starttls`, `tls (is )?required`, `must issue a starttls`, `encryption (is )?required`),
	phrases("toomanyconn", `too many (connections|concurrent|sessions|simultaneous|sockets)`, `concurrent (connections|sessions)`, `connection (limit|rate)`, `frequency limited`, `connections? from your (host|ip)`, `too many recipients`),
	phrases("speeding", `rate.?limit`, `throttl`, `too (fast|quickly)`, `too many (messages|mails|emails)`, `receiving mail (at a rate|too quickly)`, `sending (rate|limit)`, `(message|hourly|daily|max|maximum) (rate|send(ing)?|number).*(exceeded|limit)`, `unusual rate`, `exceeded (its|the|your) .*(limit|quota) of .*(messages|mail)`, `sent.* too many`, `max(imum)? emails? per hour`, `max (defers|sends?)`),
	phrases("mesgtoobig", `(message|mail|size|file)( is| was| file)? too (big|large|long)`, `exceeds? .*(maximum|fixed|size).*(size|limit)`, `message size exceeds`, `maximum message (size|length)`, `size limit`, `(larger|bigger) than (the )?(current|maximum|permitted|allowed)`, `exceeded maximum inbound message size`, `message exceeds`),
	phrases("mailboxfull", `(mail ?box|inbox|mailfolder|mail folder|account|user|maildir|mailstore|store)[^.]{0,60}(is |was )?(full|over ?(-|the )?quota|exceed)`, `over ?quota`, `quota (is |has been |was |would be )?(exceed|full|violat)`, `exceed(ed|s|ing)?[^.]{0,40}(quota|storage|mailbox|space)`, `out of storage`, `quota (limit|exceeded)`, `disk quota`, `not enough (storage|space|disk)`, `insufficient (disk )?(space|quota|storage) (in|for)`,
		`full mailbox`, `too much mail data`, `mailbox size`, `recipient storage`, `storage (limit|quota)`, `number of messages in recipient`, `has too many messages`, `ist voll`, `postfach.*voll`, `bo[iî]te.*pleine`, `buz[oó]n.*lleno`, `mailbox.*limit`, `sender quota`, `boite du destinataire.*(archivee|pleine)`, `容量`, `maximum storage`),
	phrases("systemfull", `no space left`, `disk (is )?full`, `insufficient system (storage|resources)`, `file system full`, `filesystem is full`, `mail system full`),
	phrases("norelaying", `relay(ing)? (not (permitted|allowed)|denied|prohibited|is (not|prohibited)|access denied|refused)`, `(not|unable|unauthori[sz]ed|don.t|do not|refuse) (to )?relay`, `not? relay(ing)?`, `relay not`, `(that|this) domain isn.t in my list`, `not an open relay`, `not local(ly)? .*(recipient|domain)`, `open relay`, `we do not relay`, `relaying`),
	phrases("hasmoved", `has (moved|been replaced)`, `(address|mailbox) (has )?(changed|moved)`, `no longer .* (new address|instead)`, `user has moved`, `moved to`, `please use .*@.* instead`, `new address`),
	phrases("suspend", `(account|mailbox|user|recipient|mail ?box|address|domain|destinataire)[^.]{0,60}(suspend|disabled|inactive|deactivat|(temporarily )?locked|not active|frozen|blocked|expired|bloqu|closed)`, `(suspended|disabled|inactive|deactivated|locked|expired|frozen) (user|account|mailbox|recipient|address)`, `temporar(il)?y (locked|disabled|blocked)`, `is inactive`, `account that you tried to reach is (disabled|inactive)`, `mailbox unavailable.*suspended`, `has been (suspended|discontinued|disabled)`, `not active`, `discontinued`, `est (desactive|bloque|suspendu)`, `currently suspended`, `invalid/inactive`, `user (is )?locked`),
	phrases("spamdetected", `spam`, `unsolicited`, `bulk (mail|email)`, `junk mail`, `\bubm\b|\buce\b|\bube\b`, `message (contained|contains) (unacceptable|prohibited|forbidden)`, `content (rejected|blocked|filter)`, `rejected due to (content|spam)`, `looks like`, `high(ly)? probab`, `score too high`, `bayes`, `mail content denied`),
	phrases("blocked", `black ?list`, `block ?list`, `(dns)?bl\b|\brbl\b|\bdnsbl`, `spamhaus`, `spamcop`, `sorbs`, `barracuda`, `client host`, `blocked using`, `(your|the|sending|source|this|client|host|connecting|remote) (ip|host|network|server|mail server)[^.]{0,60}(block|reject|refus|denied|banned|not allowed|listed|not accept|not permitted|bad)`, `\bip\b[^.]{0,60}(block|refus|denied|banned|reject|listed)`, `(banned|blocked|denied|refused|rejected) (by|because of|due to|for|from)? ?(your|the|this|sending)? ?(ip|host|network)`, `access (denied|from ip)`, `connection (refused by|dropped|not accepted)`, `refused to talk`, `not accept(ing|ed)? (connections|mail from (your|this) (host|ip|server))`, `no access from mail server`, `service refus`, `ip source bloque`, `hello.*reject|helo.*(reject|invalid|denied)`, `dynamic(ally)?|residential|generic (host|r?dns)`, `bad (dns|helo|ehlo)`, `invalid (helo|ehlo)`, `this system is configured to reject mail`, `permanently rejected.*\bip\b`, `we have limits for how many messages can be sent per`),
	phrases("rejected", `sender[^.]{0,80}(reject|denied|refus|not (allowed|accepted|exist|found|verif|valid)|unknown|invalid|block|does not|doesn.t)`, `(invalid|unknown|bad|rejected|denied|unverified|unroutable|refused|null|empty|blocked) (envelope )?(sender|from|return path|mail from|reverse.?path)`, `(mail|envelope) from[^.]{0,80}(reject|denied|refus|not|invalid|unknown|does)`, `from[: ]<?>?[^.]{0,60}(rejected|not allowed|denied)`, `domain of sender`, `sender (address|domain|verify)`, `purported`, `return(-| )path`, `you are not allowed to`, `not accept mail from you`, `(your|this) (domain|address) [^.]{0,40}(reject|block|denied|not accepted|refused)`, `recipient.* only accepts? (mail|messages) from`, `closed to (non-?members|outside)`, `does not have permission to (post|write)`, `not have permission`, `members? (only|can post)`, `may not be posting|posting (is )?not|group .*not (exist|allow|permit)|unable to post`),
	phrases("policyviolation", `polic(y|ies)`, `administrative(ly)? prohibi`, `prohibited`, `attachment[^.]{0,40}(not|prohibit|block|reject|forbid)`, `denied by`, `not accepted for`, `security (polic|reason)`, `network not allowed`, `disallowed`, `restricted`),
	phrases("notcompliantrfc", `\brfc ?\d+`, `(not|non).?(rfc.)?complian`, `duplicate header`, `(missing|multiple|invalid|duplicate|bad) (header|message-?id|from|date|subject)`, `headers? (is|are) missing`, `this message is not rfc`),
	phrases("exceedlimit", `message (length|size) exceeds administrative`, `length limit`),
	phrases("hostunknown", `(host|domain|dns|name)[^.]{0,50}(unknown|not found|does(n.t| not) exist|not exist|cannot be resolved|could not be resolved|not known)`, `(unknown|no such|invalid|bad destination|bad|nonexistent|non-existent|illegal) (host|domain|mail domain|destination)`, `name or service not known`, `nxdomain`, `domain name not found`, `host name lookup|host lookup (failed|did not complete)`, `nullmx|does not accept (mail|e-?mail).*nullmx`, `no (valid )?(mx|mail exchanger|relay|dns)`, `(mx|a record|dns)[^.]{0,30}(lookup|not found|no )`, `unroute?able (mail )?domain`, `(all relevant )?mx records point`, `couldn.t find any host`, `cannot find .*domain`, `recipient.s domain (name )?.*(invalid|not)`, `the account or domain may not exist`, `no mail hosts for`, `no (known )?(route|path) to (the )?(domain|destination)`, `なドメイン`),
	phrases("userunknown", `(user|recipient|mail ?box|account|address|addressee|alias|destinataire|local ?part|person|customer|subscriber|contact)[^.;]{0,60}(unknown|not? (found|exist|exists|known|here|valid|local|listed|defined|registered|recogni[sz]ed|accepted|available)|does(n.t| not) exist|doesn.t have|unavailable|invalid|not a valid|nonexist|undefined|rejected|unroutable|is not in|not in|inexist|inconnu|undeliverable|deleted|removed|no longer)`, `(unknown|no such|invalid|bad|nonexistent|non-existent|illegal|undefined|no valid|unrecogni[sz]ed|not a valid|not our) (user|recipient|mail ?box|local|account|address|person|rcpt|customer|destination mailbox|destination|address|addressee|alias|login|virtual|destinataire|subscriber|name)`, `no (mailbox|one|user|account|recipient|person) (here |called |by |with |exists)`, `(isn.t|is not) (a |an )?(valid|known|local|in my)`, `not listed in`, `does(n.t| not) have (a|an)? ?[^.]{0,40}account`, `unroute?able address`, `delivery (to this|error).*dd .*(doesn|this user)`, `no longer (valid|available|exists|in use|works|on (this )?server|employed|here|with)`, `user not`, `not our customer`, `can.t (verify|find) (recipient|user|mailbox)`, `(account|adresse|compte|boite)[^.]{0,30}(n.existe|inexistant|inconnu)`, `wrong (email )?address`, `no such`, `never logged`, `sorry.*no mailbox`, `user.*doesn.t`, `r[ée]cipient (rejected|refused)`, `email address (could not|couldn.t) be found`, `address (you sent|rejected|wasn.t found)`, `cannot verify user|unknown local|known user|not known at|existe pas|existiert nicht|unbekannt|見つかりません|存在しません|не найден|does not exist|not exist`),
	phrases("expired", `(retry|delivery) (time|timeout)[^.]{0,30}(exceed|expired|not reached)`, `expired`, `too long in (the )?queue|been in (the )?queue too long`, `not been delivered|could not (send|be delivered) (for|in)|unable to deliver.* (for|after) .*(hours|days)`, `(delivery|message).*timed? ?out`, `giving up`, `retry time`, `was delayed|has been delayed|delayed (by|for)`, `undelivered after|still (being|in)`, `could not send message for`, `warning.*could not`, `mail server.*(failed|did not|does not) respond|server.*not respond`, `connection (timed out|was closed|lost)`, `host .*not reachable`, `delivery temporarily suspended`, `conversation with .* timed out`, `after \d+ (hours|days)`),
	phrases("networkerror", `(mail )?loop|too many hops|hop count|routing loop|loops back to myself|mail forwarding loop`, `connection refused|connect(ion)? (to|failed|error|timed|reset|closed)|no route to host|network (is )?unreachable|network error|host (is )?(unreachable|down)`, `dns (error|failure|server)`, `lost connection|lookup failure|name server|malformed name server|not reachable|establish.*connection|unable to connect`, `maximum hop`, `too many received`, `can.t connect|couldn.t establish|unable to (contact|reach)|hostname lookup`),
	phrases("contenterror", `8bitmime|mime|conversion|malformed|improper|illegal (character|format)|bad content|unsupported (media|format|content)|header (size|too)|message (format|header).*(invalid|error|too)`),
	phrases("mailererror", `(exited|returned|died) (with|on) ?(value|status|signal|code)?|pipe to \||command (failed|died|not found|time|output)|(unknown mailer|local delivery|mailer) (error|failed)|x-unix|procmail|maildrop|exit (code|status|\d)|couldn.t (exec|run)|can.t exec|message processing failed|smtp-?proxy|service unavailable: error in executing|delivery program`),
	phrases("syntaxerror", `syntax error|unrecogni[sz]ed command|command (not|unrec)|bad sequence|unexpected command|need (mail|rcpt) command|parameters?`),
	phrases("systemerror", `(local|internal|server|system|configuration|lookup|aliasing|temporary|software|database|i/o) (configuration )?(error|failure|problem)|can.t (create|open|lookup|check)|could not (initialize|load)|deferred|misconfig|lowest numbered mx|timed? ?out while|interrupted system call|broken pipe|unable to (lookup|open|process)|resources? (temporarily|not)|system not (accept|capable)|interface|no such file|server error`),
	phrases("notaccept", `does not accept (any )?mail|not (currently )?accept(ing)? (mail|messages|smtp|any)|(host|server|domain) .*not accept|smtp.*disabled|nullmx|no mail (is )?accepted|name server:.*no (mail|data)`),
	phrases("filtered", `because the recipient is not accepting|user reject|(refused|rejected|blocked|filtered|declined) by (the )?(recipient|user|addressee|customer)|recipient (has )?(block|refus|reject|declin)|message filtered|message (was )?rejected|resources restricted|unable to deliver to|not deliverable|possible mail|permanent failure|due to extended inactivity|sorry, your message|not accepting mail|has blocked|cannot receive`),
	phrases("securityerror", `authentication (required|failed|turned)|credential|(not )?authenti|password|login|access denied|must be encrypted|unauthori[sz]ed|security|sent from non`),
}

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

// reason decides why. What was said comes first; a precise status code overrules words that only rank among the general ones.
func (e *evidence) reason(f failure, b *Bounce) string {
	if b.Delivered {
		return "delivered"
	}
	words := strings.ToLower(strings.Join(strings.Fields(f.said), " "))
	coded := byStatus["X"+strings.TrimPrefix(strings.TrimPrefix(b.Status, "4"), "5")]
	if r := match(words); r != "" {
		return r
	}
	if f.action == "delayed" || f.action == "expired" {
		return "expired"
	}
	if coded != "" {
		return coded
	}
	if r := match(strings.ToLower(strings.Join(strings.Fields(e.notice), " "))); r != "" {
		return r
	}
	if r := byReply[b.ReplyCode]; r != "" {
		return r
	}
	if words != "" {
		return "onhold"
	}
	return "undefined"
}

func match(words string) string {
	if words == "" {
		return ""
	}
	if len(words) > 4096 {
		words = words[:4096]
	}
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
	case "userunknown", "hostunknown", "hasmoved", "notaccept":
		return !strings.HasPrefix(b.Status, "4.") || b.Reason == "userunknown" || b.Reason == "hostunknown"
	}
	return false
}
