package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"tailscale.com/tsnet"
)

const serviceName = "svc:web"

// policyService lets one client serve a service at its own addresses and another one reach it there, by address and by name,
// and nothing else of the host.
func policyService(ctx context.Context, b *bench) error {
	var service struct{ Addrs []string }
	if err := b.server.api(ctx, "PUT", "/api/v2/tailnet/-/services/"+serviceName,
		map[string]any{"name": serviceName, "ports": []string{"tcp:80"}}, &service); err != nil {
		return err
	}
	if len(service.Addrs) != 2 {
		return fmt.Errorf("the service has addresses %v", service.Addrs)
	}
	address := netip.MustParseAddr(service.Addrs[0])
	open := `{"tagOwners": {"tag:host": ["ALICE"]}, "autoApprovers": {"services": {"` + serviceName + `": ["tag:host"]}},
  "grants": [{"src": ["ALICE"], "dst": ["` + serviceName + `"], "ip": ["tcp:80"]}]}`
	if _, err := b.set(ctx, open); err != nil {
		return err
	}
	key, err := b.server.newKey(ctx, false, "tag:host")
	if err != nil {
		return err
	}
	first, listener, err := b.serves(ctx, "first", key)
	if err != nil {
		return err
	}
	defer first.close()
	defer listener.Close()

	alice := b.alice()
	since := time.Now()
	if err := within(ctx, 30*time.Second, "alice reaches the service", func() error {
		return alice.hears(ctx, netip.AddrPortFrom(address, 80).String(), "first")
	}); err != nil {
		return err
	}
	fmt.Printf("     the service answered %v after it was offered\n", time.Since(since).Round(time.Millisecond))
	if err := within(ctx, 30*time.Second, "alice reaches the service by its name", func() error {
		return alice.hears(ctx, listener.FQDN+":80", "first")
	}); err != nil {
		return err
	}
	if err := alice.reaches(ctx, first.ip); err == nil {
		return errors.New("alice reaches the host itself, which no rule allows")
	}
	second, other, err := b.serves(ctx, "second", key)
	if err != nil {
		return err
	}
	defer second.close()
	defer other.Close()
	// it stops offering the service, and stays connected
	if err := listener.Close(); err != nil {
		return err
	}
	since = time.Now()
	if err := within(ctx, 30*time.Second, "the next host serves", func() error {
		return alice.hears(ctx, netip.AddrPortFrom(address, 80).String(), "second")
	}); err != nil {
		return err
	}
	fmt.Printf("     the next host answered %v after the first one withdrew\n", time.Since(since).Round(time.Millisecond))
	if _, err := b.set(ctx, `{"tagOwners": {"tag:host": ["ALICE"]}, "grants": []}`); err != nil {
		return err
	}
	return within(ctx, 30*time.Second, "alice does not reach the service", func() error {
		if err := alice.hears(ctx, netip.AddrPortFrom(address, 80).String(), "second"); err == nil {
			return errors.New("it answers")
		}
		return nil
	})
}

// serves starts a client that offers the service and says its name to whoever connects there.
func (b *bench) serves(ctx context.Context, name, key string) (*client, *tsnet.ServiceListener, error) {
	c := b.newClient("serves-"+name, key, false)
	if err := c.up(ctx); err != nil {
		return nil, nil, err
	}
	listener, err := c.srv.ListenService(serviceName, tsnet.ServiceModeTCP{Port: 80})
	if err != nil {
		c.close()
		return nil, nil, err
	}
	go answer(listener, name)
	return c, listener, nil
}

// answer says the same to whoever connects.
func answer(listener net.Listener, text string) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		io.WriteString(conn, text)
		conn.Close()
	}
}

// hears dials once and wants to be told the text.
func (c *client) hears(ctx context.Context, address, text string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := c.srv.Dial(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	told, err := io.ReadAll(conn)
	if err == nil && string(told) != text {
		err = fmt.Errorf("it says %q", told)
	}
	return err
}
