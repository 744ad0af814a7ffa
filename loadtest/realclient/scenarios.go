package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"tailscale.com/ipn/ipnstate"
)

// seen is how soon peers must see a change that an administrator makes.
const seen = time.Second

func joinDirect(ctx context.Context, b *bench) error  { return b.join(ctx, false) }
func joinRelayed(ctx context.Context, b *bench) error { return b.join(ctx, true) }

func (b *bench) join(ctx context.Context, relay bool) error {
	errs := make(chan error, b.count)
	for i := range b.count {
		c := b.newClient(fmt.Sprintf("real-%d", i), b.server.ready.PreAuthKey, false)
		b.clients = append(b.clients, c)
		go func() { errs <- c.up(ctx) }()
	}
	var all error
	for range b.count {
		all = errors.Join(all, <-errs)
	}
	if all != nil {
		return all
	}
	for _, c := range b.clients {
		for _, other := range b.clients {
			if c == other {
				continue
			}
			if err := c.seesPeer(ctx, 5*time.Second, other.ip, other.name, func(p *ipnstate.PeerStatus) bool { return p != nil && p.Online }); err != nil {
				return err
			}
		}
	}
	return b.pairs(func(from, to *client) error { return from.path(ctx, to.ip, relay) })
}

// pairs runs the check for every ordered pair: first one direction of all, then the other. Both at once would let the two
// sides start a WireGuard handshake in the same moment, of which both fail and are tried again after five seconds.
func (b *bench) pairs(check func(from, to *client) error) error {
	var all error
	for _, forward := range []bool{true, false} {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for i, from := range b.clients {
			for j, to := range b.clients {
				if i == j || (i < j) != forward {
					continue
				}
				wg.Go(func() {
					if err := check(from, to); err != nil {
						mu.Lock()
						all = errors.Join(all, fmt.Errorf("%s to %s: %w", from.name, to.name, err))
						mu.Unlock()
					}
				})
			}
		}
		wg.Wait()
	}
	return all
}

func echoByName(ctx context.Context, b *bench) error {
	return b.pairs(func(from, to *client) error {
		conn, err := from.srv.Dial(ctx, "tcp", fmt.Sprintf("%s:%d", to.name, echoPort))
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		msg := []byte(strings.Repeat("0123456789abcdef", 4096))
		go conn.Write(msg)
		got := make([]byte, len(msg))
		if _, err := io.ReadFull(conn, got); err != nil {
			return err
		}
		if !slices.Equal(got, msg) {
			return errors.New("the echo differs from what was sent")
		}
		return nil
	})
}

func webApproval(ctx context.Context, b *bench) error {
	c := b.newClient("web", "", false)
	defer c.close()
	if err := c.srv.Start(); err != nil {
		return err
	}
	api, err := c.srv.LocalClient()
	if err != nil {
		return err
	}
	c.api = api
	var loginURL string
	if err := within(ctx, 10*time.Second, "a login URL", func() error {
		st, err := api.Status(ctx)
		if err != nil {
			return err
		}
		if st.AuthURL == "" {
			return errors.New("none yet, state " + st.BackendState)
		}
		loginURL = st.AuthURL
		return nil
	}); err != nil {
		return err
	}
	if !strings.HasPrefix(loginURL, b.server.ready.URL+"/register/") {
		return fmt.Errorf("login URL %s does not lie below %s/register/", loginURL, b.server.ready.URL)
	}
	var out struct{ Node apiNode }
	if err := b.server.api(ctx, "POST", "/api/v1/auth/register", map[string]string{"user": b.server.ready.User, "authId": path.Base(loginURL)}, &out); err != nil {
		return err
	}
	if err := within(ctx, 10*time.Second, "the approved client runs", func() error {
		st, err := api.Status(ctx)
		if err != nil {
			return err
		}
		if st.BackendState != "Running" {
			return errors.New(st.BackendState)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := c.opened(ctx); err != nil {
		return err
	}
	if err := b.clients[0].path(ctx, c.ip, b.viaRelay); err != nil {
		return err
	}
	return b.server.api(ctx, "DELETE", "/api/v1/node/"+out.Node.ID, nil, nil)
}

func renameSeen(ctx context.Context, b *bench) error {
	target, watcher := b.clients[1], b.clients[0]
	n, err := b.server.nodeNamed(ctx, target.name)
	if err != nil {
		return err
	}
	for _, name := range []string{"renamed", target.name} {
		if err := b.server.api(ctx, "POST", "/api/v1/node/"+n.ID+"/rename/"+name, nil, nil); err != nil {
			return err
		}
		if err := watcher.seesPeer(ctx, seen, target.ip, "the name "+name, func(p *ipnstate.PeerStatus) bool {
			return p != nil && strings.HasPrefix(p.DNSName, name+".")
		}); err != nil {
			return err
		}
	}
	return nil
}

func expirySeen(ctx context.Context, b *bench) error {
	target, watcher := b.clients[1], b.clients[0]
	n, err := b.server.nodeNamed(ctx, target.name)
	if err != nil {
		return err
	}
	if err := b.server.api(ctx, "POST", "/api/v1/node/"+n.ID+"/expire", nil, nil); err != nil {
		return err
	}
	if err := watcher.seesPeer(ctx, seen, target.ip, "the expiry", func(p *ipnstate.PeerStatus) bool { return p != nil && p.Expired }); err != nil {
		return err
	}
	if err := within(ctx, 10*time.Second, "the expired client wants a login", func() error {
		st, err := target.api.Status(ctx)
		if err != nil {
			return err
		}
		if st.BackendState != "NeedsLogin" {
			return errors.New(st.BackendState)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := target.relogin(ctx, b.server.ready.PreAuthKey); err != nil {
		return err
	}
	return watcher.seesPeer(ctx, 10*time.Second, target.ip, "the client again under its old address", func(p *ipnstate.PeerStatus) bool {
		return p != nil && !p.Expired && p.Online
	})
}

func rotationKeepsStream(ctx context.Context, b *bench) error {
	from, to := b.clients[0], b.clients[2]
	s, err := from.openStream(ctx, to.ip.String())
	if err != nil {
		return err
	}
	defer s.close()
	before, err := from.peer(ctx, to.ip)
	if err != nil {
		return err
	}
	if err := to.relogin(ctx, b.server.ready.PreAuthKey); err != nil {
		return err
	}
	if err := from.seesPeer(ctx, 10*time.Second, to.ip, "a new node key", func(p *ipnstate.PeerStatus) bool {
		return p != nil && p.PublicKey != before.PublicKey
	}); err != nil {
		return err
	}
	return s.alive(ctx, 15*time.Second)
}

func tagsSeen(ctx context.Context, b *bench) error {
	key, err := b.server.newKey(ctx, false, "tag:blue")
	if err != nil {
		return err
	}
	c := b.newClient("tagged", key, false)
	defer c.close()
	if err := c.up(ctx); err != nil {
		return err
	}
	hasTag := func(tag string) func(*ipnstate.PeerStatus) bool {
		return func(p *ipnstate.PeerStatus) bool {
			return p != nil && p.Tags != nil && slices.Contains(p.Tags.AsSlice(), tag)
		}
	}
	if err := b.clients[0].seesPeer(ctx, 5*time.Second, c.ip, "tag:blue", hasTag("tag:blue")); err != nil {
		return err
	}
	n, err := b.server.nodeNamed(ctx, "tagged")
	if err != nil {
		return err
	}
	return b.server.api(ctx, "DELETE", "/api/v1/node/"+n.ID, nil, nil)
}

func restartKeepsIdentity(ctx context.Context, b *bench) error {
	old := b.clients[3]
	before, err := b.server.nodeNamed(ctx, old.name)
	if err != nil {
		return err
	}
	old.close()
	// without a key: the state on disk must be enough
	c := b.newClient(old.name, "", false)
	if err := c.up(ctx); err != nil {
		return err
	}
	b.clients[3] = c
	after, err := b.server.nodeNamed(ctx, old.name)
	if err != nil {
		return err
	}
	if c.ip != old.ip || before.ID != after.ID || before.NodeKey != after.NodeKey {
		return fmt.Errorf("was node %s %s, is node %s %s", before.ID, old.ip, after.ID, c.ip)
	}
	return b.clients[0].path(ctx, c.ip, b.viaRelay)
}

func logoutAndBack(ctx context.Context, b *bench) error {
	c, watcher := b.clients[3], b.clients[0]
	if err := c.api.Logout(ctx); err != nil {
		return err
	}
	if err := watcher.seesPeer(ctx, 5*time.Second, c.ip, "the logout", func(p *ipnstate.PeerStatus) bool { return p == nil || p.Expired }); err != nil {
		return err
	}
	start := time.Now()
	if err := c.relogin(ctx, b.server.ready.PreAuthKey); err != nil {
		return err
	}
	if err := watcher.seesPeer(ctx, 10*time.Second, c.ip, "the node again under its old address", func(p *ipnstate.PeerStatus) bool {
		return p != nil && !p.Expired && p.Online
	}); err != nil {
		return err
	}
	if err := watcher.path(ctx, c.ip, b.viaRelay); err != nil {
		return err
	}
	fmt.Printf("     first ping %v after the login\n", time.Since(start).Round(time.Millisecond))
	return nil
}

func ephemeralRemoved(ctx context.Context, b *bench) error {
	key, err := b.server.newKey(ctx, true)
	if err != nil {
		return err
	}
	c := b.newClient("fleeting", key, true)
	if err := c.up(ctx); err != nil {
		return err
	}
	watcher := b.clients[0]
	if err := watcher.seesPeer(ctx, 5*time.Second, c.ip, "the ephemeral node", func(p *ipnstate.PeerStatus) bool { return p != nil }); err != nil {
		return err
	}
	// closing an ephemeral tsnet node logs it out
	ip := c.ip
	c.close()
	if err := watcher.seesPeer(ctx, 10*time.Second, ip, "it gone", func(p *ipnstate.PeerStatus) bool { return p == nil }); err != nil {
		return err
	}
	_, err = b.server.nodeNamed(ctx, "fleeting")
	if err == nil {
		return errors.New("the API still lists the ephemeral node")
	}
	return nil
}

func deletionSeen(ctx context.Context, b *bench) error {
	c := b.newClient("doomed", b.server.ready.PreAuthKey, false)
	defer c.close()
	if err := c.up(ctx); err != nil {
		return err
	}
	watcher := b.clients[0]
	if err := watcher.seesPeer(ctx, 5*time.Second, c.ip, "the node", func(p *ipnstate.PeerStatus) bool { return p != nil }); err != nil {
		return err
	}
	n, err := b.server.nodeNamed(ctx, "doomed")
	if err != nil {
		return err
	}
	if err := b.server.api(ctx, "DELETE", "/api/v1/node/"+n.ID, nil, nil); err != nil {
		return err
	}
	return watcher.seesPeer(ctx, seen, c.ip, "it gone", func(p *ipnstate.PeerStatus) bool { return p == nil })
}

func serverRestartKeepsStreams(ctx context.Context, b *bench) error {
	return b.overRestart(ctx, b.server.stop)
}

func serverKillKeepsStreams(ctx context.Context, b *bench) error {
	return b.overRestart(ctx, b.server.kill)
}

// overRestart keeps a stream in each direction of a ring over an end of the server, and watches for peers that are called
// offline.
func (b *bench) overRestart(ctx context.Context, end func() error) error {
	var streams []*stream
	defer func() {
		for _, s := range streams {
			s.close()
		}
	}()
	for i, c := range b.clients {
		s, err := c.openStream(ctx, b.clients[(i+1)%len(b.clients)].ip.String())
		if err != nil {
			return err
		}
		streams = append(streams, s)
	}
	addresses := make(map[netip.Addr]bool)
	for _, c := range b.clients {
		addresses[c.ip] = true
	}
	if err := end(); err != nil {
		return err
	}
	if err := b.server.start(ctx); err != nil {
		return err
	}
	// all must be back, nobody may have been called offline
	if err := within(ctx, 30*time.Second, "all clients are back", func() error {
		list, err := b.server.nodes(ctx)
		if err != nil {
			return err
		}
		for _, n := range list {
			ip, err := netip.ParseAddr(n.IPAddresses[0])
			if err == nil && addresses[ip] && !n.Online {
				return fmt.Errorf("%s is offline", n.GivenName)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, c := range b.clients {
		for _, other := range b.clients {
			if c == other {
				continue
			}
			p, err := c.peer(ctx, other.ip)
			if err != nil {
				return err
			}
			if p == nil || !p.Online {
				return fmt.Errorf("%s was told that %s is offline", c.name, other.name)
			}
		}
	}
	for i, s := range streams {
		if err := s.alive(ctx, time.Minute); err != nil {
			return fmt.Errorf("stream of %s: %w", b.clients[i].name, err)
		}
	}
	return nil
}

func oldestAndNewest(ctx context.Context, b *bench) error {
	cmd := exec.CommandContext(ctx, b.oldClient, "-url", b.server.ready.URL, "-authkey", b.server.ready.PreAuthKey,
		"-hostname", "oldest", "-dir", path.Join(b.dir, "oldest"), "-dial", fmt.Sprintf("%s:%d", b.clients[0].ip, echoPort))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	var ip netip.Addr
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "running":
			if ip, err = netip.ParseAddr(rest); err != nil {
				return err
			}
		case "echoed":
			// the old client reached a new one; now the other way round
			s, err := b.clients[0].openStream(ctx, ip.String())
			if err != nil {
				return err
			}
			defer s.close()
			return s.alive(ctx, 15*time.Second)
		case "failed":
			return errors.New("the old client: " + rest)
		}
	}
	return errors.New("the old client ended early")
}
