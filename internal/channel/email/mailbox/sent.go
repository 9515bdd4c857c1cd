package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"net/textproto"
	"strings"

	"github.com/emersion/go-imap/v2"

	"kept/internal/db"
)

// OurID is the header field in which our mail carries its own Message-ID. Some relays replace the Message-ID itself; answers of customers
// then refer to an id that we never saw, except in the copy in the Sent folder, where this field says whose it is.
const OurID = "X-Kept-Id"

// learn reads the Sent folder for mail of ours that left under another Message-ID.
func (r *reader) learn(ctx context.Context, s *session) error {
	name := r.box.SentFolder
	cur, err := cursorOf(ctx, r.boxes.db, r.box.ID, name)
	if err != nil {
		return err
	}
	f := &folder{r, s, name, cur, nil}
	data, err := s.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if isMissing(err) {
		return f.gone(ctx)
	}
	if err != nil {
		return s.explain(err)
	}
	if err := f.numbering(ctx, data); err != nil {
		return err
	}
	if data.UIDNext != 0 && uint32(data.UIDNext) == f.cur.lastUID+1 || data.NumMessages == 0 {
		return nil
	}
	uids, err := s.uidsFrom(f.cur.lastUID + 1)
	for len(uids) > 0 && err == nil {
		n := min(200, len(uids))
		err = f.learnBatch(ctx, uids[:n])
		uids = uids[n:]
	}
	return err
}

func (f *folder) learnBatch(ctx context.Context, uids []imap.UID) error {
	section := &imap.FetchItemBodySection{Peek: true, Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Message-ID", OurID}}
	got, err := f.s.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return f.s.explain(err)
	}
	next := f.cur
	next.lastUID = uint32(uids[len(uids)-1])
	err = f.commit(ctx, func(tx *db.DB) error {
		for _, m := range got {
			for _, b := range m.BodySection {
				if err := f.learnOne(ctx, tx, b.Bytes); err != nil {
					return err
				}
			}
		}
		return saveCursor(ctx, tx, f.box.ID, f.name, next, db.Micros(f.boxes.now()))
	})
	if err == nil {
		f.cur = next
	}
	return err
}

func (f *folder) learnOne(ctx context.Context, tx *db.DB, header []byte) error {
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(header))).ReadMIMEHeader() // what it could read is enough
	relayed, ours := bare(h.Get("Message-Id")), bare(h.Get(OurID))
	if relayed == "" || ours == "" || relayed == ours {
		return nil
	}
	return f.Book.LearnReference(ctx, tx, f.box.DeskID, ours, relayed)
}

func bare(id string) string { return strings.Trim(id, "<> \t\r\n") }
