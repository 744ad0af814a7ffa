package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"
)

const echoPort = 7

// client is a complete Tailscale client in this process, with its network stack in user space.
type client struct {
	name string
	dir  string
	srv  *tsnet.Server
	api  *local.Client
	ip   netip.Addr
	echo net.Listener
}

// bench is the server and the clients of a run.
type bench struct {
	server    *server
	dir       string
	logs      string
	clients   []*client
	count     int
	viaRelay  bool
	oldClient string

	tailscaled string // program of the daemon scenarios
	daemon     *daemon

	fleet fleet // of the policy scenarios
	site  *site // of the networks
}

// setup is what a run consists of.
type setup struct {
	program      string // launcher of the server
	loadtest     string // launcher that brings a database along: with it the server runs as in production, with TLS from files
	proxyExample string // with loadtest: the proxy in front
	oidc         bool   // with loadtest: an issuer lets people in
	flowLogs     bool   // the server takes flow logs, and clients reach it as the log server
	logs         string
	count        int
	viaRelay     bool
	relays       int // processes beside the server; 0: the one inside
	regions      int // that the relays are spread over
	networks     bool
	instances    int
}

// newBench starts the server.
func newBench(ctx context.Context, o setup) (*bench, error) {
	dir, err := os.MkdirTemp("", "realclient-")
	if err != nil {
		return nil, err
	}
	out := io.Writer(os.Stderr)
	if o.logs != "" {
		if err := os.MkdirAll(o.logs, 0o755); err != nil {
			return nil, err
		}
		f, err := os.Create(filepath.Join(o.logs, "server.log"))
		if err != nil {
			return nil, err
		}
		out = f
	}
	b := &bench{
		server: &server{program: o.program, dir: dir, logs: out, listen: "127.0.0.1:0", relays: o.relays, regions: o.regions, instances: o.instances},
		dir:    dir, logs: o.logs, count: o.count, viaRelay: o.viaRelay,
	}
	if o.networks {
		if err := layCables(ctx); err != nil {
			return nil, err
		}
		b.server.listen = wanServer + ":0"
	}
	if o.flowLogs {
		ca, err := newAuthority(dir)
		if err != nil {
			return nil, err
		}
		b.server.flowLogs = true
		if err := leadLogsTo(ca, func() string { return b.server.ready.URL }); err != nil {
			return nil, err
		}
	}
	if o.loadtest != "" {
		ca, err := newAuthority(dir)
		if err != nil {
			return nil, err
		}
		// read at the first TLS connection of this process, and by the daemons that it starts
		if err := os.Setenv("SSL_CERT_FILE", ca.file()); err != nil {
			return nil, err
		}
		b.server.production = &production{loadtest: o.loadtest, ca: ca}
		if o.proxyExample != "" {
			b.server.production.proxy = &frontProxy{kind: filepath.Base(o.proxyExample)}
			b.server.production.examples = filepath.Dir(o.proxyExample)
		}
		if o.oidc {
			if b.server.production.issuer, err = newIssuer(); err != nil {
				return nil, err
			}
		}
	}
	if err := b.server.start(ctx); err != nil {
		b.server.abandon()
		return nil, err
	}
	return b, nil
}

func (b *bench) close() error {
	for _, c := range b.clients {
		c.close()
	}
	var ended error
	for _, c := range b.fleet.clients() {
		c.close()
	}
	if b.fleet.sshd != nil {
		ended = b.fleet.sshd.stop()
	}
	if b.daemon != nil {
		ended = errors.Join(ended, b.daemon.stop())
	}
	if b.site != nil {
		ended = errors.Join(ended, b.site.close())
	}
	err := b.server.stop()
	if b.server.production != nil {
		err = errors.Join(err, b.server.production.close())
	}
	return errors.Join(ended, err, os.RemoveAll(b.dir))
}

// newClient makes a client that has not been started.
func (b *bench) newClient(name, authKey string, ephemeral bool) *client {
	c := &client{name: name, dir: filepath.Join(b.dir, name)}
	logf := func(string, ...any) {}
	if b.logs != "" {
		if f, err := os.OpenFile(filepath.Join(b.logs, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err == nil {
			logf = func(format string, args ...any) {
				fmt.Fprintf(f, "%s %s\n", time.Now().Format("15:04:05.000"), strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
			}
		}
	}
	c.srv = &tsnet.Server{
		Dir: c.dir, Hostname: name, ControlURL: b.server.ready.URL, AuthKey: authKey, Ephemeral: ephemeral,
		Logf: logf, UserLogf: logf,
	}
	return c
}

// up starts the client, waits until it runs and opens its echo service.
func (c *client) up(ctx context.Context) error {
	if _, err := c.srv.Up(ctx); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return c.opened(ctx)
}

// opened fills in what is known of a client that runs.
func (c *client) opened(ctx context.Context) error {
	api, err := c.srv.LocalClient()
	if err != nil {
		return err
	}
	c.api = api
	st, err := api.Status(ctx)
	if err != nil {
		return err
	}
	if len(st.TailscaleIPs) == 0 {
		return fmt.Errorf("%s: no address", c.name)
	}
	c.ip = st.TailscaleIPs[0]
	if c.echo == nil {
		if c.echo, err = c.srv.Listen("tcp", fmt.Sprintf(":%d", echoPort)); err != nil {
			return err
		}
		go func(l net.Listener) {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					io.Copy(conn, conn)
				}()
			}
		}(c.echo)
	}
	return nil
}

func (c *client) close() {
	if c.echo != nil {
		c.echo.Close()
		c.echo = nil
	}
	c.srv.Close()
}

// peer is how c sees the node with this address, or nil.
func (c *client) peer(ctx context.Context, ip netip.Addr) (*ipnstate.PeerStatus, error) {
	st, err := c.api.Status(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range st.Peer {
		for _, a := range p.TailscaleIPs {
			if a == ip {
				return p, nil
			}
		}
	}
	return nil, nil
}

// patience multiplies the time limits of all scenarios: a busy machine is slow, and that is no defect.
var patience = 1.0

// within polls until the condition holds; an error of the condition is the reason why it does not yet.
func within(ctx context.Context, d time.Duration, what string, condition func() error) error {
	d = time.Duration(float64(d) * patience)
	deadline := time.Now().Add(d)
	for {
		err := condition()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %v: %w", what, d, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (last: %v)", what, ctx.Err(), err)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// seesPeer wants the peer to satisfy the condition in c's netmap within d.
func (c *client) seesPeer(ctx context.Context, d time.Duration, ip netip.Addr, what string, condition func(*ipnstate.PeerStatus) bool) error {
	return within(ctx, d, c.name+" sees "+what, func() error {
		p, err := c.peer(ctx, ip)
		if err != nil {
			return err
		}
		if !condition(p) {
			if p == nil {
				return errors.New("no such peer")
			}
			return fmt.Errorf("it sees %s online=%v expired=%v tags=%v", p.DNSName, p.Online, p.Expired, p.Tags)
		}
		return nil
	})
}

// path pings until the wanted kind of path answers.
func (c *client) path(ctx context.Context, ip netip.Addr, relay bool) error {
	return within(ctx, 30*time.Second, "a path from "+c.name, func() error {
		pctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		r, err := c.api.Ping(pctx, ip, tailcfg.PingDisco)
		if err != nil {
			return err
		}
		if r.Err != "" {
			return errors.New(r.Err)
		}
		if relay == (r.DERPRegionID != 0) {
			return nil
		}
		return fmt.Errorf("answered by endpoint %q, relay region %d", r.Endpoint, r.DERPRegionID)
	})
}

// stream is a TCP stream through the tailnet that says something every 50 ms and wants it back.
type stream struct {
	conn   net.Conn
	rounds atomic.Int64
	stall  atomic.Int64 // nanoseconds, the longest time between two answers
	mu     sync.Mutex
	err    error
	done   chan struct{}
}

func (c *client) openStream(ctx context.Context, host string) (*stream, error) {
	conn, err := c.srv.Dial(ctx, "tcp", fmt.Sprintf("%s:%d", host, echoPort))
	if err != nil {
		return nil, err
	}
	return newStream(conn), nil
}

func newStream(conn net.Conn) *stream {
	s := &stream{conn: conn, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		buf := make([]byte, 8)
		last := time.Now()
		for i := uint64(1); ; i++ {
			// longer than TCP waits between two tries after an outage of a few seconds
			conn.SetDeadline(time.Now().Add(time.Minute))
			msg := fmt.Sprintf("%08d", i)
			if _, err := io.WriteString(conn, msg); err != nil {
				s.fail(err)
				return
			}
			if _, err := io.ReadFull(conn, buf); err != nil {
				s.fail(err)
				return
			}
			if string(buf) != msg {
				s.fail(fmt.Errorf("sent %s, got %q back", msg, buf))
				return
			}
			s.rounds.Add(1)
			s.stall.Store(max(s.stall.Load(), int64(time.Since(last))))
			last = time.Now()
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return s
}

func (s *stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// alive wants more rounds to pass than have until now.
func (s *stream) alive(ctx context.Context, d time.Duration) error {
	before := s.rounds.Load()
	return within(ctx, d, "a TCP stream goes on", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err != nil {
			return fmt.Errorf("it broke after %d rounds: %w", s.rounds.Load(), s.err)
		}
		if s.rounds.Load() < before+3 {
			return errors.New("no answer")
		}
		return nil
	})
}

func (s *stream) close() {
	s.conn.Close()
	<-s.done
}

// relogin starts a login with a key on a client that has an identity already, as "tailscale up --force-reauth" does. A
// logout leaves a profile without a control URL, so it is given again.
func (c *client) relogin(ctx context.Context, authKey string) error {
	prefs, err := c.api.GetPrefs(ctx)
	if err != nil {
		return err
	}
	prefs.ControlURL = c.srv.ControlURL
	prefs.WantRunning = true
	prefs.LoggedOut = false
	if err := c.api.Start(ctx, ipn.Options{AuthKey: authKey, UpdatePrefs: prefs}); err != nil {
		return err
	}
	return c.api.StartLoginInteractive(ctx)
}
