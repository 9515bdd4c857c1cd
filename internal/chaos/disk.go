package chaos

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// A Disk is a small file system of its own, in memory, that only processes which enter it see, so that nothing is left behind whatever
// happens to the test. It lives as long as a process that holds it.
type Disk struct {
	dir    string
	holder *exec.Cmd
}

// NewDisk gives a disk with room for some megabytes, mounted at dir, and skips the test where that is not allowed.
func NewDisk(t testing.TB, dir string, megabytes int) *Disk {
	t.Helper()
	script := fmt.Sprintf("mount -t tmpfs -o size=%dm kept '%s' && echo ready && exec sleep 86400", megabytes, dir)
	d := &Disk{dir: dir, holder: exec.Command("unshare", append(view(), "sh", "-c", script)...)}
	d.holder.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := d.holder.StdoutPipe()
	if err == nil {
		err = d.holder.Start()
	}
	if err != nil {
		t.Skipf("A disk that can be filled needs the right to mount one: %v.", err)
	}
	t.Cleanup(func() {
		d.holder.Process.Kill()
		d.holder.Wait()
	})
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Skip("A disk that can be filled needs the right to mount one, which this machine does not give.")
	}
	return d
}

// view asks for a view of the file systems of one's own and, for those who are not root, for the right to change it.
func view() []string {
	if os.Getuid() == 0 {
		return []string{"-m"}
	}
	return []string{"-rm"}
}

// enter is the command that runs another one with this disk in sight.
func (d *Disk) enter() []string {
	pid := strconv.Itoa(d.holder.Process.Pid)
	if os.Getuid() == 0 {
		return []string{"nsenter", "-t", pid, "-m", "--"}
	}
	return []string{"nsenter", "-t", pid, "-U", "-m", "--preserve-credentials", "--"}
}

// Root is the file systems as those who entered see them.
func (d *Disk) Root() string {
	return filepath.Join("/proc", strconv.Itoa(d.holder.Process.Pid), "root")
}

// Fill writes until nothing more fits.
func (d *Disk) Fill() {
	f, err := os.Create(d.filler())
	if err != nil {
		return // it is full already
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
}

// Free makes room again.
func (d *Disk) Free() error { return os.Remove(d.filler()) }

func (d *Disk) filler() string { return filepath.Join(d.Root(), d.dir, "filler") }
