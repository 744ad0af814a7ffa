package io.fleetscale.relay.routing;

import io.fleetscale.wire.key.Bytes32;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * All keys that are connected here. Look-ups take no lock. Keys are chosen by strangers: equal hashes degrade to a tree,
 * because the keys are ordered. Thread-safe.
 */
public final class PeerRegistry {
    private final ConcurrentMap<Bytes32, Peer> peers = new ConcurrentHashMap<>();
    private final int maxConnectionsPerKey;

    public PeerRegistry(int maxConnectionsPerKey) {
        this.maxConnectionsPerKey = maxConnectionsPerKey;
    }

    /** The peer of a key; null when it is not connected. */
    public @Nullable Peer find(Bytes32 key) {
        return peers.get(key);
    }

    /** Adds a connection, which becomes the active one of its key; empty when the key has too many. */
    public Optional<Peer> register(Bytes32 key, Receiver connection) {
        while (true) {
            Peer peer = peers.computeIfAbsent(key, Peer::new);
            switch (peer.add(connection, maxConnectionsPerKey)) {
                case ADDED -> {
                    return Optional.of(peer);
                }
                case FULL -> {
                    return Optional.empty();
                }
                case GONE -> peers.remove(key, peer);
            }
        }
    }

    /** Removes a connection and tells the followers of its peer if it was the last one. */
    public void unregister(Peer peer, Receiver connection) {
        List<Receiver> followers = peer.remove(connection);
        if (peer.isGone()) {
            peers.remove(peer.key(), peer);
        }
        for (Receiver follower : followers) {
            follower.peerGone(peer);
        }
    }

    /** Ends all connections of a key; an unknown key is no fault. */
    public void disconnect(Bytes32 key) {
        Peer peer = peers.get(key);
        if (peer != null) {
            peer.connections().forEach(Receiver::disconnect);
        }
    }

    public int size() {
        return peers.size();
    }

    /** Keys with more than one connection. */
    public int duplicateKeys() {
        return (int) peers.values().stream()
                .filter(peer -> peer.connectionCount() > 1)
                .count();
    }

    /** Connections of the keys with more than one. */
    public int duplicateConnections() {
        return peers.values().stream()
                .mapToInt(Peer::connectionCount)
                .filter(count -> count > 1)
                .sum();
    }
}
