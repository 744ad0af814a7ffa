package io.fleetscale.relay.routing;

import io.fleetscale.wire.key.Bytes32;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * All keys that are connected here or to another relay of the region. Look-ups take no lock; changes of one key happen one
 * after the other, and watchers hear of them in that order. Keys are chosen by strangers: equal hashes degrade to a tree,
 * because the keys are ordered. Thread-safe.
 */
@SuppressWarnings("ReferenceEquality") // peers are compared by identity
public final class PeerRegistry {
    /** How many relays can reach a peer that is not connected here, after a change. */
    public record ForwarderChange(int before, int after) {}

    /** What a change of one key leaves to be done once its lock is free. */
    private static final class Aftermath {
        private ForwarderChange change = new ForwarderChange(0, 0);
        private List<Receiver> followers = List.of();
    }

    private final ConcurrentMap<Bytes32, Peer> peers = new ConcurrentHashMap<>();
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private final AtomicInteger local = new AtomicInteger();
    private final int maxConnectionsPerKey;

    public PeerRegistry(int maxConnectionsPerKey) {
        this.maxConnectionsPerKey = maxConnectionsPerKey;
    }

    /** The peer of a key; null when it is connected to no relay of the region. */
    public @Nullable Peer find(Bytes32 key) {
        return peers.get(key);
    }

    /** Adds a connection, which becomes the active one of its key; empty when the key has too many. */
    public Optional<Peer> register(Bytes32 key, Receiver connection) {
        Peer peer = peers.compute(key, (absent, known) -> {
            Peer current = known == null ? new Peer(key) : known;
            if (!current.add(connection, maxConnectionsPerKey)) {
                return known;
            }
            if (current.connectionCount() == 1) {
                local.incrementAndGet();
            }
            for (Watcher watcher : watchers) {
                watcher.present(key, connection.presence());
            }
            return current;
        });
        return peer != null && peer.has(connection) ? Optional.of(peer) : Optional.empty();
    }

    /** Removes a connection and tells the followers of its peer if it was the last one in the region. */
    public void unregister(Peer peer, Receiver connection) {
        Aftermath after = new Aftermath();
        peers.computeIfPresent(peer.key(), (key, known) -> {
            if (known != peer || !peer.has(connection)) {
                return known;
            }
            after.followers = peer.remove(connection);
            if (peer.connectionCount() == 0) {
                local.decrementAndGet();
                for (Watcher watcher : watchers) {
                    watcher.gone(key);
                }
            }
            return peer.isGone() ? null : peer;
        });
        tellGone(peer, after.followers);
    }

    /** Another relay says that the key is connected there. */
    public ForwarderChange addForwarder(Bytes32 key, Forwarder forwarder) {
        Aftermath after = new Aftermath();
        peers.compute(key, (absent, known) -> {
            Peer peer = known == null ? new Peer(key) : known;
            int before = peer.forwarderCount();
            peer.addForwarder(forwarder);
            after.change = new ForwarderChange(before, peer.forwarderCount());
            return peer;
        });
        return after.change;
    }

    /** Another relay says that the key has left it, or the connection to it has ended. */
    public ForwarderChange removeForwarder(Bytes32 key, Forwarder forwarder) {
        Aftermath after = new Aftermath();
        Peer peer = peers.get(key);
        if (peer == null) {
            return after.change;
        }
        peers.computeIfPresent(key, (unused, known) -> {
            if (known != peer) {
                return known;
            }
            int before = peer.forwarderCount();
            after.followers = peer.removeForwarder(forwarder);
            after.change = new ForwarderChange(before, peer.forwarderCount());
            return peer.isGone() ? null : peer;
        });
        tellGone(peer, after.followers);
        return after.change;
    }

    /** Has a watcher told of all keys that are connected here, now and from now on; a repeated call repeats them all. */
    public void watch(Watcher watcher) {
        if (!watchers.contains(watcher)) {
            watchers.add(watcher);
        }
        for (Peer peer : peers.values()) {
            Receiver active = peer.active();
            if (active != null) {
                watcher.present(peer.key(), active.presence());
            }
        }
    }

    public void unwatch(Watcher watcher) {
        watchers.remove(watcher);
    }

    public int watchers() {
        return watchers.size();
    }

    /** Ends all connections of a key; an unknown key is no fault. */
    public void disconnect(Bytes32 key) {
        Peer peer = peers.get(key);
        if (peer != null) {
            peer.connections().forEach(Receiver::disconnect);
        }
    }

    /** Tells of each connection here. */
    public void forEachConnection(BiConsumer<Bytes32, Presence> action) {
        for (Peer peer : peers.values()) {
            for (Receiver connection : peer.connections()) {
                action.accept(peer.key(), connection.presence());
            }
        }
    }

    /** Distinct keys in the region. */
    public int size() {
        return peers.size();
    }

    /** Distinct keys that are connected here. */
    public int localSize() {
        return local.get();
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

    private static void tellGone(Peer peer, List<Receiver> followers) {
        for (Receiver follower : followers) {
            follower.peerGone(peer);
        }
    }
}
