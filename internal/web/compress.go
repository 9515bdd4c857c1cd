package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

// compressFrom is the size from which compressing pays: below it, the answer fits one packet anyway.
const compressFrom = 1400

// compress sends JSON and text gzipped to clients that take it. It holds the first compressFrom bytes back to decide; streams and
// answers that are already encoded pass untouched. Assets are
// brotli already when they are built; for answers made on the spot gzip is cheap and every client takes it.
func compress(next http.Handler) http.Handler {
	pool := sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(io.Discard, 5) // the level is valid
		return z
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, pool: &pool}
		defer c.finish()
		next.ServeHTTP(c, r)
	})
}

type compressor struct {
	http.ResponseWriter
	pool   *sync.Pool
	status int
	held   []byte
	z      *gzip.Writer
	plain  bool // decided: send as it is
}

// Unwrap lets http.ResponseController reach the connection.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressor) WriteHeader(status int) {
	if c.status != 0 {
		return
	}
	c.status = status
	if !worthIt(c.Header()) || status == http.StatusNoContent || status == http.StatusNotModified {
		c.decide(false)
	}
}

func worthIt(h http.Header) bool {
	kind := h.Get("Content-Type")
	text := strings.HasPrefix(kind, "application/json") || strings.HasPrefix(kind, "application/problem+json") ||
		strings.HasPrefix(kind, "text/") && !strings.HasPrefix(kind, "text/event-stream")
	return text && h.Get("Content-Encoding") == ""
}

func (c *compressor) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	switch {
	case c.plain:
		return c.ResponseWriter.Write(b)
	case c.z != nil:
		return c.z.Write(b)
	}
	c.held = append(c.held, b...)
	if len(c.held) >= compressFrom {
		return len(b), c.decide(true)
	}
	return len(b), nil
}

// Flush sends what is there: a handler that flushes is a stream.
func (c *compressor) Flush() {
	if c.z == nil && !c.plain {
		if c.status == 0 {
			c.status = http.StatusOK
		}
		c.decide(false)
	}
	if c.z != nil {
		c.z.Flush()
	}
	http.NewResponseController(c.ResponseWriter).Flush()
}

func (c *compressor) decide(zip bool) error {
	if !zip {
		c.plain = true
		c.ResponseWriter.WriteHeader(c.status)
		_, err := c.ResponseWriter.Write(c.held)
		return err
	}
	c.Header().Set("Content-Encoding", "gzip")
	c.Header().Add("Vary", "Accept-Encoding")
	c.Header().Del("Content-Length")
	c.ResponseWriter.WriteHeader(c.status)
	c.z = c.pool.Get().(*gzip.Writer)
	c.z.Reset(c.ResponseWriter)
	_, err := c.z.Write(c.held)
	return err
}

func (c *compressor) finish() {
	if c.z != nil {
		c.z.Close()
		c.pool.Put(c.z)
		return
	}
	if !c.plain && c.status != 0 {
		c.decide(false)
	}
}
