//go:build chaos

package chaos

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"kept/internal/db/dbtest"
)

// outage is how long the database or the disk is away each time.
const outage = 3 * time.Second

func TestTheDatabaseIsAwayWhileMailPoursIn(t *testing.T) {
	server := os.Getenv("KEPT_TEST_POSTGRES")
	if server == "" {
		t.Skip("KEPT_TEST_POSTGRES names no server")
	}
	direct := dbtest.PostgresURL(t, server)
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, to: u.Host, at: freeAddress(t)}
	w.mend()
	defer w.cut()
	u.Host = w.at
	d := newDesk(t, filepath.Join(t.TempDir(), "data"), u.String())
	story(t, d, func() string { return direct }, max(2, *kills/4), func() {
		w.cut()
		time.Sleep(outage)
		w.mend()
		d.revive()
	})
}

// revive starts the program again where it ended by itself.
func (d *desk) revive() {
	d.t.Helper()
	select {
	case <-d.ended:
		d.kill()
		d.start()
	case <-time.After(100 * time.Millisecond):
	}
}

// a wire stands between the program and its database and can be cut.
type wire struct {
	t      *testing.T
	to, at string
	mu     sync.Mutex
	door   net.Listener
	open   []net.Conn
}

func (w *wire) mend() {
	w.t.Helper()
	door, err := net.Listen("tcp", w.at)
	if err != nil {
		w.t.Fatal(err)
	}
	w.door = door
	go func() {
		for {
			near, err := door.Accept()
			if err != nil {
				return
			}
			go w.join(near)
		}
	}()
}

func (w *wire) join(near net.Conn) {
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		near.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, near, far)
	w.mu.Unlock()
	go func() { io.Copy(far, near); far.Close() }()
	io.Copy(near, far)
	near.Close()
}

func (w *wire) cut() {
	w.door.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		c.Close()
	}
	w.open = nil
}

func TestTheDiskIsFullWhileMailPoursIn(t *testing.T) {
	holder, seen, inside := smallDisk(t, 64<<20)
	d := newDesk(t, filepath.Join(inside, "data"), "")
	d.within = []string{"nsenter", "-t", fmt.Sprint(holder), "-m"}
	filler := filepath.Join(seen, "filler")
	defer func(n int) { *mails = n }(*mails)
	*mails = min(*mails, 400) // more would not fit on so small a disk
	story(t, d, func() string { return copied(t, filepath.Join(seen, "data")) }, max(2, *kills/4), func() {
		fill(t, filler)
		time.Sleep(outage)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		d.revive()
	})
}

// copied brings the database out of its name space: SQLite resolves the way there itself, and would look for it in ours.
func copied(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"kept.db", "kept.db-wal"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			continue // a write-ahead log is there only while the program runs
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "sqlite:" + filepath.Join(to, "kept.db")
}

// smallDisk makes a file system of its own in memory, which only the process holder and what enters its name space sees: as inside for
// them, as seen for this test. It goes when the holder ends.
func smallDisk(t *testing.T, bytes int) (holder int, seen, inside string) {
	t.Helper()
	inside = t.TempDir()
	cmd := exec.Command("unshare", "-m", "sh", "-c", `mount -t tmpfs -o size="$0" tmpfs "$1" && echo mounted && exec sleep 3600`, fmt.Sprint(bytes), inside)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("this system cannot make a small disk: %v", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if n, _ := io.ReadFull(out, make([]byte, len("mounted"))); n == 0 {
		t.Skip("this user may not make a small disk: it needs the right to mount")
	}
	return cmd.Process.Pid, fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, inside), inside
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<16)
	for size := len(block); size > 0; {
		if _, err := f.Write(block[:size]); err != nil {
			size /= 16
		}
	}
}
