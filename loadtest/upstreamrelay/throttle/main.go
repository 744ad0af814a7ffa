// Command throttle sends packets through a relay as fast as the upstream client lets it, and prints how many bytes a second were
// accepted and arrived. A client that was told a rate (rate_told of derp-node) drops what is beyond it before it is sent.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/netmon"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

func main() {
	url := flag.String("url", "", "`URL` of the relay, such as http://127.0.0.1:3340/derp")
	duration := flag.Duration("for", 5*time.Second, "`TIME` to send")
	size := flag.Int("size", 1280, "`BYTES` of a packet")
	flag.Parse()
	if err := run(*url, *duration, *size); err != nil {
		fmt.Fprintln(os.Stderr, "throttle:", err)
		os.Exit(1)
	}
}

func run(url string, duration time.Duration, size int) error {
	from, _, err := connect(url)
	if err != nil {
		return err
	}
	to, toKey, err := connect(url)
	if err != nil {
		return err
	}
	var arrived atomic.Int64
	go func() {
		for {
			message, err := to.Recv()
			if err != nil {
				return
			}
			if packet, ok := message.(derp.ReceivedPacket); ok {
				arrived.Add(int64(len(packet.Data)))
			}
		}
	}()
	go func() {
		for {
			// the rate comes with the ServerInfo
			if _, err := from.Recv(); err != nil {
				return
			}
		}
	}()
	time.Sleep(500 * time.Millisecond)
	packet := make([]byte, size)
	sent := int64(0)
	start := time.Now()
	for time.Since(start) < duration {
		if err := from.Send(toKey, packet); err != nil {
			return err
		}
		sent += int64(size)
		time.Sleep(50 * time.Microsecond)
	}
	seconds := time.Since(start).Seconds()
	time.Sleep(500 * time.Millisecond)
	fmt.Printf("offered %.0f B/s, arrived %.0f B/s\n", float64(sent)/seconds, float64(arrived.Load())/seconds)
	return nil
}

func connect(url string) (*derphttp.Client, key.NodePublic, error) {
	private := key.NewNode()
	c, err := derphttp.NewClient(private, url, logger.Discard, netmon.NewStatic())
	if err != nil {
		return nil, key.NodePublic{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return c, private.Public(), c.Connect(ctx)
}
