/**
 * The keys of the protocol: one type per kind, so that a node key can never stand where a machine key belongs.
 *
 * <p>All are 32 bytes and print as a prefix and lowercase hex. Source: tailscale types/key.
 */
@NullMarked
package io.fleetscale.wire.key;

import org.jspecify.annotations.NullMarked;
