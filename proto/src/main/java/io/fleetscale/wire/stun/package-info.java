/**
 * The one STUN transaction that nodes use to learn their address: a fingerprinted binding request and its answer.
 *
 * <p>Starting point: {@link io.fleetscale.wire.stun.StunBinding}. Source: tailscale net/stun/stun.go, RFC 5389.
 */
@NullMarked
package io.fleetscale.wire.stun;

import org.jspecify.annotations.NullMarked;
