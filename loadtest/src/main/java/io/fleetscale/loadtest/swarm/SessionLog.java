package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.client.NodeObserver;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** How many sessions of a swarm are up, and how long those that were lost were away. Thread-safe. */
public final class SessionLog {
    private static final long MAX_MICROS = 600_000_000;

    private final AtomicInteger up = new AtomicInteger();
    private final LongAdder lost = new LongAdder();
    private volatile Histogram away = new ConcurrentHistogram(MAX_MICROS, 3);

    /** An observer for one node. */
    NodeObserver observer() {
        return new NodeObserver() {
            // both are called on the node's event loop
            private boolean attached;
            private long lostNanos;

            @Override
            public void onFullMap(long nanos) {
                if (!attached) {
                    attached = true;
                    up.incrementAndGet();
                    if (lostNanos != 0) {
                        away.recordValue(Math.min((System.nanoTime() - lostNanos) / 1000, MAX_MICROS));
                    }
                }
            }

            @Override
            public void onPollLost(Throwable cause) {
                if (attached) {
                    attached = false;
                    lostNanos = System.nanoTime();
                    up.decrementAndGet();
                    lost.increment();
                }
            }
        };
    }

    /** A node was closed on purpose while its session was up. */
    void left() {
        up.decrementAndGet();
    }

    /** Sessions that have their first map and have not lost their poll. */
    public int up() {
        return up.get();
    }

    /** How often a session lost its poll, until now. */
    public long lost() {
        return lost.sum();
    }

    /** Times without a session since the last call, in microseconds: poll lost to full map read. */
    public Histogram takeAway() {
        Histogram taken = away;
        away = new ConcurrentHistogram(MAX_MICROS, 3);
        return taken;
    }
}
