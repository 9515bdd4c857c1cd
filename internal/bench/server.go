package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kept/internal/fault"
)

// Server measures a running Kept by its public API, and by SMTP.
type Server struct {
	URL   string // http://localhost:8080
	Token string // of an API token that may write
	SMTP  string // host:port of its receiver, "" where ingest is not measured
	To    string // the address to which mail is written

	unique string
	ids    []int64
	ours   []int64
}

// Operations returns what is measured of an area.
func (s *Server) Operations(ctx context.Context, area string) ([]Operation, error) {
	if s.unique == "" {
		s.unique = rand.Text()
	}
	if area == "ingest" {
		return s.ingest()
	}
	if err := s.draw(ctx); err != nil {
		return nil, err
	}
	get := func(name, path string) Operation {
		return Operation{Name: name, Do: func(ctx context.Context, _ int) error { return s.call(ctx, "GET", path, nil, nil) }}
	}
	operations := []Operation{
		get("list_open", "/conversations?state=open"), get("list_all", "/conversations"), get("list_waiting_on_us", "/conversations?view=team"),
		get("list_due", "/conversations?view=due"), get("list_mine", "/conversations?view=mine"), get("list_closed", "/conversations?view=closed"), get("counts", "/counts"),
		{Name: "open", Do: func(ctx context.Context, i int) error {
			return s.call(ctx, "GET", "/conversations/"+strconv.FormatInt(s.ids[i%len(s.ids)], 10), nil, nil)
		}},
	}
	if len(s.ours) > 0 {
		operations = append(operations, Operation{Name: "reply", Do: s.reply})
	}
	return operations, nil
}

// draw collects conversations to open and to answer, as an agent would find them.
func (s *Server) draw(ctx context.Context) error {
	var err error
	if s.ids, err = s.page(ctx, "/conversations?limit=200"); err != nil {
		return err
	}
	if len(s.ids) == 0 {
		return fault.New(fault.NotFound, "There are no conversations here to measure. Make some with `kept seed`.")
	}
	s.ours, err = s.page(ctx, "/conversations?view=team&limit=200")
	return err
}

func (s *Server) page(ctx context.Context, path string) ([]int64, error) {
	var list struct {
		Items []struct {
			ID int64 `json:"id"`
		} `json:"items"`
	}
	if err := s.call(ctx, "GET", path, nil, &list); err != nil {
		return nil, err
	}
	var ids []int64
	for _, item := range list.Items {
		ids = append(ids, item.ID)
	}
	return ids, nil
}

func (s *Server) reply(ctx context.Context, i int) error {
	body := map[string]any{"text": "Thank you for telling us. Any bicycle grease will do; a thin layer is enough."}
	return s.call(ctx, "POST", "/conversations/"+strconv.FormatInt(s.ours[i%len(s.ours)], 10)+"/messages", body, nil)
}

func (s *Server) ingest() ([]Operation, error) {
	if s.SMTP == "" || s.To == "" {
		return nil, fault.New(fault.Invalid, "To measure how a server takes mail in, name its SMTP address with --smtp and the desk's mail address with --to.")
	}
	// one connection a mail, as strangers come, without TLS
	return []Operation{{Name: "accept", Do: func(_ context.Context, i int) error {
		return s.write(fmt.Sprintf("measured%d@post.example", i%5000), invented(s.To, s.unique, i, time.Now()))
	}}}, nil
}

func (s *Server) write(from string, mail []byte) error {
	c, err := smtp.Dial(s.SMTP)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "Nobody takes mail at %s. Check the address given with --smtp.", s.SMTP)
	}
	defer c.Close()
	err = errors.Join(c.Hello("bench.post.example"), c.Mail(from), c.Rcpt(s.To))
	if err != nil {
		return refused(err)
	}
	w, err := c.Data()
	if err != nil {
		return refused(err)
	}
	if _, err := w.Write(mail); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return refused(err)
	}
	return c.Quit()
}

func refused(err error) error {
	return fault.Wrap(err, fault.Unavailable, "The server did not take a mail: %v", err)
}

func (s *Server) call(ctx context.Context, method, path string, body, into any) error {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(text)
	}
	at, err := url.JoinPath(s.URL, "/api/v1")
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "%q is not the address of a server. Write it as http://localhost:8080.", s.URL)
	}
	req, err := http.NewRequestWithContext(ctx, method, at+path, send)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	req.Header.Set("Content-Type", "application/json")
	return answered(http.DefaultClient.Do(req))(into)
}

// answered reads the whole answer, as a program would, and turns a refusal into a fault.
func answered(res *http.Response, err error) func(into any) error {
	return func(into any) error {
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "The server does not answer. Check the address given with --server.")
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		if res.StatusCode == http.StatusTooManyRequests {
			return fault.New(fault.TooMany, "The server asks for fewer requests at once.")
		}
		if res.StatusCode >= 300 {
			return fault.New(fault.Unavailable, "The server answered %s: %.200s", res.Status, text)
		}
		if into == nil {
			return nil
		}
		return json.Unmarshal(text, into)
	}
}

// metric reads one number that the server tells about itself, 0 where it tells nothing.
func (s *Server) metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", strings.TrimSuffix(s.URL, "/")+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, nil
}

// CPU is the server's.
func (s *Server) CPU(ctx context.Context) (time.Duration, error) {
	seconds, err := s.metric(ctx, "kept_cpu_seconds")
	return time.Duration(seconds * float64(time.Second)), err
}

// MemoryMiB is what the server took from the system.
func (s *Server) MemoryMiB(ctx context.Context) (float64, error) {
	bytes, err := s.metric(ctx, "kept_memory_bytes")
	return round(bytes / (1 << 20)), err
}
