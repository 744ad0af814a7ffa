package io.fleetscale.loadtest.netmap;

import java.util.List;

/**
 * A peer as a netmap knows it.
 *
 * @param key node key in its text form
 * @param name with the dot at its end
 * @param homeDerp 0 = unknown
 */
public record Peer(
        long id,
        String key,
        String name,
        List<String> addresses,
        boolean online,
        List<String> endpoints,
        int homeDerp) {
    public Peer {
        addresses = List.copyOf(addresses);
        endpoints = List.copyOf(endpoints);
    }
}
