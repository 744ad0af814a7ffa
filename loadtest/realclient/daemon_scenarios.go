package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/ipn/ipnstate"
)

func daemonUp(ctx context.Context, b *bench) error {
	d, err := b.newDaemon("whole")
	if err != nil {
		return err
	}
	if err := d.start(ctx); err != nil {
		return err
	}
	b.daemon = d
	if _, err := d.run(ctx, "up", "--timeout=20s", "--login-server="+b.server.ready.URL, "--authkey="+b.server.ready.PreAuthKey, "--hostname="+d.name); err != nil {
		return err
	}
	return d.running(ctx)
}

// daemonCommands compares what the command line says with what the server knows.
func daemonCommands(ctx context.Context, b *bench) error {
	d, peer := b.daemon, b.clients[0]
	n, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	for i, family := range []string{"-4", "-6"} {
		ip, err := d.run(ctx, "ip", family)
		if err != nil {
			return err
		}
		if ip != n.IPAddresses[i] {
			return fmt.Errorf("tailscale ip %s says %s, the server %s", family, ip, n.IPAddresses[i])
		}
	}
	st, err := d.status(ctx)
	if err != nil {
		return err
	}
	found := false
	for _, p := range st.Peer {
		if p.DNSName == peer.name+"."+st.CurrentTailnet.MagicDNSSuffix+"." {
			found = p.Online
		}
	}
	if !found {
		return fmt.Errorf("tailscale status does not show %s online", peer.name)
	}
	out, err := d.run(ctx, "ping", "--c=5", "--timeout=5s", peer.name)
	if err != nil {
		return err
	}
	if !strings.Contains(out, "pong from "+peer.name+" ("+peer.ip.String()+")") || (!b.viaRelay && !strings.Contains(out, " via 192.0.2.1:") && !strings.Contains(out, " via 127.0.0.1:")) {
		return fmt.Errorf("tailscale ping: %s", out)
	}
	if out, err = d.run(ctx, "whois", "--json", peer.ip.String()); err != nil {
		return err
	}
	var who struct{ UserProfile struct{ LoginName string } }
	if err := json.Unmarshal([]byte(out), &who); err != nil {
		return err
	}
	if name, _, _ := strings.Cut(who.UserProfile.LoginName, "@"); name != b.server.ready.User {
		return fmt.Errorf("tailscale whois names %q, not %q", who.UserProfile.LoginName, b.server.ready.User)
	}
	if out, err = d.run(ctx, "dns", "query", peer.name+"."+st.CurrentTailnet.MagicDNSSuffix); err != nil {
		return err
	}
	if !strings.Contains(out, peer.ip.String()) {
		return fmt.Errorf("tailscale dns query: %s", out)
	}
	// The server has no certificates for nodes: the command must end with a reason, and not hang.
	cctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if text, err := d.command(cctx, "cert", "--cert-file=-", "--key-file=-", d.name+"."+st.CurrentTailnet.MagicDNSSuffix).CombinedOutput(); err == nil || cctx.Err() != nil {
		return fmt.Errorf("tailscale cert: %v: %s", err, text)
	}
	return nil
}

// daemonNetcheck wants the embedded relay measured, over STUN, and chosen as home.
func daemonNetcheck(ctx context.Context, b *bench) error {
	out, err := b.daemon.run(ctx, "netcheck", "--format=json")
	if err != nil {
		return err
	}
	var report struct {
		UDP           bool
		PreferredDERP int
		RegionLatency map[int]time.Duration
		GlobalV4      string
	}
	if err := json.Unmarshal([]byte(out[strings.Index(out, "{"):]), &report); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	latency := report.RegionLatency[report.PreferredDERP]
	if !report.UDP || report.PreferredDERP == 0 || latency <= 0 || latency > time.Second || report.GlobalV4 == "" {
		return fmt.Errorf("tailscale netcheck: %s", out)
	}
	return nil
}

// daemonTraffic goes out by name and by address through SOCKS5, and in to a port of loopback.
func daemonTraffic(ctx context.Context, b *bench) error {
	d, peer := b.daemon, b.clients[0]
	for _, host := range []string{peer.ip.String(), peer.name} {
		if err := d.echoThrough(ctx, host); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			go func() {
				defer conn.Close()
				io.Copy(conn, conn)
			}()
		}
	}()
	conn, err := peer.srv.Dial(ctx, "tcp", netip.AddrPortFrom(d.ip, uint16(l.Addr().(*net.TCPAddr).Port)).String())
	if err != nil {
		return err
	}
	defer conn.Close()
	return echo(conn)
}

func daemonRestart(ctx context.Context, b *bench) error {
	d := b.daemon
	before, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	ip := d.ip
	if err := d.stop(); err != nil {
		return err
	}
	if err := d.start(ctx); err != nil {
		return err
	}
	if err := d.running(ctx); err != nil {
		return err
	}
	after, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	if d.ip != ip || before.ID != after.ID || before.NodeKey != after.NodeKey {
		return fmt.Errorf("was node %s %s, is node %s %s", before.ID, ip, after.ID, d.ip)
	}
	return d.echoesThrough(ctx, b.clients[0].name)
}

// daemonDownAndUp: peers must see it go (after the grace of 10 s) and come.
func daemonDownAndUp(ctx context.Context, b *bench) error {
	d, watcher := b.daemon, b.clients[0]
	if _, err := d.run(ctx, "down"); err != nil {
		return err
	}
	if err := watcher.seesPeer(ctx, 20*time.Second, d.ip, "it offline", func(p *ipnstate.PeerStatus) bool { return p != nil && !p.Online }); err != nil {
		return err
	}
	if _, err := d.run(ctx, "up", "--timeout=20s", "--login-server="+b.server.ready.URL, "--hostname="+d.name); err != nil {
		return err
	}
	if err := watcher.seesPeer(ctx, 5*time.Second, d.ip, "it online", func(p *ipnstate.PeerStatus) bool { return p != nil && p.Online }); err != nil {
		return err
	}
	return d.echoesThrough(ctx, watcher.name)
}

func daemonReauth(ctx context.Context, b *bench) error {
	d := b.daemon
	before, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	if _, err := d.run(ctx, "up", "--timeout=20s", "--force-reauth", "--login-server="+b.server.ready.URL, "--hostname="+d.name, "--authkey="+b.server.ready.PreAuthKey); err != nil {
		return err
	}
	if err := d.running(ctx); err != nil {
		return err
	}
	after, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	if before.ID != after.ID || before.NodeKey == after.NodeKey {
		return fmt.Errorf("was node %s key %s, is node %s key %s", before.ID, before.NodeKey, after.ID, after.NodeKey)
	}
	return d.echoThrough(ctx, b.clients[0].ip.String())
}

// daemonLogoutAndWebLogin logs out, starts an interactive login, opens the page that the command names and approves there
// with the command that the page shows.
func daemonLogoutAndWebLogin(ctx context.Context, b *bench) error {
	d, watcher := b.daemon, b.clients[0]
	before, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	if _, err := d.run(ctx, "logout"); err != nil {
		return err
	}
	if err := watcher.seesPeer(ctx, 5*time.Second, d.ip, "the logout", func(p *ipnstate.PeerStatus) bool { return p == nil || p.Expired }); err != nil {
		return err
	}
	cctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	up := d.command(cctx, "up", "--login-server="+b.server.ready.URL, "--hostname="+d.name)
	said := new(lockedBuffer)
	up.Stdout, up.Stderr = said, said
	if err := up.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	var match []string
	if err := within(ctx, 15*time.Second, "tailscale up prints a login URL", func() error {
		if match = loginURLPattern.FindStringSubmatch(said.String()); match == nil {
			return errors.New("it printed " + said.String())
		}
		return nil
	}); err != nil {
		return err
	}
	page, err := b.server.page(ctx, match[0])
	if err != nil {
		return err
	}
	if !strings.Contains(page, match[1]) {
		return fmt.Errorf("the page %s does not show what to approve: %s", match[0], page)
	}
	if out, err := b.server.command(ctx, "auth", "register", "--auth-id", match[1], "--user", b.server.ready.User); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := <-ended; err != nil {
		return fmt.Errorf("tailscale up after the approval: %w: %s", err, said.String())
	}
	if err := d.running(ctx); err != nil {
		return err
	}
	after, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	if before.ID != after.ID {
		return fmt.Errorf("was node %s, is node %s", before.ID, after.ID)
	}
	return d.echoThrough(ctx, watcher.name)
}

// daemonExitNode: an advertised exit node counts once its routes are approved, and peers are told.
func daemonExitNode(ctx context.Context, b *bench) error {
	d, watcher := b.daemon, b.clients[0]
	if _, err := d.run(ctx, "set", "--advertise-exit-node"); err != nil {
		return err
	}
	var n apiNode
	if err := within(ctx, 5*time.Second, "the server knows the advertised routes", func() (err error) {
		n, err = b.server.nodeNamed(ctx, d.name)
		if err == nil && len(n.AvailableRoutes) != 2 {
			err = fmt.Errorf("it knows %v", n.AvailableRoutes)
		}
		return err
	}); err != nil {
		return err
	}
	if err := b.server.api(ctx, "POST", "/api/v1/node/"+n.ID+"/approve_routes", map[string]any{"routes": n.AvailableRoutes}, nil); err != nil {
		return err
	}
	return watcher.seesPeer(ctx, seen, d.ip, "the exit node", func(p *ipnstate.PeerStatus) bool { return p != nil && p.ExitNodeOption })
}

// daemonDeleted: a client whose node is deleted wants a login, also when the server was restarted in between, and comes back
// as another node. Source: juanfont/headscale issues 3410, 3449.
func daemonDeleted(ctx context.Context, b *bench) error {
	d, watcher := b.daemon, b.clients[0]
	before, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	ip := d.ip
	if out, err := b.server.command(ctx, "nodes", "delete", "-i", before.ID, "--force"); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := watcher.seesPeer(ctx, seen, ip, "it gone", func(p *ipnstate.PeerStatus) bool { return p == nil }); err != nil {
		return err
	}
	needsLogin := func() error {
		st, err := d.status(ctx)
		if err == nil && st.BackendState != "NeedsLogin" {
			err = errors.New(st.BackendState)
		}
		return err
	}
	if err := within(ctx, 5*time.Second, "the deleted daemon wants a login", needsLogin); err != nil {
		return err
	}
	if err := errors.Join(b.server.stop(), b.server.start(ctx)); err != nil {
		return err
	}
	// it polls with its old key now and then; none of the answers may let it believe that it is back
	for range 20 {
		if err := needsLogin(); err != nil {
			return fmt.Errorf("the deleted daemon did not stay without login: %w", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := d.run(ctx, "up", "--timeout=20s", "--login-server="+b.server.ready.URL, "--hostname="+d.name, "--advertise-exit-node", "--authkey="+b.server.ready.PreAuthKey); err != nil {
		return err
	}
	if err := d.running(ctx); err != nil {
		return err
	}
	after, err := b.server.nodeNamed(ctx, d.name)
	if err != nil {
		return err
	}
	if before.ID == after.ID {
		return fmt.Errorf("it is node %s again", after.ID)
	}
	// the watcher itself has to come back to the restarted server first
	if err := watcher.seesPeer(ctx, 30*time.Second, d.ip, "the new node", func(p *ipnstate.PeerStatus) bool { return p != nil && p.Online }); err != nil {
		return err
	}
	if err := d.echoThrough(ctx, watcher.name); err != nil {
		return err
	}
	return d.stop()
}
