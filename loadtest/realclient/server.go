package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ready is what "fleetscale dev --ready-file" tells.
type ready struct {
	URL        string `json:"url"`
	APIKey     string `json:"api_key"`
	PreAuthKey string `json:"preauth_key"`
	User       string `json:"user"`
	UnixSocket string `json:"unix_socket"`
	PID        int    `json:"pid"`

	Relays    []relayProcess `json:"relays"`
	Instances []struct {
		Name    string `json:"name"`
		Metrics string `json:"metrics"`
		PID     int    `json:"pid"`
	} `json:"instances"`
}

// server is the control server under test, a process of its own.
type server struct {
	program string
	dir     string
	logs    io.Writer
	listen  string
	cmd     *exec.Cmd
	exited  chan error
	ready   ready

	// relays beside the server, as processes of their own; 0: the one inside.
	relays int
	// regions that the relays are spread over.
	regions int

	// instances of a cluster, as processes of their own; 0 or 1: all in one.
	instances int

	// flowLogs: take network flow logs of clients.
	flowLogs bool

	// production: run "serve" instead of "dev".
	production *production
}

func (s *server) start(ctx context.Context) error {
	file := filepath.Join(s.dir, "ready.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	args := []string{"dev", "--data", filepath.Join(s.dir, "data"), "--listen", s.listen,
		"--grpc-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--ready-file", file}
	if s.flowLogs {
		args = append(args, "--flow-logs")
	}
	if s.relays > 0 {
		args = append(args, "--relays", fmt.Sprint(s.relays), "--regions", fmt.Sprint(s.regions))
	}
	if s.instances > 1 {
		args = append(args, "--instances", fmt.Sprint(s.instances))
	}
	if s.production != nil {
		if s.production.database == nil {
			if err := s.production.prepare(ctx, s); err != nil {
				return err
			}
		}
		args = []string{"serve", "-c", filepath.Join(s.dir, "config.yaml")}
	}
	s.cmd = exec.Command(s.program, args...)
	s.cmd.Stdout, s.cmd.Stderr = s.logs, s.logs
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.exited = make(chan error, 1)
	go func(cmd *exec.Cmd, exited chan error) { exited <- cmd.Wait() }(s.cmd, s.exited)
	if s.production != nil {
		return s.production.awaitReady(ctx, s)
	}
	deadline := time.After(4 * time.Minute) // the first start may build the start-up cache
	for {
		if b, err := os.ReadFile(file); err == nil {
			if err := json.Unmarshal(b, &s.ready); err != nil {
				return fmt.Errorf("ready file: %w", err)
			}
			u, err := url.Parse(s.ready.URL)
			if err != nil {
				return err
			}
			s.listen = u.Host
			return nil
		}
		select {
		case err := <-s.exited:
			return fmt.Errorf("the server ended before it was ready: %v", err)
		case <-deadline:
			return errors.New("the server was not ready within 4 minutes")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop sends SIGTERM and wants exit code 0 within 5 s (times the patience of the run).
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-s.exited:
		if err != nil {
			return fmt.Errorf("after SIGTERM: %w", err)
		}
		return nil
	case <-time.After(time.Duration(float64(5*time.Second) * patience)):
		return errors.Join(fmt.Errorf("the server was still there %v s after SIGTERM", 5*patience), s.kill())
	}
}

// abandon ends what a start that failed has left running; what has ended already is no matter.
func (s *server) abandon() {
	if s.cmd != nil && s.cmd.Process != nil {
		s.cmd.Process.Kill()
	}
	if s.production != nil {
		s.production.close()
	}
}

func (s *server) kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	<-s.exited
	return nil
}

// apiNode is the part of headscale's node object that the scenarios look at.
type apiNode struct {
	ID          string   `json:"id"`
	GivenName   string   `json:"givenName"`
	IPAddresses []string `json:"ipAddresses"`
	NodeKey     string   `json:"nodeKey"`
	Online      bool     `json:"online"`
	Tags        []string `json:"tags"`

	User           apiUser   `json:"user"`
	RegisterMethod string    `json:"registerMethod"`
	Expiry         time.Time `json:"expiry"`

	AvailableRoutes []string `json:"availableRoutes"`
	SubnetRoutes    []string `json:"subnetRoutes"`
}

// apiUser is the part of headscale's user object that the scenarios look at.
type apiUser struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Provider string `json:"provider"`
}

// api calls the administration API.
func (s *server) api(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.ready.URL+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.ready.APIKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, bytes.TrimSpace(b))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

func (s *server) nodes(ctx context.Context) ([]apiNode, error) {
	var list struct{ Nodes []apiNode }
	err := s.api(ctx, "GET", "/api/v1/node", nil, &list)
	return list.Nodes, err
}

// nodeNamed finds a node by its given name.
func (s *server) nodeNamed(ctx context.Context, name string) (apiNode, error) {
	list, err := s.nodes(ctx)
	if err != nil {
		return apiNode{}, err
	}
	for _, n := range list {
		if n.GivenName == name {
			return n, nil
		}
	}
	return apiNode{}, fmt.Errorf("no node %q in the list of the API", name)
}

// newKey makes a pre-auth key for the ready user, or a tagged one without user.
func (s *server) newKey(ctx context.Context, ephemeral bool, tags ...string) (string, error) {
	var users struct{ Users []struct{ ID string } }
	if err := s.api(ctx, "GET", "/api/v1/user?name="+url.QueryEscape(s.ready.User), nil, &users); err != nil {
		return "", err
	}
	if len(users.Users) != 1 {
		return "", fmt.Errorf("user %q: %d matches", s.ready.User, len(users.Users))
	}
	in := map[string]any{"reusable": true, "ephemeral": ephemeral, "aclTags": tags, "expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
	if len(tags) == 0 {
		in["user"] = users.Users[0].ID
	}
	var out struct{ PreAuthKey struct{ Key string } }
	if err := s.api(ctx, "POST", "/api/v1/preauthkey", in, &out); err != nil {
		return "", err
	}
	if !strings.HasPrefix(out.PreAuthKey.Key, "hskey-auth-") {
		return "", errors.New("the answer has no pre-auth key")
	}
	return out.PreAuthKey.Key, nil
}
