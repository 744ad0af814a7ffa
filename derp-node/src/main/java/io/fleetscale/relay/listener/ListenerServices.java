package io.fleetscale.relay.listener;

import io.fleetscale.relay.DerpRelay;
import io.fleetscale.runtime.net.ClientAddress;
import java.util.function.Supplier;

/**
 * What the listeners of a relay share.
 *
 * @param clients whose PROXY and forwarding headers are believed; asked for each connection
 * @param arrivals counts connections and decides who makes room
 */
public record ListenerServices(DerpRelay relay, Supplier<ClientAddress> clients, Arrivals arrivals) {}
