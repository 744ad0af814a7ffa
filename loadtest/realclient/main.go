// Command realclient drives unmodified Tailscale clients against the packaged control server: it starts "fleetscale dev"
// on a data directory of its own, walks its scenarios one after the other and prints one line for each. Run it in a
// network namespace (see netns.sh): real clients probe the network they find themselves in.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"tailscale.com/envknob"
)

// scenario is one behaviour that users rely on. It fails by returning an error that says what was expected.
type scenario struct {
	name string
	run  func(ctx context.Context, t *bench) error
}

var scenarios = []scenario{
	{"join by key, all see all, direct paths", joinDirect},
	{"TCP echo and MagicDNS names between all pairs", echoByName},
	{"web approval", webApproval},
	{"rename is seen by peers", renameSeen},
	{"expiry is seen by peers and by the client", expirySeen},
	{"key rotation keeps a TCP stream", rotationKeepsStream},
	{"tags by a tagged key are seen by peers", tagsSeen},
	{"restart of a client keeps its identity", restartKeepsIdentity},
	{"logout and login again", logoutAndBack},
	{"ephemeral node is removed", ephemeralRemoved},
	{"deletion is seen by peers", deletionSeen},
	{"restart of the server breaks no stream", serverRestartKeepsStreams},
	{"kill -9 of the server loses nothing", serverKillKeepsStreams},
}

// webSockets are what clients in browsers do.
var webSockets = []scenario{
	{"WebSocket: control protocol", webSocketControl},
	{"WebSocket: relay", webSocketRelay},
	{"WebSocket: refused without its sub-protocol", webSocketWithoutProtocol},
}

// secure are the scenarios of a server with TLS from files.
var secure = []scenario{
	{"TLS: a replaced certificate is served, sessions go on", certificateReplaced},
	{"SIGHUP: policy, records and relays are read again, sessions go on", reloadKeepsSessions},
	{"TLS: the server's keys lie sealed", keysAreSealed},
}

// daemons are the scenarios of a whole tailscaled and its command line.
var daemons = []scenario{
	{"tailscaled: up by key", daemonUp},
	{"tailscaled: ip, status, ping, whois, dns, cert", daemonCommands},
	{"tailscaled: netcheck measures the relay", daemonNetcheck},
	{"tailscaled: TCP out through SOCKS5 and in to loopback", daemonTraffic},
	{"tailscaled: a restart keeps its identity", daemonRestart},
	{"tailscaled: down and up are seen by peers", daemonDownAndUp},
	{"tailscaled: --force-reauth changes the key, not the node", daemonReauth},
	{"tailscaled: logout, login by page and command line", daemonLogoutAndWebLogin},
	{"tailscaled: an approved exit node is seen by peers", daemonExitNode},
	{"tailscaled: deletion ends in a login", daemonDeleted},
}

var relayed = []scenario{
	{"join by key, all pairs through the relay", joinRelayed},
	{"TCP echo through the relay", echoByName},
	{"restart of the server breaks no relayed stream", serverRestartKeepsStreams},
}

// relays are the scenarios of a region with two relays.
var relays = []scenario{
	{"join by key, all pairs through two relays", joinRelayed},
	{"TCP echo through two relays", echoByName},
	{"drain of a relay breaks no stream", relayDrainKeepsStreams},
	{"kill -9 of a relay breaks no stream", relayKillKeepsStreams},
}

// regions are the scenarios of several regions with several relays each.
var regions = []scenario{
	{"join by key, homes in two regions, all pairs through relays", joinTwoRegions},
	{"regions: the client's own examination finds nothing", debugDerp},
	{"regions: TCP echo between clients of both", echoByName},
	{"regions: 8 MiB there and back, around a ring", bulk},
	{"regions: a change of all homes breaks no stream", homesMove},
	{"regions: drain of a relay breaks no stream", relayDrainKeepsStreams},
	{"regions: kill -9 of a relay breaks no stream", relayKillKeepsStreams},
	{"regions: loss of a whole region breaks no stream", regionLost},
}

func main() {
	program := flag.String("fleetscale", "deploy/bin/fleetscale", "launcher `FILE` of the server under test")
	only := flag.String("run", "", "run only the scenarios that match this `REGEXP`")
	clients := flag.Int("n", 4, "clients of the common tailnet")
	viaRelay := flag.Bool("relay", false, "switch UDP off, so that all traffic goes through the relay")
	relayCount := flag.Int("relays", 0, "with -relay: as many relays as processes of their own; runs the scenarios of their drain and death")
	regionCount := flag.Int("regions", 1, "with -relays: spread them over this many regions; with two or more runs the scenarios of several homes")
	oldClient := flag.String("oldclient", "", "program `FILE` of the oldest supported client (see oldclient/): joins the same tailnet")
	tailscaled := flag.String("tailscaled", "", "program `FILE` of a tailscaled with its command line (tag ts_include_cli): runs the scenarios of a whole daemon")
	behindRouters := flag.Bool("networks", false, "with -tailscaled, as root: run the scenarios of whole networks behind routers with the kernel's routing")
	instances := flag.Int("instances", 1, "instances of the server, as processes of their own")
	access := flag.Bool("policy", false, "run the scenarios of access control; those of SSH need -tailscaled too")
	loadtest := flag.String("tls", "", "launcher `FILE` of loadtest: runs \"fleetscale serve\" with TLS, sealed keys and a database that loadtest brings along")
	proxyExample := flag.String("proxy", "", "with -tls: put the proxy of this example `FILE` of deploy/proxy in front")
	oidc := flag.Bool("oidc", false, "with -tls: let people in by an OpenID Connect issuer")
	flows := flag.Bool("flowlogs", false, "run the scenarios of network flow logs")
	logs := flag.String("logs", "", "keep the server's and the clients' logs in this `DIR`")
	flag.Float64Var(&patience, "patience", 1, "multiply all time limits by this `FACTOR`; 1 holds the server to what it promises")
	flag.Parse()

	if !*flows {
		envknob.SetNoLogsNoSupport()
	}
	envknob.Setenv("TS_DISABLE_PORTMAPPER", "true")
	envknob.Setenv("TS_DISABLE_UPNP", "true")
	envknob.Setenv("TS_PANIC_IF_HIT_MAIN_CONTROL", "true")
	list := scenarios
	if *viaRelay {
		if *regionCount > 1 {
			// UDP for STUN alone: a client chooses its home by it
			envknob.Setenv("TS_DEBUG_NEVER_DIRECT_UDP", "true")
		} else {
			envknob.Setenv("TS_DEBUG_ALWAYS_USE_DERP", "true")
		}
		list = relayed
		if *relayCount > 0 {
			list = relays
			if *regionCount > 1 {
				list = regions
			}
		}
	} else {
		if *oldClient != "" {
			list = append(list, scenario{"oldest supported client and newest together", oldestAndNewest})
		}
		list = append(list, webSockets...)
		if *tailscaled != "" {
			list = append(list, daemons...)
		}
	}
	if *access {
		list = append(scenarios[:1:1], policies...)
		if *tailscaled != "" {
			list = append(list, sessions...)
		}
	}
	if *behindRouters {
		list = append(scenarios[:1:1], networks...)
	}
	if *flows {
		list = append(scenarios[:1:1], flowLogs...)
	}
	switch {
	case *flows && *loadtest != "":
		fmt.Fprintln(os.Stderr, "realclient: -flowlogs goes without -tls")
		os.Exit(2)
	case *behindRouters && (*tailscaled == "" || *loadtest != "" || *viaRelay):
		fmt.Fprintln(os.Stderr, "realclient: -networks needs -tailscaled and goes without -tls and -relay")
		os.Exit(2)
	case *instances > 1 && (*loadtest != "" || *relayCount > 0):
		fmt.Fprintln(os.Stderr, "realclient: -instances goes without -tls and -relays")
		os.Exit(2)
	case *relayCount > 0 && (*relayCount < 2 || !*viaRelay || *loadtest != ""):
		fmt.Fprintln(os.Stderr, "realclient: -relays takes 2 or more, needs -relay and goes without -tls")
		os.Exit(2)
	case *regionCount < 1 || (*regionCount > 1 && *relayCount < 2**regionCount):
		fmt.Fprintln(os.Stderr, "realclient: -regions needs two relays for each: write -relays")
		os.Exit(2)
	case *loadtest == "" && (*proxyExample != "" || *oidc):
		fmt.Fprintln(os.Stderr, "realclient: -proxy and -oidc need -tls")
		os.Exit(2)
	case *proxyExample != "":
		list = append(list, proxied...)
	case *oidc:
		list = append(list, logins...)
	case *loadtest != "":
		list = append(list, secure...)
	}
	if patience < 1 {
		fmt.Fprintf(os.Stderr, "realclient: -patience %v: it must be at least 1\n", patience)
		os.Exit(2)
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintf(os.Stderr, "realclient: -run: %v\n", err)
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := newBench(ctx, setup{
		program: *program, loadtest: *loadtest, proxyExample: *proxyExample, oidc: *oidc, flowLogs: *flows, logs: *logs, count: *clients,
		viaRelay: *viaRelay, relays: *relayCount, regions: *regionCount, networks: *behindRouters, instances: *instances,
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "realclient: %v\n", err)
		os.Exit(1)
	}
	b.oldClient, b.tailscaled = *oldClient, *tailscaled
	passed, failed := 0, 0
	for i, s := range list {
		// the first scenario makes the tailnet that the others use
		if i > 0 && !pattern.MatchString(s.name) {
			continue
		}
		start := time.Now()
		sctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
		err := s.run(sctx, b)
		cancel()
		if err != nil {
			failed++
			fmt.Printf("FAIL %s (%.1f s): %v\n", s.name, time.Since(start).Seconds(), err)
			if i == 0 {
				break
			}
		} else {
			passed++
			fmt.Printf("ok   %s (%.1f s)\n", s.name, time.Since(start).Seconds())
		}
	}
	if err := b.close(); err != nil {
		failed++
		fmt.Printf("FAIL the server stops in order: %v\n", err)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
