package io.fleetscale.grid;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.ignite.Ignite;
import org.apache.ignite.Ignition;
import org.apache.ignite.cluster.ClusterNode;
import org.apache.ignite.events.CacheRebalancingEvent;
import org.apache.ignite.events.DiscoveryEvent;
import org.apache.ignite.events.EventType;
import org.apache.ignite.failure.FailureContext;
import org.apache.ignite.failure.StopNodeFailureHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The grid as one instance takes part in it.
 *
 * <p>Thread-safe. Caches and listeners outlive {@link #restart}: while the grid is stopped, caches throw {@link GridException},
 * and afterwards listeners hear of everything anew. Listeners of membership and failure are called one after the other on a
 * thread of the grid's facade.
 */
public final class Grid implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Grid.class);
    /** Several grids can run in one JVM, and a restarted one may begin while the old one still ends: names differ. */
    private static final AtomicLong STARTS = new AtomicLong();

    /** On a machine without free processors an ordinary join was seen to take 25 s; one that hangs never ends. */
    private static final Duration JOIN_LIMIT = Duration.ofSeconds(60);

    private static final Duration TAKEOVER_LIMIT = Duration.ofSeconds(60);
    private static final Duration TAKEOVER_POLL = Duration.ofMillis(2);

    private final GridConfig config;
    private final Map<CacheDefinition<?>, CacheSlot> slots = new LinkedHashMap<>();
    private final Map<CacheDefinition<?>, GridCache<?, ?>> caches = new LinkedHashMap<>();
    private final List<Consumer<Membership>> membershipListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<GridFailure>> failureListeners = new CopyOnWriteArrayList<>();
    private final ExecutorService notices = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("grid-notices").factory());
    private final ReentrantLock lifecycle = new ReentrantLock();
    private final AtomicLong restarts = new AtomicLong();

    private volatile @Nullable Ignite ignite;
    private volatile Membership membership = Membership.NONE;

    @GuardedBy("lifecycle")
    private boolean closed;

    /**
     * @throws IllegalArgumentException with all problems of the configuration
     */
    public Grid(GridConfig config) {
        List<String> problems = config.validate();
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        this.config = config;
        for (CacheDefinition<?> definition : config.caches()) {
            CacheSlot slot = new CacheSlot(definition.name());
            slots.put(definition, slot);
            caches.put(definition, definition.facade(slot));
        }
    }

    /**
     * Joins the grid, or begins one when nobody else is found, and takes over all entries that the others hold.
     *
     * @throws GridException when it could not start or was refused
     */
    public void start() {
        lifecycle.lock();
        try {
            if (closed) {
                throw new GridException("the grid is closed");
            }
            if (ignite != null) {
                throw new GridException("the grid is running already");
            }
            run(false);
        } finally {
            lifecycle.unlock();
        }
    }

    /** Leaves the grid, if it is still in it, and joins it again inside this JVM, without any of its entries. */
    public void restart() {
        lifecycle.lock();
        try {
            if (closed) {
                throw new GridException("the grid is closed");
            }
            halt();
            restarts.incrementAndGet();
            run(true);
        } finally {
            lifecycle.unlock();
        }
    }

    /** Leaves the grid but stays ready for a {@link #restart}: for an instance that must not take part for now. */
    public void stop() {
        lifecycle.lock();
        try {
            halt();
        } finally {
            lifecycle.unlock();
        }
    }

    /** Leaves the grid for good. */
    @Override
    public void close() {
        lifecycle.lock();
        try {
            closed = true;
            halt();
            slots.values().forEach(CacheSlot::close);
        } finally {
            lifecycle.unlock();
        }
        notices.shutdown();
    }

    /** Whether this instance is in the grid. */
    public boolean isRunning() {
        return ignite != null;
    }

    /**
     * @throws IllegalArgumentException when the definition is not one of the configuration
     */
    @SuppressWarnings("unchecked") // the definition made this facade
    public <C extends GridCache<?, ?>> C cache(CacheDefinition<C> definition) {
        GridCache<?, ?> cache = caches.get(definition);
        if (cache == null) {
            throw new IllegalArgumentException("cache '" + definition + "': not in the configuration of this grid");
        }
        return (C) cache;
    }

    /** Who is in the grid now. */
    public Membership membership() {
        return membership;
    }

    /** Hears of every change of membership, the stop of the own grid included. */
    public Subscription onMembership(Consumer<Membership> listener) {
        membershipListeners.add(listener);
        return () -> membershipListeners.remove(listener);
    }

    /** Hears when the grid of this instance stops by itself. */
    public Subscription onFailure(Consumer<GridFailure> listener) {
        failureListeners.add(listener);
        return () -> failureListeners.remove(listener);
    }

    /** Whether this instance, and whether any member, still takes over entries from others. */
    public Rebalance rebalance() {
        Ignite running = ignite;
        return running == null ? Rebalance.STOPPED : Rebalance.of(running, slots.values());
    }

    /** Meters of this grid, to be bound once. */
    public MeterBinder meters() {
        return new GridMeters(this, List.copyOf(slots.values()));
    }

    long restarts() {
        return restarts.get();
    }

    @GuardedBy("lifecycle")
    private void run(boolean again) {
        long began = System.nanoTime();
        prepareDiscovery();
        String startName = "fleetscale-" + STARTS.incrementAndGet();
        Ignite started = BoundedStart.of(IgniteSettings.of(config, startName, new Failure()), JOIN_LIMIT);
        try {
            awaitEntries(started);
        } catch (RuntimeException e) {
            Ignition.stop(startName, true);
            throw e;
        }
        ignite = started;
        started.events()
                .localListen(
                        event -> {
                            String name = ((CacheRebalancingEvent) event).cacheName();
                            slots.values().stream()
                                    .filter(slot -> slot.name().equals(name))
                                    .forEach(CacheSlot::rescan);
                            return true;
                        },
                        EventType.EVT_CACHE_REBALANCE_STOPPED);
        started.events()
                .localListen(
                        event -> {
                            publish(started, ((DiscoveryEvent) event).topologyVersion());
                            return true;
                        },
                        EventType.EVT_NODE_JOINED,
                        EventType.EVT_NODE_LEFT,
                        EventType.EVT_NODE_FAILED);
        publish(started, started.cluster().topologyVersion());
        for (CacheSlot slot : slots.values()) {
            slot.connect(started.cache(slot.name()), again);
        }
        LOG.atInfo()
                .addKeyValue("instance", config.instance())
                .addKeyValue("members", membership.members().size())
                .addKeyValue("millis", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began))
                .log(again ? "grid restarted" : "grid started");
    }

    private void prepareDiscovery() {
        if (config.discovery() instanceof Discovery.Database(DataSource dataSource, boolean createTable)
                && createTable) {
            try {
                DiscoveryTable.create(dataSource);
            } catch (SQLException e) {
                throw new GridException("the grid could not start: its table in the database: " + e.getMessage(), e);
            }
        }
    }

    /** Ignite says that it has started when the copies of its caches may still be empty. */
    private void awaitEntries(Ignite started) {
        long deadline = System.nanoTime() + TAKEOVER_LIMIT.toNanos();
        while (Rebalance.of(started, slots.values()).self()) {
            if (System.nanoTime() - deadline > 0) {
                throw new GridException(
                        "the grid could not start: the entries of the other instances did not arrive within "
                                + TAKEOVER_LIMIT.toSeconds() + " s");
            }
            LockSupport.parkNanos(TAKEOVER_POLL.toNanos());
        }
    }

    @GuardedBy("lifecycle")
    private void halt() {
        Ignite running = ignite;
        disconnect();
        if (running != null) {
            Ignition.stop(running.name(), true);
        }
    }

    private void disconnect() {
        ignite = null;
        slots.values().forEach(CacheSlot::disconnect);
        tell(Membership.NONE);
    }

    private void publish(Ignite source, long number) {
        List<Member> members = new ArrayList<>();
        for (ClusterNode node : source.cluster().nodes()) {
            members.add(new Member(
                    node.id(),
                    Objects.toString(node.attribute(JoinGuard.INSTANCE)),
                    Objects.toString(node.attribute(JoinGuard.PROGRAM_VERSION)),
                    node.order(),
                    node.isLocal()));
        }
        members.sort(Comparator.comparingLong(Member::order));
        if (ignite == source) {
            tell(new Membership(number, members));
        }
    }

    private synchronized void tell(Membership next) {
        Membership current = membership;
        if (next.equals(current) || (next.number() != 0 && next.number() < current.number())) {
            return;
        }
        membership = next;
        if (!notices.isShutdown()) {
            notices.execute(() -> membershipListeners.forEach(listener -> call(listener, next)));
        }
    }

    private static <T> void call(Consumer<T> listener, T notice) {
        try {
            listener.accept(notice);
        } catch (RuntimeException e) {
            LOG.error("a listener of the grid failed", e);
        }
    }

    /** Stops the Ignite of this start, and only that, and tells so. */
    private final class Failure extends StopNodeFailureHandler {
        @Override
        public boolean handle(Ignite failed, FailureContext context) {
            GridFailure failure = new GridFailure(context.type().name(), String.valueOf(context.error()));
            LOG.atError()
                    .addKeyValue("instance", config.instance())
                    .addKeyValue("kind", failure.kind())
                    .setCause(context.error())
                    .log("the grid of this instance failed and stops");
            if (ignite == failed) {
                disconnect();
            }
            if (!notices.isShutdown()) {
                notices.execute(() -> failureListeners.forEach(listener -> call(listener, failure)));
            }
            return super.handle(failed, context);
        }
    }
}
