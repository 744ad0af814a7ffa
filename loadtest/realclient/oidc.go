package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"tailscale.com/ipn/ipnstate"
)

// logins are the scenarios of a server that lets people in by an OpenID Connect issuer.
var logins = []scenario{
	{"OIDC: a person logs in and the device is theirs", oidcLogin},
	{"OIDC: who is not allowed stays outside", oidcRefused},
	{"OIDC: roles and groups open and close ports", oidcRoles},
	{"OIDC: another person on the same device, and back", oidcOtherPerson},
	{"OIDC: two tabs, a restart of the server between page and login", oidcTabsAndRestart},
	{"OIDC: the token's end is the node's", oidcExpiry},
	{"OIDC: the issuer had nothing to complain about", oidcStrict},
}

func (b *bench) issuer() *issuer { return b.server.production.issuer }

func staff(name string) person {
	return person{Subject: "s-" + name, Username: name, Email: name + "@example.com", Verified: true, Groups: []string{"staff@example.com"}, Life: time.Hour}
}

// loginURL waits for a URL to log in at that is not the one before.
func (c *client) loginURL(ctx context.Context, before string) (string, error) {
	var found string
	return found, within(ctx, 30*time.Second, c.name+" shows a login URL", func() error {
		st, err := c.api.Status(ctx)
		if err != nil {
			return err
		}
		if st.AuthURL == "" || st.AuthURL == before {
			return fmt.Errorf("none yet, state %s", st.BackendState)
		}
		found = st.AuthURL
		return nil
	})
}

// asks starts a client without a key and gives the page that it shows.
func (b *bench) asks(ctx context.Context, name string) (*client, string, error) {
	c := b.newClient(name, "", false)
	if err := c.srv.Start(); err != nil {
		return nil, "", err
	}
	api, err := c.srv.LocalClient()
	if err != nil {
		return nil, "", err
	}
	c.api = api
	page, err := c.loginURL(ctx, "")
	return c, page, err
}

var (
	formAction = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	formField  = regexp.MustCompile(`<input[^>]* name="([^"]+)" value="([^"]*)"`)
)

// tab is a page of a browser.
type tab struct {
	browser *http.Client
	url     *url.URL
	status  int
	text    string
}

func newBrowser() (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 30 * time.Second}, err
}

// open goes where the link and all redirects behind it lead.
func open(ctx context.Context, browser *http.Client, link string) (*tab, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", link, nil)
	if err != nil {
		return nil, err
	}
	return show(browser, req)
}

func show(browser *http.Client, req *http.Request) (*tab, error) {
	res, err := browser.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return &tab{browser: browser, url: res.Request.URL, status: res.StatusCode, text: string(text)}, err
}

// press sends the page's form.
func (t *tab) press(ctx context.Context) (*tab, error) {
	action := formAction.FindStringSubmatch(t.text)
	if t.status != http.StatusOK || action == nil {
		return nil, fmt.Errorf("status %d, no form: %s", t.status, t.text)
	}
	to, err := t.url.Parse(html.UnescapeString(action[1]))
	if err != nil {
		return nil, err
	}
	fields := url.Values{}
	for _, f := range formField.FindAllStringSubmatch(t.text, -1) {
		fields.Set(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	req, err := http.NewRequestWithContext(ctx, "POST", to.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", to.Scheme+"://"+to.Host)
	return show(t.browser, req)
}

// logIn walks through the pages as a person does who is asked whether the device is theirs.
func logIn(ctx context.Context, link, device string) error {
	browser, err := newBrowser()
	if err != nil {
		return err
	}
	question, err := open(ctx, browser, link)
	if err != nil {
		return err
	}
	if !strings.Contains(question.text, device) {
		return fmt.Errorf("status %d, the question does not name %s: %s", question.status, device, question.text)
	}
	done, err := question.press(ctx)
	if err != nil {
		return err
	}
	if done.status != http.StatusOK {
		return fmt.Errorf("after the confirmation: status %d: %s", done.status, done.text)
	}
	return nil
}

func (c *client) running(ctx context.Context) error {
	if err := within(ctx, 30*time.Second, c.name+" runs", func() error {
		st, err := c.api.Status(ctx)
		if err == nil && st.BackendState != "Running" {
			err = errors.New(st.BackendState)
		}
		return err
	}); err != nil {
		return err
	}
	return c.opened(ctx)
}

func oidcLogin(ctx context.Context, b *bench) error {
	b.issuer().sits(staff("ann"))
	c, page, err := b.asks(ctx, "ann-laptop")
	if err != nil {
		return err
	}
	b.clients = append(b.clients, c)
	if err := logIn(ctx, page, c.name); err != nil {
		return err
	}
	if err := c.running(ctx); err != nil {
		return err
	}
	n, err := b.server.nodeNamed(ctx, c.name)
	if err != nil {
		return err
	}
	if n.User.Name != "ann" || n.User.Email != "ann@example.com" || n.User.Provider != "oidc" || n.RegisterMethod != "REGISTER_METHOD_OIDC" {
		return fmt.Errorf("the device belongs to %+v, by %s", n.User, n.RegisterMethod)
	}
	if left := time.Until(n.Expiry); left < 50*time.Minute || left > time.Hour {
		return fmt.Errorf("it expires in %v, the token in an hour", left)
	}
	return c.path(ctx, b.clients[0].ip, false)
}

// oidcRefused wants a page that says why, no user, no node, and a client that goes on waiting.
func oidcRefused(ctx context.Context, b *bench) error {
	c, page, err := b.asks(ctx, "stranger")
	if err != nil {
		return err
	}
	defer c.close()
	foreign, unverified, outsider := staff("bob"), staff("carol"), staff("dave")
	foreign.Email = "bob@evil.example"
	unverified.Verified = false
	outsider.Groups = []string{"visitors@example.com"}
	for _, p := range []person{foreign, unverified, outsider} {
		b.issuer().sits(p)
		browser, err := newBrowser()
		if err != nil {
			return err
		}
		t, err := open(ctx, browser, page)
		if err != nil {
			return err
		}
		if t.status != http.StatusUnauthorized || formAction.MatchString(t.text) {
			return fmt.Errorf("%s: status %d: %s", p.Username, t.status, t.text)
		}
	}
	if _, err := b.server.nodeNamed(ctx, c.name); err == nil {
		return errors.New("there is a node of a person who was refused")
	}
	var users struct{ Users []apiUser }
	if err := b.server.api(ctx, "GET", "/api/v1/user", nil, &users); err != nil {
		return err
	}
	for _, u := range users.Users {
		if u.Name == "bob" || u.Name == "carol" || u.Name == "dave" {
			return fmt.Errorf("user %s was made of a person who was refused", u.Name)
		}
	}
	st, err := c.api.Status(ctx)
	if err == nil && st.BackendState != "NeedsLogin" {
		err = errors.New("the client is " + st.BackendState)
	}
	return err
}

func (b *bench) setPolicy(ctx context.Context, text string) error {
	return b.server.api(ctx, "PUT", "/api/v1/policy", map[string]string{"policy": text}, nil)
}

// opens wants the port of the other to be open or closed within the time that changes may take.
func (c *client) opens(ctx context.Context, other *client, wanted bool) error {
	return within(ctx, 30*time.Second, fmt.Sprintf("%s reaches %s: %v", c.name, other.name, wanted), func() error {
		dctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		conn, err := c.srv.Dial(dctx, "tcp", net.JoinHostPort(other.ip.String(), fmt.Sprint(echoPort)))
		if err == nil {
			conn.Close()
		}
		if (err == nil) != wanted {
			return fmt.Errorf("dial: %v", err)
		}
		return nil
	})
}

// oidcRoles wants a policy to follow the role of a user, and the groups that the issuer tells.
func oidcRoles(ctx context.Context, b *bench) error {
	ann, other := b.clients[len(b.clients)-1], b.clients[0]
	owner, err := b.server.command(ctx, "users", "roles")
	if err != nil || !strings.Contains(owner, "owner") {
		return fmt.Errorf("users roles: %w: %s", err, owner)
	}
	const everybody = `{"acls":[{"action":"accept","src":["*"],"dst":["*:*"]}]}`
	for _, step := range []struct {
		policy, role string
		open         bool
	}{
		{`{"acls":[{"action":"accept","src":["autogroup:network-admin"],"dst":["*:*"]}]}`, "", false},
		{"", "network-admin", true},
		{"", "member", false},
		{`{"acls":[{"action":"accept","src":["group:staff@example.com"],"dst":["*:*"]}]}`, "", true},
		{`{"acls":[{"action":"accept","src":["group:visitors@example.com"],"dst":["*:*"]}]}`, "", false},
		{everybody, "", true},
	} {
		if step.policy != "" {
			if err := b.setPolicy(ctx, step.policy); err != nil {
				return err
			}
		}
		if step.role != "" {
			if out, err := b.server.command(ctx, "users", "set-role", "ann", step.role); err != nil {
				return fmt.Errorf("set-role: %w: %s", err, out)
			}
		}
		if err := ann.opens(ctx, other, step.open); err != nil {
			return fmt.Errorf("%+v: %w", step, err)
		}
	}
	return nil
}

// oidcOtherPerson wants a node of its own for each person on a device, and the old one back for the old person.
func oidcOtherPerson(ctx context.Context, b *bench) error {
	c := b.clients[len(b.clients)-1]
	first, err := b.server.nodeNamed(ctx, c.name)
	if err != nil {
		return err
	}
	var second apiNode
	for _, name := range []string{"eve", "ann"} {
		b.issuer().sits(staff(name))
		if err := c.relogin(ctx, ""); err != nil {
			return err
		}
		page, err := c.loginURL(ctx, "")
		if err != nil {
			return err
		}
		if err := logIn(ctx, page, c.name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := within(ctx, 30*time.Second, "the device of "+name, func() error {
			st, err := c.api.Status(ctx)
			if err != nil {
				return err
			}
			if who := st.User[st.Self.UserID].LoginName; st.BackendState != "Running" || !strings.HasPrefix(who, name) {
				return fmt.Errorf("%s, of %s", st.BackendState, who)
			}
			return nil
		}); err != nil {
			return err
		}
		nodes, err := b.server.nodes(ctx)
		if err != nil {
			return err
		}
		for _, n := range nodes {
			if n.User.Name == name {
				second, first = first, n
			}
		}
	}
	// second is eve's by now, first ann's again
	if first.ID == second.ID || first.User.Name != "ann" || second.User.Name != "eve" || first.IPAddresses[0] == second.IPAddresses[0] {
		return fmt.Errorf("node %s of %s, then node %s of %s", second.ID, second.User.Name, first.ID, first.User.Name)
	}
	nodes, err := b.server.nodes(ctx)
	if err != nil {
		return err
	}
	ofAnn := 0
	for _, n := range nodes {
		if n.User.Name == "ann" {
			ofAnn++
		}
	}
	if ofAnn != 1 {
		return fmt.Errorf("ann has %d nodes", ofAnn)
	}
	if err := c.opened(ctx); err != nil {
		return err
	}
	return b.clients[0].seesPeer(ctx, 30*time.Second, c.ip, "it", func(p *ipnstate.PeerStatus) bool { return p != nil && p.Online })
}

// oidcTabsAndRestart opens the link in two tabs of one browser, restarts the server, and goes on in the first.
func oidcTabsAndRestart(ctx context.Context, b *bench) error {
	b.issuer().sits(staff("ann"))
	c, page, err := b.asks(ctx, "tabs")
	if err != nil {
		return err
	}
	defer c.close()
	browser, err := newBrowser()
	if err != nil {
		return err
	}
	first, err := open(ctx, browser, page)
	if err != nil {
		return err
	}
	if err := errors.Join(b.server.stop(), b.server.start(ctx)); err != nil {
		return err
	}
	done, err := first.press(ctx)
	if err != nil {
		return err
	}
	if done.status != http.StatusOK {
		return fmt.Errorf("the first tab after a restart: status %d: %s", done.status, done.text)
	}
	again, err := open(ctx, browser, page)
	if err != nil {
		return err
	}
	if again.status != http.StatusGone || !strings.Contains(again.text, "tailscale up") {
		return fmt.Errorf("a link that is used up: status %d: %s", again.status, again.text)
	}
	// the client itself asks again in its own time, up to half a minute after the server was away
	n, err := b.server.nodeNamed(ctx, c.name)
	if err != nil {
		return err
	}
	return b.server.api(ctx, "DELETE", "/api/v1/node/"+n.ID, nil, nil)
}

// oidcExpiry wants the device to be out when the token is, and to be the same node after the next login.
func oidcExpiry(ctx context.Context, b *bench) error {
	short := staff("ann")
	short.Life = 20 * time.Second
	b.issuer().sits(short)
	c, page, err := b.asks(ctx, "short")
	if err != nil {
		return err
	}
	defer c.close()
	if err := logIn(ctx, page, c.name); err != nil {
		return err
	}
	if err := c.running(ctx); err != nil {
		return err
	}
	before, err := b.server.nodeNamed(ctx, c.name)
	if err != nil {
		return err
	}
	if err := within(ctx, time.Minute, "the device is out", func() error {
		st, err := c.api.Status(ctx)
		if err == nil && st.BackendState != "NeedsLogin" {
			err = errors.New(st.BackendState)
		}
		return err
	}); err != nil {
		return err
	}
	b.issuer().sits(staff("ann"))
	if err := c.relogin(ctx, ""); err != nil {
		return err
	}
	if page, err = c.loginURL(ctx, ""); err != nil {
		return err
	}
	if err := logIn(ctx, page, c.name); err != nil {
		return err
	}
	if err := c.running(ctx); err != nil {
		return err
	}
	after, err := b.server.nodeNamed(ctx, c.name)
	if err != nil {
		return err
	}
	if before.ID != after.ID || before.IPAddresses[0] != after.IPAddresses[0] || time.Until(after.Expiry) < 50*time.Minute {
		return fmt.Errorf("node %s became %s, to expire in %v", before.ID, after.ID, time.Until(after.Expiry))
	}
	return nil
}

func oidcStrict(_ context.Context, b *bench) error {
	if c := b.issuer().complaints(); len(c) > 0 {
		return fmt.Errorf("%q", c)
	}
	return nil
}
