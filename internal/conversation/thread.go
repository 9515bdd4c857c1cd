package conversation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"kept/internal/customer"
	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/mail"
	"kept/internal/team"
)

// thread finds the conversation that r continues: by the token in the address it
// was sent to or in one of our Message-IDs, then by In-Reply-To and References.
// It continues one only if its sender takes part already; a stranger who was
// handed the mail gets a conversation of his own, which the returned one (not
// found, but with its ID) then says where it came from.
func thread(ctx context.Context, tx *db.DB, desk team.Desk, r Received, sender customer.Customer) (Conversation, bool, error) {
	c, err := candidate(ctx, tx, desk, r)
	if err != nil || c.ID == 0 {
		return Conversation{}, false, err
	}
	if c.DeskID != desk.ID && toBoth(ctx, tx, c, r) {
		return Conversation{}, false, nil // the other desk gets its own copy and continues there
	}
	if c, err = lock(ctx, tx, c.ID); err != nil {
		return c, false, err
	}
	in, err := takesPart(ctx, tx, c, r, sender)
	if err != nil || !in {
		return Conversation{ID: c.ID}, false, err
	}
	return c, true, nil
}

// candidate is the conversation that r names, however it does.
func candidate(ctx context.Context, tx *db.DB, desk team.Desk, r Received) (Conversation, error) {
	tokens := []string{r.Token}
	refs := references(r)
	for _, ref := range refs {
		tokens = append(tokens, tokenOf(ref))
	}
	for _, token := range tokens {
		if token == "" {
			continue
		}
		if c, err := byToken(ctx, tx, token); fault.Of(err) != fault.NotFound {
			return c, err
		}
	}
	for _, ref := range refs {
		id, _, err := referred(ctx, tx, desk.ID, ref)
		if err != nil {
			return Conversation{}, err
		}
		if id != 0 {
			return byID(ctx, tx, id)
		}
	}
	return Conversation{}, nil
}

// references are the Message-IDs that r answers, the nearest first, and no more
// than a hostile mail may cost us.
func references(r Received) []string {
	refs := slices.Clone(r.InReplyTo[:min(len(r.InReplyTo), 5)])
	far := slices.Clone(r.References)
	slices.Reverse(far)
	for _, ref := range far[:min(len(far), 25)] {
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// takesPart reports whether the sender may write into c: he is its customer,
// or an address of his is among the participants.
func takesPart(ctx context.Context, tx *db.DB, c Conversation, r Received, sender customer.Customer) (bool, error) {
	if sender.ID == c.CustomerID {
		return true, nil
	}
	n, err := db.One(ctx, tx, db.Value[int64], `select count(*) from participant p where p.conversation_id = $1
		and (p.address = $2 or p.address in (select h.address from handle h where h.customer_id = $3))`,
		c.ID, canonical(r.From.Address), sender.ID)
	return n > 0, err
}

// toBoth reports whether r also went to the desk that the conversation belongs to.
func toBoth(ctx context.Context, tx *db.DB, c Conversation, r Received) bool {
	other, err := team.DeskByID(ctx, tx, c.DeskID)
	if err != nil {
		return false
	}
	for _, a := range slices.Concat(r.To, r.Cc) {
		if sameAddress(a.Address, other) {
			return true
		}
	}
	return false
}

// sameAddress reports whether an address is the desk's, with or without a token.
func sameAddress(address string, desk team.Desk) bool {
	address = canonical(address)
	if local, domain, ok := strings.Cut(address, "@"); ok {
		local, _, _ = strings.Cut(local, "+")
		address = local + "@" + domain
	}
	return address == canonical(desk.Address) || slices.ContainsFunc(desk.Aliases, func(a string) bool { return canonical(a) == address })
}

// ours is the form of our Message-IDs: the conversation's token, then chance.
var ours = regexp.MustCompile(`^kept\.([a-z2-7]{12})\.[0-9a-f]{16}@`)

// tokenOf returns the conversation token in one of our Message-IDs, "" in others.
func tokenOf(messageID string) string {
	if m := ours.FindStringSubmatch(messageID); m != nil {
		return m[1]
	}
	return ""
}

// newToken returns 60 bits of chance in 12 letters that survive in an address.
func newToken() string { return strings.ToLower(rand.Text()[:12]) }

// newMessageID returns a Message-ID that leads answers back to the conversation.
func newMessageID(token string, desk team.Desk) string {
	var random [8]byte
	rand.Read(random[:])
	_, domain, _ := strings.Cut(desk.Address, "@")
	return "kept." + token + "." + hex.EncodeToString(random[:]) + "@" + domain
}

// LearnReference remembers that a relay sent our message under another
// Message-ID, so that answers to that one find the conversation too.
func (b *Book) LearnReference(ctx context.Context, tx *db.DB, deskID int64, our, relayed string) error {
	conversationID, messageID, err := referred(ctx, tx, deskID, our)
	if err != nil || conversationID == 0 {
		return err
	}
	return refer(ctx, tx, deskID, relayed, conversationID, messageID)
}

// subjectOf is the subject of an answer.
func subjectOf(subject string) string {
	if subject == "" {
		return "Re: your message"
	}
	if answered.MatchString(subject) {
		return subject
	}
	return "Re: " + subject
}

var answered = regexp.MustCompile(`(?i)^\s*(re|aw|antw|sv|vs|ref|odp|回复|答复|رد)\s*(\[\d+\])?\s*[:：]`)

// addresses drops those that are the desk's own, empty or named twice.
func addresses(desk team.Desk, seen map[string]bool, lists ...[]mail.Address) []mail.Address {
	var out []mail.Address
	for _, a := range slices.Concat(lists...) {
		key := canonical(a.Address)
		if key == "" || seen[key] || sameAddress(key, desk) {
			continue
		}
		seen[key] = true
		out = append(out, a)
	}
	return out
}

// canonical is the form in which addresses are compared.
func canonical(address string) string { return customer.Canonical(customer.Email, address) }
