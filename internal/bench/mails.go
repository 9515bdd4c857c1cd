package bench

import (
	"fmt"
	"strings"
	"time"
)

// invented writes the i-th invented mail to an address: plain text, alternatives with HTML, or
// with a file, of the sizes that a support desk sees (2 to 40 kB). unique keeps the mails
// of two runs apart.
func invented(to, unique string, i int, at time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Received: from mx.post.example by mail.example with ESMTP; %s\r\n", at.Format(time.RFC1123Z))
	fmt.Fprintf(&b, "From: Measured Person %d <measured%d@post.example>\r\nTo: <%s>\r\nSubject: Measured mail %d about a saddle\r\n", i%5000, i%5000, to, i)
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <measured.%s.%d@post.example>\r\nMIME-Version: 1.0\r\n", at.Format(time.RFC1123Z), unique, i)
	text := strings.Repeat("The saddle I ordered squeaks on every bump between here and the river.\r\nCould you tell me which grease to use?\r\n\r\n", 3+i%12) + "Kind regards\r\nMeasured Person\r\n"
	switch i % 4 {
	case 0:
		b.WriteString("Content-Type: text/plain; charset=utf-8\r\n\r\n" + text)
	case 3:
		b.WriteString("Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n" + alternative(text) + "--outer\r\n" + attached(i) + "--outer--\r\n")
	default:
		b.WriteString(alternative(text))
	}
	return []byte(b.String())
}

func alternative(text string) string {
	html := "<html><body><p>" + strings.ReplaceAll(text, "\r\n\r\n", "</p>\r\n<p>") + "</p><blockquote><p>On Tuesday Halden Cycles wrote:</p><p>Your order has left our workshop.</p></blockquote></body></html>\r\n"
	return "Content-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text +
		"--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html + "--inner--\r\n"
}

func attached(i int) string {
	line := fmt.Sprintf("saddle,measured,%d,in millimetres,145,275,62,and a little more to fill the line\r\n", i)
	return "Content-Type: text/csv; name=\"saddle.csv\"\r\nContent-Disposition: attachment; filename=\"saddle.csv\"\r\n\r\n" + strings.Repeat(line, 300)
}
