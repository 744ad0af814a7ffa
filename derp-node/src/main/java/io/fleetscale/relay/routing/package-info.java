/**
 * Which connection a node key leads to, and how packets cross from one event loop to another.
 *
 * <p>Starting points: {@link io.fleetscale.relay.routing.PeerRegistry}, {@link io.fleetscale.relay.routing.RelayLoop}.
 */
@NullMarked
package io.fleetscale.relay.routing;

import org.jspecify.annotations.NullMarked;
