package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kept/internal/channel/email/mailbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kept": main})
}

// TestScripts runs the command-line scripts in testdata. Beside testscript's own commands they know:
//
//	port NAME              $NAME is an address nobody listens on
//	ready FILE             wait until FILE holds a line of `kept demo --json` or `kept serve`, and set $URL, $SMTP, $TOKEN
//	fetch WORDS PATH       wait until GET $URL/PATH answers with WORDS in it
//	write FROM TO SUBJECT  send a mail through $SMTP
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"port": func(ts *testscript.TestScript, _ bool, args []string) {
				l, err := net.Listen("tcp", "localhost:0")
				ts.Check(err)
				ts.Setenv(args[0], l.Addr().String())
				l.Close()
			},
			"ready": ready_, "fetch": fetch, "write": write,
		},
	})
}

// until tries again until try succeeds.
func until(ts *testscript.TestScript, what string, try func() error) {
	var err error
	for start := time.Now(); time.Since(start) < 90*time.Second; time.Sleep(20 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	ts.Fatalf("waited for %s: %v", what, err)
}

func ready_(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[0], func() error {
		f, err := os.Open(ts.MkAbs(args[0]))
		if err != nil {
			return err
		}
		defer f.Close()
		line, err := bufio.NewReader(f).ReadString('\n')
		if err != nil {
			return err
		}
		var r ready
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		ts.Setenv("URL", r.URL)
		ts.Setenv("SMTP", r.SMTP)
		ts.Setenv("TOKEN", r.Token)
		ts.Setenv("ADDRESS", r.Address)
		return nil
	})
}

func fetch(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, args[0]+" at "+args[1], func() error {
		r, err := http.NewRequest("GET", ts.Getenv("URL")+args[1], nil)
		if err != nil {
			return err
		}
		if token := ts.Getenv("TOKEN"); token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		if strings.Contains(string(body), args[0]) == neg {
			return fmt.Errorf("status %d: %.300s", res.StatusCode, body)
		}
		return nil
	})
}

func write(ts *testscript.TestScript, _ bool, args []string) {
	text := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: <%d@script.example>\r\n\r\nHello.\r\n", args[0], args[1], args[2], time.Now().UnixNano())
	c, err := smtp.Dial(ts.Getenv("SMTP")) // SendMail would insist on a certificate that somebody vouches for
	ts.Check(err)
	defer c.Close()
	ts.Check(c.Mail(args[0]))
	ts.Check(c.Rcpt(args[1]))
	w, err := c.Data()
	ts.Check(err)
	_, err = io.WriteString(w, text)
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(c.Quit())
}

// TestScriptsAreThere keeps a renamed folder from passing as success.
func TestScriptsAreThere(t *testing.T) {
	found, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(found) < 6 {
		t.Errorf("only %d scripts: %v", len(found), err)
	}
}

func TestFetchedTellsOfEveryMailboxInUse(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 500_000_000, time.UTC)
	got := fmt.Sprint(fetched([]mailbox.Mailbox{{ID: 3, Enabled: true, LastFetchedAt: at}, {ID: 4, Enabled: true}, {ID: 5}}))
	if want := fmt.Sprintf("[{[mailbox 3] %v} {[mailbox 4] 0}]", float64(at.UnixMilli())/1000); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
