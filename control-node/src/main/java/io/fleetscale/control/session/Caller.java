package io.fleetscale.control.session;

import io.fleetscale.wire.ip.IpAddress;

/**
 * Over what a client asks.
 *
 * @param connection which of this process's connections
 * @param source address of the client
 */
public record Caller(long connection, IpAddress source) {}
