package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.netmap.PeerEvents;
import io.fleetscale.loadtest.netmap.Violation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Times how long each of many changes takes to reach each session, and records who sees what it must not. Thread-safe.
 */
public final class ChangeEvents implements PeerEvents {
    /** Longest time that is told apart: 2 minutes in microseconds. */
    private static final long MAX_MICROS = 120_000_000;

    private static final int MAX_VIOLATIONS = 1000;

    private final TailnetModel model;
    /** The newest change of each peer, by id. */
    private final Map<Long, Change> changes = new ConcurrentHashMap<>();

    private final Map<Long, Integer> numbers = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Violation> violations = new ConcurrentLinkedQueue<>();
    private final LongAdder falseOffline = new LongAdder();
    private volatile Histogram arrivals = new ConcurrentHistogram(MAX_MICROS, 3);

    /**
     * A change on its way to the sessions.
     *
     * @param label first label of the new name; empty: the endpoint's port is what changes
     * @param seen by which sessions; guarded by itself
     */
    private record Change(String label, int port, long startNanos, BitSet seen) {}

    public ChangeEvents(TailnetModel model) {
        this.model = model;
    }

    /** Learns which member a node is. */
    void know(long id, int number) {
        numbers.put(id, number);
    }

    void expectName(long peer, String label) {
        changes.put(peer, new Change(label, 0, System.nanoTime(), new BitSet()));
    }

    void expectPort(long peer, int port) {
        changes.put(peer, new Change("", port, System.nanoTime(), new BitSet()));
    }

    /** Arrivals since the last call, in microseconds from before the request. */
    Histogram takeArrivals() {
        Histogram taken = arrivals;
        arrivals = new ConcurrentHistogram(MAX_MICROS, 3);
        return taken;
    }

    /** Sessions that were told that a peer had gone offline although it had not. */
    long falseOffline() {
        return falseOffline.sum();
    }

    List<Violation> violations() {
        return new ArrayList<>(violations);
    }

    private void arrived(int viewer, @Nullable Change change, Supplier<Boolean> isIt) {
        if (change == null || !isIt.get()) {
            return;
        }
        synchronized (change.seen()) {
            if (change.seen().get(viewer)) {
                return;
            }
            change.seen().set(viewer);
        }
        arrivals.recordValue(Math.min((System.nanoTime() - change.startNanos()) / 1000, MAX_MICROS));
    }

    @Override
    public void endpoint(int viewer, long peer, int port) {
        Change change = changes.get(peer);
        arrived(viewer, change, () -> change != null && change.port() == port);
    }

    @Override
    public void named(int viewer, long peer, String name) {
        Change change = changes.get(peer);
        arrived(
                viewer,
                change,
                () -> change != null && !change.label().isEmpty() && name.startsWith(change.label() + "."));
    }

    @Override
    public void tagged(int viewer, long peer, List<String> tags) {
        if (!model.mayEverSee(viewer, tags) && violations.size() < MAX_VIOLATIONS) {
            violations.add(new Violation(
                    Violation.Kind.FORBIDDEN, viewer, peer, "has " + tags + ", which the session never was allowed"));
        }
    }

    @Override
    public void offline(int viewer, long peer) {
        Integer number = numbers.get(peer);
        if (number != null && model.settledTogether(viewer, number)) {
            falseOffline.increment();
        }
    }
}
