package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"tailscale.com/tailcfg"
)

// logHost is where clients upload flow logs, whatever their control server is.
const logHost = "log.tailscale.com"

// flowLogs are the scenarios of network flow logs, with the name of Tailscale's log server leading to the server under test.
var flowLogs = []scenario{
	{"flow logs: switched on in running sessions, stored and read back", flowLogsStored},
	{"flow logs: switched off in running sessions", flowLogsOff},
}

// leadLogsTo lets this process's clients reach the server under test as logHost: they go there through a proxy, and trust the
// certificate because the authority's is among those of the system.
func leadLogsTo(ca *authority, target func() string) error {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1001), Subject: pkix.Name{CommonName: logHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour),
		DNSNames: []string{logHost}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca.cert, k.Public(), ca.key)
	if err != nil {
		return err
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: k}}})
	if err != nil {
		return err
	}
	quiet := log.New(io.Discard, "", 0)
	forward := &httputil.ReverseProxy{ErrorLog: quiet, Rewrite: func(r *httputil.ProxyRequest) {
		u, err := url.Parse(target())
		if err == nil {
			r.SetURL(u)
		}
	}}
	go (&http.Server{Handler: forward, ErrorLog: quiet}).Serve(ln)
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go (&http.Server{ErrorLog: quiet, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != logHost+":443" {
			http.Error(w, "only to "+logHost, http.StatusBadGateway)
			return
		}
		there, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			there.Close()
			return
		}
		go func() { io.Copy(there, here); there.Close() }()
		io.Copy(here, there)
		here.Close()
	})}).Serve(proxy)
	return errors.Join(os.Setenv("SSL_CERT_FILE", ca.file()), os.Setenv("HTTPS_PROXY", "http://"+proxy.Addr().String()))
}

func (b *bench) setFlowLogging(ctx context.Context, on bool) error {
	if err := b.server.api(ctx, "PATCH", "/api/v2/tailnet/-/settings", map[string]bool{"networkFlowLoggingOn": on}, nil); err != nil {
		return err
	}
	for _, c := range b.clients {
		if err := within(ctx, 30*time.Second, fmt.Sprintf("%s has the capability: %v", c.name, on), func() error {
			status, err := c.api.Status(ctx)
			if err != nil {
				return err
			}
			if has := status.Self.CapMap.Contains(tailcfg.CapabilityDataPlaneAuditLogs); has != on {
				return fmt.Errorf("it is there: %v", has)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// flowLogsStored wants the traffic of an echo to be found in the log of the node that dialed.
func flowLogsStored(ctx context.Context, b *bench) error {
	if err := b.setFlowLogging(ctx, true); err != nil {
		return err
	}
	from, to := b.clients[0], b.clients[1]
	self, err := from.api.Status(ctx)
	if err != nil {
		return err
	}
	start := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	var echoed time.Time
	return within(ctx, 90*time.Second, "the echo is in the flow log", func() error {
		// again from time to time: a logger that starts just then may miss the first one
		if time.Since(echoed) > 10*time.Second {
			if err := echoByName(ctx, b); err != nil {
				return err
			}
			echoed = time.Now()
		}
		time.Sleep(500 * time.Millisecond) // the log is read through the same API as everything else
		end := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		var answer struct {
			Logs []struct {
				NodeID         string
				VirtualTraffic []struct {
					Proto    int
					Src, Dst string
					TxBytes  uint64
				}
			}
		}
		if err := b.server.api(ctx, "GET", "/api/v2/tailnet/-/logging/network?start="+start+"&end="+end, nil, &answer); err != nil {
			return err
		}
		for _, entry := range answer.Logs {
			if entry.NodeID != string(self.Self.ID) {
				continue
			}
			for _, flow := range entry.VirtualTraffic {
				if flow.Proto == 6 && strings.HasPrefix(flow.Src, from.ip.String()+":") && flow.Dst == fmt.Sprintf("%s:%d", to.ip, echoPort) && flow.TxBytes > 0 {
					return nil
				}
			}
		}
		return fmt.Errorf("it is not among %d entries", len(answer.Logs))
	})
}

func flowLogsOff(ctx context.Context, b *bench) error {
	if err := b.setFlowLogging(ctx, false); err != nil {
		return err
	}
	err := b.server.api(ctx, "GET", "/api/v2/tailnet/-/logging/network?start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "403") {
		return fmt.Errorf("reading while they are off: want 403, got %v", err)
	}
	return echoByName(ctx, b)
}
