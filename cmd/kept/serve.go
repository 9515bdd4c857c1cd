package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"kept/internal/calendar"
	"kept/internal/channel/email"
	"kept/internal/channel/email/account"
	"kept/internal/channel/email/mailbox"
	"kept/internal/channel/email/receiver"
	"kept/internal/channel/email/sender"
	"kept/internal/check"
	"kept/internal/conversation"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/job"
	"kept/internal/lease"
	"kept/internal/mail/auth"
	"kept/internal/web"
	"kept/internal/web/api"
	"kept/internal/web/live"
	"kept/ui"
)

type serveCmd struct {
	Config
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(s streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	release, err := c.prepareAndLock()
	if err != nil {
		return err
	}
	defer release()
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	srv, err := start(ctx, c.Config, k, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Kept is ready at %s\n", srv.url)
	if srv.smtp != "" {
		fmt.Fprintf(s.out, "Taking mail by SMTP at %s\n", srv.smtp)
	}
	return srv.wait()
}

func (p Place) prepareAndLock() (release func(), err error) {
	if err := p.prepare(); err != nil {
		return nil, err
	}
	return p.lock()
}

// server is a running Kept.
type server struct {
	url  string // for browsers
	smtp string // address of the SMTP receiver, "" for none
	work sync.WaitGroup
	stop context.CancelFunc
	ctx  context.Context
	http *http.Server
	once sync.Once
	err  error
}

// start brings up everything that one process does: the doors first, so that it answers at once, then the clocks and readers.
func start(ctx context.Context, c Config, k *desk, demo *api.DemoSeat) (*server, error) {
	proxies, err := c.proxies()
	if err != nil {
		return nil, err
	}
	if c.URL, err = c.origin(); err != nil {
		return nil, err
	}
	front, err := listen("--listen", c.Listen)
	if err != nil {
		return nil, err
	}
	s := &server{url: c.URL}
	if s.url == "" {
		s.url = "http://" + reachable(front.Addr())
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, s.shutdown)
	node, release, err := lease.Node(k.dir)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(s.ctx, release)
	p, err := s.parts(c, k, node, demo)
	if err != nil {
		front.Close()
		return nil, err
	}
	shell := web.Settings{Trusted: proxies, Origin: c.URL, Now: k.now}
	s.http = &http.Server{Handler: web.Shell(shell, p.mux(c)), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, WriteTimeout: 5 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	s.work.Go(func() {
		if err := s.http.Serve(front); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("serve %s: %w", front.Addr(), err))
		}
	})
	if err := s.takeMail(c, p); err != nil {
		s.shutdown()
		return nil, err
	}
	if demo == nil { // a demo holds its mail on purpose
		receiving := c.SMTP != "" || c.LMTP != ""
		p.queue.Every("check.doors", time.Minute, func(ctx context.Context) error { return check.Doors(ctx, p.db, receiving, p.now()) })
	}
	s.background(p)
	return s, nil
}

// parts are what the server is made of.
type parts struct {
	*desk
	book    *conversation.Book
	spool   *intake.Spool
	queue   *job.Queue
	hub     *live.Hub
	api     *api.API
	worker  *email.Worker
	sender  *sender.Sender
	reader  *mailbox.Supervisor
	door    *receiver.Receiver
	node    string
	started time.Time
}

func (s *server) parts(c Config, k *desk, node string, demo *api.DemoSeat) (*parts, error) {
	p := &parts{desk: k, node: node, started: k.now()}
	p.book = conversation.New(k.db, k.now)
	p.spool = intake.New(k.db, k.blobs, k.now)
	p.queue = job.New(k.db, k.now)
	p.hub = live.New(k.log, api.Load(p.book))
	dialer := account.Dialer{Private: true} // an administrator names the servers
	boxes := mailbox.NewBoxes(k.db, k.box, k.now, dialer, c.AllowPlain)
	p.reader = &mailbox.Supervisor{Boxes: boxes, Spool: p.spool, Book: p.book, Node: node, Limit: c.MaxMailMB << 20}
	p.api = api.New(api.Deps{DB: k.db, Now: k.now, House: k.house, Book: p.book, Spool: p.spool, Blobs: k.blobs, Box: k.box, Log: k.log, Live: p.hub,
		Mail:    api.Mail{Boxes: boxes, Reconcile: p.reader.ReconcileAll, SMTP: func() string { return s.smtp }},
		Version: versionText(), Demo: demo, MaxUpload: c.MaxUploadMB << 20})
	p.worker = email.NewWorker(k.db, p.spool, k.blobs, p.book, k.now, node, email.Authenticate(auth.DNS{}))
	p.sender = &sender.Sender{DB: k.db, Blobs: k.blobs, Book: p.book, Secrets: k.box, Now: k.now, Dialer: dialer, AllowPlain: c.AllowPlain, Login: boxes.Login, Tokens: boxes.Tokens()}
	p.sender.Register(p.queue)
	tls, err := receiver.Certificate(c.TLSCert, c.TLSKey, k.dir, c.MailDomain, k.now())
	if err != nil {
		return nil, err
	}
	p.door = receiver.New(k.db, p.spool, k.now, receiver.Config{Domain: c.MailDomain, MaxBytes: c.MaxMailMB << 20, TLS: tls})
	return p, p.hub.Start(s.ctx)
}

func (p *parts) mux(c Config) *http.ServeMux {
	m := http.NewServeMux()
	m.Handle(api.Prefix+"/", p.api)
	p.health(c).Register(m)
	m.Handle("/", ui.Handler(ui.Desk, p.api.BootFor))
	return m
}

// takeMail opens the doors for mail.
func (s *server) takeMail(c Config, p *parts) error {
	if c.SMTP != "" {
		l, err := listen("--smtp", c.SMTP)
		if err != nil {
			return err
		}
		s.smtp = reachable(l.Addr())
		s.do("receive by SMTP", func(ctx context.Context) error { return p.door.Serve(ctx, l, false) })
	}
	if c.LMTP != "" {
		l, err := listen("--lmtp", c.LMTP)
		if err != nil {
			return err
		}
		s.do("receive by LMTP", func(ctx context.Context) error { return p.door.Serve(ctx, l, true) })
	}
	return nil
}

// background starts what works without being asked.
func (s *server) background(p *parts) {
	s.do("follow the event log", p.log.Run)
	s.do("serve the live streams", func(ctx context.Context) error { p.hub.Run(ctx); return nil })
	s.do("read arrivals", p.worker.Run)
	s.do("read mailboxes", p.reader.Run)
	p.queue.Every("mail.reconcile", 24*time.Hour, p.reader.ReconcileAll)
	s.do("keep the clock", func(ctx context.Context) error { return everySecond(ctx, p.book.Tick) })
	p.queue.Every("check.naked", time.Minute, func(ctx context.Context) error { return check.Watch(ctx, p.db, p.now()) })
	p.queue.Every("house.sweep", 24*time.Hour, p.house.SweepSessions)
	p.queue.Every("replay.sweep", time.Hour, p.api.SweepReplays)
	p.queue.Every("calendar.seed", 24*time.Hour, func(ctx context.Context) error { return calendar.SeedAll(ctx, p.db, p.now()) })
	s.do("work through the jobs", p.queue.Run)
}

// everySecond lets time pass on this node. Other nodes may do so too: what is missed or woken is decided by the row, and a second in
// which nothing is due writes nothing.
func everySecond(ctx context.Context, tick func(context.Context) error) error {
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	for {
		if err := tick(ctx); err != nil && ctx.Err() == nil {
			slog.Error("the clock could not finish its round and will begin anew in a second", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-clock.C:
		}
	}
}

// do runs work until the server stops; when it fails by itself, the server stops too, so that whoever watches it starts it again.
func (s *server) do(what string, work func(context.Context) error) {
	s.work.Go(func() {
		if err := work(s.ctx); err != nil && s.ctx.Err() == nil {
			s.fail(fmt.Errorf("%s: %w", what, err))
		}
	})
}

func (s *server) fail(err error) {
	s.once.Do(func() { s.err = err })
	s.shutdown()
}

// shutdown lets what is in hand finish, for at most ten seconds.
func (s *server) shutdown() {
	if s.ctx.Err() != nil {
		return
	}
	s.stop() // ends the streams, the readers and the clocks
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.http.Shutdown(ctx)
	}
}

// wait returns when everything has ended.
func (s *server) wait() error {
	s.work.Wait()
	return s.err
}

// listen opens a port, or says plainly why not.
func listen(flag, address string) (net.Listener, error) {
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
		os.Remove(address) // a socket left behind by a process that died
	}
	l, err := net.Listen(network, address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(err, fault.Conflict, "Another program already listens on %s. Stop it, or choose another address with %s.", address, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrap(err, fault.Forbidden, "This user may not listen on %s. Ports below 1024 need a privilege; choose another with %s.", address, flag)
	}
	return nil, fault.Wrap(err, fault.Invalid, "%q is not an address to listen on. Write it as localhost:8080 or :8080 with %s.", address, flag)
}

// reachable is how a listener is reached from this machine.
func reachable(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return a.String()
	}
	if t.IP.IsUnspecified() || t.IP.IsLoopback() {
		return fmt.Sprintf("localhost:%d", t.Port)
	}
	return t.String()
}
