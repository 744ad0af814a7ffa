package io.fleetscale.control.api.credential;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.wire.ip.IpAddress;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many wrong credentials each source address has shown, over all API families: at most 50 in a minute, refilled
 * steadily. IPv6 callers count by their /64. Bounded; thread-safe. Source: api-families 4.2 step 6.
 *
 * <p>Keys with enough randomness are still verified for an address that used up its budget, and only the wrong ones are
 * refused as too many: one script with an outdated key must not lock out everybody behind the same address.
 */
public final class FailedAttempts {
    public static final int PER_MINUTE = 50;
    private static final int MAX_ADDRESSES = 100_000;
    private static final double PER_NANO =
            PER_MINUTE / (double) Duration.ofMinutes(1).toNanos();

    private final LongSupplier nanoTime;
    private final Cache<String, Bucket> buckets = Caffeine.newBuilder()
            .maximumSize(MAX_ADDRESSES)
            .expireAfterAccess(Duration.ofMinutes(2))
            .build();

    public FailedAttempts(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Counts one failed attempt; false when the address had none left. */
    public boolean record(String remoteAddress) {
        long now = nanoTime.getAsLong();
        return buckets.get(bucketOf(remoteAddress), ignored -> new Bucket(now)).take(now);
    }

    private static String bucketOf(String remoteAddress) {
        try {
            IpAddress address = IpAddress.parse(remoteAddress);
            return address.isV6() ? Long.toHexString(address.high()) : remoteAddress;
        } catch (IllegalArgumentException notAnAddress) {
            return remoteAddress;
        }
    }

    /** The attempts that one address has left. Guarded by itself. */
    private static final class Bucket {
        @GuardedBy("this")
        private double left = PER_MINUTE;

        @GuardedBy("this")
        private long countedAt;

        Bucket(long now) {
            this.countedAt = now;
        }

        synchronized boolean take(long now) {
            left = Math.min(PER_MINUTE, left + (now - countedAt) * PER_NANO);
            countedAt = now;
            if (left < 1) {
                return false;
            }
            left--;
            return true;
        }
    }
}
