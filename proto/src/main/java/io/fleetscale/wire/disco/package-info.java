/**
 * What a server has to know about disco, the path discovery messages between nodes: only how to recognise one.
 *
 * <p>Starting point: {@link io.fleetscale.wire.disco.DiscoPacket}. Source: tailscale disco/disco.go.
 */
@NullMarked
package io.fleetscale.wire.disco;

import org.jspecify.annotations.NullMarked;
