package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/ipn/ipnstate"
)

// policies are the scenarios of access control: who sees whom, who reaches whom, by which router, and SSH.
var policies = []scenario{
	{"policy: two users apart, together, apart", policyApart},
	{"policy: without rules the peer lists are empty", policyEmpty},
	{"policy: a tag opens a node, the next tag closes it", policyTag},
	{"policy: the route of a router is for those whom a rule names", policyRoute},
	{"policy: via grants pick the router", policyVia},
	{"routes: the next router takes over and keeps the route", routerFailover},
	{"routes: another router of the tag takes over for via grants", viaFailover},
	{"policy: a client serves a service, at its addresses and by its name", policyService},
}

const (
	// taken is how soon a policy must reach the clients after it was set.
	taken = 2 * time.Second
	// handshake is how long a tunnel may take once both sides know each other. A WireGuard handshake that comes to a node a
	// moment before the node's tunnel has the peer is dropped, and tried again after five seconds.
	handshake = 8 * time.Second
	routed    = "10.77.0.0/24"
	host      = "10.77.0.9:80"
)

// fleet is what the policy scenarios share: alice is the user of the common tailnet.
type fleet struct {
	bob     *client
	routers map[string]*client
	sshd    *daemon
}

// clients are those that were started.
func (f *fleet) clients() []*client {
	var all []*client
	if f.bob != nil {
		all = append(all, f.bob)
	}
	for _, c := range f.routers {
		all = append(all, c)
	}
	return all
}

func (b *bench) alice() *client { return b.clients[0] }

// set sets a policy and gives the moment.
func (b *bench) set(ctx context.Context, policy string) (time.Time, error) {
	start := time.Now()
	policy = strings.ReplaceAll(policy, "ALICE", b.server.ready.User+"@")
	return start, b.server.api(ctx, "PUT", "/api/v1/policy", map[string]string{"policy": policy}, nil)
}

// bobUp makes a second user with one node.
func (b *bench) bobUp(ctx context.Context) error {
	if b.fleet.bob != nil {
		return nil
	}
	key, err := b.server.keyOf(ctx, "bob")
	if err != nil {
		return err
	}
	b.fleet.bob = b.newClient("bob", key, false)
	return b.fleet.bob.up(ctx)
}

// keyOf makes a user and a key of that user.
func (s *server) keyOf(ctx context.Context, name string) (string, error) {
	var made struct{ User struct{ ID string } }
	if err := s.api(ctx, "POST", "/api/v1/user", map[string]string{"name": name}, &made); err != nil {
		return "", err
	}
	var key struct{ PreAuthKey struct{ Key string } }
	err := s.api(ctx, "POST", "/api/v1/preauthkey", map[string]any{"user": made.User.ID, "reusable": true,
		"expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, &key)
	return key.PreAuthKey.Key, err
}

// peers is how many peers the client has.
func (c *client) peers(ctx context.Context) (int, error) {
	st, err := c.api.Status(ctx)
	if err != nil {
		return 0, err
	}
	return len(st.Peer), nil
}

// reaches dials once and wants the echo of the node.
func (c *client) reaches(ctx context.Context, ip netip.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, 700*time.Millisecond)
	defer cancel()
	conn, err := c.srv.Dial(ctx, "tcp", netip.AddrPortFrom(ip, echoPort).String())
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(700 * time.Millisecond))
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return err
	}
	_, err = io.ReadFull(conn, make([]byte, 5))
	return err
}

// reachesSoon wants both sides to know each other within the time that a policy has, and then a connection.
func (b *bench) reachesSoon(ctx context.Context, since time.Time, from, to *client) error {
	for _, pair := range [][2]*client{{from, to}, {to, from}} {
		if err := pair[0].seesPeer(ctx, taken-time.Since(since), pair[1].ip, pair[1].name, func(p *ipnstate.PeerStatus) bool { return p != nil }); err != nil {
			return err
		}
	}
	known := time.Since(since)
	err := within(ctx, handshake, from.name+" reaches "+to.name, func() error { return from.reaches(ctx, to.ip) })
	if err == nil {
		fmt.Printf("     %s and %s know each other %v after the change, connected after %v\n", from.name, to.name,
			known.Round(time.Millisecond), time.Since(since).Round(time.Millisecond))
	}
	return err
}

// unreachable wants the peer to be out of sight in time, and no connection to be possible.
func (b *bench) unreachable(ctx context.Context, since time.Time, from, to *client) error {
	if err := within(ctx, taken-time.Since(since), from.name+" does not see "+to.name, func() error {
		p, err := from.peer(ctx, to.ip)
		if err == nil && p != nil {
			err = errors.New("it is a peer")
		}
		return err
	}); err != nil {
		return err
	}
	fmt.Printf("     %s lost %s %v after the change\n", from.name, to.name, time.Since(since).Round(time.Millisecond))
	if err := from.reaches(ctx, to.ip); err == nil {
		return fmt.Errorf("%s still reaches %s", from.name, to.name)
	}
	return nil
}

const (
	apart = `{
  // each user for himself
  "acls": [{"action": "accept", "src": ["autogroup:member"], "dst": ["autogroup:self:*"]}],
}`
	together = `{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}]}`
)

func policyApart(ctx context.Context, b *bench) error {
	if err := b.bobUp(ctx); err != nil {
		return err
	}
	alice, bob := b.alice(), b.fleet.bob
	if err := within(ctx, 15*time.Second, "alice reaches bob without a policy", func() error { return alice.reaches(ctx, bob.ip) }); err != nil {
		return err
	}
	for range 2 {
		since, err := b.set(ctx, apart)
		if err != nil {
			return err
		}
		if err := errors.Join(b.unreachable(ctx, since, alice, bob), b.unreachable(ctx, since, bob, alice)); err != nil {
			return err
		}
		if err := alice.reaches(ctx, b.clients[1].ip); err != nil {
			return fmt.Errorf("alice lost a node of her own: %w", err)
		}
		if since, err = b.set(ctx, together); err != nil {
			return err
		}
		if err := b.reachesSoon(ctx, since, alice, bob); err != nil {
			return err
		}
		if err := b.reachesSoon(ctx, since, bob, alice); err != nil {
			return err
		}
	}
	return nil
}

func policyEmpty(ctx context.Context, b *bench) error {
	if err := b.bobUp(ctx); err != nil {
		return err
	}
	since, err := b.set(ctx, `{"acls": []}`)
	if err != nil {
		return err
	}
	for _, c := range []*client{b.alice(), b.fleet.bob} {
		if err := within(ctx, taken-time.Since(since), "the peer list of "+c.name+" is empty", func() error {
			n, err := c.peers(ctx)
			if err == nil && n != 0 {
				err = fmt.Errorf("%d peers", n)
			}
			return err
		}); err != nil {
			return err
		}
	}
	if since, err = b.set(ctx, together); err != nil {
		return err
	}
	return b.reachesSoon(ctx, since, b.alice(), b.fleet.bob)
}

func policyTag(ctx context.Context, b *bench) error {
	_, err := b.set(ctx, `{
  "tagOwners": {"tag:open": ["ALICE"], "tag:shut": ["ALICE"]},
  "acls": [{"action": "accept", "src": ["ALICE"], "dst": ["tag:open:*"]}],
}`)
	if err != nil {
		return err
	}
	alice := b.alice()
	key, err := b.server.newKey(ctx, false, "tag:shut")
	if err != nil {
		return err
	}
	tagged := b.newClient("tagged", key, false)
	defer tagged.close()
	if err := tagged.up(ctx); err != nil {
		return err
	}
	if err := alice.reaches(ctx, tagged.ip); err == nil {
		return errors.New("alice reaches a node whose tag no rule names")
	}
	n, err := b.server.nodeNamed(ctx, tagged.name)
	if err != nil {
		return err
	}
	if out, err := b.server.command(ctx, "nodes", "tag", "-i", n.ID, "-t", "tag:open"); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	// the command itself takes a moment to start
	if err := b.reachesSoon(ctx, time.Now(), alice, tagged); err != nil {
		return err
	}
	since := time.Now()
	if err := b.server.api(ctx, "POST", "/api/v1/node/"+n.ID+"/tags", map[string]any{"tags": []string{"tag:shut"}}, nil); err != nil {
		return err
	}
	return b.unreachable(ctx, since, alice, tagged)
}
