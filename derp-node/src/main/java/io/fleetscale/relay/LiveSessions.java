package io.fleetscale.relay;

import io.fleetscale.relay.metrics.RelayGauges;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.relay.session.DerpSession;
import io.fleetscale.relay.session.QueueMemory;
import io.fleetscale.relay.session.SessionObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** All sessions of a relay, and how many there may be. Thread-safe. */
final class LiveSessions implements SessionObserver, RelayGauges {
    /** When nodes are told to come back: at once, to whatever stands first in their DERP map by then. */
    private static final Duration RECONNECT_IN = Duration.ZERO;

    private static final Duration TRY_FOR = Duration.ofSeconds(30);
    private static final Duration LAST_CLOSE_LIMIT = Duration.ofSeconds(1);

    private final Set<DerpSession> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicInteger reserved = new AtomicInteger();
    private final AtomicInteger admitted = new AtomicInteger();
    private final AtomicInteger home = new AtomicInteger();
    private final AtomicInteger notIdeal = new AtomicInteger();
    private final int maxConnections;
    private final PeerRegistry peers;
    private final QueueMemory queueMemory;
    private volatile boolean draining;

    LiveSessions(int maxConnections, PeerRegistry peers, QueueMemory queueMemory) {
        this.maxConnections = maxConnections;
        this.peers = peers;
        this.queueMemory = queueMemory;
    }

    /** Takes a place for one session; false when all are taken or the relay closes. */
    boolean tryReserve() {
        if (draining) {
            return false;
        }
        if (reserved.incrementAndGet() > maxConnections) {
            reserved.decrementAndGet();
            return false;
        }
        return true;
    }

    /** The session that a place was taken for. */
    void accepted(DerpSession session) {
        sessions.add(session);
    }

    void forEach(Consumer<DerpSession> action) {
        sessions.forEach(action);
    }

    @Override
    public void opened(DerpSession session) {
        admitted.incrementAndGet();
        if (session.origin().notIdeal()) {
            notIdeal.incrementAndGet();
        }
    }

    @Override
    public void homeChanged(boolean isHome) {
        home.addAndGet(isHome ? 1 : -1);
    }

    @Override
    public void closed(DerpSession session, boolean wasAdmitted) {
        if (sessions.remove(session)) {
            reserved.decrementAndGet();
        }
        if (wasAdmitted) {
            admitted.decrementAndGet();
            if (session.origin().notIdeal()) {
                notIdeal.decrementAndGet();
            }
        }
    }

    /**
     * Takes no sessions any more and ends those of nodes, evenly over {@code window}; other relays stay, so that what is sent to
     * the nodes that are left still arrives.
     */
    void drain(Duration window) {
        draining = true;
        List<DerpSession> order = nodes();
        Collections.shuffle(order, ThreadLocalRandom.current());
        long start = System.nanoTime();
        for (int i = 0; i < order.size() && draining; i++) {
            parkUntil(start + window.toNanos() * i / order.size());
            order.get(i).restart(RECONNECT_IN, TRY_FOR);
        }
        if (draining) {
            // Those that were let in while the list was made.
            nodes().forEach(session -> session.restart(RECONNECT_IN, TRY_FOR));
        }
    }

    /** Takes sessions again; a drain that is under way ends. */
    void resume() {
        draining = false;
    }

    /** Drains, ends the sessions of other relays too, and waits a little until all are gone. */
    void end(Duration window) {
        drain(window);
        sessions.forEach(session -> session.restart(RECONNECT_IN, TRY_FOR));
        long limit = System.nanoTime() + LAST_CLOSE_LIMIT.toNanos();
        while (!sessions.isEmpty() && System.nanoTime() - limit < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private List<DerpSession> nodes() {
        List<DerpSession> nodes = new ArrayList<>(sessions);
        nodes.removeIf(DerpSession::isRelay);
        return nodes;
    }

    @Override
    public int connections() {
        return admitted.get();
    }

    @Override
    public int homeConnections() {
        return home.get();
    }

    @Override
    public int notIdealConnections() {
        return notIdeal.get();
    }

    @Override
    public int localPeers() {
        return peers.localSize();
    }

    @Override
    public int regionPeers() {
        return peers.size();
    }

    @Override
    public int watchers() {
        return peers.watchers();
    }

    @Override
    public int duplicateKeys() {
        return peers.duplicateKeys();
    }

    @Override
    public int duplicateConnections() {
        return peers.duplicateConnections();
    }

    @Override
    public long queuedBytes() {
        return queueMemory.usedBytes();
    }

    private static void parkUntil(long nanoTime) {
        long left = nanoTime - System.nanoTime();
        while (left > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(left);
            left = nanoTime - System.nanoTime();
        }
    }
}
