// Package chaos runs a real Kept, as a process of its own, and treats it badly while mail comes in: it is killed without warning, its
// database goes away, its disk fills up. What must hold afterwards is counted, not sampled:
//
//	every mail that a sender was told "250" for, and every mail in the IMAP mailbox, is in exactly one message
//	no conversation waits on us without an owned open promise
//	`kept check` finds nothing
//
// Senders behave as mail systems do: what was not answered 250 is sent again, so that the same mail may well arrive twice.
//
// KEPT_CHAOS says how long: "short" (the default: some hundred mails, five kills), "long" (10,000 mails, fifty kills), or "off".
package chaos

import (
	"bytes"
	"context"
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

	"kept/internal/db"
)

// Address is the desk that mail is sent to.
const Address = "support@example.com"

// A Kept is a server process that can be killed and started again in the same place.
type Kept struct {
	t       testing.TB
	bin     string
	data    string
	db      string // as --db takes it; "" for SQLite in data
	disk    *Disk  // where data is, if it is a disk of its own
	http    string
	smtp    string
	client  *http.Client
	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{}
	log     *os.File
	Restart int
}

// Build compiles the program once for a test.
func Build(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "kept")
	out, err := exec.Command("go", "build", "-o", bin, "kept/cmd/kept").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// New prepares a Kept in a fresh folder. The ports stay the same over restarts.
func New(t testing.TB, bin, db string) *Kept {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &Kept{t: t, bin: bin, data: t.TempDir(), db: db, http: freePort(t), smtp: freePort(t), client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
	if k.log, err = os.Create(filepath.Join(t.TempDir(), "kept.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.Kill()
		if t.Failed() {
			t.Logf("the end of the server's log:\n%s", k.tail())
		}
		k.log.Close()
	})
	return k
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (k *Kept) tail() string {
	raw, err := os.ReadFile(k.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-6000):])
}

// Start starts the process and waits until it answers.
func (k *Kept) Start() {
	k.t.Helper()
	cmd := k.command("serve", "--listen", k.http, "--smtp", k.smtp)
	cmd.Stdout, cmd.Stderr = k.log, k.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	k.mu.Lock()
	k.cmd, k.exited = cmd, exited
	k.mu.Unlock()
	k.waitReady(exited)
}

func (k *Kept) waitReady(exited chan struct{}) {
	k.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case <-exited:
			k.t.Fatalf("the server ended by itself:\n%s", k.tail())
		default:
		}
		if res, err := k.client.Get("http://" + k.http + "/healthz"); err == nil {
			res.Body.Close()
			return
		}
	}
	k.t.Fatalf("the server does not answer:\n%s", k.tail())
}

// command runs the program on this desk, on the disk where the desk is.
func (k *Kept) command(args ...string) *exec.Cmd {
	args = append(append([]string{k.bin}, args...), "--data", k.data)
	if k.db != "" {
		args = append(args, "--db", k.db)
	}
	if k.disk != nil {
		args = append(k.disk.enter(), args...)
	}
	return exec.Command(args[0], args[1:]...)
}

// Kill ends the process as a power failure would, and waits until it is gone.
func (k *Kept) Kill() { k.signal(syscall.SIGKILL) }

// Stop asks the process to end.
func (k *Kept) Stop() { k.signal(syscall.SIGTERM) }

func (k *Kept) signal(s syscall.Signal) {
	k.mu.Lock()
	cmd, exited := k.cmd, k.exited
	k.mu.Unlock()
	if cmd == nil {
		return
	}
	cmd.Process.Signal(s)
	select {
	case <-exited:
	case <-time.After(30 * time.Second):
		cmd.Process.Kill()
		<-exited
	}
}

// KillAndStart is one crash.
func (k *Kept) KillAndStart() {
	k.t.Helper()
	k.Kill()
	k.Restart++
	k.Start()
}

// SetUp makes the first person and the desk, and connects an IMAP mailbox.
func (k *Kept) SetUp(imapHost string, imapPort int, user, password string) {
	k.t.Helper()
	var me struct{ Desks []struct{ ID int64 } }
	k.post("/api/v1/setup", map[string]any{"company": "Wheel Works", "name": "Maya", "email": "maya@example.com", "password": "wheels within wheels", "desk_name": "Support", "desk_address": Address, "zone": "UTC"}, &me)
	k.get("/api/v1/me", &me)
	if len(me.Desks) != 1 {
		k.t.Fatalf("set up: %+v", me)
	}
	k.post("/api/v1/mailboxes", map[string]any{"desk_id": me.Desks[0].ID, "host": imapHost, "port": imapPort, "security": "none", "username": user, "auth": "password", "secret": password, "folders": []string{"INBOX"}}, nil)
}

func (k *Kept) post(path string, in, out any) {
	k.t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		k.t.Fatal(err)
	}
	res, err := k.client.Post("http://"+k.http+path, "application/json", bytes.NewReader(raw))
	k.answer(path, res, err, out)
}

func (k *Kept) get(path string, out any) {
	k.t.Helper()
	res, err := k.client.Get("http://" + k.http + path)
	k.answer(path, res, err, out)
}

func (k *Kept) answer(path string, res *http.Response, err error, out any) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		k.t.Fatalf("%s: %s %v\n%s", path, res.Status, err, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			k.t.Fatalf("%s: %v\n%s", path, err, raw)
		}
	}
}

// Metric reads one number, or -1 while the server cannot say.
func (k *Kept) Metric(name string) float64 {
	res, err := k.client.Get("http://" + k.http + "/metrics")
	if err != nil {
		return -1
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	for line := range strings.Lines(string(raw)) {
		var v float64
		if n, _ := fmt.Sscanf(line, name+" %g", &v); n == 1 {
			return v
		}
	}
	return -1
}

// A Finding is what `kept check` says.
type Finding struct {
	NakedWaits int               `json:"naked_waits"`
	Orphans    []json.RawMessage `json:"orphans"`
	Alarms     []json.RawMessage `json:"alarms"`
}

// Check runs `kept check`.
func (k *Kept) Check() (ok bool, f Finding) {
	k.t.Helper()
	out, err := k.command("check", "--json").Output()
	if bad := json.Unmarshal(out, &f); bad != nil {
		k.t.Fatalf("kept check: %v, %v\n%s", err, bad, out)
	}
	return err == nil, f
}

// asking is set in the environment of a copy of the test's program that is to answer a query.
const asking = "KEPT_CHAOS_ASKING"

// Query asks the desk's database, on the disk where that is, and gives the only column as text.
func (k *Kept) Query(text string) []string {
	k.t.Helper()
	at := k.db
	if at == "" {
		at = "sqlite:" + filepath.Join(k.data, "kept.db")
	}
	args := []string{os.Args[0]}
	if k.disk != nil {
		args = append(k.disk.enter(), args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), asking+"="+at, asking+"_QUERY="+text)
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}

// answerQuery is what that copy does.
func answerQuery() int {
	ctx := context.Background()
	d, err := db.Open(ctx, os.Getenv(asking))
	if err != nil {
		return 1
	}
	defer d.Close()
	rows, err := db.Collect(ctx, d, func(s db.Scanner) (string, error) {
		var v any
		err := s.Scan(&v)
		return fmt.Sprint(v), err
	}, os.Getenv(asking+"_QUERY"))
	if err != nil {
		return 1
	}
	_, err = io.WriteString(os.Stdout, strings.Join(rows, "\n"))
	if err != nil {
		return 1
	}
	return 0
}
