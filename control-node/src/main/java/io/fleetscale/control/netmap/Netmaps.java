package io.fleetscale.control.netmap;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows image and presence and publishes what clients are told. One thread of its own does all changes; whatever arrived
 * while it was busy becomes one next state, so that a flood of changes costs few states. Reading is thread-safe and never
 * blocks.
 */
public final class Netmaps implements ImageListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Netmaps.class);
    /** How often a policy that does not compile is tried again. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final int MAX_BATCH = 4096;

    private sealed interface Event {
        record Loaded(TailnetImage image) implements Event {}

        record Applied(TailnetImage before, TailnetDelta delta, TailnetImage after) implements Event {}

        record Presence(NodeId node) implements Event {}

        record Await(long version, CompletableFuture<NetmapState> reached) implements Event {}

        record Stop() implements Event {}
    }

    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Event.Await> waiting = new ArrayList<>();
    private final NetmapDraft draft;
    private final Thread thread;
    private volatile NetmapState state;
    private volatile @Nullable NetmapMeters meters;

    /**
     * @param newcomerHold how long a new node is kept from its peers while it has neither disco key nor home DERP: what they
     *     would send to it fails, and is tried again only after seconds. Source: control-protocol 12 no. 2
     * @param nanoTime monotonic clock
     */
    public Netmaps(
            CompiledPolicy.Compiler compiler, PresenceOverlay presence, Duration newcomerHold, LongSupplier nanoTime) {
        this.draft = new NetmapDraft(compiler, presence, newcomerHold, nanoTime);
        this.state = draft.publish();
        this.thread = Thread.ofPlatform().name("netmaps").daemon().unstarted(this::run);
        presence.addListener(node -> events.add(new Event.Presence(node)));
    }

    /** Measures from here on. */
    public void measure(MeterRegistry registry) {
        meters = new NetmapMeters(registry);
    }

    public void start() {
        thread.start();
    }

    /** The newest state. */
    public NetmapState state() {
        return state;
    }

    /** How the policy fares. */
    public PolicyFigures policyFigures() {
        return draft.figures();
    }

    /**
     * Completes with a state whose image has at least this version, on the thread of this object. Fails with UNAVAILABLE while
     * the policy cannot be compiled for it.
     */
    public CompletableFuture<NetmapState> reach(long version) {
        NetmapState now = state;
        if (now.image().version() >= version) {
            return CompletableFuture.completedFuture(now);
        }
        CompletableFuture<NetmapState> reached = new CompletableFuture<>();
        events.add(new Event.Await(version, reached));
        return reached;
    }

    /** Calls back after each new state, on the thread of this object; must not block. */
    public void addListener(Runnable listener) {
        listeners.add(listener);
    }

    /** Nodes that no peer is told of because their records cannot be shown, with the reason. */
    public java.util.Map<NodeId, String> unusableNodes() {
        return draft.unusable();
    }

    /** Changes that wait to be taken into a state. */
    public int queueLength() {
        return events.size();
    }

    @Override
    public void loaded(TailnetImage image) {
        events.add(new Event.Loaded(image));
    }

    @Override
    public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        events.add(new Event.Applied(before, delta, after));
    }

    @Override
    public void close() {
        events.add(new Event.Stop());
    }

    private void run() {
        List<Event> batch = new ArrayList<>();
        while (true) {
            try {
                Event first = nextEvent();
                if (first != null) {
                    batch.add(first);
                    events.drainTo(batch, MAX_BATCH);
                } else {
                    retry();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            long began = System.nanoTime();
            for (Event event : batch) {
                if (event instanceof Event.Stop) {
                    return;
                }
                take(event);
            }
            draft.releaseOverdue();
            long taken = System.nanoTime();
            boolean changed = publish();
            NetmapMeters measured = meters;
            if (changed && measured != null) {
                measured.batch(batch.size(), taken - began, System.nanoTime() - taken);
            }
            batch.clear();
        }
    }

    private @Nullable Event nextEvent() throws InterruptedException {
        long releaseNanos = draft.nanosToNextRelease();
        long waitNanos =
                draft.isBehind() ? releaseNanos < 0 ? RETRY_NANOS : Math.min(releaseNanos, RETRY_NANOS) : releaseNanos;
        return waitNanos < 0 ? events.take() : events.poll(waitNanos, TimeUnit.NANOSECONDS);
    }

    /** A fault in one change must not end the thread: the next full load repairs what it left behind. */
    private void take(Event event) {
        try {
            switch (event) {
                case Event.Loaded(TailnetImage image) -> draft.load(image);
                case Event.Applied(TailnetImage before, TailnetDelta delta, TailnetImage after) -> {
                    long began = System.nanoTime();
                    draft.apply(before, delta, after);
                    measure(before, delta, System.nanoTime() - began);
                }
                case Event.Presence(NodeId node) -> {
                    long began = System.nanoTime();
                    draft.presenceChanged(node);
                    measure(NetmapMeters.Operation.UPDATE, System.nanoTime() - began);
                }
                case Event.Await await -> waiting.add(await);
                case Event.Stop stop -> {}
            }
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a change could not be taken into the netmaps: they are made anew");
            repair(event);
        }
    }

    private void retry() {
        try {
            draft.retry();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("the netmaps could not be made anew");
        }
    }

    /** What a fault has left undone must not be lost on the clients. */
    private void repair(Event event) {
        try {
            switch (event) {
                case Event.Loaded(TailnetImage image) -> draft.repair(image);
                case Event.Applied applied -> draft.repair(applied.after());
                case Event.Presence presence -> {}
                case Event.Await await -> {}
                case Event.Stop stop -> {}
            }
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("the netmaps could not be made anew");
        }
    }

    private void measure(TailnetImage before, TailnetDelta delta, long nanos) {
        for (Change change : delta.changes()) {
            if (change instanceof Change.NodePut(Node node)) {
                measure(
                        before.node(node.id()) == null ? NetmapMeters.Operation.PUT : NetmapMeters.Operation.UPDATE,
                        nanos);
            } else if (change instanceof Change.NodeRemoved) {
                measure(NetmapMeters.Operation.DELETE, nanos);
            }
        }
    }

    private void measure(NetmapMeters.Operation operation, long nanos) {
        NetmapMeters measured = meters;
        if (measured != null) {
            measured.took(operation, nanos);
        }
    }

    /** Whether there is a new state. */
    private boolean publish() {
        boolean changed = draft.hasChanged();
        if (changed) {
            state = draft.publish();
        }
        NetmapState now = state;
        for (Iterator<Event.Await> awaits = waiting.iterator(); awaits.hasNext(); ) {
            Event.Await await = awaits.next();
            if (now.image().version() >= await.version()) {
                awaits.remove();
                await.reached().complete(now);
            } else if (draft.isBehind()) {
                awaits.remove();
                await.reached()
                        .completeExceptionally(new ControlException(
                                ErrorCode.UNAVAILABLE,
                                draft.figures().problem() + "; correct the policy, clients keep what they have"));
            }
        }
        if (changed) {
            for (Runnable listener : listeners) {
                listener.run();
            }
        }
        return changed;
    }
}
