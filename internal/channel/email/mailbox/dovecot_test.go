package mailbox

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kept/internal/alarm"
	"kept/internal/channel/email/account"
	"kept/internal/channel/email/emailtest"
	"kept/internal/channel/email/receiver"
	"kept/internal/db/dbtest"
	"kept/internal/intake"
	"kept/internal/team"
)

// A dovecot is a private instance of the real server, with one user and mail in Maildir folders.
type dovecot struct {
	t        testing.TB
	bin, dir string
	imap     int // port, plain and STARTTLS
	imaps    int
	cmd      *exec.Cmd
	uid, gid int
	n        int
}

func newDovecot(t testing.TB) *dovecot {
	t.Helper()
	bin, err := exec.LookPath("dovecot")
	if err != nil {
		if bin = "/usr/sbin/dovecot"; !exists(bin) {
			t.Skip("Dovecot is not installed; its package is dovecot-imapd.")
		}
	}
	dir, err := os.MkdirTemp("", "kept-dovecot-") // short: a socket's path has an end
	if err != nil {
		t.Fatal(err)
	}
	d := &dovecot{t: t, bin: bin, dir: dir, imap: port(t), imaps: port(t), uid: os.Getuid(), gid: os.Getgid()}
	if d.uid == 0 { // it refuses to touch mail as root
		d.uid, d.gid = 65534, 65534
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if _, err := receiver.Certificate("", "", dir, "localhost", time.Now()); err != nil {
		t.Fatal(err)
	}
	d.write("dovecot.conf", d.config())
	for _, sub := range []string{"mail/support/cur", "mail/support/new", "mail/support/tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.give()
	d.start()
	t.Cleanup(d.stop)
	return d
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func port(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (d *dovecot) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// give makes the mail belong to the user that reads it.
func (d *dovecot) give() {
	os.Chmod(d.dir, 0o755)
	filepath.Walk(filepath.Join(d.dir, "mail"), func(p string, _ os.FileInfo, _ error) error { return os.Chown(p, d.uid, d.gid) })
}

func (d *dovecot) config() string {
	internal := ""
	if os.Getuid() != 0 {
		internal = fmt.Sprintf("default_internal_user = #%d\ndefault_internal_group = #%d\ndefault_login_user = #%d\n", d.uid, d.gid, d.uid)
	}
	return strings.NewReplacer("DIR", d.dir, "UID", strconv.Itoa(d.uid), "GID", strconv.Itoa(d.gid), "IMAPSPORT", strconv.Itoa(d.imaps), "IMAPPORT", strconv.Itoa(d.imap), "INTERNAL", internal).Replace(`
protocols = imap
listen = 127.0.0.1
base_dir = DIR/run
state_dir = DIR/state
instance_name = kept-test
log_path = DIR/log
disable_plaintext_auth = no
ssl = yes
ssl_cert = <DIR/smtp.crt
ssl_key = <DIR/smtp.key
INTERNAL
first_valid_uid = UID
first_valid_gid = GID
mail_location = maildir:DIR/mail/%u
namespace inbox {
  inbox = yes
  separator = /
}
passdb {
  driver = static
  args = password=sesame
}
userdb {
  driver = static
  args = uid=UID gid=GID home=DIR/mail/%u
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = IMAPPORT
  }
  inet_listener imaps {
    port = IMAPSPORT
  }
}
`)
}

func (d *dovecot) start() {
	d.t.Helper()
	d.cmd = exec.Command(d.bin, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	said := &strings.Builder{}
	d.cmd.Stderr = said
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.imap))); err == nil {
			c.Close()
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
	d.t.Fatalf("Dovecot does not answer: %s\n%s", said, log)
}

// stop ends the server with all its processes, at once: asked politely, it waits half a minute for its clients.
func (d *dovecot) stop() {
	syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
	d.cmd.Wait()
}

// deliver puts a mail into a folder ("" for INBOX) as a delivery agent does, with Maildir flags such as "S".
func (d *dovecot) deliver(folder, mail, flags string) {
	d.t.Helper()
	d.n++
	box := filepath.Join(d.dir, "mail/support", folder)
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(box, sub), 0o700); err != nil {
			d.t.Fatal(err)
		}
	}
	name := fmt.Sprintf("%d.M%dP%d.test", time.Now().Unix(), d.n, os.Getpid())
	to := filepath.Join(box, "new", name)
	if flags != "" {
		to = filepath.Join(box, "cur", name+":2,"+flags)
	}
	from := filepath.Join(box, "tmp", name)
	if err := os.WriteFile(from, []byte(mail), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.give()
	if err := os.Rename(from, to); err != nil {
		d.t.Fatal(err)
	}
}

// unread counts mails that no reader has marked as seen, by the names of their files.
func (d *dovecot) unread() int {
	files, _ := filepath.Glob(filepath.Join(d.dir, "mail/support/*/*.test*"))
	below, _ := filepath.Glob(filepath.Join(d.dir, "mail/support/.*/*/*.test*"))
	files = append(files, below...)
	n := 0
	for _, f := range files {
		if !strings.Contains(filepath.Base(f), "S") {
			n++
		}
	}
	return n
}

func dovecotOffice(t *testing.T) (*office, *dovecot) {
	t.Helper()
	d := newDovecot(t)
	o := newOffice(emailtest.New(t, dbtest.Open(t)), &emailtest.IMAP{Host: "127.0.0.1", Port: d.imap})
	return o, d
}

func (o *office) sesame(folders ...string) Settings {
	s := o.settings(folders...)
	s.Secret = "sesame"
	return s
}

func TestDovecotReading(t *testing.T) {
	o, d := dovecotOffice(t)
	d.deliver("", emailtest.Mail("Tom", "read by somebody"), "S")
	d.deliver("", emailtest.Mail("Tom", "unread"), "")
	m := o.create(o.sesame("INBOX", "Support"))
	stop := o.read("oslo")
	o.pending(2)
	o.Until("the alarm of a folder that is not there", func() bool { return o.alarm(alarm.FolderGone) != nil })
	d.deliver("", emailtest.Mail("Maya", "live"), "")
	o.pending(3)
	d.deliver(".Support", emailtest.Mail("Noor", "in a folder that appeared"), "")
	o.pending(4)
	o.Until("its alarm to clear", func() bool { return o.alarm(alarm.FolderGone) == nil })
	if n := d.unread(); n != 3 {
		t.Errorf("%d unread on the server, want 3: reading must leave no trace", n)
	}
	film := emailtest.Mail("Tom", "film") + strings.Repeat("0123456789\r\n", 300000)
	d.deliver("", film, "")
	d.deliver("", emailtest.Mail("Tom", "after the film"), "")
	o.pending(5)
	stop()
	if q := o.Arrivals(intake.Quarantined); len(q) != 1 || q[0].Options.FullSize < int64(len(film)) {
		t.Errorf("quarantine: %+v", q)
	}
	v := o.supervisor("oslo")
	v.Limit = 50 << 20
	if r, err := v.Reconcile(ctx, m); err != nil || !r.OK() || r.OnServer != 6 || r.Stored != 6 {
		t.Errorf("reconciliation %+v, %v", r, err)
	}
	if a := o.Arrivals(intake.Pending); len(a) != 6 || o.Source(a[5]) != film {
		t.Errorf("the film did not come whole: %d arrivals", len(a))
	}
}

func TestDovecotOutageAndRenumbering(t *testing.T) {
	o, d := dovecotOffice(t)
	m := o.create(o.sesame())
	for i := range 60 {
		d.deliver("", emailtest.Mail("Tom", fmt.Sprint("before ", i)), "")
	}
	o.read("oslo")
	o.pending(60)
	d.stop()
	for i := range 5 {
		d.deliver("", emailtest.Mail("Tom", fmt.Sprint("during ", i)), "S")
	}
	o.failing(m.ID)
	d.start()
	o.pending(65)
	d.stop()
	for _, name := range []string{"dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache", "dovecot.list.index.log", "dovecot.list.index"} {
		os.Remove(filepath.Join(d.dir, "mail/support", name)) // the server will number everything anew
	}
	time.Sleep(1100 * time.Millisecond) // UIDVALIDITY is the second in which the list is made
	d.start()
	d.deliver("", emailtest.Mail("Maya", "after"), "")
	o.pending(66)
	o.Until("the renumbering to be noticed", func() bool { return o.alarm(alarm.FolderRenewed) != nil })
	o.Until("a clean comparison", func() bool {
		r, err := o.supervisor("oslo").Reconcile(ctx, m)
		return err == nil && r.OK() && r.OnServer == 66 && len(r.Missing) == 0
	})
}

func TestDovecotEncryption(t *testing.T) {
	o, d := dovecotOffice(t)
	d.deliver("", emailtest.Mail("Tom", "wheel"), "")
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(filepath.Join(d.dir, "smtp.crt"))
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		security account.Security
		port     int
		secret   string
		trust    bool
		failed   string
	}{
		"TLS":                         {account.TLS, d.imaps, "sesame", true, ""},
		"STARTTLS":                    {account.StartTLS, d.imap, "sesame", true, ""},
		"plain, to this machine":      {account.Plain, d.imap, "sesame", false, ""},
		"TLS by a stranger":           {account.TLS, d.imaps, "sesame", false, "connection"},
		"STARTTLS by a stranger":      {account.StartTLS, d.imap, "sesame", false, "connection"},
		"a wrong password":            {account.TLS, d.imaps, "guess", true, "login"},
		"TLS where there is STARTTLS": {account.TLS, d.imap, "sesame", true, "connection"},
	} {
		s := o.sesame()
		s.Host, s.Security, s.Port, s.Secret = "localhost", c.security, c.port, c.secret
		o.boxes.dialer.Roots = x509.NewCertPool()
		if c.trust {
			o.boxes.dialer.Roots = roots
		}
		steps := o.boxes.Test(ctx, team.System, 0, s)
		last := steps[len(steps)-1]
		if Passed(steps) != (c.failed == "") || c.failed != "" && last.Name != c.failed {
			t.Errorf("%s: %+v", name, steps)
		}
		if c.failed == "" && last.Sentence != "The folder INBOX holds 1 mails." {
			t.Errorf("%s: %s", name, last.Sentence)
		}
	}
}
