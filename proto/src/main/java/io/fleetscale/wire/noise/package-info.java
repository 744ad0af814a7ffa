/**
 * The encrypted transport between a client and the control server: Noise IK with Tailscale's framing.
 *
 * <p>Starting points: {@link io.fleetscale.wire.noise.ResponderHandshake} for a server, {@link
 * io.fleetscale.wire.noise.InitiatorHandshake} for a client, then {@link io.fleetscale.wire.noise.RecordSealer} and
 * {@link io.fleetscale.wire.noise.RecordOpener} for the two directions. The handshakes are functions over bytes; only
 * the record classes know Netty buffers. Source: tailscale control/controlbase.
 */
@NullMarked
package io.fleetscale.wire.noise;

import org.jspecify.annotations.NullMarked;
