package io.fleetscale.loadtest.netmap;

import java.util.List;

/**
 * A peer as a netmap knows it.
 *
 * @param key node key in its text form
 * @param name with the dot at its end
 * @param homeDerp 0 = unknown
 * @param tags in the server's order
 */
public record Peer(
        long id,
        String key,
        String name,
        List<String> addresses,
        boolean online,
        List<String> endpoints,
        int homeDerp,
        List<String> tags) {
    public Peer {
        addresses = List.copyOf(addresses);
        endpoints = List.copyOf(endpoints);
        tags = List.copyOf(tags);
    }

    /** The same peer, online or not. */
    public Peer withOnline(boolean value) {
        return new Peer(id, key, name, addresses, value, endpoints, homeDerp, tags);
    }
}
