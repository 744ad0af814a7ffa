package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http2"
	"tailscale.com/control/controlbase"
	"tailscale.com/control/controlhttp/controlhttpcommon"
	"tailscale.com/control/ts2021"
	"tailscale.com/derp"
	"tailscale.com/net/wsconn"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// browserNode is a node as a client in a browser is one: the client's own Noise, HTTP/2 and DERP layers, over WebSockets.
type browserNode struct {
	name    string
	machine key.MachinePrivate
	node    key.NodePrivate
	control *http2.ClientConn
}

// webSocket opens one of the two paths that speak the sub-protocol.
func (b *bench) webSocket(ctx context.Context, path, protocol string, query url.Values) (net.Conn, error) {
	u := "ws" + strings.TrimPrefix(b.server.ready.URL, "http") + path
	if query != nil {
		u += "?" + query.Encode()
	}
	c, _, err := websocket.Dial(ctx, u, &websocket.DialOptions{Subprotocols: []string{protocol}})
	if err != nil {
		return nil, err
	}
	if c.Subprotocol() != protocol {
		return nil, fmt.Errorf("the server chose the sub-protocol %q", c.Subprotocol())
	}
	return wsconn.NetConn(context.Background(), c, websocket.MessageBinary, u), nil
}

// newBrowserNode connects by WebSocket and registers with the ready file's key.
func (b *bench) newBrowserNode(ctx context.Context, name string) (*browserNode, error) {
	n := &browserNode{name: name, machine: key.NewMachine(), node: key.NewNode()}
	text, err := b.server.page(ctx, fmt.Sprintf("%s/key?v=%d", b.server.ready.URL, tailcfg.CurrentCapabilityVersion))
	if err != nil {
		return nil, err
	}
	var keys tailcfg.OverTLSPublicKeyResponse
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return nil, err
	}
	initiation, proceed, err := controlbase.ClientDeferred(n.machine, keys.PublicKey, uint16(tailcfg.CurrentCapabilityVersion))
	if err != nil {
		return nil, err
	}
	raw, err := b.webSocket(ctx, "/ts2021", controlhttpcommon.UpgradeHeaderValue,
		url.Values{controlhttpcommon.HandshakeHeaderName: {base64.StdEncoding.EncodeToString(initiation)}})
	if err != nil {
		return nil, err
	}
	noise, err := proceed(ctx, raw)
	if err != nil {
		return nil, err
	}
	if n.control, err = new(http2.Transport).NewClientConn(ts2021.NewConn(noise, func() {})); err != nil {
		return nil, err
	}
	res, err := n.post(ctx, "/machine/register", &tailcfg.RegisterRequest{
		Version: tailcfg.CurrentCapabilityVersion, NodeKey: n.node.Public(),
		Auth:     &tailcfg.RegisterResponseAuth{AuthKey: b.server.ready.PreAuthKey},
		Hostinfo: &tailcfg.Hostinfo{OS: "js", Hostname: name},
	})
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer tailcfg.RegisterResponse
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Error != "" || !answer.MachineAuthorized {
		return nil, fmt.Errorf("%s was not registered: %q", name, answer.Error)
	}
	return n, nil
}

func (n *browserNode) post(ctx context.Context, path string, in any) (*http.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", "https://unused"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := n.control.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
		res.Body.Close()
		return nil, fmt.Errorf("%s: %s: %s", path, res.Status, text)
	}
	return res, nil
}

// nextMap reads a message of a map stream, uncompressed; keep-alives are left out.
func nextMap(stream io.Reader) (*tailcfg.MapResponse, error) {
	for {
		var size uint32
		if err := binary.Read(stream, binary.LittleEndian, &size); err != nil {
			return nil, err
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(stream, text); err != nil {
			return nil, err
		}
		m := new(tailcfg.MapResponse)
		if err := json.Unmarshal(text, m); err != nil {
			return nil, err
		}
		if !m.KeepAlive {
			return m, nil
		}
	}
}

// webSocketControl registers, opens a map stream and wants a change to arrive on it, all over one WebSocket.
func webSocketControl(ctx context.Context, b *bench) error {
	n, err := b.newBrowserNode(ctx, "browser")
	if err != nil {
		return err
	}
	defer n.control.Close()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	res, err := n.post(ctx, "/machine/map", &tailcfg.MapRequest{
		Version: tailcfg.CurrentCapabilityVersion, NodeKey: n.node.Public(), DiscoKey: key.NewDisco().Public(), KeepAlive: true, Stream: true,
		Hostinfo: &tailcfg.Hostinfo{OS: "js", Hostname: n.name},
	})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	first, err := nextMap(res.Body)
	if err != nil {
		return err
	}
	if first.Node == nil || first.Node.Key != n.node.Public() || len(first.Peers) < b.count || first.DERPMap == nil {
		return errors.New("the first map is not whole")
	}
	target, err := b.server.nodeNamed(ctx, b.clients[1].name)
	if err != nil {
		return err
	}
	for _, name := range []string{"seen-by-browser", b.clients[1].name} {
		if err := b.server.api(ctx, "POST", "/api/v1/node/"+target.ID+"/rename/"+name, nil, nil); err != nil {
			return err
		}
		for found := false; !found; {
			m, err := nextMap(res.Body)
			if err != nil {
				return fmt.Errorf("waiting for the name %s: %w", name, err)
			}
			for _, p := range m.PeersChanged {
				found = found || strings.HasPrefix(p.Name, name+".")
			}
		}
	}
	return b.forget(ctx, n)
}

// webSocketRelay sends packets between two nodes through the relay, each over a WebSocket.
func webSocketRelay(ctx context.Context, b *bench) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var nodes []*browserNode
	var relays []*derp.Client
	for i := range 2 {
		n, err := b.newBrowserNode(ctx, fmt.Sprintf("browser-%d", i))
		if err != nil {
			return err
		}
		defer n.control.Close()
		conn, err := b.webSocket(ctx, "/derp", "derp", nil)
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		relay, err := derp.NewClient(n.node, conn, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)), func(string, ...any) {})
		if err != nil {
			return err
		}
		// the relay knows a client when it says who it is itself
		if m, err := relay.Recv(); err != nil {
			return err
		} else if _, ok := m.(derp.ServerInfoMessage); !ok {
			return fmt.Errorf("the relay began with %T", m)
		}
		nodes, relays = append(nodes, n), append(relays, relay)
	}
	for from, to := range []int{1, 0} {
		packet := bytes.Repeat([]byte{byte(from + 1)}, 1200)
		if err := relays[from].Send(nodes[to].node.Public(), packet); err != nil {
			return err
		}
		for {
			m, err := relays[to].Recv()
			if err != nil {
				return err
			}
			got, ok := m.(derp.ReceivedPacket)
			if !ok {
				continue
			}
			if got.Source != nodes[from].node.Public() || !bytes.Equal(got.Data, packet) {
				return errors.New("the packet arrived changed")
			}
			break
		}
	}
	return errors.Join(b.forget(ctx, nodes[0]), b.forget(ctx, nodes[1]))
}

// webSocketWithoutProtocol wants a WebSocket that does not name the sub-protocol to be closed.
func webSocketWithoutProtocol(ctx context.Context, b *bench) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, path := range []string{"/ts2021", "/derp"} {
		u := "ws" + strings.TrimPrefix(b.server.ready.URL, "http") + path + "?" + controlhttpcommon.HandshakeHeaderName + "=" + strings.Repeat("A", 136)
		c, _, err := websocket.Dial(ctx, u, nil)
		if err != nil {
			continue // refused before it was open
		}
		_, _, err = c.Read(ctx)
		if websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			return fmt.Errorf("%s without a sub-protocol: %v", path, err)
		}
	}
	return nil
}

func (b *bench) forget(ctx context.Context, n *browserNode) error {
	known, err := b.server.nodeNamed(ctx, n.name)
	if err != nil {
		return err
	}
	return b.server.api(ctx, "DELETE", "/api/v1/node/"+known.ID, nil, nil)
}
