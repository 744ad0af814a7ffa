package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The networks of the scenarios with kernel routing: one that everybody is connected to, and two behind routers.
const (
	// private, since clients ask any other address for TLS when they have asked for it shortly before
	wanServer   = "192.168.77.1"
	wanRouterA2 = "192.168.77.12"
	wanRouterB  = "192.168.77.21"
	// faraway is an address of this network namespace that is in no router's own network.
	faraway  = "203.0.113.1"
	lanA     = "10.88.8.0/24"
	lanB     = "10.99.9.0/24"
	gatewayA = "10.88.8.1"
	hostA    = "10.88.8.10"
	hostB    = "10.99.9.10"
	// backAfterRouter is what traffic may be without when the router dies that carries it.
	backAfterRouter = 5 * time.Second
)

// machine is a network namespace of its own with its own /etc, held by a process that waits for the end of this one.
type machine struct {
	name  string
	held  *exec.Cmd
	hold  io.Closer
	links []string // the other ends of its cables, in the namespace of this process
}

// site is a tailnet of three routers between two networks of one host each. The first network has two routers, of which one
// holds the gateway's address, as VRRP does it.
type site struct {
	machines map[string]*machine
	routers  map[string]*daemon
}

// ip runs iproute2 here.
func ip(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// layCables makes the networks; the server can then listen in the one of all.
func layCables(ctx context.Context) error {
	for _, bridge := range []string{"wan", "lan-a", "lan-b"} {
		if err := errors.Join(ip(ctx, "link", "add", bridge, "type", "bridge"), ip(ctx, "link", "set", bridge, "up")); err != nil {
			return err
		}
	}
	return errors.Join(ip(ctx, "addr", "add", wanServer+"/24", "dev", "wan"), ip(ctx, "addr", "add", faraway+"/32", "dev", "lo"))
}

// newMachine starts a machine with one cable for each network and address: "wan=192.168.77.11/24".
func newMachine(ctx context.Context, dir, name string, cables ...string) (*machine, error) {
	etc := filepath.Join(dir, name+"-etc")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return nil, err
	}
	for file, text := range map[string]string{
		"resolv.conf": "", "hosts": "127.0.0.1 localhost\n", "passwd": "root:x:0:0:root:/root:/bin/sh\n", "nsswitch.conf": "hosts: files dns\n",
	} {
		if err := os.WriteFile(filepath.Join(etc, file), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	m := &machine{name: name}
	m.held = exec.Command("unshare", "--net", "--mount", "sh", "-euc", `mount --bind "$1" /etc; exec cat`, "machine", etc)
	m.held.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// it ends with this process, whose end of the pipe closes
	pipe, err := m.held.StdinPipe()
	if err != nil {
		return nil, err
	}
	m.hold = pipe
	if err := m.held.Start(); err != nil {
		return nil, err
	}
	// it has its own /etc once everything else of it is there
	if err := within(ctx, 10*time.Second, name+" is set up", func() error {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", m.held.Process.Pid))
		if err == nil && strings.TrimSpace(string(text)) != "cat" {
			err = errors.New("not yet")
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := m.run(ctx, "ip", "link", "set", "lo", "up"); err != nil {
		return nil, err
	}
	for _, cable := range cables {
		network, address, _ := strings.Cut(cable, "=")
		outer := network + "." + name
		if err := errors.Join(
			ip(ctx, "link", "add", outer, "type", "veth", "peer", "name", network, "netns", fmt.Sprint(m.held.Process.Pid)),
			ip(ctx, "link", "set", outer, "master", network, "up"),
			m.run(ctx, "ip", "addr", "add", address, "dev", network),
			m.run(ctx, "ip", "link", "set", network, "up"),
			m.run(ctx, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"),
		); err != nil {
			return nil, err
		}
		m.links = append(m.links, outer)
	}
	return m, nil
}

// wrap is the command, run on this machine.
func (m *machine) wrap(program string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", fmt.Sprint(m.held.Process.Pid), "-n", "-m", "--", program}, args...)...)
}

func (m *machine) run(ctx context.Context, program string, args ...string) error {
	cmd := m.wrap(program, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %s: %w: %s", m.name, strings.Join(cmd.Args[6:], " "), err, out)
	}
	return ctx.Err()
}

// unplug takes the cables out, or puts them in again.
func (m *machine) unplug(ctx context.Context, out bool) error {
	state := "up"
	if out {
		state = "down"
	}
	var all error
	for _, link := range m.links {
		all = errors.Join(all, ip(ctx, "link", "set", link, state))
	}
	return all
}

// inside runs f in the machine's network: the sockets that it opens stay there. Its thread ends with it.
func (m *machine) inside(f func() error) error {
	end := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", m.held.Process.Pid))
		if err != nil {
			end <- err
			return
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			end <- err
			return
		}
		end <- f()
	}()
	return <-end
}

func (m *machine) close() error { return errors.Join(m.hold.Close(), m.held.Wait()) }

// siteUp makes both networks, joins their routers and waits until a host of one reaches the host of the other.
func (b *bench) siteUp(ctx context.Context) error {
	s := &site{machines: map[string]*machine{}, routers: map[string]*daemon{}}
	b.site = s
	for _, m := range []struct {
		name   string
		cables []string
		via    string
	}{
		{"ra1", []string{"wan=192.168.77.11/24", "lan-a=10.88.8.2/24"}, wanServer},
		{"ra2", []string{"wan=" + wanRouterA2 + "/24", "lan-a=10.88.8.3/24"}, wanServer},
		{"rb", []string{"wan=" + wanRouterB + "/24", "lan-b=10.99.9.1/24"}, wanServer},
		{"ha", []string{"lan-a=" + hostA + "/24"}, gatewayA},
		{"hb", []string{"lan-b=" + hostB + "/24"}, "10.99.9.1"},
	} {
		made, err := newMachine(ctx, b.dir, m.name, m.cables...)
		if err != nil {
			return err
		}
		s.machines[m.name] = made
		if err := made.run(ctx, "ip", "route", "add", "default", "via", m.via); err != nil {
			return err
		}
	}
	if err := s.gateway(ctx, "ra1"); err != nil {
		return err
	}
	for _, r := range []struct{ name, network string }{{"ra1", lanA}, {"ra2", lanA}, {"rb", lanB}} {
		if err := b.siteRouter(ctx, r.name, r.network); err != nil {
			return err
		}
	}
	if err := s.machines["ha"].inside(func() error { return echoAt(hostA) }); err != nil {
		return err
	}
	return within(ctx, time.Minute, "a host of one network reaches one of the other", func() error {
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		return echo(conn)
	})
}

// gateway gives the address that hosts of the first network send to, and lets the host ask anew where it is, as an announcement
// by ARP does.
func (s *site) gateway(ctx context.Context, router string) error {
	return errors.Join(
		s.machines[router].run(ctx, "ip", "addr", "add", gatewayA+"/24", "dev", "lan-a"),
		s.machines["ha"].run(ctx, "ip", "neigh", "flush", "to", gatewayA, "dev", "lan-a"))
}

// siteRouter joins a router of the kernel's routing and approves its network.
func (b *bench) siteRouter(ctx context.Context, name, network string) error {
	d, err := b.newDaemon(name)
	if err != nil {
		return err
	}
	d.machine = b.site.machines[name]
	b.site.routers[name] = d
	if err := d.start(ctx); err != nil {
		return err
	}
	args := []string{"up", "--timeout=60s", "--login-server=" + b.server.ready.URL, "--authkey=" + b.server.ready.PreAuthKey, "--hostname=" + name,
		"--accept-dns=false", "--accept-routes", "--netfilter-mode=off", "--snat-subnet-routes=false", "--advertise-routes=" + network}
	if name == "rb" {
		args = append(args, "--advertise-exit-node")
	}
	if _, err := d.run(ctx, args...); err != nil {
		return err
	}
	if err := d.running(ctx); err != nil {
		return err
	}
	return within(ctx, 30*time.Second, "the routes of "+name+" are approved", func() error {
		n, err := b.server.nodeNamed(ctx, name)
		if err != nil {
			return err
		}
		if len(n.AvailableRoutes) == 0 {
			return errors.New("the server knows of none")
		}
		return b.server.api(ctx, "POST", "/api/v1/node/"+n.ID+"/approve_routes", map[string]any{"routes": n.AvailableRoutes}, nil)
	})
}

// dial connects the host of the second network to that of the first.
func (s *site) dial(ctx context.Context) (conn net.Conn, err error) {
	err = s.machines["hb"].inside(func() error {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		conn, err = new(net.Dialer).DialContext(ctx, "tcp4", netip.AddrPortFrom(netip.MustParseAddr(hostA), echoPort).String())
		return err
	})
	return conn, err
}

// serving is the router that the server sends the network's packets to.
func (b *bench) serving(ctx context.Context, network string) (string, error) {
	list, err := b.server.nodes(ctx)
	if err != nil {
		return "", err
	}
	names := ""
	for _, n := range list {
		for _, route := range n.SubnetRoutes {
			if route == network {
				names += n.GivenName
			}
		}
	}
	return names, nil
}

func (s *site) close() error {
	var all error
	for _, d := range s.routers {
		all = errors.Join(all, d.stop())
	}
	for _, m := range s.machines {
		all = errors.Join(all, m.close())
	}
	return all
}
