package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"kept/internal/fault"
)

// ErrTooLarge is what Keep answers to a mail over the limit.
var ErrTooLarge = fault.New(fault.TooMany, "This mail is larger than we accept.")

// Keep writes a mail to the blob store, durably, and takes its fingerprint on the way. trace is written before it (our Received line) and is
// not part of the fingerprint. Over limit bytes (0: none) nothing is kept and the answer is ErrTooLarge.
func (s *Spool) Keep(ctx context.Context, trace []byte, r io.Reader, limit int64) (Raw, error) {
	var print fingerprint
	body := io.TeeReader(capped(r, limit), &print)
	key, size, err := s.blobs.Put(ctx, io.MultiReader(bytes.NewReader(trace), body))
	if err != nil {
		return Raw{}, fmt.Errorf("keep raw mail: %w", err)
	}
	raw := print.summary()
	raw.Key, raw.Size = key, size
	return raw, nil
}

// KeepHeader keeps the header of a mail of fullSize bytes that is over the limit and stays where it is.
func (s *Spool) KeepHeader(ctx context.Context, header []byte) (Raw, error) {
	return s.Keep(ctx, nil, bytes.NewReader(header), 0)
}

func capped(r io.Reader, limit int64) io.Reader {
	if limit <= 0 {
		return r
	}
	return &capReader{r, limit}
}

// capReader fails, rather than ends, where more than left bytes come: half a mail must never look like a whole one.
type capReader struct {
	r    io.Reader
	left int64
}

func (c *capReader) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if c.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}
