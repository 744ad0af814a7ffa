package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// sessions are the scenarios of Tailscale SSH; they need a whole daemon.
var sessions = []scenario{
	{"SSH: refused without a rule", sshRefused},
	{"SSH: let in by an accept rule, for the named users only", sshAccepted},
	{"SSH: held by a check rule, let in after an approval, remembered", sshChecked},
	{"SSH: another policy forgets the approval, a rejection refuses", sshCheckedAgain},
}

// sshdUp makes a node that runs the SSH server.
func (b *bench) sshdUp(ctx context.Context) error {
	if b.fleet.sshd != nil {
		return nil
	}
	if _, err := b.set(ctx, sshPolicy("")); err != nil {
		return err
	}
	key, err := b.server.newKey(ctx, false, "tag:srv")
	if err != nil {
		return err
	}
	d, err := b.newDaemon("sshd")
	if err != nil {
		return err
	}
	b.fleet.sshd = d
	if err := d.start(ctx); err != nil {
		return err
	}
	if _, err := d.run(ctx, "up", "--timeout=20s", "--ssh", "--login-server="+b.server.ready.URL, "--authkey="+key, "--hostname="+d.name); err != nil {
		return err
	}
	if err := d.running(ctx); err != nil {
		return err
	}
	return within(ctx, 15*time.Second, "alice sees the SSH server", func() error {
		p, err := b.alice().peer(ctx, d.ip)
		if err == nil && (p == nil || len(p.SSH_HostKeys) == 0) {
			err = errors.New("no host keys")
		}
		return err
	})
}

func sshPolicy(rules string) string {
	return `{"tagOwners": {"tag:srv": ["ALICE"]},
  "acls": [{"action": "accept", "src": ["ALICE"], "dst": ["tag:srv:22"]}],
  "ssh": [` + rules + `]}`
}

// session is what became of a connection.
type session struct {
	in     bool
	banner string
	err    error
}

// sshInto opens a session as the local user; what the server says meanwhile comes through said.
func (b *bench) sshInto(ctx context.Context, user string, patience time.Duration, said func(string)) session {
	dctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := b.alice().srv.Dial(dctx, "tcp", netip.AddrPortFrom(b.fleet.sshd.ip, 22).String())
	if err != nil {
		return session{err: err}
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	var mu sync.Mutex
	var banner strings.Builder
	c, channels, requests, err := ssh.NewClientConn(conn, "sshd", &ssh.ClientConfig{
		User:            user,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // the scenario is about the policy
		BannerCallback: func(text string) error {
			mu.Lock()
			defer mu.Unlock()
			banner.WriteString(text)
			said(text)
			return nil
		},
	})
	mu.Lock()
	s := session{banner: banner.String(), err: err}
	mu.Unlock()
	if err != nil {
		return s
	}
	client := ssh.NewClient(c, channels, requests)
	defer client.Close()
	shell, err := client.NewSession()
	if err != nil {
		s.err = err
		return s
	}
	defer shell.Close()
	out, err := shell.Output("echo inside")
	s.err = err
	s.in = err == nil && strings.TrimSpace(string(out)) == "inside"
	return s
}

func silent(string) {}

// letsIn wants a session as root to be possible soon, with no question asked.
func (b *bench) letsIn(ctx context.Context, d time.Duration) error {
	return within(ctx, d, "a session as root", func() error {
		s := b.sshInto(ctx, "root", 5*time.Second, silent)
		if s.in && !strings.Contains(s.banner, "://") {
			return nil
		}
		return fmt.Errorf("in=%v, banner %q: %w", s.in, s.banner, s.err)
	})
}

func (b *bench) keepsOut(ctx context.Context, user string) error {
	if s := b.sshInto(ctx, user, 5*time.Second, silent); s.in || s.err == nil {
		return fmt.Errorf("a session as %s was let in", user)
	}
	return nil
}

func sshRefused(ctx context.Context, b *bench) error {
	if err := b.sshdUp(ctx); err != nil {
		return err
	}
	return b.keepsOut(ctx, "root")
}

func sshAccepted(ctx context.Context, b *bench) error {
	if _, err := b.set(ctx, sshPolicy(`{"action": "accept", "src": ["ALICE"], "dst": ["tag:srv"], "users": ["root"]}`)); err != nil {
		return err
	}
	if err := b.letsIn(ctx, taken+time.Second); err != nil {
		return err
	}
	since, err := b.set(ctx, sshPolicy(`{"action": "accept", "src": ["ALICE"], "dst": ["tag:srv"], "users": ["autogroup:nonroot"]}`))
	if err != nil {
		return err
	}
	return within(ctx, taken-time.Since(since)+time.Second, "root is kept out", func() error { return b.keepsOut(ctx, "root") })
}

var checkURLPattern = regexp.MustCompile(`https?://\S+/auth/(hskey-authreq-\S+)`)

// held opens a session, wants it held behind an address and decides by the command line.
func (b *bench) held(ctx context.Context, decision string) (session, error) {
	urls := make(chan []string, 1)
	ended := make(chan session, 1)
	go func() {
		ended <- b.sshInto(ctx, "root", 30*time.Second, func(text string) {
			if m := checkURLPattern.FindStringSubmatch(text); m != nil {
				select {
				case urls <- m:
				default:
				}
			}
		})
	}()
	var url []string
	select {
	case url = <-urls:
	case s := <-ended:
		return s, fmt.Errorf("no question: in=%v, banner %q: %w", s.in, s.banner, s.err)
	case <-time.After(10 * time.Second):
		return session{}, errors.New("no address to visit within 10 s")
	}
	page, err := b.server.page(ctx, url[0])
	if err != nil {
		return session{}, err
	}
	if !strings.Contains(page, "auth approve --auth-id "+url[1]) {
		return session{}, fmt.Errorf("the page %s does not show how to approve: %s", url[0], page)
	}
	var waiting []map[string]any
	list, err := b.server.command(ctx, "auth", "list", "-o", "json")
	if err != nil {
		return session{}, fmt.Errorf("%w: %s", err, list)
	}
	if err := json.Unmarshal([]byte(list), &waiting); err != nil || !strings.Contains(list, url[1]) {
		return session{}, fmt.Errorf("auth list does not show the session: %w: %s", err, list)
	}
	decided := time.Now()
	if out, err := b.server.command(ctx, "auth", decision, "--auth-id", url[1]); err != nil {
		return session{}, fmt.Errorf("%w: %s", err, out)
	}
	s := <-ended
	fmt.Printf("     the session went on %v after \"auth %s\" was started\n", time.Since(decided).Round(time.Millisecond), decision)
	return s, nil
}

func checkPolicy(period string) string {
	return sshPolicy(`{"action": "check", "checkPeriod": "` + period + `", "src": ["ALICE"], "dst": ["tag:srv"], "users": ["root"]}`)
}

func (b *bench) checksSoon(ctx context.Context, period string) error {
	if _, err := b.set(ctx, checkPolicy(period)); err != nil {
		return err
	}
	return within(ctx, taken+time.Second, "the check rule holds sessions", func() error {
		s := b.sshInto(ctx, "root", time.Second, silent)
		if s.in || !checkURLPattern.MatchString(s.banner) {
			return fmt.Errorf("in=%v, banner %q: %w", s.in, s.banner, s.err)
		}
		return nil
	})
}

func sshChecked(ctx context.Context, b *bench) error {
	if err := b.checksSoon(ctx, "1h"); err != nil {
		return err
	}
	s, err := b.held(ctx, "approve")
	if err != nil {
		return err
	}
	if !s.in {
		return fmt.Errorf("the approved session was not let in: %w", s.err)
	}
	// remembered: nobody is asked again
	return b.letsIn(ctx, time.Second)
}

func sshCheckedAgain(ctx context.Context, b *bench) error {
	if err := b.checksSoon(ctx, "2h"); err != nil {
		return err
	}
	s, err := b.held(ctx, "reject")
	if err != nil {
		return err
	}
	if s.in {
		return errors.New("the rejected session was let in")
	}
	return b.fleet.sshd.stop()
}
