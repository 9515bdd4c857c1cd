package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"kept/internal/channel/email/account"
	"kept/internal/fault"
)

// The limits of a picture fetched from somebody else's server.
const (
	remoteMost    = 10 << 20
	remoteWithin  = 15 * time.Second
	remoteAtOnce  = 8
	remoteURL     = "image" // what the sealed address in a link is sealed for
	remoteHops    = 3
	remoteAgent   = "Kept image proxy"
	remoteLongest = 4000 // characters of an address
)

// remoteImages fetches the pictures of mails for the reader, when the reader asks for them: the sender learns that somebody asked,
// never who, where or with what. Addresses of private networks are refused after resolving, at the moment of connecting, on every
// redirect; only pictures that cannot carry a script come through.
type remoteImages struct {
	client *http.Client
	slots  chan struct{}
}

func newRemoteImages() *remoteImages {
	guarded := account.Dialer{Timeout: 5 * time.Second}
	return &remoteImages{
		slots: make(chan struct{}, remoteAtOnce),
		client: &http.Client{
			Timeout: remoteWithin,
			Transport: &http.Transport{DialContext: guarded.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
				DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10},
			CheckRedirect: func(r *http.Request, via []*http.Request) error {
				r.Header.Del("Referer")
				if len(via) > remoteHops || r.URL.Scheme != "http" && r.URL.Scheme != "https" {
					return http.ErrUseLastResponse
				}
				return nil
			},
		},
	}
}

// throughUs makes every picture of safe HTML that lies on somebody else's server come through us. The address is sealed, so that the
// proxy fetches what a mail named and nothing else.
func (a *API) throughUs(messageID int64, safe string) string {
	var out bytes.Buffer
	z := html.NewTokenizer(strings.NewReader(safe))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := bytes.Clone(z.Raw())
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			out.Write(raw)
			continue
		}
		token := z.Token()
		if token.Data != "img" || !a.proxied(messageID, &token) {
			out.Write(raw)
			continue
		}
		out.WriteString(token.String())
	}
}

func (a *API) proxied(messageID int64, img *html.Token) bool {
	for i, attr := range img.Attr {
		if attr.Key == "src" && (strings.HasPrefix(attr.Val, "http://") || strings.HasPrefix(attr.Val, "https://")) && len(attr.Val) <= remoteLongest {
			img.Attr[i].Val = fmt.Sprintf("%s/messages/%d/images?u=%s", Prefix, messageID, url.QueryEscape(a.Box.Seal(remoteURL, strconv.FormatInt(messageID, 10)+" "+attr.Val)))
			return true
		}
	}
	return false
}

// opened returns the address sealed for a message.
func (a *API) opened(messageID int64, sealed string) (string, error) {
	text, err := a.Box.Open(remoteURL, sealed)
	id, address, ok := strings.Cut(text, " ")
	if err != nil || !ok || id != strconv.FormatInt(messageID, 10) {
		return "", fault.New(fault.NotFound, "This picture's address is not valid any more. Open the message again.")
	}
	return address, nil
}

// fetch returns a picture and its type.
func (m *remoteImages) fetch(ctx context.Context, address string) (data []byte, kind string, err error) {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", unreachable(err)
	}
	r.Header.Set("User-Agent", remoteAgent)
	r.Header.Set("Accept", "image/*")
	res, err := m.client.Do(r)
	if err != nil {
		return nil, "", unreachable(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, "", unreachable(fmt.Errorf("status %d", res.StatusCode))
	}
	data, err = io.ReadAll(io.LimitReader(res.Body, remoteMost+1))
	if err != nil {
		return nil, "", unreachable(err)
	}
	if len(data) > remoteMost {
		return nil, "", unreachable(fmt.Errorf("over %d bytes", remoteMost))
	}
	if kind = http.DetectContentType(data); !inlineTypes[kind] {
		return nil, "", unreachable(fmt.Errorf("it is %s", kind))
	}
	return data, kind, nil
}

func unreachable(err error) error {
	return fault.Wrap(err, fault.NotFound, "The sender's server did not give this picture.")
}

// inlineTypes are the files a browser may show inside a page of ours: pictures without scripts.
var inlineTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}
