// Command oldclient is the oldest Tailscale client that the control server supports (1.80, capability version 113): it
// joins, prints "running ADDRESS", echoes on port 7, reaches another node and prints "echoed".
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"tailscale.com/envknob"
	"tailscale.com/tsnet"
)

func main() {
	url := flag.String("url", "", "control server")
	key := flag.String("authkey", "", "pre-auth key")
	hostname := flag.String("hostname", "oldest", "host name")
	dir := flag.String("dir", "", "state directory")
	dial := flag.String("dial", "", "HOST:PORT of an echo service in the tailnet")
	flag.Parse()
	envknob.SetNoLogsNoSupport()
	envknob.Setenv("TS_DISABLE_PORTMAPPER", "true")
	envknob.Setenv("TS_DISABLE_UPNP", "true")
	envknob.Setenv("TS_PANIC_IF_HIT_MAIN_CONTROL", "true")
	quiet := func(string, ...any) {}
	s := &tsnet.Server{Dir: *dir, Hostname: *hostname, ControlURL: *url, AuthKey: *key, Logf: quiet, UserLogf: quiet}
	if err := run(s, *dial); err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	select {}
}

func run(s *tsnet.Server, dial string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	st, err := s.Up(ctx)
	if err != nil {
		return err
	}
	l, err := s.Listen("tcp", ":7")
	if err != nil {
		return err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.Copy(conn, conn)
			}()
		}
	}()
	fmt.Println("running", st.TailscaleIPs[0])
	conn, err := s.Dial(ctx, "tcp", dial)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, 5)); err != nil {
		return err
	}
	fmt.Println("echoed")
	return nil
}
