//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

const (
	mailUser     = "repairs"
	mailPassword = "lantern"
)

// mailbox is an IMAP server in this process: it outlives every kill of the program.
func mailbox(t *testing.T) (*imapmemserver.User, *net.TCPAddr) {
	t.Helper()
	user := imapmemserver.NewUser(mailUser, mailPassword)
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIdle: {}},
		InsecureAuth: true,
		Logger:       log.New(io.Discard, "", 0), // broken connections are what this is about
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return user, l.Addr().(*net.TCPAddr)
}

// A post is all the mail there is to deliver, by either door.
type post struct {
	t         *testing.T
	run       string    // part of every Message-ID
	begin     time.Time // of the Date headers: the same mail is the same by both doors
	total     int
	delivered atomic.Int64 // accepted with 250, or put into the mailbox
	refused   atomic.Int64 // attempts that had to be repeated
}

// id is the Message-ID of mail n.
func (p *post) id(n int) string { return fmt.Sprintf("%s.%d@customers.example", p.run, n) }

// mail writes mail n. Every third is a further word from whoever wrote the one before; every seventh is answered by a robot.
func (p *post) mail(n int) (from, text string) {
	who, extra := n, ""
	if n%3 == 2 {
		who = n - 1
		extra = fmt.Sprintf("In-Reply-To: <%s>\r\nReferences: <%[1]s>\r\n", p.id(n-1))
	}
	if n%7 == 6 {
		extra += "Auto-Submitted: auto-replied\r\n"
	}
	from = fmt.Sprintf("customer%d@customers.example", who)
	body := strings.Repeat(fmt.Sprintf("The lamp flickers, and this is line of mail %d.\r\n", n), 1+n%200)
	return from, fmt.Sprintf("From: Customer %d <%s>\r\nTo: repairs@lumen.example\r\nDate: %s\r\nMessage-ID: <%s>\r\nSubject: Lamp %d\r\n%s\r\n%s",
		who, from, p.begin.Add(time.Duration(n)*time.Second).Format(time.RFC1123Z), p.id(n), who, extra, body)
}

// bySMTP sends the mails of numbers, each until it was accepted.
func (p *post) bySMTP(ctx context.Context, address string, numbers <-chan int) {
	for n := range numbers {
		from, text := p.mail(n)
		for p.send(address, from, text) != nil {
			p.refused.Add(1)
			select {
			case <-ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
		p.delivered.Add(1)
	}
}

// send sends one mail over a connection of its own; nil means that the program took it.
func (p *post) send(address, from, text string) error {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return err
	}
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	c := smtp.NewClient(conn)
	defer c.Close()
	if err := c.SendMail(from, []string{"repairs@lumen.example"}, strings.NewReader(text)); err != nil {
		return err
	}
	c.Quit() // the 250 was already said
	return nil
}

// byIMAP puts the mails of numbers into the mailbox.
func (p *post) byIMAP(user *imapmemserver.User, numbers <-chan int) {
	for n := range numbers {
		_, text := p.mail(n)
		if _, err := user.Append("INBOX", literal{strings.NewReader(text), int64(len(text))}, &imap.AppendOptions{Time: time.Now()}); err != nil {
			p.t.Error(err)
			return
		}
		p.delivered.Add(1)
		time.Sleep(time.Duration(rand.IntN(8)) * time.Millisecond) // as mail comes: not all at once
	}
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

// pour delivers everything and returns when it is: two thirds by SMTP, one third by IMAP, a tenth by both.
func (p *post) pour(ctx context.Context, address string, user *imapmemserver.User) {
	bySMTP, byIMAP := make(chan int), make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { p.bySMTP(ctx, address, bySMTP) })
	}
	wg.Go(func() { p.byIMAP(user, byIMAP) })
	for n := range p.total {
		first, second := bySMTP, byIMAP
		if n%3 == 0 {
			first, second = byIMAP, bySMTP
		}
		deliver(ctx, first, n)
		if n%10 == 4 {
			deliver(ctx, second, n)
		}
	}
	close(bySMTP)
	close(byIMAP)
	wg.Wait()
}

func deliver(ctx context.Context, to chan<- int, n int) {
	select {
	case to <- n:
	case <-ctx.Done():
	}
}
