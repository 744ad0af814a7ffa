package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.grid.GridException;
import io.fleetscale.proto.grid.v1.NodeSession;
import io.fleetscale.proto.grid.v1.SessionEnd;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.MapRequest;
import io.fleetscale.wire.tailcfg.TailcfgException;
import io.netty.util.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions and soft state of nodes, written through the grid. Every write names the session's epoch, so what an old session
 * says late changes nothing. Thread-safe; what blocks runs on the given executor.
 */
public final class Presences {
    private static final Logger LOG = LoggerFactory.getLogger(Presences.class);
    private static final int STRIPES = 256;
    private static final int INCARNATION_SHIFT = 32;
    private static final int RECONCILE_SECONDS = 30;

    private final PresenceGrid presenceGrid;
    private final SessionGrid sessionGrid;
    private final PresenceOverlay overlay;
    private final PresenceWriter writer;
    private final InstantSource clock;
    private final Executor blocking;
    private final Timer timer;
    private final Instance self;
    private final GraceTimes grace;
    private final ReentrantLock[] stripes = new ReentrantLock[STRIPES];
    private final Map<NodeId, Orphan> orphans = new ConcurrentHashMap<>();
    private volatile ObjLongConsumer<NodeId> epochListener = (node, epoch) -> {};
    private final AtomicBoolean gridFailed = new AtomicBoolean();
    private volatile Instant coldStartEnds = Instant.MIN;

    /** A session that nobody serves, and since when that is known. */
    private record Orphan(long epoch, Instant since) {}

    /** Which instances live. */
    @FunctionalInterface
    public interface LiveInstances {
        boolean isLive(String instance, long incarnation);
    }

    /**
     * This instance.
     *
     * @param incarnation of its lease; epochs start at it, so that those of a former life are lower
     */
    public record Instance(String name, long incarnation) {}

    /**
     * @param blocking runs calls of the grid: virtual threads
     * @param timer one shared wheel
     */
    public Presences(
            PresenceGrid presenceGrid,
            SessionGrid sessionGrid,
            PresenceOverlay overlay,
            PresenceWriter writer,
            InstantSource clock,
            Executor blocking,
            Timer timer,
            Instance self,
            GraceTimes grace) {
        this.presenceGrid = presenceGrid;
        this.sessionGrid = sessionGrid;
        this.overlay = overlay;
        this.writer = writer;
        this.clock = clock;
        this.blocking = blocking;
        this.timer = timer;
        this.self = self;
        this.grace = grace;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new ReentrantLock();
        }
    }

    /** Follows the grid. */
    public void start() {
        presenceGrid.listen(this::take);
        sessionGrid.listen(entry -> epochListener.accept(entry.node(), entry.epoch()));
    }

    /**
     * Compares the grid with the overlay every 30 s from now on.
     *
     * @param known whether a node is in the image
     */
    public void reconcileRegularly(Predicate<NodeId> known) {
        reconcileLater(known);
    }

    private void reconcileLater(Predicate<NodeId> known) {
        timer.newTimeout(
                timeout -> blocking.execute(() -> {
                    try {
                        reconcile(known);
                    } catch (RuntimeException e) {
                        LOG.atWarn().setCause(e).log("presence could not be compared with the grid");
                    }
                    reconcileLater(known);
                }),
                RECONCILE_SECONDS,
                TimeUnit.SECONDS);
    }

    /** Hears of every session that was opened, here or elsewhere: older ones of the node are over. One listener. */
    public void onEpoch(ObjLongConsumer<NodeId> listener) {
        epochListener = listener;
    }

    /**
     * After a start of the first instance: takes presence over from the database. Nodes that were online stay so for the cold
     * start's grace. Blocks.
     */
    public void restore(PresenceStore store) {
        coldStartEnds = clock.instant().plus(grace.coldStart());
        store.sessions().forEach(sessionGrid::restore);
        for (PresenceGrid.Entry entry : store.presence()) {
            presenceGrid.restore(entry);
            take(entry);
            if (overlay.get(entry.node()).online()) {
                long epoch = sessionGrid
                        .get(entry.node())
                        .map(SessionGrid.Entry::epoch)
                        .orElse(entry.epoch());
                endLater(entry.node(), epoch, clock.instant(), grace.coldStart());
            }
        }
    }

    /**
     * Opens a session: the node is online from now on under the epoch that the future completes with. What the request says of
     * the node counts only where nothing is known yet, for an update that follows it may have been faster. Source:
     * control-protocol 5.1.
     */
    public CompletableFuture<Long> attach(NodeId node, MapRequest request) {
        return CompletableFuture.supplyAsync(
                () -> locked(node, () -> {
                    // a grid that lost its entries must not give out an epoch twice
                    long floor = Math.max(
                            self.incarnation() << INCARNATION_SHIFT,
                            overlay.get(node).epoch() + 1);
                    ByteString payload = session(node, SessionEnd.SESSION_END_NONE, clock.instant());
                    long epoch = sessionGrid.raise(node, Math.max(1, floor), payload);
                    writer.put(new SessionGrid.Entry(node, epoch, payload));
                    Presence known = overlay.get(node);
                    TreeMap<Integer, ByteString> changes = new TreeMap<>();
                    changes.put(PresenceFields.ONLINE, PresenceFields.online(true));
                    if (request.version() != 0) {
                        changes.put(
                                PresenceFields.CAPABILITY_VERSION, PresenceFields.capabilityVersion(request.version()));
                    }
                    if (known.discoKey().isZero() && !request.discoKey().isZero()) {
                        changes.put(PresenceFields.DISCO_KEY, PresenceFields.discoKey(request.discoKey()));
                    }
                    if (known.endpoints().isEmpty() && !request.endpoints().isEmpty()) {
                        changes.put(PresenceFields.ENDPOINTS, PresenceFields.endpoints(request.endpoints()));
                    }
                    if (known.hostinfo().isEmpty() && request.hasHostinfo()) {
                        putHostinfo(changes, request.hostinfo());
                    }
                    if (known.unresponsive()) {
                        changes.put(PresenceFields.UNRESPONSIVE, PresenceFields.unresponsive(false));
                    }
                    // A late grace of an older session must find this one even if nothing else is new.
                    put(node, epoch, changes);
                    return epoch;
                }),
                blocking);
    }

    /** Takes what a client says of itself; completes when every instance's next message can hold it. */
    public CompletableFuture<Void> report(NodeId node, MapRequest request) {
        return CompletableFuture.runAsync(
                () -> locked(node, () -> {
                    TreeMap<Integer, ByteString> changes = new TreeMap<>();
                    if (!request.discoKey().isZero()) {
                        changes.put(PresenceFields.DISCO_KEY, PresenceFields.discoKey(request.discoKey()));
                    }
                    changes.put(PresenceFields.ENDPOINTS, PresenceFields.endpoints(request.endpoints()));
                    changes.put(PresenceFields.CAPABILITY_VERSION, PresenceFields.capabilityVersion(request.version()));
                    if (request.hasHostinfo()) {
                        putHostinfo(changes, keepingNetInfo(node, request.hostinfo()));
                    }
                    Optional<PresenceGrid.Entry> known = presenceGrid.get(node);
                    if (known.isEmpty() || !PresenceFields.changesNothing(changes, known.get())) {
                        long epoch = sessionGrid
                                .get(node)
                                .map(SessionGrid.Entry::epoch)
                                .orElseGet(() -> overlay.get(node).epoch());
                        put(node, epoch, changes);
                    }
                    return true;
                }),
                blocking);
    }

    private Hostinfo keepingNetInfo(NodeId node, Hostinfo news) {
        ByteString known = overlay.get(node).hostinfo();
        if (news.netInfo() != null || known.isEmpty()) {
            return news;
        }
        try {
            return news.keepingNetInfoOf(Hostinfo.parse(known));
        } catch (TailcfgException e) {
            return news;
        }
    }

    private static void putHostinfo(Map<Integer, ByteString> changes, Hostinfo host) {
        changes.put(PresenceFields.HOST_INFO, PresenceFields.hostinfo(host.raw()));
        if (host.preferredDerp() > 0) {
            changes.put(PresenceFields.HOME_DERP, PresenceFields.homeDerp(host.preferredDerp()));
        }
    }

    /**
     * A session ended. Its node stays online for the grace that the end deserves, and after it too if a newer session was opened
     * meanwhile.
     */
    public void detach(NodeId node, long epoch, SessionEnd end) {
        Instant endedAt = clock.instant();
        blocking.execute(() -> {
            try {
                ByteString payload = session(node, end, endedAt);
                if (sessionGrid.update(node, epoch, payload)) {
                    writer.put(new SessionGrid.Entry(node, epoch, payload));
                    Duration delay = end == SessionEnd.SESSION_END_CLIENT ? grace.clientEnd() : grace.instanceEnd();
                    endLater(node, epoch, endedAt, delay);
                }
            } catch (RuntimeException e) {
                untold(node, e, "the end of a session could not be told");
                endLater(node, epoch, endedAt, grace.instanceEnd());
            }
        });
    }

    /**
     * Looks for nodes that are online although nobody serves them: their instance died, or ended their session and died before
     * the grace was over. They go offline when the grace is over. For the instance that acts for all, every few seconds, so
     * that whichever does it takes up what the one before left. Blocks.
     *
     * @param attached whether a node has a session here, which needs no look
     */
    public void sweep(Predicate<NodeId> attached, LiveInstances live) {
        Instant now = clock.instant();
        orphans.keySet()
                .removeIf(node -> attached.test(node) || !overlay.get(node).online());
        overlay.all().forEach((node, presence) -> {
            if (presence.online() && !attached.test(node)) {
                sweep(node, presence, live, now);
            }
        });
    }

    private void sweep(NodeId node, Presence presence, LiveInstances live, Instant now) {
        SessionGrid.Entry entry = sessionGrid.get(node).orElse(null);
        NodeSession session = entry == null ? NodeSession.getDefaultInstance() : parse(entry);
        long epoch = entry == null ? presence.epoch() : entry.epoch();
        if (session.getEnd() == SessionEnd.SESSION_END_NONE
                && live.isLive(session.getInstance(), session.getIncarnation())) {
            orphans.remove(node);
            return;
        }
        Orphan orphan = orphans.compute(
                node, (id, known) -> known != null && known.epoch() == epoch ? known : new Orphan(epoch, now));
        // what ended by itself is timed by the instance that saw it end; this is for when that one is gone too
        Instant ended = session.hasEndedAt()
                ? Instant.ofEpochSecond(
                        session.getEndedAt().getSeconds(), session.getEndedAt().getNanos())
                : orphan.since();
        Instant due = orphan.since().plus(grace.instanceEnd());
        if (now.isAfter(due) && now.isAfter(coldStartEnds)) {
            endNow(node, epoch, ended);
        }
    }

    /**
     * Brings presence back into a grid that lost it: after this instance left its grid and came again. Blocks.
     *
     * @throws ControlException UNAVAILABLE when what this instance knows could not be stored first
     */
    public void refill(PresenceStore store) {
        if (!writer.flush()) {
            throw new ControlException(ErrorCode.UNAVAILABLE, "presence cannot be stored now: try again later");
        }
        store.presence().forEach(presenceGrid::restore);
        store.sessions().forEach(sessionGrid::restore);
        presenceGrid.entries().forEach(this::take);
    }

    /**
     * Compares the grid with the overlay and takes what it missed; bounds what is known of unknown nodes. Also for after each
     * change of the grid's members. Blocks.
     *
     * @param known whether a node is in the image
     */
    public void reconcile(Predicate<NodeId> known) {
        presenceGrid.entries().forEach(this::take);
        overlay.bound(known);
    }

    /** Whether the client itself ended the node's last session, and has not come back for {@code time}. Blocks shortly. */
    public boolean hasLeftFor(NodeId node, Duration time) {
        NodeSession session = sessionGrid.get(node).map(Presences::parse).orElseGet(NodeSession::getDefaultInstance);
        Timestamp ended = session.getEndedAt();
        return session.getEnd() == SessionEnd.SESSION_END_CLIENT
                && !Instant.ofEpochSecond(ended.getSeconds(), ended.getNanos())
                        .plus(time)
                        .isAfter(clock.instant());
    }

    /** Whether a router answered when it was asked to; a newer session makes it void. Blocks. */
    public void answered(NodeId node, long epoch, boolean answers) {
        locked(node, () -> {
            if (overlay.get(node).unresponsive() == answers) {
                TreeMap<Integer, ByteString> changes = new TreeMap<>();
                changes.put(PresenceFields.UNRESPONSIVE, PresenceFields.unresponsive(!answers));
                putOnlyUnder(node, epoch, changes);
            }
            return true;
        });
    }

    /** A node was removed from the tailnet. */
    public void forget(NodeId node) {
        blocking.execute(() -> {
            try {
                sessionGrid.get(node).ifPresent(session -> sessionGrid.remove(node, session.epoch()));
                presenceGrid.remove(node);
            } catch (RuntimeException e) {
                untold(node, e, "a removed node stays in the grid");
            }
            orphans.remove(node);
            overlay.forget(node);
            writer.remove(node);
        });
    }

    private void endLater(NodeId node, long epoch, Instant endedAt, Duration delay) {
        timer.newTimeout(
                timeout -> blocking.execute(() -> {
                    try {
                        endNow(node, epoch, endedAt);
                    } catch (RuntimeException e) {
                        // whoever acts for all ends the sessions that nobody serves
                        untold(node, e, "a node stays online for now");
                    }
                }),
                delay.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** A grid that stops fails for each of thousands of nodes: that is one line, until it takes something again. */
    private void untold(NodeId node, RuntimeException failure, String what) {
        if (!(failure instanceof GridException)) {
            LOG.atWarn().addKeyValue("node", node).setCause(failure).log(what);
        } else if (gridFailed.compareAndSet(false, true)) {
            LOG.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("reason", failure.getMessage())
                    .log(what + "; the same of other nodes is not logged while the grid is away");
        } else {
            LOG.atDebug().addKeyValue("node", node).setCause(failure).log(what);
        }
    }

    private void endNow(NodeId node, long epoch, Instant endedAt) {
        locked(node, () -> {
            long current = sessionGrid.get(node).map(SessionGrid.Entry::epoch).orElse(epoch);
            if (current == epoch && overlay.get(node).online()) {
                TreeMap<Integer, ByteString> changes = new TreeMap<>();
                changes.put(PresenceFields.ONLINE, PresenceFields.online(false));
                changes.put(PresenceFields.LAST_SEEN, PresenceFields.lastSeen(endedAt));
                putOnlyUnder(node, epoch, changes);
            }
            return true;
        });
    }

    private void put(NodeId node, long epoch, Map<Integer, ByteString> changes) {
        PresenceGrid.Result result = presenceGrid.put(node, epoch, changes);
        if (result instanceof PresenceGrid.Result.Stale(long storedEpoch)) {
            // A session was opened meanwhile; the client is the same, so its news count under the newer epoch too.
            result = presenceGrid.put(node, storedEpoch, changes);
        }
        keep(result);
    }

    /** For a goodbye: a newer session makes it void. */
    private void putOnlyUnder(NodeId node, long epoch, Map<Integer, ByteString> changes) {
        keep(presenceGrid.put(node, epoch, changes));
    }

    private void keep(PresenceGrid.Result result) {
        if (result instanceof PresenceGrid.Result.Written(PresenceGrid.Entry entry)) {
            if (gridFailed.get()) {
                gridFailed.set(false);
            }
            take(entry);
            writer.put(entry);
        }
    }

    private void take(PresenceGrid.Entry entry) {
        Presence news = PresenceFields.read(entry, overlay.get(entry.node()));
        overlay.offer(entry.node(), news);
    }

    private ByteString session(NodeId node, SessionEnd end, Instant at) {
        NodeSession.Builder session = NodeSession.newBuilder()
                .setNodeId(node.value())
                .setInstance(self.name())
                .setIncarnation(self.incarnation())
                .setEnd(end);
        if (end != SessionEnd.SESSION_END_NONE) {
            session.setEndedAt(
                    Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()));
        }
        return session.build().toByteString();
    }

    private static NodeSession parse(SessionGrid.Entry entry) {
        try {
            return NodeSession.parseFrom(entry.payload());
        } catch (InvalidProtocolBufferException e) {
            LOG.atWarn().addKeyValue("node", entry.node()).setCause(e).log("an unreadable session entry");
            return NodeSession.getDefaultInstance();
        }
    }

    @FunctionalInterface
    private interface Work<R> {
        R run();
    }

    private <R> R locked(NodeId node, Work<R> work) {
        ReentrantLock stripe = stripes[(int) (node.value() & (STRIPES - 1))];
        stripe.lock();
        try {
            return work.run();
        } finally {
            stripe.unlock();
        }
    }
}
