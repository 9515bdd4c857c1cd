package chaos

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"kept/internal/channel/email/emailtest"
)

// A Load is mail on its way to a Kept: half by SMTP, half through an IMAP mailbox.
type Load struct {
	Total  int
	Lanes  int // SMTP connections at once
	Sent   atomic.Int64
	Again  atomic.Int64 // SMTP transactions that were not answered 250
	kept   *Kept
	imap   *emailtest.IMAP
	random *rand.Rand
}

// id is the Message-ID of mail n.
func id(n int) string { return fmt.Sprintf("mail.%d@customer.example", n) }

// mail writes mail n. One in three answers the one before of the same customer; one in ten has a file.
func mail(n int) string {
	who := n % 97
	head := ""
	if n%3 == 0 && n >= 97 {
		head = fmt.Sprintf("In-Reply-To: <%s>\r\nReferences: <%s>\r\n", id(n-97), id(n-97))
	}
	body := fmt.Sprintf("Hello,\r\nthis is mail %d. %s\r\n", n, strings.Repeat("It is about my wheel. ", n%40))
	if n%10 == 0 {
		head += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
		body = "--b\r\nContent-Type: text/plain\r\n\r\n" + body + fmt.Sprintf("--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n\r\n%d;%d\r\n--b--\r\n", n, n)
	}
	return fmt.Sprintf("From: Customer %d <customer%d@customer.example>\r\nTo: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\nSubject: Question %d\r\n%s\r\n%s",
		who, who, Address, time.Now().UTC().Format(time.RFC1123Z), id(n), n, head, body)
}

// Run delivers everything: even numbers by SMTP, odd ones into the mailbox. It returns when every SMTP mail was answered 250.
func (l *Load) Run() {
	var wait sync.WaitGroup
	next := make(chan int)
	for range l.Lanes {
		wait.Go(func() { l.lane(next) })
	}
	for n := range l.Total {
		if n%2 == 1 {
			l.imap.Put("INBOX", mail(n))
			l.Sent.Add(1)
			continue
		}
		next <- n
	}
	close(next)
	wait.Wait()
}

// lane sends over one connection at a time, and keeps every mail until it was answered 250.
func (l *Load) lane(next <-chan int) {
	var c *smtp.Client
	for n := range next {
		text := mail(n)
		for {
			if c == nil {
				c = l.connect()
			}
			if err := transact(c, n, text); err == nil {
				break
			}
			l.Again.Add(1)
			c.Close()
			c = nil
		}
		l.Sent.Add(1)
	}
	if c != nil {
		c.Quit()
	}
}

func (l *Load) connect() *smtp.Client {
	for {
		c, err := smtp.Dial(l.kept.smtp)
		if err == nil {
			c.CommandTimeout, c.SubmissionTimeout = 20*time.Second, 30*time.Second
			return c
		}
		time.Sleep(20 * time.Millisecond) // a mail system waits longer; nothing depends on it
	}
}

func transact(c *smtp.Client, n int, text string) error {
	if err := c.Mail(fmt.Sprintf("customer%d@customer.example", n%97), nil); err != nil {
		return err
	}
	if err := c.Rcpt(Address, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return w.Close()
}
