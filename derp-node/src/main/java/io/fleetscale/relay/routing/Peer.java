package io.fleetscale.relay.routing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.wire.key.Bytes32;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node key with at least one connection. All connections are read; the one that sent last receives. When the last one
 * ends, the peer is gone for good and a later connection of the same key makes a new object. Thread-safe: the fields that
 * packets look at are volatile, everything else is guarded by the object's lock.
 */
@SuppressWarnings("ReferenceEquality") // connections are compared by identity
public final class Peer {
    /** What came of adding a connection. */
    enum Addition {
        ADDED,
        /** The peer ended in the meantime: look it up again. */
        GONE,
        /** The key has as many connections as one may have. */
        FULL
    }

    private final Bytes32 key;
    private final byte[] keyBytes;
    private volatile @Nullable Receiver active;
    private volatile boolean gone;
    private volatile int connectionCount;

    /** In the order of their last frame. */
    @GuardedBy("this")
    private final List<Receiver> connections = new ArrayList<>(1);

    @GuardedBy("this")
    private @Nullable Set<Receiver> followers;

    Peer(Bytes32 key) {
        this.key = key;
        this.keyBytes = key.toArray();
    }

    public Bytes32 key() {
        return key;
    }

    /** The key in wire form; shared, not to be changed. */
    public byte[] keyBytes() {
        return keyBytes;
    }

    /** The connection that receives; null when there is none. */
    public @Nullable Receiver active() {
        return active;
    }

    public boolean isGone() {
        return gone;
    }

    public int connectionCount() {
        return connectionCount;
    }

    /** A frame arrived on {@code connection}: from now on it is the one that receives. */
    public void noteActivity(Receiver connection) {
        if (active != connection) {
            moveActive(connection);
        }
    }

    /** Tells {@code follower} when this peer has gone; false if it has already. */
    public synchronized boolean follow(Receiver follower) {
        if (gone) {
            return false;
        }
        if (followers == null) {
            followers = Collections.newSetFromMap(new IdentityHashMap<>());
        }
        followers.add(follower);
        return true;
    }

    public synchronized void unfollow(Receiver follower) {
        if (followers != null) {
            followers.remove(follower);
        }
    }

    synchronized Addition add(Receiver connection, int maxConnections) {
        if (gone) {
            return Addition.GONE;
        }
        if (connections.size() >= maxConnections) {
            return Addition.FULL;
        }
        connections.add(connection);
        connectionCount = connections.size();
        active = connection;
        return Addition.ADDED;
    }

    /** Removes a connection; returns those to be told when it was the last one, else nothing. */
    synchronized List<Receiver> remove(Receiver connection) {
        connections.remove(connection);
        connectionCount = connections.size();
        if (!connections.isEmpty()) {
            active = connections.getLast();
            return List.of();
        }
        active = null;
        gone = true;
        List<Receiver> told = followers == null ? List.of() : List.copyOf(followers);
        followers = null;
        return told;
    }

    synchronized List<Receiver> connections() {
        return List.copyOf(connections);
    }

    private synchronized void moveActive(Receiver connection) {
        if (connections.remove(connection)) {
            connections.add(connection);
            active = connection;
        }
    }

    @Override
    public String toString() {
        return "Peer[" + key + ", connections=" + connectionCount + "]";
    }
}
