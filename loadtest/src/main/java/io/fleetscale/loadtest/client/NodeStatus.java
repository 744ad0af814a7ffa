package io.fleetscale.loadtest.client;

import java.util.List;

/**
 * What a node tells of its place in the network.
 *
 * @param endpoints UDP addresses, {@code ip:port}
 * @param homeDerp DERP region; 0 = not chosen yet
 */
public record NodeStatus(List<String> endpoints, int homeDerp) {
    /** A client that has just started. */
    public static final NodeStatus UNKNOWN = new NodeStatus(List.of(), 0);

    public NodeStatus {
        endpoints = List.copyOf(endpoints);
    }
}
