package io.fleetscale.control.session;

import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.presence.Presences;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.proto.grid.v1.SessionEnd;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.PingRequest;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running map sessions of this instance: one per node at most. Thread-safe. */
public final class MapSessions {
    private static final Logger LOG = LoggerFactory.getLogger(MapSessions.class);

    private final Netmaps netmaps;
    private final MapFeed feed;
    private final Presences presences;
    private final FirstMapGate gate;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final ConcurrentHashMap<NodeId, MapSession> sessions = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<EventLoop, SessionGroup> groups = new ConcurrentHashMap<>();
    private final MapCounters counters = new MapCounters();
    private final Clones clones;
    private volatile SessionEnd endOfStreams = SessionEnd.SESSION_END_CLIENT;

    /**
     * @param nanoTime monotonic clock
     * @param random for the jitter of keep-alives
     */
    public MapSessions(
            Netmaps netmaps,
            MapFeed feed,
            Presences presences,
            FirstMapGate gate,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.netmaps = netmaps;
        this.feed = feed;
        this.presences = presences;
        this.gate = gate;
        this.nanoTime = nanoTime;
        this.random = random;
        this.clones = new Clones(nanoTime);
    }

    /** Follows the netmaps, and ends sessions whose node opened a newer one anywhere. */
    public void start() {
        netmaps.addListener(() -> groups.values().forEach(SessionGroup::wake));
        presences.onEpoch((node, epoch) -> endOlder(node, epoch));
    }

    /** What was sent since the start. */
    public MapCounters counters() {
        return counters;
    }

    public int count() {
        return sessions.size();
    }

    public boolean isAttached(NodeId node) {
        return sessions.containsKey(node);
    }

    /** Whether the node's session is shared with another machine, whose turn it is for a while. */
    boolean isClone(NodeId node, Caller caller) {
        MapSession present = sessions.get(node);
        return clones.isClone(node, caller, present == null ? null : present.caller());
    }

    /** Ends all streams because this instance stops or fences itself; clients come back, here or elsewhere. */
    public void endAll() {
        endOfStreams = SessionEnd.SESSION_END_INSTANCE;
        sessions.values().forEach(session -> session.stream().eventLoop().execute(session::end));
    }

    /** Whoever is sent away from now on, or goes, is taken to come back elsewhere: its node stays online for longer. */
    public void expectMoves(boolean expected) {
        endOfStreams = expected ? SessionEnd.SESSION_END_INSTANCE : SessionEnd.SESSION_END_CLIENT;
    }

    /** The nodes that have a session here now. */
    public List<NodeId> nodes() {
        return List.copyOf(sessions.keySet());
    }

    /** Sends the client of a node to another instance; nothing if it has no session here. */
    public void sendAway(NodeId node) {
        MapSession session = sessions.get(node);
        if (session != null) {
            session.stream().eventLoop().execute(session::sendAway);
        }
    }

    /** Breaks all streams off: for fencing, where no client may believe that it was served to the end. */
    public void resetAll() {
        endOfStreams = SessionEnd.SESSION_END_INSTANCE;
        sessions.values().forEach(session -> session.stream().eventLoop().execute(session::reset));
    }

    /** Sends a request to the node's client; completes with whether it has a session here that could take it. */
    public CompletableFuture<Boolean> ping(NodeId node, PingRequest request) {
        MapSession session = sessions.get(node);
        if (session == null) {
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Boolean> sent = new CompletableFuture<>();
        session.stream()
                .eventLoop()
                .execute(() -> sent.complete(session.offer(feed.keepAlive(session.isCompressed(), request))));
        return sent;
    }

    /**
     * Attaches a stream to a node. The first message follows when its turn comes.
     *
     * @param key with which the client opened it
     * @return whether the map could be queued; if not, the stream was reset
     */
    boolean open(MapStream stream, NodeId node, Caller caller, NodeKey key, long epoch, boolean compressed) {
        SessionGroup group = groups.computeIfAbsent(
                stream.eventLoop(), loop -> new SessionGroup(this, loop, new SplittableRandom(random.nextLong())));
        MapSession session = new MapSession(this, group, stream, node, caller, key, epoch, compressed);
        MapSession current = sessions.merge(node, session, (old, next) -> {
            MapSession older = old.epoch() > next.epoch() ? next : old;
            older.stream().eventLoop().execute(older::end);
            if (old == older) {
                clones.takenOver(node, old.caller(), next.epoch());
            }
            return old == older ? next : old;
        });
        clones.opened(node, caller, epoch);
        stream.eventLoop().execute(() -> {
            group.add(session);
            stream.onWritable(session);
            stream.onClosed(session::closed);
        });
        if (current != session) {
            return true;
        }
        boolean queued = requestFull(session);
        if (!queued) {
            stream.eventLoop().execute(session::reset);
        }
        return queued;
    }

    /** Renders a full map for the session when its turn comes; false if too many wait. */
    boolean requestFull(MapSession session) {
        return gate.admit(() -> {
            if (!session.stream().isOpen()) {
                return;
            }
            try {
                MapFeed.Full full = feed.full(state(), session.node(), session.isCompressed());
                session.stream().eventLoop().execute(full == null ? session::removed : () -> session.begin(full));
            } catch (RuntimeException e) {
                LOG.atError().addKeyValue("node", session.node()).setCause(e).log("a map could not be rendered");
                session.stream().eventLoop().execute(session::reset);
            }
        });
    }

    /** A session was opened that never got a stream: it ends as one does whose stream closes. */
    void abandoned(NodeId node, long epoch) {
        presences.detach(node, epoch, endOfStreams);
    }

    void closed(MapSession session, boolean endedHere) {
        (endedHere ? counters.endedHere : counters.endedByClient).increment();
        sessions.remove(session.node(), session);
        presences.detach(session.node(), session.epoch(), endOfStreams);
    }

    private void endOlder(NodeId node, long epoch) {
        MapSession session = sessions.get(node);
        if (session != null && session.epoch() < epoch) {
            clones.takenOver(node, session.caller(), epoch);
            session.stream().eventLoop().execute(session::end);
        }
    }

    NetmapState state() {
        return netmaps.state();
    }

    MapFeed feed() {
        return feed;
    }

    int nowSeconds() {
        return (int) TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong());
    }
}
