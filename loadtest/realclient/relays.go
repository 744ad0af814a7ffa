package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// relayProcess is a relay of the ready file.
type relayProcess struct {
	Name string `json:"name"`
	Addr string `json:"addr"`
	PID  int    `json:"pid"`
}

// backAfterDeath is how soon traffic must be back when the relay that carries it dies.
const backAfterDeath = 3 * time.Second

// relayNames are the relays of the DERP map as clients get it, in their order.
func (s *server) relayNames(ctx context.Context) ([]string, error) {
	var out struct{ Map string }
	if err := s.api(ctx, "GET", "/api/v1/relay/map", nil, &out); err != nil {
		return nil, err
	}
	var m struct {
		Regions map[string]struct{ Nodes []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(out.Map), &m); err != nil {
		return nil, err
	}
	var names []string
	for _, region := range m.Regions {
		for _, node := range region.Nodes {
			names = append(names, node.Name)
		}
	}
	return names, nil
}

// awaitRelays wants the DERP map to hold so many relays.
func (s *server) awaitRelays(ctx context.Context, count int) error {
	return within(ctx, 30*time.Second, fmt.Sprintf("%d relays in the DERP map", count), func() error {
		names, err := s.relayNames(ctx)
		if err != nil {
			return err
		}
		if len(names) != count {
			return fmt.Errorf("it holds %s", strings.Join(names, ", "))
		}
		return nil
	})
}

func relayDrainKeepsStreams(ctx context.Context, b *bench) error {
	first, err := b.firstRelay(ctx)
	if err != nil {
		return err
	}
	// also after a failure, so that the scenarios behind find all relays
	return errors.Join(
		b.overRelayFault(ctx, "drain", func() error {
			return b.server.api(ctx, "POST", "/api/v1/relay/"+first.Name+"/drain", map[string]any{}, nil)
		}),
		b.server.api(ctx, "POST", "/api/v1/relay/"+first.Name+"/undrain", map[string]any{}, nil),
		b.server.awaitRelays(ctx, b.server.relays))
}

func relayKillKeepsStreams(ctx context.Context, b *bench) error {
	first, err := b.firstRelay(ctx)
	if err != nil {
		return err
	}
	if err := b.overRelayFault(ctx, "kill -9", func() error { return syscall.Kill(first.PID, syscall.SIGKILL) }); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, b.server.program, "dev", "start", first.Name, "--data", filepath.Join(b.server.dir, "data")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("dev start %s: %w: %s", first.Name, err, out)
	}
	return b.server.awaitRelays(ctx, b.server.relays)
}

// firstRelay is the one that all clients use as long as they can.
func (b *bench) firstRelay(ctx context.Context) (relayProcess, error) {
	names, err := b.server.relayNames(ctx)
	if err != nil {
		return relayProcess{}, err
	}
	for _, r := range b.server.ready.Relays {
		if len(names) > 0 && r.Name == names[0] {
			return r, nil
		}
	}
	return relayProcess{}, fmt.Errorf("the first relay of the DERP map is none of the ready file: %s", strings.Join(names, ", "))
}

// overRelayFault keeps a stream in each direction of a ring over a fault of the relay that carries them, until one relay is
// left in the DERP map, and says how long the slowest was without an answer.
func (b *bench) overRelayFault(ctx context.Context, what string, fault func() error) error {
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
			return fmt.Errorf("stream of %s before the fault: %w", b.clients[i].name, err)
		}
		s.stall.Store(0)
	}
	if err := fault(); err != nil {
		return err
	}
	if err := b.server.awaitRelays(ctx, b.server.relays-1); err != nil {
		return err
	}
	var longest time.Duration
	for i, s := range streams {
		if err := s.alive(ctx, 30*time.Second); err != nil {
			return fmt.Errorf("stream of %s: %w", b.clients[i].name, err)
		}
		longest = max(longest, time.Duration(s.stall.Load()))
	}
	fmt.Printf("     %s of a relay: longest time without an answer %d ms\n", what, longest.Milliseconds())
	// a time is judged where nothing else runs, as everywhere
	if patience == 1 && longest > backAfterDeath {
		return errors.New("a stream was without an answer for longer than " + backAfterDeath.String())
	}
	return nil
}
