package io.fleetscale.control.api.tailscale;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many requests each credential may make on this instance: 50 a second on average, 200 at once. Bounded; thread-safe.
 * Source: tailscale-api-v2 5.
 */
final class RequestBudget {
    static final int PER_SECOND = 50;
    static final int BURST = 200;
    private static final int MAX_CREDENTIALS = 50_000;
    private static final double PER_NANO = PER_SECOND / 1e9;

    private final LongSupplier nanoTime;
    private final Cache<String, Bucket> buckets = Caffeine.newBuilder()
            .maximumSize(MAX_CREDENTIALS)
            .expireAfterAccess(Duration.ofMinutes(1))
            .build();

    RequestBudget(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Takes one request; false when the credential has none left now. */
    boolean take(String credential) {
        long now = nanoTime.getAsLong();
        return buckets.get(credential, ignored -> new Bucket(now)).take(now);
    }

    /** The requests that one credential has left. Guarded by itself. */
    private static final class Bucket {
        @GuardedBy("this")
        private double left = BURST;

        @GuardedBy("this")
        private long countedAt;

        Bucket(long now) {
            this.countedAt = now;
        }

        synchronized boolean take(long now) {
            left = Math.min(BURST, left + (now - countedAt) * PER_NANO);
            countedAt = now;
            if (left < 1) {
                return false;
            }
            left--;
            return true;
        }
    }
}
