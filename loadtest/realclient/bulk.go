package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tailscale.com/util/clientmetric"
)

// bulkSize is what each client sends to the echo of the next one.
const bulkSize = 8 << 20

// bulk sends much data around a ring, one stream after the other, and says what the clients themselves have dropped on its way
// to the relay: their queue holds 32 packets (tailscale wgengine/magicsock/derp.go, derpWriteQueueDepth), and what does not get
// a processor in time overflows it.
func bulk(ctx context.Context, b *bench) error {
	for i, from := range b.clients {
		to := b.clients[(i+1)%len(b.clients)]
		before := droppedByClients()
		start := time.Now()
		err := from.sendAround(ctx, to)
		fmt.Printf("     %s to %s and back: %.1f s, %d packets dropped by the clients\n", from.name, to.name, time.Since(start).Seconds(), droppedByClients()-before)
		if err != nil {
			return fmt.Errorf("%s to %s: %w", from.name, to.name, err)
		}
	}
	return nil
}

func (c *client) sendAround(ctx context.Context, to *client) error {
	conn, err := c.srv.Dial(ctx, "tcp", fmt.Sprintf("%s:%d", to.ip, echoPort))
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	sent := make([]byte, bulkSize)
	rand.Read(sent)
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(sent)
		written <- err
	}()
	got := make([]byte, bulkSize)
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if err := <-written; err != nil {
		return err
	}
	if !bytes.Equal(sent, got) {
		return errors.New("the echo differs from what was sent")
	}
	return nil
}

// droppedByClients is what all clients of this process have dropped instead of sending it to a relay.
func droppedByClients() int64 {
	var sum int64
	for _, m := range clientmetric.Metrics() {
		if strings.HasPrefix(m.Name(), "magicsock_send_derp_dropped") || strings.HasPrefix(m.Name(), "magicsock_send_derp_error") {
			sum += m.Value()
		}
	}
	return sum
}
