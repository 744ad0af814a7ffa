package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"

	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
)

const routerTags = `"tagOwners": {"tag:a": ["ALICE"], "tag:b": ["ALICE"]},
  "autoApprovers": {"routes": {"10.77.0.0/16": ["tag:a", "tag:b"]}},`

// routersUp makes routers for one network, each of which says its name to whoever connects: the first two carry tag:a.
func (b *bench) routersUp(ctx context.Context) error {
	if b.fleet.routers != nil {
		return nil
	}
	if _, err := b.set(ctx, `{`+routerTags+` "acls": [{"action": "accept", "src": ["ALICE"], "dst": ["10.77.0.9:80"]}]}`); err != nil {
		return err
	}
	b.fleet.routers = map[string]*client{}
	for _, r := range []struct{ name, tag string }{{"router-a1", "tag:a"}, {"router-a2", "tag:a"}, {"router-b", "tag:b"}} {
		key, err := b.server.newKey(ctx, false, r.tag)
		if err != nil {
			return err
		}
		c := b.newClient(r.name, key, false)
		if err := b.routerUp(ctx, c); err != nil {
			return err
		}
		b.fleet.routers[r.name] = c
	}
	_, err := b.alice().api.EditPrefs(ctx, &ipn.MaskedPrefs{Prefs: ipn.Prefs{RouteAll: true}, RouteAllSet: true})
	return err
}

func (b *bench) routerUp(ctx context.Context, c *client) error {
	if err := c.up(ctx); err != nil {
		return err
	}
	c.srv.RegisterFallbackTCPHandler(func(_, dst netip.AddrPort) (func(net.Conn), bool) {
		return func(conn net.Conn) {
			defer conn.Close()
			io.WriteString(conn, c.name)
		}, dst.String() == host
	})
	_, err := c.api.EditPrefs(ctx, &ipn.MaskedPrefs{Prefs: ipn.Prefs{AdvertiseRoutes: []netip.Prefix{netip.MustParsePrefix(routed)}}, AdvertiseRoutesSet: true})
	return err
}

// through wants the router to be chosen within the limit: alice sends the network's packets to it, and it knows alice. Then a
// host of the network must answer by it.
func (b *bench) through(ctx context.Context, since time.Time, limit time.Duration, router string) error {
	alice, r := b.alice(), b.fleet.routers[router]
	network := netip.MustParsePrefix(routed)
	if err := alice.seesPeer(ctx, limit-time.Since(since), r.ip, router+" as the router", func(p *ipnstate.PeerStatus) bool {
		return p != nil && p.AllowedIPs != nil && slices.Contains(p.AllowedIPs.AsSlice(), network)
	}); err != nil {
		return err
	}
	if err := r.seesPeer(ctx, limit-time.Since(since), alice.ip, alice.name, func(p *ipnstate.PeerStatus) bool { return p != nil }); err != nil {
		return err
	}
	chosen := time.Since(since)
	err := within(ctx, handshake, "a host behind "+router, func() error {
		dctx, cancel := context.WithTimeout(ctx, 700*time.Millisecond)
		defer cancel()
		conn, err := alice.srv.Dial(dctx, "tcp", host)
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(700 * time.Millisecond))
		name, err := io.ReadAll(conn)
		if err == nil && string(name) != router {
			err = fmt.Errorf("it is behind %q", name)
		}
		return err
	})
	if err == nil {
		fmt.Printf("     %s chosen %v after the change, answers after %v\n", router, chosen.Round(time.Millisecond),
			time.Since(since).Round(time.Millisecond))
	}
	return err
}

func policyRoute(ctx context.Context, b *bench) error {
	if err := b.bobUp(ctx); err != nil {
		return err
	}
	if err := b.routersUp(ctx); err != nil {
		return err
	}
	// the routes are approved by the policy; the oldest serves
	if err := b.through(ctx, time.Now(), 15*time.Second, "router-a1"); err != nil {
		return err
	}
	// a rule for one host shows the router, and none of its own ports
	if err := b.alice().reaches(ctx, b.fleet.routers["router-a1"].ip); err == nil {
		return errors.New("alice reaches a port of the router itself")
	}
	if n, err := b.fleet.bob.peers(ctx); err != nil || n != 0 {
		return fmt.Errorf("bob, whom no rule names, has %d peers: %w", n, err)
	}
	return nil
}

func via(tag string) string {
	return `{` + routerTags + ` "grants": [{"src": ["ALICE"], "dst": ["10.77.0.0/24"], "ip": ["*"], "via": ["` + tag + `"]}]}`
}

func policyVia(ctx context.Context, b *bench) error {
	for _, step := range []struct{ tag, router string }{{"tag:b", "router-b"}, {"tag:a", "router-a1"}, {"tag:b", "router-b"}} {
		since, err := b.set(ctx, via(step.tag))
		if err != nil {
			return err
		}
		if err := b.through(ctx, since, taken, step.router); err != nil {
			return err
		}
	}
	return nil
}

// stopsServing stops a router in order and waits for another to serve; three seconds is what users may notice.
func (b *bench) stopsServing(ctx context.Context, router, next string) error {
	since := time.Now()
	if _, err := b.fleet.routers[router].api.EditPrefs(ctx, &ipn.MaskedPrefs{Prefs: ipn.Prefs{WantRunning: false}, WantRunningSet: true}); err != nil {
		return err
	}
	return b.through(ctx, since, 4*time.Second, next)
}

func (b *bench) runsAgain(ctx context.Context, router string) error {
	c := b.fleet.routers[router]
	if _, err := c.api.EditPrefs(ctx, &ipn.MaskedPrefs{Prefs: ipn.Prefs{WantRunning: true}, WantRunningSet: true}); err != nil {
		return err
	}
	return within(ctx, 15*time.Second, c.name+" is online", func() error {
		n, err := b.server.nodeNamed(ctx, c.name)
		if err == nil && !n.Online {
			err = errors.New("offline")
		}
		return err
	})
}

func routerFailover(ctx context.Context, b *bench) error {
	since, err := b.set(ctx, `{`+routerTags+` "acls": [{"action": "accept", "src": ["ALICE"], "dst": ["10.77.0.9:80"]}]}`)
	if err != nil {
		return err
	}
	if err := b.through(ctx, since, taken, "router-a1"); err != nil {
		return err
	}
	if err := b.stopsServing(ctx, "router-a1", "router-a2"); err != nil {
		return err
	}
	if err := b.runsAgain(ctx, "router-a1"); err != nil {
		return err
	}
	// it comes back and takes nothing away
	for range 8 {
		if err := b.through(ctx, time.Now(), time.Second, "router-a2"); err != nil {
			return err
		}
		time.Sleep(250 * time.Millisecond)
	}
	return nil
}

func viaFailover(ctx context.Context, b *bench) error {
	since, err := b.set(ctx, via("tag:a"))
	if err != nil {
		return err
	}
	// via grants know no present router: the oldest one of the tag that serves
	if err := b.through(ctx, since, taken, "router-a1"); err != nil {
		return err
	}
	if err := b.stopsServing(ctx, "router-a1", "router-a2"); err != nil {
		return err
	}
	if err := b.runsAgain(ctx, "router-a1"); err != nil {
		return err
	}
	return b.through(ctx, time.Now(), taken, "router-a1")
}
