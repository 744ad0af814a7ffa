//go:build tools

// Package testservers pins the servers that tests build and run against: an ACME server and an OpenID Connect provider.
package testservers

import (
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble"
	_ "github.com/zitadel/oidc/v3/example/server"
)
