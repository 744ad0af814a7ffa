package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
)

// networks are the scenarios of whole networks behind routers with the kernel's routing.
var networks = []scenario{
	{"networks: two behind routers reach each other without address translation", siteJoined},
	{"networks: traffic goes out by an exit node", siteExit},
	{"networks: the router dies, stream and ping go on through the next", siteRouterDies},
	{"networks: the router is back and takes nothing away", siteRouterBack},
	{"networks: a pulled cable is noticed by probes", siteCable},
	{"networks: a restart of the server moves no router", siteOverRestart},
	{"files: between the devices of one person, and no others", filesGoBetweenOwnDevices},
}

// echoAt answers TCP in the network that it is called in.
func echoAt(address string) error {
	l, err := net.Listen("tcp4", fmt.Sprintf("%s:%d", address, echoPort))
	if err != nil {
		return err
	}
	go func() {
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
	}()
	return nil
}

// pinger sends an ICMP echo request every 100 ms.
type pinger struct {
	conn *icmp.PacketConn
	end  chan struct{}

	mu      sync.Mutex
	sent    int
	last    time.Time
	longest time.Duration
	answers int
}

func (s *site) newPinger() (*pinger, error) {
	p := &pinger{end: make(chan struct{}), last: time.Now()}
	if err := s.machines["hb"].inside(func() (err error) {
		p.conn, err = icmp.ListenPacket("ip4:icmp", hostB)
		return err
	}); err != nil {
		return nil, err
	}
	go p.receive()
	go p.send()
	return p, nil
}

func (p *pinger) send() {
	to := &net.IPAddr{IP: net.ParseIP(hostA)}
	for seq := 1; ; seq++ {
		request := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: os.Getpid() & 0xffff, Seq: seq & 0xffff, Data: []byte("fleetscale")}}
		bytes, err := request.Marshal(nil)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.sent++
		p.mu.Unlock()
		p.conn.WriteTo(bytes, to) // what does not leave is missed as an answer
		select {
		case <-p.end:
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p *pinger) receive() {
	buf := make([]byte, 1500)
	for {
		n, _, err := p.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		m, err := icmp.ParseMessage(1, buf[:n])
		if err != nil || m.Type != ipv4.ICMPTypeEchoReply {
			continue
		}
		p.mu.Lock()
		p.answers++
		p.longest = max(p.longest, time.Since(p.last))
		p.last = time.Now()
		p.mu.Unlock()
	}
}

// since gives what was missed since the last call.
func (p *pinger) since() (lost int, longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lost, longest = p.sent-p.answers, max(p.longest, time.Since(p.last))
	p.sent, p.answers, p.longest = 0, 0, 0
	return lost, longest
}

func (p *pinger) close() {
	close(p.end)
	p.conn.Close()
}

// underTraffic runs a TCP stream and pings between the two hosts over a fault, and says how long each was without an answer.
func (b *bench) underTraffic(ctx context.Context, what string, fault func() error) (time.Duration, error) {
	conn, err := b.site.dial(ctx)
	if err != nil {
		return 0, err
	}
	s := newStream(conn)
	defer s.close()
	p, err := b.site.newPinger()
	if err != nil {
		return 0, err
	}
	defer p.close()
	if err := s.alive(ctx, 30*time.Second); err != nil {
		return 0, fmt.Errorf("before: %w", err)
	}
	s.stall.Store(0)
	p.since()
	if err := fault(); err != nil {
		return 0, err
	}
	if err := s.alive(ctx, time.Minute); err != nil {
		return 0, err
	}
	var lost int
	var pinged time.Duration
	if err := within(ctx, time.Minute, "pings are answered again", func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if time.Since(p.last) > time.Second {
			return errors.New("the last one was not")
		}
		return nil
	}); err != nil {
		return 0, err
	}
	lost, pinged = p.since()
	stalled := time.Duration(s.stall.Load())
	fmt.Printf("     %s: stream %d ms without an answer, ping %d ms (%d lost, one each 100 ms)\n", what, stalled.Milliseconds(), pinged.Milliseconds(), lost)
	return max(stalled, pinged), nil
}

// judged holds a time to its limit, where nothing else runs.
func judged(longest, limit time.Duration) error {
	if patience == 1 && longest > limit {
		return fmt.Errorf("traffic was back after %v, not within %v", longest, limit)
	}
	return nil
}

func (b *bench) siteServes(ctx context.Context, router string) error {
	return within(ctx, 30*time.Second, router+" serves "+lanA, func() error {
		name, err := b.serving(ctx, lanA)
		if err == nil && name != router {
			err = fmt.Errorf("%q does", name)
		}
		return err
	})
}

// siteJoined: packets arrive as they were sent, which shows that routers speak for their networks. Source: field case F036.
func siteJoined(ctx context.Context, b *bench) error {
	if err := b.siteUp(ctx); err != nil {
		return err
	}
	if err := b.siteServes(ctx, "ra1"); err != nil {
		return err
	}
	_, err := b.underTraffic(ctx, "nothing happens", func() error {
		time.Sleep(time.Second)
		return nil
	})
	return err
}

// siteRouterDies: the machine of the present router dies, and its network's gateway address goes to the next.
func siteRouterDies(ctx context.Context, b *bench) error {
	s := b.site
	longest, err := b.underTraffic(ctx, "the router dies", func() error {
		if err := s.routers["ra1"].kill(); err != nil {
			return err
		}
		if err := errors.Join(s.machines["ra1"].unplug(ctx, true), s.machines["ra1"].run(ctx, "ip", "addr", "del", gatewayA+"/24", "dev", "lan-a")); err != nil {
			return err
		}
		if err := s.gateway(ctx, "ra2"); err != nil {
			return err
		}
		return b.siteServes(ctx, "ra2")
	})
	return errors.Join(err, judged(longest, backAfterRouter))
}

// siteRouterBack: who serves goes on to.
func siteRouterBack(ctx context.Context, b *bench) error {
	s := b.site
	longest, err := b.underTraffic(ctx, "the router is back", func() error {
		if err := s.machines["ra1"].unplug(ctx, false); err != nil {
			return err
		}
		if err := s.routers["ra1"].start(ctx); err != nil {
			return err
		}
		if err := errors.Join(s.routers["ra1"].running(ctx), b.isOnline(ctx, "ra1")); err != nil {
			return err
		}
		return b.stays(ctx, "ra2", 3*time.Second)
	})
	return errors.Join(err, judged(longest, time.Second))
}

func (b *bench) isOnline(ctx context.Context, name string) error {
	return within(ctx, 30*time.Second, name+" is online", func() error {
		n, err := b.server.nodeNamed(ctx, name)
		if err == nil && !n.Online {
			err = errors.New("offline")
		}
		return err
	})
}

// stays wants one router to serve for a while.
func (b *bench) stays(ctx context.Context, router string, d time.Duration) error {
	var last error
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		name, err := b.serving(ctx, lanA)
		// an instance that ends may answer nothing, but no other router
		if last = err; err == nil && name != router {
			return fmt.Errorf("%q serves %s, not %s", name, lanA, router)
		}
	}
	return last
}

// siteOverRestart restarts the server, or each instance of a cluster one after the other.
func siteOverRestart(ctx context.Context, b *bench) error {
	present, err := b.serving(ctx, lanA)
	if err != nil {
		return err
	}
	restart := func() error { return errors.Join(b.server.stop(), b.server.start(ctx)) }
	if len(b.server.ready.Instances) > 1 {
		restart = func() error { return b.rolling(ctx, present) }
	}
	longest, err := b.underTraffic(ctx, "the server restarts", func() error {
		if err := restart(); err != nil {
			return err
		}
		for _, name := range []string{"ra1", "ra2", "rb"} {
			if err := b.isOnline(ctx, name); err != nil {
				return err
			}
		}
		return b.stays(ctx, present, 3*time.Second)
	})
	return errors.Join(err, judged(longest, time.Second))
}

// rolling stops and starts one instance after the other.
func (b *bench) rolling(ctx context.Context, present string) error {
	for _, i := range b.server.ready.Instances {
		if err := syscall.Kill(i.PID, syscall.SIGTERM); err != nil {
			return err
		}
		if err := within(ctx, time.Minute, i.Name+" has ended", func() error {
			if err := syscall.Kill(i.PID, 0); err == nil {
				return errors.New("it is still there")
			}
			return nil
		}); err != nil {
			return err
		}
		out, err := exec.CommandContext(ctx, b.server.program, "dev", "start", i.Name, "--data", filepath.Join(b.server.dir, "data")).CombinedOutput()
		if err != nil {
			return fmt.Errorf("dev start %s: %w: %s", i.Name, err, out)
		}
		if err := within(ctx, time.Minute, i.Name+" is ready", func() error {
			_, err := b.server.page(ctx, "http://"+i.Metrics+"/readyz")
			return err
		}); err != nil {
			return err
		}
		if err := b.stays(ctx, present, 2*time.Second); err != nil {
			return fmt.Errorf("after the restart of %s: %w", i.Name, err)
		}
	}
	return nil
}

// siteCable: nobody says goodbye, so that only the server's questions to the routers show who is gone.
func siteCable(ctx context.Context, b *bench) error {
	s := b.site
	_, err := b.underTraffic(ctx, "the router's cables are pulled", func() error {
		if err := s.machines["ra2"].unplug(ctx, true); err != nil {
			return err
		}
		if err := errors.Join(s.machines["ra2"].run(ctx, "ip", "addr", "del", gatewayA+"/24", "dev", "lan-a"), s.gateway(ctx, "ra1")); err != nil {
			return err
		}
		return b.siteServes(ctx, "ra1")
	})
	if err != nil {
		return err
	}
	return errors.Join(s.machines["ra2"].unplug(ctx, false), b.isOnline(ctx, "ra2"), b.stays(ctx, "ra1", 3*time.Second))
}

// siteExit wants a machine that uses an exit node to reach an address of the internet by it, from its own address of the tailnet.
// Source: field case F034.
func siteExit(ctx context.Context, b *bench) error {
	rb, user := b.site.routers["rb"], b.site.routers["ra2"]
	if err := ip(ctx, "route", "replace", "100.64.0.0/10", "via", wanRouterB); err != nil {
		return err
	}
	l, err := net.Listen("tcp4", faraway+":0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
			io.WriteString(conn, host)
			conn.Close()
		}
	}()
	seenAs := func() (from string, err error) {
		err = user.machine.inside(func() error {
			conn, err := net.DialTimeout("tcp4", l.Addr().String(), 2*time.Second)
			if err != nil {
				return err
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(2 * time.Second))
			text, err := io.ReadAll(conn)
			from = string(text)
			return err
		})
		return from, err
	}
	isSeenAs := func(what, address string) error {
		return within(ctx, 30*time.Second, what, func() error {
			from, err := seenAs()
			if err == nil && from != address {
				err = fmt.Errorf("it was reached from %q", from)
			}
			return err
		})
	}
	if err := isSeenAs("an address of the internet without an exit node", wanRouterA2); err != nil {
		return err
	}
	if _, err := user.run(ctx, "set", "--exit-node="+rb.ip.String(), "--exit-node-allow-lan-access"); err != nil {
		return err
	}
	if err := isSeenAs("an address of the internet by the exit node", user.ip.String()); err != nil {
		return err
	}
	_, err = user.run(ctx, "set", "--exit-node=")
	return err
}
