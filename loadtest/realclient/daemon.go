package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/proxy"
	"tailscale.com/ipn/ipnstate"
)

var loginURLPattern = regexp.MustCompile(`https?://\S+/register/(\S+)`)

// daemon is a whole tailscaled with its command line, without a TUN device unless it has a machine of its own: programs reach the tailnet through its SOCKS5
// proxy, and what comes in for one of its ports goes to the same port of loopback. Program and command line are one binary
// (build tag ts_include_cli).
type daemon struct {
	program string
	name    string
	dir     string
	socks   string
	logs    io.Writer
	cmd     *exec.Cmd
	ip      netip.Addr

	// machine: where it runs, with a TUN device; nil: here, without one.
	machine *machine
}

func (b *bench) newDaemon(name string) (*daemon, error) {
	d := &daemon{program: b.tailscaled, name: name, dir: filepath.Join(b.dir, name), logs: io.Discard}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
	if b.logs != "" {
		f, err := os.Create(filepath.Join(b.logs, name+".log"))
		if err != nil {
			return nil, err
		}
		d.logs = f
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.socks = l.Addr().String()
	return d, l.Close()
}

// start runs the daemon and waits until its command line reaches it.
func (d *daemon) start(ctx context.Context) error {
	args := []string{"--no-logs-no-support", "--port=0", "--statedir=" + d.dir, "--socket=" + d.socket()}
	if d.machine != nil {
		d.cmd = d.machine.wrap(d.program, append(args, "--tun=tailscale0")...)
	} else {
		d.cmd = exec.Command(d.program, append(args, "--tun=userspace-networking", "--socks5-server="+d.socks)...)
	}
	d.cmd.Stdout, d.cmd.Stderr = d.logs, d.logs
	if err := d.cmd.Start(); err != nil {
		return err
	}
	return within(ctx, 20*time.Second, d.name+" answers its command line", func() error {
		_, err := d.status(ctx)
		return err
	})
}

// stop sends SIGTERM and waits for the end.
func (d *daemon) stop() error {
	if d.cmd == nil {
		return nil
	}
	cmd := d.cmd
	d.cmd = nil
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	end := make(chan error, 1)
	go func() { end <- cmd.Wait() }()
	select {
	case err := <-end:
		return err
	case <-time.After(20 * time.Second):
		return errors.Join(errors.New(d.name+" was still there 20 s after SIGTERM"), cmd.Process.Kill())
	}
}

// kill ends it without a goodbye.
func (d *daemon) kill() error {
	cmd := d.cmd
	d.cmd = nil
	if err := cmd.Process.Kill(); err != nil {
		return err
	}
	cmd.Wait() // killed
	return nil
}

func (d *daemon) socket() string { return filepath.Join(d.dir, "sock") }

// command is "tailscale ARGS" against this daemon.
func (d *daemon) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, d.program, append([]string{"--socket=" + d.socket()}, args...)...)
	cmd.Env = append(os.Environ(), "TS_BE_CLI=1")
	return cmd
}

// run wants the command to succeed and gives what it printed on standard output.
func (d *daemon) run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := d.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("tailscale %s: %w: %s%s", strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return strings.TrimSpace(out.String()), nil
}

func (d *daemon) status(ctx context.Context) (*ipnstate.Status, error) {
	out, err := d.run(ctx, "status", "--json")
	if err != nil {
		return nil, err
	}
	st := new(ipnstate.Status)
	return st, json.Unmarshal([]byte(out), st)
}

// running waits for the state Running and fills in the address.
func (d *daemon) running(ctx context.Context) error {
	return within(ctx, 15*time.Second, d.name+" runs", func() error {
		st, err := d.status(ctx)
		if err != nil {
			return err
		}
		if st.BackendState != "Running" || len(st.TailscaleIPs) == 0 {
			return errors.New(st.BackendState)
		}
		d.ip = st.TailscaleIPs[0]
		return nil
	})
}

// echoesThrough is for a daemon that has just come up: it says Running a moment before its proxy knows the names of peers.
func (d *daemon) echoesThrough(ctx context.Context, host string) error {
	return within(ctx, 5*time.Second, d.name+" reaches "+host, func() error { return d.echoThrough(ctx, host) })
}

// echoThrough sends bytes to the echo service of a node through the SOCKS5 proxy; the proxy resolves names.
func (d *daemon) echoThrough(ctx context.Context, host string) error {
	dialer, err := proxy.SOCKS5("tcp", d.socks, nil, proxy.Direct)
	if err != nil {
		return err
	}
	conn, err := dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", fmt.Sprintf("%s:%d", host, echoPort))
	if err != nil {
		return fmt.Errorf("SOCKS5 to %s: %w", host, err)
	}
	defer conn.Close()
	return echo(conn)
}

// echo wants 64 KiB back from the other end.
func echo(conn net.Conn) error {
	conn.SetDeadline(time.Now().Add(15 * time.Second))
	msg := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	go conn.Write(msg)
	got := make([]byte, len(msg))
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if !bytes.Equal(got, msg) {
		return errors.New("the echo differs from what was sent")
	}
	return nil
}

// lockedBuffer collects what a running command says.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// page fetches a page that people open.
func (s *server) page(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s: %s: %s", url, res.Status, b)
	}
	return string(b), nil
}

// command runs the server's own command line over its unix socket.
func (s *server) command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = append(os.Environ(), "HEADSCALE_UNIX_SOCKET="+s.ready.UnixSocket, "FLEETSCALE_NO_CACHE=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
