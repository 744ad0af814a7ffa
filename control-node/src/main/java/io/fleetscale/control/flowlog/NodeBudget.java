package io.fleetscale.control.flowlog;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How much each node may upload to this instance: 256 KiB a second on average, 8 MiB at once; a busy router sends a tenth of
 * it. Bounded; thread-safe.
 */
final class NodeBudget {
    static final int BURST_BYTES = 8 * 1024 * 1024;
    private static final int BYTES_PER_SECOND = 256 * 1024;
    private static final int MAX_NODES = 100_000;

    private final LongSupplier nanoTime;
    private final Cache<NodeId, Bucket> buckets = Caffeine.newBuilder()
            .maximumSize(MAX_NODES)
            .expireAfterAccess(Duration.ofMinutes(1))
            .build();

    NodeBudget(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Takes the bytes; false when the node has not so many left now. */
    boolean take(NodeId node, int bytes) {
        long now = nanoTime.getAsLong();
        return buckets.get(node, ignored -> new Bucket(now)).take(now, bytes);
    }

    /** Guarded by itself. */
    private static final class Bucket {
        @GuardedBy("this")
        private double left = BURST_BYTES;

        @GuardedBy("this")
        private long countedAt;

        Bucket(long now) {
            this.countedAt = now;
        }

        synchronized boolean take(long now, int bytes) {
            left = Math.min(BURST_BYTES, left + (now - countedAt) * (BYTES_PER_SECOND / 1e9));
            countedAt = now;
            if (left < bytes) {
                return false;
            }
            left -= bytes;
            return true;
        }
    }
}
