/**
 * The frames that relays and nodes exchange, and the NaCl box that hides their greeting.
 *
 * <p>Starting points: {@link io.fleetscale.wire.derp.DerpFrameDecoder} (relay side of the stream),
 * {@link io.fleetscale.wire.derp.DerpFrameEncoder}, {@link io.fleetscale.wire.derp.BoxKeyPair}. Source: tailscale
 * derp/derp.go.
 */
@NullMarked
package io.fleetscale.wire.derp;

import org.jspecify.annotations.NullMarked;
