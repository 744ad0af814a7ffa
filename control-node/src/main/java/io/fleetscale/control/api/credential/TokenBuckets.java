package io.fleetscale.control.api.credential;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.function.LongSupplier;

/** A budget for each key, full at first and refilled steadily. Bounded in keys; thread-safe. */
public final class TokenBuckets {
    private final double perNano;
    private final int burst;
    private final LongSupplier nanoTime;
    private final Cache<String, Bucket> buckets;

    /**
     * @param perSecond what comes back each second
     * @param burst what a key has that was not seen for a while
     * @param maxKeys of how many keys it remembers what they took; those of long ago are forgotten first
     */
    public TokenBuckets(double perSecond, int burst, int maxKeys, LongSupplier nanoTime) {
        this.perNano = perSecond / Duration.ofSeconds(1).toNanos();
        this.burst = burst;
        this.nanoTime = nanoTime;
        // A bucket is full again after this time, so that forgetting it changes nothing.
        Duration full = Duration.ofNanos((long) Math.ceil(burst / perNano));
        this.buckets = Caffeine.newBuilder()
                .maximumSize(maxKeys)
                .expireAfterAccess(full)
                .build();
    }

    /** Takes one; false when the key has none left now. */
    public boolean take(String key) {
        long now = nanoTime.getAsLong();
        return buckets.get(key, ignored -> new Bucket(now)).take(now);
    }

    /** What one key has left. Guarded by itself. */
    private final class Bucket {
        @GuardedBy("this")
        private double left = burst;

        @GuardedBy("this")
        private long countedAt;

        Bucket(long now) {
            this.countedAt = now;
        }

        synchronized boolean take(long now) {
            left = Math.min(burst, left + (now - countedAt) * perNano);
            countedAt = now;
            if (left < 1) {
                return false;
            }
            left--;
            return true;
        }
    }
}
