package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tailscale.com/ipn/ipnstate"
)

// firstRegion is the number of the first region of "fleetscale dev --regions"; the others follow.
const firstRegion = 900

// noIPv6 stands in the DERP map where a relay has no such address.
const noIPv6 = "\"none:"

// backAfterRegion is how soon streams must go on when no relay of a home is left. A client keeps a home that it has heard within
// eight seconds, and measures again every 20 to 26 s (tailscale wgengine/magicsock, netcheck); TCP then waits for its next try.
const backAfterRegion = 2 * time.Minute

// regionCode is what clients call a region.
func regionCode(number int) string {
	if number == 0 {
		return "dev"
	}
	return "dev" + strconv.Itoa(number+1)
}

// prefer has the client take a region as its home and waits until it says so.
func (c *client) prefer(ctx context.Context, region int) error {
	number := []byte(strconv.Itoa(firstRegion + region))
	if err := c.api.DebugActionBody(ctx, "force-prefer-derp", bytes.NewReader(number)); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if err := c.api.DebugAction(ctx, "restun"); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return c.isAtHome(ctx, 90*time.Second, regionCode(region))
}

func (c *client) isAtHome(ctx context.Context, d time.Duration, code string) error {
	return within(ctx, d, c.name+" has its home in "+code, func() error {
		st, err := c.api.Status(ctx)
		if err != nil {
			return err
		}
		if st.Self.Relay != code {
			return fmt.Errorf("it is in %q", st.Self.Relay)
		}
		return nil
	})
}

// homes gives every client the home that home says, and waits until all others have heard of it.
func (b *bench) homes(ctx context.Context, home func(i int) int) error {
	errs := make(chan error, len(b.clients))
	for i, c := range b.clients {
		go func() { errs <- c.prefer(ctx, home(i)) }()
	}
	var all error
	for range b.clients {
		all = errors.Join(all, <-errs)
	}
	if all != nil {
		return all
	}
	return b.pairs(func(from, to *client) error {
		code := regionCode(home(b.index(to)))
		return from.seesPeer(ctx, 30*time.Second, to.ip, to.name+" at home in "+code, func(p *ipnstate.PeerStatus) bool {
			return p != nil && p.Relay == code
		})
	})
}

func (b *bench) index(c *client) int {
	for i, other := range b.clients {
		if c == other {
			return i
		}
	}
	return -1
}

// alternating is the home of each client: the regions one after the other, moved on by shift.
func (b *bench) alternating(shift int) func(int) int {
	return func(i int) int { return (i + shift) % b.server.regions }
}

func joinTwoRegions(ctx context.Context, b *bench) error {
	if err := b.join(ctx, true); err != nil {
		return err
	}
	return b.homes(ctx, b.alternating(0))
}

// debugDerp has the client examine every region as "tailscale debug derp" does: TLS, the one key of each relay, STUN.
func debugDerp(ctx context.Context, b *bench) error {
	for region := range b.server.regions {
		report, err := b.clients[0].api.DebugDERPRegion(ctx, strconv.Itoa(firstRegion+region))
		if err != nil {
			return err
		}
		wrong := slices.DeleteFunc(slices.Clone(report.Errors), func(text string) bool {
			return strings.Contains(text, noIPv6) // it is tried as if it were a name
		})
		if len(wrong) > 0 {
			return fmt.Errorf("region %d: %s", firstRegion+region, strings.Join(wrong, "; "))
		}
		if len(report.Info) == 0 {
			return fmt.Errorf("region %d: the client has nothing to say", firstRegion+region)
		}
	}
	return nil
}

// homesMove has every client change its home while each keeps a stream to the next one.
func homesMove(ctx context.Context, b *bench) error {
	for shift := range b.server.regions {
		if err := b.overHomes(ctx, "change of all homes", 30*time.Second, func() error {
			return b.homes(ctx, b.alternating(shift+1))
		}); err != nil {
			return err
		}
	}
	return nil
}

// regionLost kills all relays of a region that half of the clients call home.
func regionLost(ctx context.Context, b *bench) error {
	lost := b.server.regions - 1
	var dead []relayProcess
	for i, r := range b.server.ready.Relays {
		if i%b.server.regions == lost {
			dead = append(dead, r)
		}
	}
	if err := b.overHomes(ctx, fmt.Sprintf("loss of all %d relays of a region", len(dead)), backAfterRegion, func() error {
		for _, r := range dead {
			if err := syscall.Kill(r.PID, syscall.SIGKILL); err != nil {
				return err
			}
		}
		for _, c := range b.clients {
			if err := c.isAtHome(ctx, backAfterRegion, regionCode(0)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, r := range dead {
		out, err := exec.CommandContext(ctx, b.server.program, "dev", "start", r.Name, "--data", filepath.Join(b.server.dir, "data")).CombinedOutput()
		if err != nil {
			return fmt.Errorf("dev start %s: %w: %s", r.Name, err, out)
		}
	}
	if err := b.server.awaitRelays(ctx, b.server.relays); err != nil {
		return err
	}
	return b.overHomes(ctx, "the region's return", 30*time.Second, func() error { return b.homes(ctx, b.alternating(0)) })
}

// overHomes keeps a stream from each client to the next one over something that changes where they are, and says how long the
// slowest was without an answer.
func (b *bench) overHomes(ctx context.Context, what string, back time.Duration, change func() error) error {
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
	for i, s := range streams {
		if err := s.alive(ctx, 30*time.Second); err != nil {
			return fmt.Errorf("stream of %s before: %w", b.clients[i].name, err)
		}
		s.stall.Store(0)
	}
	if err := change(); err != nil {
		return err
	}
	var longest time.Duration
	for i, s := range streams {
		if err := s.alive(ctx, back); err != nil {
			return fmt.Errorf("stream of %s: %w", b.clients[i].name, err)
		}
		longest = max(longest, time.Duration(s.stall.Load()))
	}
	fmt.Printf("     %s: longest time without an answer %d ms\n", what, longest.Milliseconds())
	return nil
}
