/**
 * Relays that register with the cluster: their heartbeats, their place in the DERP map, and what they are told in return (the
 * other relays of their region, mesh keys, the nodes that may use them).
 *
 * <p>A heartbeat is soft state: any instance takes it and shows it to the others through the grid. Who stands in the DERP map is
 * hard state, the setting {@code relays}; one instance writes it, and only when somebody comes or goes. Silence alone removes
 * nobody: the relay must not answer a probe either, and it must not be the last one of its region.
 *
 * <p>Starting points: {@link io.fleetscale.control.relay.RelayKeeper}, {@link io.fleetscale.control.relay.RelayEndpoint}, {@link
 * io.fleetscale.control.relay.Relays}.
 */
@NullMarked
package io.fleetscale.control.relay;

import org.jspecify.annotations.NullMarked;
