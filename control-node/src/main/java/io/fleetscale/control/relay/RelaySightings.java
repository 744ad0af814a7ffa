package io.fleetscale.control.relay;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Which relays have given a sign of life, and when this instance noticed it by its own clock. Heartbeats reach one instance and
 * are shown to the others by {@link RelayGrid}. Thread-safe.
 */
public final class RelaySightings {
    /** A relay without a sign of life for this long is looked at. */
    static final Duration SILENCE = Duration.ofSeconds(5);

    private record Seen(RelayReport report, long atNanos) {}

    private final RelayGrid grid;
    private final LongSupplier nanoTime;
    private final long startedNanos;

    @GuardedBy("this")
    private final Map<String, Seen> seen = new HashMap<>();

    public RelaySightings(RelayGrid grid, LongSupplier nanoTime) {
        this.grid = grid;
        this.nanoTime = nanoTime;
        this.startedNanos = nanoTime.getAsLong();
    }

    /** A heartbeat arrived at this instance. Blocks on the grid. */
    void heartbeat(RelayReport report) {
        note(report);
        grid.show(report);
    }

    /** Takes up what other instances have seen. Blocks on the grid; false when it does not answer. */
    boolean refresh() {
        Optional<List<RelayReport>> shown = grid.shown();
        shown.ifPresent(reports -> reports.forEach(this::note));
        return shown.isPresent();
    }

    private synchronized void note(RelayReport report) {
        String name = report.member().name();
        Seen known = seen.get(name);
        boolean fresh =
                known == null || !known.report.run().equals(report.run()) || report.beat() > known.report.beat();
        if (fresh) {
            seen.put(name, new Seen(report, nanoTime.getAsLong()));
        }
    }

    /** The latest report of each relay that is not silent. */
    synchronized List<RelayReport> alive() {
        return seen.values().stream()
                .filter(entry -> nanoTime.getAsLong() - entry.atNanos < SILENCE.toNanos())
                .map(Seen::report)
                .toList();
    }

    /** The latest report of a relay that is not silent. */
    Optional<RelayReport> alive(String name) {
        return alive().stream()
                .filter(report -> report.member().name().equals(name))
                .findFirst();
    }

    /** How long ago a relay gave its last sign of life; since the start of this instance when it has never seen one. */
    synchronized Duration silence(String name) {
        Seen known = seen.get(name);
        return Duration.ofNanos(nanoTime.getAsLong() - (known == null ? startedNanos : known.atNanos));
    }
}
