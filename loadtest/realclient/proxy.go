package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// outside is the address of this network namespace that is not loopback: proxies listen there, so that clients come from
// another address than the proxy.
const outside = "192.0.2.1"

// proxied are the scenarios of a server behind a proxy of others, with the example configuration of deploy/proxy.
var proxied = []scenario{
	{"proxy: the server learns who the client is", proxyTellsClient},
	{"proxy: the relay is reached through it", proxyRelay},
	// the last, because it uses up what this address may try
	{"proxy: forged headers of clients do not count", proxyForgedHeaders},
}

// frontProxy is a program in front of the server.
type frontProxy struct {
	// kind is the name of a file in deploy/proxy.
	kind   string
	public string
	cmd    *exec.Cmd
}

// endsTLS tells whether the server behind gets plain HTTP.
func (p *frontProxy) endsTLS() bool { return p.kind != "haproxy-tcp.cfg" }

// start writes the example with the addresses and files of this run in place of its own, and runs the program with it.
func (p *frontProxy) start(ctx context.Context, s *server, examples string) error {
	text, err := os.ReadFile(filepath.Join(examples, p.kind))
	if err != nil {
		return err
	}
	crt, key, both := filepath.Join(s.dir, "tls.crt"), filepath.Join(s.dir, "tls.key"), filepath.Join(s.dir, "combined.pem")
	var pems []byte
	for _, f := range []string{crt, key} {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		pems = append(pems, b...)
	}
	if err := os.WriteFile(both, pems, 0o600); err != nil {
		return err
	}
	port := netip.MustParseAddrPort(p.public).Port()
	var lines []string
	for _, line := range strings.Split(string(text), "\n") {
		// IPv6 of every address; this namespace may have none
		if strings.Contains(line, "[::]:443") || strings.Contains(line, ":::443") {
			continue
		}
		lines = append(lines, line)
	}
	site := strings.NewReplacer(
		"/etc/ssl/hs.example.com/fullchain.pem", crt, "/etc/ssl/hs.example.com/privkey.pem", key, "/etc/ssl/hs.example.com/combined.pem", both,
		"listen 443 ssl", fmt.Sprintf("listen %s ssl", p.public), "bind :443", "bind "+p.public,
		"https://hs.example.com {", fmt.Sprintf("https://%s:%d {\n\tbind %s", outside, port, outside),
		"hs.example.com", outside, "127.0.0.1:8080", s.listen,
		// an address has no name by which Traefik could choose options and certificate
		"{certResolver: default, options: http1}", "{}", "    http1: {", "    default: {",
	).Replace(strings.Join(lines, "\n"))
	file := filepath.Join(s.dir, p.kind)
	switch p.kind {
	case "nginx.conf":
		main := filepath.Join(s.dir, "nginx-main.conf")
		whole := fmt.Sprintf("daemon off;\npid %s/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n  include %s;\n}\n", s.dir, file)
		if err := os.WriteFile(main, []byte(whole), 0o600); err != nil {
			return err
		}
		p.cmd = exec.Command("nginx", "-p", s.dir, "-c", main)
	case "haproxy.cfg", "haproxy-tcp.cfg":
		p.cmd = exec.Command("haproxy", "-db", "-f", file)
	case "Caddyfile":
		site = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + site
		p.cmd = exec.Command("caddy", "run", "--adapter", "caddyfile", "--config", file)
		p.cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+s.dir, "XDG_CONFIG_HOME="+s.dir)
	case "traefik.yaml":
		site += fmt.Sprintf("  stores: {default: {defaultCertificate: {certFile: %s, keyFile: %s}}}\n", crt, key)
		static := filepath.Join(s.dir, "traefik-static.yaml")
		text := fmt.Sprintf(`entryPoints: {websecure: {address: "%s", transport: {respondingTimeouts: {readTimeout: 0s}}}}
providers: {file: {filename: %s}}
global: {checkNewVersion: false, sendAnonymousUsage: false}
`, p.public, file)
		if err := os.WriteFile(static, []byte(text), 0o600); err != nil {
			return err
		}
		p.cmd = exec.Command("traefik", "--configFile="+static)
	default:
		return fmt.Errorf("no way to run %s", p.kind)
	}
	if err := os.WriteFile(file, []byte(site), 0o600); err != nil {
		return err
	}
	p.cmd.Stdout, p.cmd.Stderr = s.logs, s.logs
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	return within(ctx, 30*time.Second, p.kind+" listens", func() error {
		conn, err := tls.Dial("tcp", p.public, &tls.Config{InsecureSkipVerify: true}) // whether it is the right one is seen later
		if err != nil && !p.endsTLS() {
			return nil // nothing is behind it yet
		}
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

func (p *frontProxy) stop() error {
	if p.cmd == nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	p.cmd.Wait() // its exit code after a signal is its own affair
	return nil
}

// proxyTellsClient wants a waiting login to have the address of the client, not that of the proxy.
func proxyTellsClient(ctx context.Context, b *bench) error {
	c := b.newClient("asks", "", false)
	defer c.close()
	if err := c.srv.Start(); err != nil {
		return err
	}
	return within(ctx, 30*time.Second, "the login of a client at "+outside, func() error {
		var list struct {
			Logins []struct{ Hostname, SourceAddress string }
		}
		if err := b.server.api(ctx, "GET", "/api/v1/auth/pending", nil, &list); err != nil {
			return err
		}
		for _, l := range list.Logins {
			if l.Hostname == "asks" {
				if l.SourceAddress != outside {
					return fmt.Errorf("it comes from %q", l.SourceAddress)
				}
				return nil
			}
		}
		return errors.New("it is not in the list")
	})
}

// proxyForgedHeaders wants what a client says about its own address to be ignored: failed attempts are counted by address,
// so that a client that invents a new one each time would never be stopped.
func proxyForgedHeaders(ctx context.Context, b *bench) error {
	const tries = 250 // 50 in a minute are allowed, and refilled steadily
	for i := range tries {
		req, err := http.NewRequestWithContext(ctx, "GET", b.server.ready.URL+"/api/v1/node", nil)
		if err != nil {
			return err
		}
		forged := fmt.Sprintf("198.51.100.%d", i)
		req.Header.Set("Authorization", "Bearer wrong")
		req.Header.Set("X-Forwarded-For", forged)
		req.Header.Set("X-Real-IP", forged)
		req.Header.Set("True-Client-IP", forged)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests {
			return nil
		}
		if res.StatusCode != http.StatusUnauthorized {
			return fmt.Errorf("a wrong key: %s", res.Status)
		}
	}
	return fmt.Errorf("%d wrong keys in a row were never too many", tries)
}

// proxyRelay wants the client's own test of the relay to succeed, and the upgrade to DERP to pass the proxy.
func proxyRelay(ctx context.Context, b *bench) error {
	report, err := b.clients[0].api.DebugDERPRegion(ctx, "999")
	if err != nil {
		return err
	}
	// what it calls errors is not looked at: it takes the "none" of a missing family for a name
	if !slices.ContainsFunc(report.Info, func(s string) bool { return strings.HasPrefix(s, "Successfully established a DERP connection") }) {
		text, _ := json.Marshal(report)
		return fmt.Errorf("the client's test of the relay: %s", text)
	}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(b.server.ready.URL, "https://"), nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := fmt.Fprintf(conn, "GET /derp HTTP/1.1\r\nHost: %s\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n", outside); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("the upgrade to DERP: %s", res.Status)
	}
	return nil
}
