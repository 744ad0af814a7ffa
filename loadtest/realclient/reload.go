package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"tailscale.com/tailcfg"
)

const (
	openPolicy     = `{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}]}`
	reloadedPolicy = `{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}], "nodeAttrs": [{"target": ["*"], "attr": ["magicdns-aaaa"]}]}`
	noRelays       = "regions: {}\n"
	reloadedRelay  = `regions:
  901:
    regionid: 901
    regioncode: reloaded
    regionname: reloaded
    nodes: [{name: 901a, regionid: 901, hostname: relay.invalid, ipv4: 192.0.2.9}]
`
	reloadedName = "reloaded.tailnet.internal"
)

// write puts a file where the configuration names it.
func (p *production) write(s *server, name, text string) error {
	return os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600)
}

// writeReloadable makes the files that SIGHUP reads again, and gives what the configuration says of them.
func (p *production) writeReloadable(s *server) (string, error) {
	err := errors.Join(p.write(s, "policy.hujson", openPolicy), p.write(s, "records.json", "[]"), p.write(s, "relays.yaml", noRelays))
	return fmt.Sprintf(`policy: {mode: file, path: %[1]s/policy.hujson}
dns: {magic_dns: true, base_domain: tailnet.internal, override_local_dns: false, extra_records_path: %[1]s/records.json}
derp:
  server: {enabled: true, region_id: 999, region_code: own, region_name: own, stun_listen_addr: "%[2]s", private_key_path: %[1]s/relay.key}
  paths: [%[1]s/relays.yaml]
`, s.dir, p.stun), err
}

// ended is how many map streams of clients have ended.
func (p *production) ended(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+p.metrics+"/metrics", nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	lines := regexp.MustCompile(`(?m)^headscale_mapresponse_ended_total.*$`).FindAllString(string(text), -1)
	if len(lines) == 0 {
		return "", errors.New("no headscale_mapresponse_ended_total in the metrics")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// reloadKeepsSessions wants everything that SIGHUP reads again to reach a client whose map stream is open, over that stream;
// what cannot be used changes nothing.
func reloadKeepsSessions(ctx context.Context, b *bench) error {
	s, p, c := b.server, b.server.production, b.clients[0]
	// streams of the scenario before may still be ending
	var before string
	if err := within(ctx, time.Minute, "no map stream ends any more", func() error {
		first, err := p.ended(ctx)
		if err != nil {
			return err
		}
		time.Sleep(2 * time.Second)
		if before, err = p.ended(ctx); err == nil && before != first {
			err = errors.New("one has ended just now")
		}
		return err
	}); err != nil {
		return err
	}
	stream, err := c.openStream(ctx, b.clients[1].ip.String())
	if err != nil {
		return err
	}
	defer stream.close()
	if err := errors.Join(
		p.write(s, "policy.hujson", reloadedPolicy),
		p.write(s, "records.json", `[{"name": "`+reloadedName+`", "type": "A", "value": "100.64.0.99"}]`),
		p.write(s, "relays.yaml", reloadedRelay),
		s.cmd.Process.Signal(syscall.SIGHUP),
	); err != nil {
		return err
	}
	if err := within(ctx, time.Minute, "the reloaded policy, records and relays", func() error { return c.hasReloaded(ctx) }); err != nil {
		return err
	}
	if err := errors.Join(p.write(s, "policy.hujson", "{"), s.cmd.Process.Signal(syscall.SIGHUP)); err != nil {
		return err
	}
	if err := renameSeen(ctx, b); err != nil {
		return fmt.Errorf("after a policy that cannot be read: %w", err)
	}
	if err := c.hasReloaded(ctx); err != nil {
		return fmt.Errorf("after a policy that cannot be read: %w", err)
	}
	after, err := p.ended(ctx)
	if err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("map streams ended: before\n%s\nafter\n%s", before, after)
	}
	// what the next scenarios, and a restart of the server, find
	return errors.Join(p.write(s, "policy.hujson", openPolicy), s.cmd.Process.Signal(syscall.SIGHUP), stream.alive(ctx, 30*time.Second))
}

func (c *client) hasReloaded(ctx context.Context) error {
	relays, err := c.api.CurrentDERPMap(ctx)
	if err != nil {
		return err
	}
	if relays.Regions[901] == nil {
		return errors.New("region 901 is not in the DERP map")
	}
	status, err := c.api.Status(ctx)
	if err != nil {
		return err
	}
	if !status.Self.HasCap(tailcfg.NodeAttrMagicDNSPeerAAAA) {
		return errors.New("the node does not have the policy's attribute")
	}
	answer, _, err := c.api.QueryDNS(ctx, reloadedName+".", "A")
	if err != nil {
		return err
	}
	if !strings.Contains(string(answer), "\x64\x40\x00\x63") {
		return fmt.Errorf("%s is not answered with its address", reloadedName)
	}
	return nil
}
