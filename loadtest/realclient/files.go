package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	_ "tailscale.com/feature/taildrop"
	"tailscale.com/tailcfg"
)

// filesGoBetweenOwnDevices wants Taildrop to work between the devices of one person, and not from or between tagged nodes.
// Source: field case F053.
func filesGoBetweenOwnDevices(ctx context.Context, b *bench) error {
	first, second := b.clients[0], b.clients[1]
	to, err := second.stableID(ctx)
	if err != nil {
		return err
	}
	if err := within(ctx, 30*time.Second, "the second client is a target of the first", func() error {
		return first.offers(ctx, to, true)
	}); err != nil {
		return err
	}
	content := bytes.Repeat([]byte("taildrop "), 10_000)
	if err := within(ctx, 30*time.Second, "a file is sent", func() error {
		return first.push(ctx, to, "letter.txt", content)
	}); err != nil {
		return err
	}
	if err := within(ctx, 30*time.Second, "the file has arrived", func() error {
		file, _, err := second.api.GetWaitingFile(ctx, "letter.txt")
		if err != nil {
			return err
		}
		defer file.Close()
		got, err := io.ReadAll(file)
		if err == nil && !bytes.Equal(got, content) {
			err = fmt.Errorf("%d bytes arrived of %d, or others", len(got), len(content))
		}
		return err
	}); err != nil {
		return err
	}

	one, err := b.tagged(ctx, "server-1")
	if err != nil {
		return err
	}
	defer one.close()
	two, err := b.tagged(ctx, "server-2")
	if err != nil {
		return err
	}
	defer two.close()
	person, err := first.stableID(ctx)
	if err != nil {
		return err
	}
	server, err := two.stableID(ctx)
	if err != nil {
		return err
	}
	if err := within(ctx, 30*time.Second, "the first client has one target", func() error {
		return errors.Join(first.offers(ctx, server, false), first.offers(ctx, to, true))
	}); err != nil {
		return err
	}
	// a client knows no person's device as a target of a tagged node; between tagged nodes it is the receiver who refuses
	if err := one.refused(ctx, person, "node not found"); err != nil {
		return fmt.Errorf("from a tagged node to a person's: %w", err)
	}
	if err := one.refused(ctx, server, "403"); err != nil {
		return fmt.Errorf("between tagged nodes: %w", err)
	}
	return nil
}

// tagged joins a client by a tagged key.
func (b *bench) tagged(ctx context.Context, name string) (*client, error) {
	key, err := b.server.newKey(ctx, true, "tag:files")
	if err != nil {
		return nil, err
	}
	c := b.newClient(name, key, true)
	return c, c.up(ctx)
}

func (c *client) stableID(ctx context.Context) (tailcfg.StableNodeID, error) {
	st, err := c.api.Status(ctx)
	if err != nil {
		return "", err
	}
	return st.Self.ID, nil
}

// push sends a file once.
func (c *client) push(ctx context.Context, node tailcfg.StableNodeID, name string, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return c.api.PushFile(ctx, node, int64(len(content)), name, bytes.NewReader(content))
}

// offers wants the client to name the node as a target for files, or not to.
func (c *client) offers(ctx context.Context, node tailcfg.StableNodeID, wanted bool) error {
	targets, err := c.api.FileTargets(ctx)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if t.Node.StableID == node {
			if wanted {
				return nil
			}
			return fmt.Errorf("%s is a target", t.Node.Name)
		}
	}
	if wanted {
		return fmt.Errorf("it is none of %d targets", len(targets))
	}
	return nil
}

// refused wants a file not to be taken, for the given reason.
func (c *client) refused(ctx context.Context, node tailcfg.StableNodeID, reason string) error {
	return within(ctx, 30*time.Second, "a refusal", func() error {
		err := c.push(ctx, node, "secret.txt", []byte("x"))
		if err == nil {
			return errors.New("the file was taken")
		}
		if !strings.Contains(err.Error(), reason) {
			return fmt.Errorf("want %q: %w", reason, err)
		}
		return nil
	})
}
