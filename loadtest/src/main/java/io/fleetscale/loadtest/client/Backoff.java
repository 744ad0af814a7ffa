package io.fleetscale.loadtest.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The real client's pauses between polls: {@code min(n * n * 10 ms, 30 s)} times 0.5..1.5 after the n-th failure in a
 * row. Confined to one thread. Source: control-protocol 5.12.
 */
final class Backoff {
    private static final long STEP_MILLIS = 10;
    private static final long LIMIT_MILLIS = 30_000;

    private final RandomGenerator random;
    private int failures;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** Counts a failure; how long to wait now. */
    Duration next() {
        failures = Math.min(failures + 1, 1000);
        long millis = Math.min((long) failures * failures * STEP_MILLIS, LIMIT_MILLIS);
        return Duration.ofNanos((long) (millis * 1e6 * random.nextDouble(0.5, 1.5)));
    }

    void reset() {
        failures = 0;
    }
}
