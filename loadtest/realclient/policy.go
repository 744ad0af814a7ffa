package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"tailscale.com/ipn"
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
}

// sessions are the scenarios of Tailscale SSH; they need a whole daemon.
var sessions = []scenario{
	{"SSH: refused without a rule", sshRefused},
	{"SSH: let in by an accept rule, for the named users only", sshAccepted},
	{"SSH: held by a check rule, let in after an approval, remembered", sshChecked},
	{"SSH: another policy forgets the approval, a rejection refuses", sshCheckedAgain},
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

// sshdUp makes a node that runs the SSH server.
func (b *bench) sshdUp(ctx context.Context) error {
	if b.fleet.sshd != nil {
		return nil
	}
	if _, err := b.set(ctx, sshPolicy("")); err != nil {
		return err
	}
	key, err := b.server.newKey(ctx, false, "tag:srv")
	if err != nil {
		return err
	}
	d, err := b.newDaemon("sshd")
	if err != nil {
		return err
	}
	b.fleet.sshd = d
	if err := d.start(ctx); err != nil {
		return err
	}
	if _, err := d.run(ctx, "up", "--timeout=20s", "--ssh", "--login-server="+b.server.ready.URL, "--authkey="+key, "--hostname="+d.name); err != nil {
		return err
	}
	if err := d.running(ctx); err != nil {
		return err
	}
	return within(ctx, 15*time.Second, "alice sees the SSH server", func() error {
		p, err := b.alice().peer(ctx, d.ip)
		if err == nil && (p == nil || len(p.SSH_HostKeys) == 0) {
			err = errors.New("no host keys")
		}
		return err
	})
}

func sshPolicy(rules string) string {
	return `{"tagOwners": {"tag:srv": ["ALICE"]},
  "acls": [{"action": "accept", "src": ["ALICE"], "dst": ["tag:srv:22"]}],
  "ssh": [` + rules + `]}`
}

// session is what became of a connection.
type session struct {
	in     bool
	banner string
	err    error
}

// sshInto opens a session as the local user; what the server says meanwhile comes through said.
func (b *bench) sshInto(ctx context.Context, user string, patience time.Duration, said func(string)) session {
	dctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := b.alice().srv.Dial(dctx, "tcp", netip.AddrPortFrom(b.fleet.sshd.ip, 22).String())
	if err != nil {
		return session{err: err}
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	var mu sync.Mutex
	var banner strings.Builder
	c, channels, requests, err := ssh.NewClientConn(conn, "sshd", &ssh.ClientConfig{
		User:            user,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // the scenario is about the policy
		BannerCallback: func(text string) error {
			mu.Lock()
			defer mu.Unlock()
			banner.WriteString(text)
			said(text)
			return nil
		},
	})
	mu.Lock()
	s := session{banner: banner.String(), err: err}
	mu.Unlock()
	if err != nil {
		return s
	}
	client := ssh.NewClient(c, channels, requests)
	defer client.Close()
	shell, err := client.NewSession()
	if err != nil {
		s.err = err
		return s
	}
	defer shell.Close()
	out, err := shell.Output("echo inside")
	s.err = err
	s.in = err == nil && strings.TrimSpace(string(out)) == "inside"
	return s
}

func silent(string) {}

// letsIn wants a session as root to be possible soon, with no question asked.
func (b *bench) letsIn(ctx context.Context, d time.Duration) error {
	return within(ctx, d, "a session as root", func() error {
		s := b.sshInto(ctx, "root", 5*time.Second, silent)
		if s.in && !strings.Contains(s.banner, "://") {
			return nil
		}
		return fmt.Errorf("in=%v, banner %q: %w", s.in, s.banner, s.err)
	})
}

func (b *bench) keepsOut(ctx context.Context, user string) error {
	if s := b.sshInto(ctx, user, 5*time.Second, silent); s.in || s.err == nil {
		return fmt.Errorf("a session as %s was let in", user)
	}
	return nil
}

func sshRefused(ctx context.Context, b *bench) error {
	if err := b.sshdUp(ctx); err != nil {
		return err
	}
	return b.keepsOut(ctx, "root")
}

func sshAccepted(ctx context.Context, b *bench) error {
	if _, err := b.set(ctx, sshPolicy(`{"action": "accept", "src": ["ALICE"], "dst": ["tag:srv"], "users": ["root"]}`)); err != nil {
		return err
	}
	if err := b.letsIn(ctx, taken+time.Second); err != nil {
		return err
	}
	since, err := b.set(ctx, sshPolicy(`{"action": "accept", "src": ["ALICE"], "dst": ["tag:srv"], "users": ["autogroup:nonroot"]}`))
	if err != nil {
		return err
	}
	return within(ctx, taken-time.Since(since)+time.Second, "root is kept out", func() error { return b.keepsOut(ctx, "root") })
}

var checkURLPattern = regexp.MustCompile(`https?://\S+/auth/(hskey-authreq-\S+)`)

// held opens a session, wants it held behind an address and decides by the command line.
func (b *bench) held(ctx context.Context, decision string) (session, error) {
	urls := make(chan []string, 1)
	ended := make(chan session, 1)
	go func() {
		ended <- b.sshInto(ctx, "root", 30*time.Second, func(text string) {
			if m := checkURLPattern.FindStringSubmatch(text); m != nil {
				select {
				case urls <- m:
				default:
				}
			}
		})
	}()
	var url []string
	select {
	case url = <-urls:
	case s := <-ended:
		return s, fmt.Errorf("no question: in=%v, banner %q: %w", s.in, s.banner, s.err)
	case <-time.After(10 * time.Second):
		return session{}, errors.New("no address to visit within 10 s")
	}
	page, err := b.server.page(ctx, url[0])
	if err != nil {
		return session{}, err
	}
	if !strings.Contains(page, "auth approve --auth-id "+url[1]) {
		return session{}, fmt.Errorf("the page %s does not show how to approve: %s", url[0], page)
	}
	var waiting []map[string]any
	list, err := b.server.command(ctx, "auth", "list", "-o", "json")
	if err != nil {
		return session{}, fmt.Errorf("%w: %s", err, list)
	}
	if err := json.Unmarshal([]byte(list), &waiting); err != nil || !strings.Contains(list, url[1]) {
		return session{}, fmt.Errorf("auth list does not show the session: %w: %s", err, list)
	}
	decided := time.Now()
	if out, err := b.server.command(ctx, "auth", decision, "--auth-id", url[1]); err != nil {
		return session{}, fmt.Errorf("%w: %s", err, out)
	}
	s := <-ended
	fmt.Printf("     the session went on %v after \"auth %s\" was started\n", time.Since(decided).Round(time.Millisecond), decision)
	return s, nil
}

func checkPolicy(period string) string {
	return sshPolicy(`{"action": "check", "checkPeriod": "` + period + `", "src": ["ALICE"], "dst": ["tag:srv"], "users": ["root"]}`)
}

func (b *bench) checksSoon(ctx context.Context, period string) error {
	if _, err := b.set(ctx, checkPolicy(period)); err != nil {
		return err
	}
	return within(ctx, taken+time.Second, "the check rule holds sessions", func() error {
		s := b.sshInto(ctx, "root", time.Second, silent)
		if s.in || !checkURLPattern.MatchString(s.banner) {
			return fmt.Errorf("in=%v, banner %q: %w", s.in, s.banner, s.err)
		}
		return nil
	})
}

func sshChecked(ctx context.Context, b *bench) error {
	if err := b.checksSoon(ctx, "1h"); err != nil {
		return err
	}
	s, err := b.held(ctx, "approve")
	if err != nil {
		return err
	}
	if !s.in {
		return fmt.Errorf("the approved session was not let in: %w", s.err)
	}
	// remembered: nobody is asked again
	return b.letsIn(ctx, time.Second)
}

func sshCheckedAgain(ctx context.Context, b *bench) error {
	if err := b.checksSoon(ctx, "2h"); err != nil {
		return err
	}
	s, err := b.held(ctx, "reject")
	if err != nil {
		return err
	}
	if s.in {
		return errors.New("the rejected session was let in")
	}
	return b.fleet.sshd.stop()
}
