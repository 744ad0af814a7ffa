package io.fleetscale.control.boot;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.api.cluster.ClusterService;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.frontdoor.FrontDoor;
import io.fleetscale.control.instance.ClusterWatch;
import io.fleetscale.control.instance.Drain;
import io.fleetscale.control.instance.InstanceRecord;
import io.fleetscale.control.instance.InstanceTable;
import io.fleetscale.control.instance.JoinTurn;
import io.fleetscale.control.session.MapSessions;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.grid.GridException;
import io.fleetscale.runtime.Lifecycle;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What being one of several means for the rest of this instance: fencing resets its clients, orders of operators drain it, and
 * the elected instance ends the sessions of those that died. Thread-safe.
 */
final class ClusterMember implements ClusterWatch.Fenced, Drain.Sessions, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMember.class);
    private static final Duration INTERVAL = Duration.ofMillis(500);
    /** Of the intervals, one in so many looks for sessions that nobody serves. */
    private static final int SWEEP_EVERY = 4;

    private final Storage storage;
    private final NodeStreams streams;
    private final InstanceTable table;
    private final InstanceClusterGrid grid;
    private final ClusterWatch watch;
    private final Drain drain;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("cluster-orders").factory());
    private volatile @Nullable FrontDoor frontDoor;
    private volatile boolean stopping;
    private volatile boolean ordered;
    private int rounds;

    private ClusterMember(Storage storage, NodeStreams streams, RandomGenerator random) {
        this.storage = storage;
        this.streams = streams;
        this.table = new InstanceTable(storage.database());
        this.grid = new InstanceClusterGrid(
                storage.grid(), storage.lease().name().value(), new JoinTurn(storage.database()));
        this.watch = new ClusterWatch(
                storage.lease(),
                table,
                grid,
                this,
                () -> storage.changelog().image().version());
        this.drain = new Drain(this, watch::isRebalancing, random);
        storage.changelog().answerStaleWhile(watch::isDatabaseAwayForAll);
        var unused = storage.grid().onFailure(failure -> watch.gridFailed(failure.kind()));
    }

    /** Waits until this instance sees the others, and begins to watch. */
    static ClusterMember start(Lifecycle lifecycle, Storage storage, NodeStreams streams, RandomGenerator random)
            throws Exception {
        ClusterMember member = new ClusterMember(storage, streams, random);
        lifecycle.add("cluster", member::begin, member::close, ControlNode.STOP_LIMIT);
        lifecycle.start();
        return member;
    }

    private void begin() throws SQLException, InterruptedException {
        watch.start();
        Future<?> unused = timer.scheduleWithFixedDelay(
                this::round, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Where clients come in: what fencing resets. */
    void servesAt(FrontDoor door) {
        frontDoor = door;
    }

    ClusterWatch watch() {
        return watch;
    }

    /** The instances over the API. */
    ClusterService service(Changelog changelog) {
        return new ClusterService(table, changelog, storage.lease().name().value(), grid::members);
    }

    /** Whether clients that come would be sent away at once. */
    boolean isEmptying() {
        return drain.isEmptying();
    }

    boolean isDraining() {
        return drain.isDraining();
    }

    /** Gives all sessions to the others before a stop; nothing when there is no other. Blocks at most {@code limit}. */
    void drainBeforeStop(Duration limit) throws InterruptedException {
        stopping = true;
        if (!watch.hasReadyPeer()) {
            return;
        }
        drain.start(0);
        if (!drain.await(limit)) {
            LOG.atWarn()
                    .addKeyValue("sessions", streams.sessions().count())
                    .addKeyValue("limit", limit)
                    .log("the drain takes too long, stopping without its end");
        }
    }

    private void round() {
        try {
            follow();
            if (rounds++ % SWEEP_EVERY == 0 && watch.isElected()) {
                streams.presences().sweep(streams.sessions()::isAttached, watch::isLive);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (GridException | ControlException e) {
            LOG.atDebug().setCause(e).log("a round of the cluster's work failed, trying again");
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a round of the cluster's work failed");
        }
    }

    /** Does what operators asked for in this instance's row. */
    private void follow() throws InterruptedException {
        String self = storage.lease().name().value();
        for (InstanceRecord record : watch.instances()) {
            if (!record.name().equals(self)
                    || record.incarnation() != storage.lease().incarnation()
                    || stopping) {
                continue;
            }
            if (record.drainRate().isPresent()) {
                ordered = true;
                if (drain.isDraining() || watch.hasReadyPeer()) {
                    drain.start(record.drainRate().getAsInt());
                }
            } else if (ordered) {
                ordered = false;
                drain.cancel();
            }
            if (record.keepSessions().isPresent()) {
                table.keep(self, null);
                drain.shed(record.keepSessions().getAsInt());
            }
        }
    }

    @Override
    public void fence(String reason) {
        streams.sessions().resetAll();
        FrontDoor door = frontDoor;
        if (door != null) {
            door.resetConnections();
        }
    }

    @Override
    public void rejoined() {
        streams.presences().refill(streams.presenceStore());
        streams.sessions().expectMoves(drain.isDraining());
    }

    @Override
    public List<NodeId> nodes() {
        return streams.sessions().nodes();
    }

    @Override
    public void sendAway(NodeId node) {
        MapSessions sessions = streams.sessions();
        sessions.sendAway(node);
    }

    @Override
    public void expectMoves(boolean expected) {
        streams.sessions().expectMoves(expected);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        watch.close();
    }
}
