//go:build chaos

// Package chaos kills the real program while mail pours into it, takes its
// database and its disk away, and then counts: nothing lost, nothing twice,
// nobody who waits without a promise.
//
// Two doors are used at once. A sender speaks SMTP as mail servers do: what was
// not answered with 250 is sent again, so a mail that was stored a moment before
// the kill comes a second time. An IMAP server that outlives every kill is filled
// meanwhile. Every mail has a Message-ID of its own; in the end each must stand in
// the database exactly once.
package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A desk is the real program on a data folder, started and ended as often as the test likes.
type desk struct {
	t        *testing.T
	bin      string
	data     string
	database string   // a URL, "" for the one in the data folder
	within   []string // command that the program runs under, if any

	listen, smtp string
	log          *os.File
	client       *http.Client

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{}
	starts  []time.Duration // from exec to the first answer
}

func newDesk(t *testing.T, data, database string) *desk {
	t.Helper()
	bin := os.Getenv("KEPT_BIN")
	if bin == "" {
		t.Fatal("KEPT_BIN must name the program; `make chaos` builds it and does")
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "kept.log"))
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	d := &desk{t: t, bin: bin, data: data, database: database, listen: freeAddress(t), smtp: freeAddress(t), log: log, client: &http.Client{Jar: jar, Timeout: 10 * time.Second}}
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the end of the program's log:\n%s", text[max(0, len(text)-6000):])
		}
	})
	return d
}

// freeAddress is an address that the program can have again after every start.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (d *desk) command(args ...string) *exec.Cmd {
	args = append(args, "--data", d.data)
	if d.database != "" {
		args = append(args, "--db", d.database)
	}
	line := append(append([]string{}, d.within...), append([]string{d.bin}, args...)...)
	return exec.Command(line[0], line[1:]...)
}

// start starts the program and waits for its first answer. A program that gave up before it (its database was away) is started again, as
// whoever watches over it would.
func (d *desk) start() {
	d.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		begin := time.Now()
		d.launch()
		if d.answers() {
			d.starts = append(d.starts, time.Since(begin))
			return
		}
		d.kill()
	}
	d.t.Fatal("the program did not come up within two minutes")
}

func (d *desk) launch() {
	cmd := d.command("serve", "--listen", d.listen, "--smtp", d.smtp)
	cmd.Stdout, cmd.Stderr = d.log, d.log
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	d.mu.Lock()
	d.process, d.ended = cmd, ended
	d.mu.Unlock()
}

// answers waits for the first answer, or the end of the process.
func (d *desk) answers() bool {
	for range 2000 {
		select {
		case <-d.ended:
			return false
		case <-time.After(5 * time.Millisecond):
		}
		r, err := d.client.Get("http://" + d.listen + "/api/v1/setup")
		if err == nil {
			r.Body.Close()
			return true
		}
	}
	return false
}

// kill ends the process as a power failure would.
func (d *desk) kill() { d.signal(syscall.SIGKILL) }

// stop asks the process to end.
func (d *desk) stop() { d.signal(syscall.SIGTERM) }

func (d *desk) signal(s syscall.Signal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process != nil {
		d.process.Process.Signal(s)
		<-d.ended
		d.process = nil
	}
}

// call speaks to the API as a program does and returns what came back.
func (d *desk) call(method, path string, in any) map[string]any {
	d.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+d.listen+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); answer.StatusCode >= 300 || err != nil {
		d.t.Fatalf("%s %s: %s: %.500s (%v)", method, path, answer.Status, text, err)
	}
	return out
}

// furnish sets up the company, its desk and the mailbox that the IMAP server holds.
func (d *desk) furnish(imap *net.TCPAddr) {
	d.t.Helper()
	d.call("POST", "/setup", map[string]any{"company": "Lumen & Sons", "name": "Maya Okafor", "email": "maya@lumen.example", "password": "a lamp in every window",
		"desk_name": "Repairs", "desk_address": "repairs@lumen.example", "zone": "Europe/Lisbon"})
	desks := d.call("GET", "/desks", nil)["items"].([]any)
	d.call("POST", "/mailboxes", map[string]any{"desk_id": desks[0].(map[string]any)["id"], "host": imap.IP.String(), "port": imap.Port, "security": "none",
		"username": mailUser, "auth": "password", "secret": mailPassword, "folders": []string{"INBOX"}})
}

// check runs `kept check` and returns what it says and whether all is well.
func (d *desk) check() (string, bool) {
	out, err := d.command("check", "--json").CombinedOutput()
	return strings.TrimSpace(string(out)), err == nil
}

// quickest and slowest start, for the report.
func (d *desk) startTimes() string {
	lo, hi := time.Hour, time.Duration(0)
	for _, s := range d.starts {
		lo, hi = min(lo, s), max(hi, s)
	}
	return fmt.Sprintf("%d starts, %v to %v", len(d.starts), lo.Round(time.Millisecond), hi.Round(time.Millisecond))
}
