package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// authority signs the certificates of the control server; clients trust it by SSL_CERT_FILE.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(dir string) (*authority, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "realclient authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		return nil, err
	}
	a := &authority{dir: dir, key: k}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return a, writePEM(a.file(), "CERTIFICATE", der)
}

func (a *authority) file() string { return filepath.Join(a.dir, "authority.pem") }

// issue writes a certificate for loopback and its key to tls.crt and tls.key, in place of what is there.
func (a *authority) issue(serial int64) error {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "control"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(outside)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, k.Public(), a.key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return err
	}
	return errors.Join(writePEM(filepath.Join(a.dir, "tls.key"), "PRIVATE KEY", private), writePEM(filepath.Join(a.dir, "tls.crt"), "CERTIFICATE", der))
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// served is the serial number of the certificate that a new connection gets.
func (s *server) served() (int64, error) {
	conn, err := tls.Dial("tcp", s.listen, nil)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// production runs the server as "fleetscale serve" with TLS from files, sealed keys and a database beside it.
type production struct {
	loadtest string
	ca       *authority
	database *exec.Cmd

	// proxy: a program in front of it, or nil.
	proxy *frontProxy
	// examples: the directory of the proxies' configurations.
	examples string
	// issuer: who lets people in, or nil.
	issuer *issuer

	// stun and metrics are addresses that the server listens at.
	stun, metrics string
}

const productionConfig = `server_url: https://%[9]s
listen_addr: %[1]s
metrics_listen_addr: %[3]s
grpc_listen_addr: ""
unix_socket: %[2]s/fleetscale.sock
noise: {private_key_path: %[2]s/noise.key}
keys: {encryption_key_path: %[2]s/encryption.key}
prefixes: {v4: 100.64.0.0/10, v6: "fd7a:115c:a1e0::/48"}
%[10]sdatabase:
  type: postgres
  postgres: {host: "%[4]s", port: %[5]d, name: "%[6]s", user: "%[7]s", pass: "%[8]s", ssl: false}
`

// tailnetConfig is what the tailnet is made of, when nothing of it is read again.
const tailnetConfig = `policy: {mode: database}
dns: {magic_dns: true, base_domain: tailnet.internal, override_local_dns: false}
derp:
  server: {enabled: true, region_id: 999, region_code: own, region_name: own, stun_listen_addr: "%[2]s", private_key_path: %[1]s/relay.key}
`

// prepare starts the database and writes the configuration, once.
func (p *production) prepare(ctx context.Context, s *server) error {
	ready := filepath.Join(s.dir, "postgres.json")
	p.database = exec.Command(p.loadtest, "postgres", "--data", filepath.Join(s.dir, "postgres"), "--ready-file", ready)
	p.database.Stdout, p.database.Stderr = s.logs, s.logs
	p.database.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.database.Start(); err != nil {
		return err
	}
	var db struct {
		Host, Name, User, Password string
		Port                       int
	}
	if err := within(ctx, time.Minute, "the database runs", func() error {
		text, err := os.ReadFile(ready)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &db)
	}); err != nil {
		return err
	}
	var err error
	if s.listen, err = freeAddress("tcp"); err != nil {
		return err
	}
	if p.stun, err = freeAddress("udp"); err != nil {
		return err
	}
	if p.metrics, err = freeAddress("tcp"); err != nil {
		return err
	}
	if err := p.ca.issue(2); err != nil {
		return err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "encryption.key"), fmt.Appendf(nil, "%x\n", secret), 0o600); err != nil {
		return err
	}
	if p.proxy != nil {
		if p.proxy.public, err = freeAddressAt("tcp", outside); err != nil {
			return err
		}
		if p.stun, err = freeAddressAt("udp", outside); err != nil {
			return err
		}
	}
	tailnet := fmt.Sprintf(tailnetConfig, s.dir, p.stun)
	if p.proxy == nil && p.issuer == nil { // the scenarios of the others set their policy by the API
		if tailnet, err = p.writeReloadable(s); err != nil {
			return err
		}
	}
	text := fmt.Sprintf(productionConfig, s.listen, s.dir, p.metrics, db.Host, db.Port, db.Name, db.User, db.Password, p.public(s), tailnet)
	if p.proxy != nil {
		text += "trusted_proxies: [127.0.0.1/32]\n"
	}
	if p.proxy == nil || !p.proxy.endsTLS() {
		text += fmt.Sprintf("tls_cert_path: %[1]s/tls.crt\ntls_key_path: %[1]s/tls.key\n", s.dir)
	}
	if p.issuer != nil {
		text += p.issuer.config()
	}
	if err := os.WriteFile(filepath.Join(s.dir, "config.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	if p.proxy == nil {
		return nil
	}
	return p.proxy.start(ctx, s, p.examples)
}

// public is the address that clients know.
func (p *production) public(s *server) string {
	if p.proxy != nil {
		return p.proxy.public
	}
	return s.listen
}

// awaitReady waits for an answer and makes what "dev" would tell in its ready file.
func (p *production) awaitReady(ctx context.Context, s *server) error {
	s.ready.URL, s.ready.UnixSocket = "https://"+p.public(s), filepath.Join(s.dir, "fleetscale.sock")
	if err := within(ctx, time.Minute, "the server answers", func() error {
		select {
		case err := <-s.exited:
			return fmt.Errorf("it ended: %w", err)
		default:
		}
		_, err := s.page(ctx, s.ready.URL+"/health")
		return err
	}); err != nil {
		return err
	}
	if s.ready.User != "" {
		return nil
	}
	s.ready.User = "dev"
	for _, step := range []struct {
		into *string
		args []string
	}{
		{new(string), []string{"users", "create", s.ready.User}},
		{&s.ready.APIKey, []string{"apikeys", "create"}},
		{&s.ready.PreAuthKey, []string{"preauthkeys", "create", "--user", "1", "--reusable"}},
	} {
		out, err := s.command(ctx, step.args...)
		if err != nil {
			return fmt.Errorf("%v: %w: %s", step.args, err, out)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		*step.into = lines[len(lines)-1]
	}
	return nil
}

func (p *production) close() error {
	if p.proxy != nil {
		if err := p.proxy.stop(); err != nil {
			return err
		}
	}
	if p.database == nil {
		return nil
	}
	if err := p.database.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.database.Wait()
}

// freeAddress is an address of loopback that nobody listens on now.
func freeAddress(network string) (string, error) { return freeAddressAt(network, "127.0.0.1") }

func freeAddressAt(network, host string) (string, error) {
	if network == "udp" {
		c, err := net.ListenPacket("udp", host+":0")
		if err != nil {
			return "", err
		}
		return netip.MustParseAddrPort(c.LocalAddr().String()).String(), c.Close()
	}
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// certificateReplaced wants new connections to get the certificate that was put in the place of the old one, and those that
// are open to go on.
func certificateReplaced(ctx context.Context, b *bench) error {
	s := b.server
	before, err := s.served()
	if err != nil {
		return err
	}
	open, err := tls.Dial("tcp", s.listen, nil)
	if err != nil {
		return err
	}
	defer open.Close()
	answers := bufio.NewReader(open)
	ask := func() error {
		open.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := fmt.Fprintf(open, "GET /health HTTP/1.1\r\nHost: %s\r\n\r\n", s.listen); err != nil {
			return err
		}
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	if err := ask(); err != nil {
		return err
	}
	stream, err := b.clients[0].openStream(ctx, b.clients[1].ip.String())
	if err != nil {
		return err
	}
	defer stream.close()
	if err := b.server.production.ca.issue(before + 1); err != nil {
		return err
	}
	if err := within(ctx, 10*time.Second, "new connections get the new certificate", func() error {
		now, err := s.served()
		if err == nil && now != before+1 {
			err = fmt.Errorf("they get number %d", now)
		}
		return err
	}); err != nil {
		return err
	}
	if err := ask(); err != nil {
		return fmt.Errorf("a connection of before: %w", err)
	}
	if err := renameSeen(ctx, b); err != nil {
		return fmt.Errorf("the map streams of before: %w", err)
	}
	return stream.alive(ctx, 15*time.Second)
}

// keysAreSealed wants nothing of the Noise key to lie readable in its file.
func keysAreSealed(_ context.Context, b *bench) error {
	text, err := os.ReadFile(filepath.Join(b.server.dir, "noise.key"))
	if errors.Is(err, os.ErrNotExist) {
		return nil // it lies in the database, sealed
	}
	if err != nil {
		return err
	}
	if strings.Contains(string(text), "privkey:") {
		return errors.New("the Noise key lies open in its file although there is a key-encryption key")
	}
	return nil
}
