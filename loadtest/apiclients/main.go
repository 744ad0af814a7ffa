// Command apiclients walks every method of Tailscale's own Go client over the API v2 of running instances, against one or
// against several in rotation: what one instance wrote the next one must know. It prints a line for each call and at the end
// "N passed, N failed", and exits with 1 if any failed.
//
//	apiclients -urls http://127.0.0.1:8080[,http://...] -apikey hskey-api-... [-user dev] [-calls FILE]
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tailscale "tailscale.com/client/tailscale/v2"
)

const policyText = `// apiclients: kept byte for byte
{
	"tagOwners": {"tag:calls": [], "tag:child": ["tag:calls"]},
	"grants": [{"src": ["*"], "dst": ["*"], "ip": ["*"]}],
}
`

var (
	ctx            = context.Background()
	passed, failed int
)

// rotation sends each request to the next instance, and keeps what was done: method, path and status of each call.
type rotation struct {
	hosts []string
	next  atomic.Int64
	mu    sync.Mutex
	calls []string
}

func (r *rotation) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.URL.Host = r.hosts[int(r.next.Add(1))%len(r.hosts)]
	out.Host = out.URL.Host
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err == nil {
		r.mu.Lock()
		r.calls = append(r.calls, fmt.Sprintf("%s %s %d", out.Method, out.URL.Path, resp.StatusCode))
		r.mu.Unlock()
	}
	return resp, err
}

func check(name string, err error) bool {
	if err != nil {
		failed++
		fmt.Printf("FAIL %s: %v\n", name, err)
		return false
	}
	passed++
	fmt.Println("ok", name)
	return true
}

// status is the check that a call was refused with this status and a message.
func status(name string, want int, err error) {
	var api tailscale.APIError
	if errors.As(err, &api) && api.Status == want && api.Message != "" {
		check(name, nil)
		return
	}
	check(name, fmt.Errorf("want status %d with a message, got %v", want, err))
}

func want(name string, cond bool, got any) {
	if cond {
		check(name, nil)
	} else {
		check(name, fmt.Errorf("got %+v", got))
	}
}

type walk struct {
	base   *url.URL
	http   *http.Client
	client *tailscale.Client
	apiKey string
}

func (w *walk) with(key string) *tailscale.Client {
	return &tailscale.Client{BaseURL: w.base, APIKey: key, HTTP: w.http}
}

// rest calls headscale's API or a part of v2 that the client has no method for.
func (w *walk) rest(method, path string, body any) (map[string]any, error) {
	data, _ := json.Marshal(body)
	req, err := http.NewRequest(method, w.base.String()+path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+w.apiKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	var answer map[string]any
	json.Unmarshal(text, &answer)
	return answer, nil
}

// device registers a device without a client, as an administrator can.
func (w *walk) device(user, name string) (string, error) {
	id := "hskey-authreq-" + rand.Text()[:24]
	if _, err := w.rest("POST", "/api/v1/debug/node", map[string]any{"user": user, "key": id, "name": name, "routes": []string{"10.77.0.0/24"}}); err != nil {
		return "", err
	}
	answer, err := w.rest("POST", "/api/v1/auth/register", map[string]any{"user": user, "authId": id})
	if err != nil {
		return "", err
	}
	node, _ := answer["node"].(map[string]any)
	number, _ := node["id"].(string)
	if number == "" {
		return "", fmt.Errorf("no node in %v", answer)
	}
	return number, nil
}

func main() {
	urls := flag.String("urls", "", "addresses of the instances, comma-separated")
	apiKey := flag.String("apikey", "", "an API key of headscale's form")
	user := flag.String("user", "dev", "a user who is owner or admin")
	calls := flag.String("calls", "", "write each call to this `FILE`: method, path, status")
	flag.Parse()
	var hosts []string
	for _, text := range strings.Split(*urls, ",") {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil || u.Host == "" {
			fmt.Fprintln(os.Stderr, "-urls: not an address:", text)
			os.Exit(2)
		}
		hosts = append(hosts, u.Host)
	}
	base, _ := url.Parse(strings.Split(*urls, ",")[0])
	instances := &rotation{hosts: hosts}
	w := &walk{base: base, apiKey: *apiKey, http: &http.Client{Timeout: 30 * time.Second, Transport: instances}}
	answer, err := w.rest("POST", v2+"/tailnet/-/keys", map[string]any{"keyType": "api", "expirySeconds": 86400, "description": "apiclients"})
	if !check("an access token by the API key", err) {
		os.Exit(1)
	}
	token, _ := answer["key"].(string)
	tokenID, _ := answer["id"].(string)
	w.client = w.with(token)
	w.policy()
	w.keys()
	w.devices(*user)
	w.dns()
	w.people()
	w.settings()
	w.webhooks()
	w.posture()
	w.logging()
	w.services()
	w.plainDevices(*user)
	w.plainUsers()
	w.plainServices(*user)
	w.plainApps()
	w.plainLogs()
	w.plainTokens()
	check("the token is revoked", w.with(*apiKey).Keys().Delete(ctx, tokenID))
	for range hosts {
		_, err = w.client.Users().List(ctx, nil, nil)
		status("and dead on each instance", 401, err)
	}
	if *calls != "" {
		check("the calls are written", os.WriteFile(*calls, []byte(strings.Join(instances.calls, "\n")+"\n"), 0o644))
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
