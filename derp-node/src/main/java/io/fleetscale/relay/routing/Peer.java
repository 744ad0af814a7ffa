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
 * A node key that is connected to a relay of the region: here, by one or more connections, elsewhere, or both. All connections
 * are read; the one that sent last receives. A connection here outranks other relays, among which the one that has had the key
 * for longest is asked. When the last one ends, the peer is gone for good and a later connection of the same key makes a new
 * object. Thread-safe: the fields that packets look at are volatile, everything else is guarded by the object's lock.
 */
@SuppressWarnings("ReferenceEquality") // connections and relays are compared by identity
public final class Peer {
    private final Bytes32 key;
    private final byte[] keyBytes;
    private volatile @Nullable Receiver active;
    private volatile @Nullable Forwarder forwarder;
    private volatile boolean gone;
    private volatile int connectionCount;

    /** In the order of their last frame. */
    @GuardedBy("this")
    private final List<Receiver> connections = new ArrayList<>(1);

    /** In the order in which they said that the key is with them. */
    @GuardedBy("this")
    private List<Forwarder> forwarders = List.of();

    @GuardedBy("this")
    private @Nullable Set<Receiver> followers;

    Peer(Bytes32 key) {
        this.key = key;
        this.keyBytes = key.toArray();
    }

    /** A source that this relay has not heard of, because its relay forwards faster than it tells: nobody can follow it. */
    public static Peer unheardOf(Bytes32 key) {
        return new Peer(key);
    }

    public Bytes32 key() {
        return key;
    }

    /** The key in wire form; shared, not to be changed. */
    public byte[] keyBytes() {
        return keyBytes;
    }

    /** The connection that receives; null when there is none here. */
    public @Nullable Receiver active() {
        return active;
    }

    /** The relay that packets for the peer go to when it is not connected here; null when there is none. */
    public @Nullable Forwarder forwarder() {
        return forwarder;
    }

    public boolean isGone() {
        return gone;
    }

    /** Whether it is connected to a relay of the region. */
    public boolean isKnown() {
        return active != null || forwarder != null;
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

    /** False when the key has as many connections as one may have. */
    synchronized boolean add(Receiver connection, int maxConnections) {
        if (connections.size() >= maxConnections) {
            return false;
        }
        connections.add(connection);
        connectionCount = connections.size();
        active = connection;
        return true;
    }

    synchronized boolean has(Receiver connection) {
        return connections.contains(connection);
    }

    /** Removes a connection; returns those to be told when the peer has left the region, else nothing. */
    synchronized List<Receiver> remove(Receiver connection) {
        connections.remove(connection);
        connectionCount = connections.size();
        active = connections.isEmpty() ? null : connections.getLast();
        return leaving();
    }

    synchronized void addForwarder(Forwarder relay) {
        if (!forwarders.contains(relay)) {
            List<Forwarder> more = new ArrayList<>(forwarders);
            more.add(relay);
            forwarders = List.copyOf(more);
            forwarder = forwarders.getFirst();
        }
    }

    /** Removes a relay; returns those to be told when the peer has left the region, else nothing. */
    synchronized List<Receiver> removeForwarder(Forwarder relay) {
        forwarders = forwarders.stream().filter(other -> other != relay).toList();
        forwarder = forwarders.isEmpty() ? null : forwarders.getFirst();
        return leaving();
    }

    synchronized int forwarderCount() {
        return forwarders.size();
    }

    synchronized List<Receiver> connections() {
        return List.copyOf(connections);
    }

    @GuardedBy("this")
    private List<Receiver> leaving() {
        if (gone || !connections.isEmpty() || !forwarders.isEmpty()) {
            return List.of();
        }
        gone = true;
        List<Receiver> told = followers == null ? List.of() : List.copyOf(followers);
        followers = null;
        return told;
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
