package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// filesGoBetweenOwnDevices wants Taildrop to work between the devices of one person, and not from or between tagged nodes.
// Source: field case F053.
func filesGoBetweenOwnDevices(ctx context.Context, b *bench) error {
	tagged, err := b.server.newKey(ctx, true, "tag:files")
	if err != nil {
		return err
	}
	made := map[string]*daemon{}
	for _, d := range []struct{ name, key string }{
		{"phone", b.server.ready.PreAuthKey}, {"laptop", b.server.ready.PreAuthKey}, {"server-1", tagged}, {"server-2", tagged},
	} {
		one, err := b.newDaemon(d.name)
		if err != nil {
			return err
		}
		defer one.stop()
		if err := one.start(ctx); err != nil {
			return err
		}
		if _, err := one.run(ctx, "up", "--timeout=20s", "--login-server="+b.server.ready.URL, "--authkey="+d.key, "--hostname="+d.name); err != nil {
			return err
		}
		if err := one.running(ctx); err != nil {
			return err
		}
		made[d.name] = one
	}
	phone, laptop := made["phone"], made["laptop"]
	letter, content := filepath.Join(b.dir, "letter.txt"), bytes.Repeat([]byte("taildrop "), 10_000)
	if err := os.WriteFile(letter, content, 0o600); err != nil {
		return err
	}
	if err := within(ctx, 30*time.Second, "a phone's targets are the other devices of its owner", func() error {
		out, err := phone.run(ctx, "file", "cp", "--targets")
		if err == nil && (!strings.Contains(out, "laptop") || strings.Contains(out, "server-")) {
			err = errors.New(out)
		}
		return err
	}); err != nil {
		return err
	}
	if err := within(ctx, 30*time.Second, "a file is sent", func() error {
		_, err := phone.run(ctx, "file", "cp", letter, "laptop:")
		return err
	}); err != nil {
		return err
	}
	received := filepath.Join(b.dir, "received")
	if err := os.MkdirAll(received, 0o700); err != nil {
		return err
	}
	if err := within(ctx, 30*time.Second, "the file has arrived", func() error {
		if _, err := laptop.run(ctx, "file", "get", "--conflict=overwrite", received); err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(received, "letter.txt"))
		if err == nil && !bytes.Equal(got, content) {
			err = fmt.Errorf("%d bytes arrived of %d, or others", len(got), len(content))
		}
		return err
	}); err != nil {
		return err
	}
	// a client knows no person's device as a target of a tagged node; between tagged nodes it is the receiver who refuses
	for _, refusal := range []struct{ to, why string }{{"phone", "owned by a different user"}, {"server-2", "Access denied"}} {
		if err := within(ctx, 30*time.Second, "a file from a tagged node to "+refusal.to+" is refused", func() error {
			_, err := made["server-1"].run(ctx, "file", "cp", letter, refusal.to+":")
			switch {
			case err == nil:
				return errors.New("it was taken")
			case !strings.Contains(err.Error(), refusal.why):
				return fmt.Errorf("want %q: %w", refusal.why, err)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
