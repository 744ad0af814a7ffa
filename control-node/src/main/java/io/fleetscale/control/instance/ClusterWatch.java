package io.fleetscale.control.instance;

import io.fleetscale.control.ControlException;
import io.fleetscale.grid.GridException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This instance's place in the cluster: who else lives, who acts for all, and whether this instance may go on. It looks twice a
 * second; when it may not go on it fences itself, leaves the grid, and comes back by itself once it sees every other live
 * instance again.
 *
 * <p>Three threads: one looks and never waits for anything, one reads the database, one talks to the grid and brings a fenced
 * instance back. Thread-safe.
 */
public final class ClusterWatch implements AutoCloseable {
    /** What fencing means to the rest of the instance. Called on one thread; must not block for long. */
    public interface Fenced {
        /** Sends all clients away, at once. */
        void fence(String reason);

        /** The instance is in the grid again, whose entries of this instance are gone. May block. */
        void rejoined();
    }

    private static final Logger log = LoggerFactory.getLogger(ClusterWatch.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration READ = Duration.ofMillis(500);
    /** An instance that renewed so much later than it was lost from sight was not dying when it was lost. */
    private static final Duration AFTERLIFE = Duration.ofMillis(1500);

    /** Longer than a connection that was lost in an outage takes to be given up. */
    private static final Duration AFTER_OUTAGE = Duration.ofSeconds(15);

    private static final Duration SMALLER_SIDE_WAITS = Duration.ofSeconds(1);
    private static final Duration VISIBLE_LIMIT = Duration.ofSeconds(4);

    private final InstanceLease lease;
    private final InstanceTable table;
    private final ClusterGrid grid;
    private final Fenced fenced;
    private final LongSupplier applied;
    private final LongSupplier nanoTime;
    private final List<Thread> threads;
    private final CopyOnWriteArrayList<Runnable> topologyListeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean racing = new AtomicBoolean();

    private volatile InstanceTable.Snapshot seen = new InstanceTable.Snapshot(List.of(), 0, Set.of());
    private volatile long seenNanos;
    /** The last view that this instance took part in. */
    private volatile long view = -1;

    /** Written by the looking thread: the members when all was well for the last time. */
    private volatile Set<String> lastView = Set.of();

    private volatile @Nullable String fencedFor = "starting";
    private volatile String lastFenced = "";
    private volatile boolean closed;

    // Confined to the looking thread.
    private long lookedNanos;
    private List<String> lastMembers = List.of();
    private final Map<String, Long> lostNanos = new HashMap<>();
    private final Map<String, Long> answeredSinceNanos = new HashMap<>();

    /** @param applied the number of the log that this instance has applied */
    public ClusterWatch(
            InstanceLease lease, InstanceTable table, ClusterGrid grid, Fenced fenced, LongSupplier applied) {
        this(lease, table, grid, fenced, applied, System::nanoTime);
    }

    ClusterWatch(
            InstanceLease lease,
            InstanceTable table,
            ClusterGrid grid,
            Fenced fenced,
            LongSupplier applied,
            LongSupplier nanoTime) {
        this.lease = lease;
        this.table = table;
        this.grid = grid;
        this.fenced = fenced;
        this.applied = applied;
        this.nanoTime = nanoTime;
        this.threads = List.of(
                Thread.ofPlatform().daemon().name("cluster-look").unstarted(this::look),
                Thread.ofPlatform().daemon().name("cluster-read").unstarted(this::read),
                Thread.ofPlatform().daemon().name("cluster-grid").unstarted(this::talk));
    }

    /**
     * Waits until this instance sees every other live one, then begins to watch.
     *
     * @throws SQLException if the database fails
     */
    public void start() throws SQLException, InterruptedException {
        seen = table.read();
        seenNanos = nanoTime.getAsLong();
        comeIn();
        lastView = Set.copyOf(grid.members());
        lookedNanos = nanoTime.getAsLong();
        threads.forEach(Thread::start);
    }

    /** A grid of one while others live is a wrong certificate, a wrong release or a split start. */
    private void comeIn() throws SQLException, InterruptedException {
        Set<String> strangers = strangersAtStart();
        if (strangers.isEmpty()) {
            view = seen.view();
            fencedFor = null;
            return;
        }
        String reason = ClusterEntry.strangeness(strangers);
        fencedFor = reason;
        lease.suspend(reason);
        log.atWarn().addKeyValue("reason", reason).log("This instance is not in the grid of the others yet");
    }

    private Set<String> strangersAtStart() throws SQLException, InterruptedException {
        long deadline = nanoTime.getAsLong() + VISIBLE_LIMIT.toNanos();
        while (true) {
            Set<String> strangers = unseen();
            if (strangers.isEmpty() || nanoTime.getAsLong() - deadline > 0) {
                return strangers;
            }
            Thread.sleep(READ);
            seen = table.read();
            seenNanos = nanoTime.getAsLong();
        }
    }

    /** Live instances, except this one, that are not in this grid. */
    private Set<String> unseen() {
        return seen.notIn(grid.members(), lease.name().value());
    }

    /** Whether this instance acts for all: the oldest member of the grid, with its lease. */
    public boolean isElected() {
        List<String> members = grid.members();
        return fencedFor == null
                && lease.state() == LeaseState.HELD
                && !members.isEmpty()
                && members.getFirst().equals(lease.name().value());
    }

    /**
     * Whether PostgreSQL answers nobody in this grid, as far as its members tell, and this instance has applied all that they
     * have: then {@code version} is the newest that anybody of them has acknowledged. The first and the fourth row of the table in
     * architecture section 3.
     */
    public boolean isDatabaseAwayForAll(long version) {
        if (fencedFor != null || lease.state() == LeaseState.SUPERSEDED || lease.state() == LeaseState.SUSPENDED) {
            return false;
        }
        Set<String> view = lastView;
        Set<String> members = Set.copyOf(grid.members());
        if (view.size() <= 1 && members.size() <= 1) {
            return true; // nobody else writes
        }
        long seen = view.stream().filter(members::contains).count();
        return lease.sinceRenewed().compareTo(FencePolicy.RECENT) >= 0
                && 2 * seen > view.size()
                && nobodyRenews(members)
                && version >= grid.othersApplied();
    }

    private boolean nobodyRenews(Set<String> members) {
        Map<String, Duration> told = grid.othersRenewed();
        return members.stream()
                .filter(member -> !member.equals(lease.name().value()))
                .allMatch(member -> {
                    Duration ago = told.get(member);
                    return ago != null && ago.compareTo(FencePolicy.RECENT) >= 0;
                });
    }

    /** Whether an instance still serves the sessions of this incarnation. */
    public boolean isLive(String instance, long incarnation) {
        if (instance.equals(lease.name().value())) {
            return incarnation == lease.incarnation();
        }
        for (InstanceRecord record : seen.instances()) {
            if (record.name().equals(instance)) {
                return record.incarnation() == incarnation
                        && record.report().state().takesPart()
                        && (record.held() || grid.members().contains(instance));
            }
        }
        return false;
    }

    /** Whether another instance could take sessions over. */
    public boolean hasReadyPeer() {
        List<String> members = grid.members();
        return seen.instances().stream()
                .anyMatch(instance -> !instance.name().equals(lease.name().value())
                        && instance.held()
                        && members.contains(instance.name())
                        && (instance.report().state() == InstanceState.READY
                                || instance.report().state() == InstanceState.DEGRADED));
    }

    /** The instances as they were read last; up to half a second old. */
    public List<InstanceRecord> instances() {
        return seen.instances();
    }

    /** Why this instance is fenced now; null when it is not. */
    public @Nullable String fencedFor() {
        return fencedFor;
    }

    /** Why it fenced itself last; empty if it never did. */
    public String lastFenced() {
        return lastFenced;
    }

    public boolean isRebalancing() {
        return grid.isRebalancing();
    }

    /** Hears after each change of the grid's members, on the looking thread; must only enqueue. */
    public void onTopology(Runnable listener) {
        topologyListeners.add(listener);
    }

    private void read() {
        while (!closed) {
            try {
                Thread.sleep(READ);
                InstanceTable.Snapshot next = table.read();
                seenNanos = nanoTime.getAsLong();
                seen = next;
            } catch (InterruptedException e) {
                return;
            } catch (SQLException | ControlException e) {
                log.atDebug().setCause(e).log("The instances were not read");
            }
        }
    }

    private void look() {
        while (!closed) {
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                return;
            }
            long now = nanoTime.getAsLong();
            Duration pause = Duration.ofNanos(now - lookedNanos);
            lookedNanos = now;
            try {
                lookAt(now, pause);
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("The state of the cluster could not be judged");
            }
        }
    }

    private void lookAt(long now, Duration pause) {
        List<String> members = grid.members();
        if (!members.equals(lastMembers)) {
            lastMembers = members;
            log.atInfo().addKeyValue("members", members).log("Members of the grid");
            topologyListeners.forEach(Runnable::run);
        }
        if (fencedFor != null) {
            lastView = Set.of();
            return;
        }
        if (lease.state() == LeaseState.SUPERSEDED) {
            fence("another process of this name took over");
            return;
        }
        Set<String> strangers = strangers(now);
        InstanceTable.Snapshot snapshot = seen;
        boolean lost = snapshot.view() > view
                && !snapshot.members().contains(lease.name().value());
        if (snapshot.view() > view && !lost) {
            view = snapshot.view();
        }
        Sight sight = new Sight(
                pause, lease.sinceRenewed(), Set.copyOf(members), lastView, othersRenewed(now), strangers, lost);
        switch (FencePolicy.decide(sight)) {
            case FencePolicy.Verdict.GoOn goOn -> {
                if (lostNanos.isEmpty() && sight.sinceRenewed().compareTo(FencePolicy.RECENT) < 0) {
                    lastView = sight.members();
                }
            }
            case FencePolicy.Verdict.Race(boolean smallerSide) -> race(smallerSide, sight);
            case FencePolicy.Verdict.Fence(String reason) -> fence(reason);
        }
    }

    /**
     * What the others told, but for those that PostgreSQL answers only since a moment ago: after an outage for all, somebody is
     * the first to have it back.
     */
    private Map<String, Duration> othersRenewed(long now) {
        Map<String, Duration> told = new HashMap<>(grid.othersRenewed());
        answeredSinceNanos.keySet().retainAll(told.keySet());
        told.entrySet().removeIf(other -> {
            if (other.getValue().compareTo(FencePolicy.RECENT) >= 0) {
                answeredSinceNanos.remove(other.getKey());
                return false;
            }
            long since = answeredSinceNanos.computeIfAbsent(other.getKey(), name -> now);
            return now - since < AFTER_OUTAGE.toNanos();
        });
        return told;
    }

    /** Those that were lost from sight and have renewed since. */
    private Set<String> strangers(long now) {
        Set<String> unseen = unseen();
        lostNanos.keySet().retainAll(unseen);
        Set<String> strangers = new HashSet<>();
        for (InstanceRecord instance : seen.instances()) {
            if (!unseen.contains(instance.name())) {
                continue;
            }
            long lost = lostNanos.computeIfAbsent(instance.name(), name -> now);
            long renewed = seenNanos - instance.sinceRenewed().toNanos();
            if (renewed - lost > AFTERLIFE.toNanos()) {
                strangers.add(instance.name());
            }
        }
        return strangers;
    }

    /** On a thread of its own: the database may be slow. */
    private void race(boolean smallerSide, Sight sight) {
        if (!racing.compareAndSet(false, true)) {
            return;
        }
        long before = view;
        Thread.ofVirtual().name("cluster-race").start(() -> {
            try {
                if (smallerSide) {
                    Thread.sleep(SMALLER_SIDE_WAITS);
                }
                if (table.claim(before, sight.members())) {
                    log.atWarn()
                            .addKeyValue("members", sight.members())
                            .addKeyValue("others", sight.strangers())
                            .log("The grid is split; this side goes on");
                    view = before + 1;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (SQLException e) {
                log.atWarn().setCause(e).log("The split could not be decided yet");
            } finally {
                racing.set(false);
            }
        });
    }

    /** The grid of this instance stopped by itself. */
    public void gridFailed(String why) {
        fence("its grid stopped: " + why);
    }

    private synchronized void fence(String reason) {
        if (fencedFor != null || closed) {
            return;
        }
        fencedFor = reason;
        lastFenced = reason;
        lease.suspend(reason);
        log.atWarn().addKeyValue("reason", reason).log("This instance fences itself");
        fenced.fence(reason);
    }

    private void talk() {
        while (!closed) {
            try {
                Thread.sleep(LOOK);
                if (fencedFor == null) {
                    grid.tellRenewed(lease.sinceRenewed());
                    grid.tellApplied(applied.getAsLong());
                } else if (lease.state() == LeaseState.SUPERSEDED) {
                    grid.leave();
                } else {
                    comeBack();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                log.atDebug().setCause(e).log("The grid was not reached");
            }
        }
    }

    /** One attempt. The database must answer: without it nobody can say who else lives. */
    private void comeBack() throws InterruptedException {
        if (lease.sinceRenewed().compareTo(FencePolicy.RECENT) > 0) {
            grid.leave();
            return;
        }
        try {
            grid.rejoin();
        } catch (GridException e) {
            log.atWarn().addKeyValue("reason", e.getMessage()).log("The grid was not joined, trying again");
            return;
        }
        long deadline = nanoTime.getAsLong() + VISIBLE_LIMIT.toNanos();
        while (!unseen().isEmpty()) {
            if (nanoTime.getAsLong() - deadline > 0) {
                fencedFor = ClusterEntry.strangeness(unseen());
                return;
            }
            Thread.sleep(READ);
        }
        fenced.rejoined();
        synchronized (this) {
            view = seen.view();
            fencedFor = null;
            lease.resume();
        }
        log.atInfo().addKeyValue("members", grid.members()).log("This instance takes part again");
    }

    @Override
    public void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
    }
}
