package io.fleetscale.relay.routing;

import io.fleetscale.wire.ip.IpAddress;

/**
 * What subscribers of the mesh are told about a connection.
 *
 * @param port 0 when it is not known
 * @param flags as in {@link io.fleetscale.wire.derp.PresenceFlags}
 */
public record Presence(IpAddress address, int port, int flags) {}
