package io.fleetscale.control.derpmap;

import io.fleetscale.wire.tailcfg.DerpMap;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the sources of the DERP map again and again; for the one instance that imports settings. A virtual thread of its own;
 * thread-safe.
 */
public final class DerpMapUpdates implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DerpMapUpdates.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(15);

    private final DerpMaps maps;
    private final Supplier<DerpMap> stored;
    private final Consumer<DerpMap> changed;
    private final Duration interval;
    private final Thread thread = Thread.ofVirtual().name("derp-map").unstarted(this::run);
    private volatile long loadedNanos = System.nanoTime();

    /**
     * @param stored the map that the tailnet has
     * @param changed hears of every map that differs from the stored one
     * @param interval between two complete loads; what failed is tried sooner, with growing pauses
     */
    public DerpMapUpdates(DerpMaps maps, Supplier<DerpMap> stored, Consumer<DerpMap> changed, Duration interval) {
        this.maps = maps;
        this.stored = stored;
        this.changed = changed;
        this.interval = interval;
    }

    public void start() {
        thread.start();
    }

    /** Since all sources were read, for a metric. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - loadedNanos);
    }

    private void run() {
        Duration pause = interval;
        Duration retry = FIRST_RETRY;
        try {
            while (true) {
                Thread.sleep(pause);
                if (load()) {
                    pause = interval;
                    retry = FIRST_RETRY;
                } else {
                    pause = retry;
                    retry = shorter(retry.multipliedBy(2), interval);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private boolean load() {
        try {
            DerpMap known = stored.get();
            DerpMaps.Result result = maps.load(known);
            if (result.complete()) {
                loadedNanos = System.nanoTime();
            }
            if (!result.map().equals(known)) {
                changed.accept(result.map());
            }
            return result.complete();
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("the DERP map stays as it is");
            return false;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
