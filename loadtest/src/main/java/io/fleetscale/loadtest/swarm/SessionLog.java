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
    private final AtomicInteger established = new AtomicInteger();
    private final LongAdder lost = new LongAdder();
    private volatile Histogram away = new ConcurrentHistogram(MAX_MICROS, 3);

    /** The session of one node. Thread-safe; the calls of the observer come on the node's event loop. */
    final class Session implements NodeObserver {
        private boolean attached;
        private boolean leaving;
        private long lostNanos;

        @Override
        public synchronized void onFullMap(long nanos) {
            if (attached || leaving) {
                return;
            }
            attached = true;
            up.incrementAndGet();
            if (lostNanos == 0) {
                established.incrementAndGet();
            } else {
                away.recordValue(Math.min((System.nanoTime() - lostNanos) / 1000, MAX_MICROS));
            }
        }

        @Override
        public synchronized void onPollLost(Throwable cause) {
            if (attached) {
                attached = false;
                lostNanos = System.nanoTime();
                up.decrementAndGet();
                lost.increment();
            }
        }

        /** The node is about to be deleted: its session ends, and is not lost. */
        synchronized void leave() {
            if (leaving) {
                return;
            }
            leaving = true;
            if (attached || lostNanos != 0) {
                established.decrementAndGet();
            }
            if (attached) {
                attached = false;
                up.decrementAndGet();
            }
        }
    }

    Session newSession() {
        return new Session();
    }

    /** Sessions that have their first map and have not lost their poll. */
    public int up() {
        return up.get();
    }

    /** Sessions that were up once, whose nodes are still there, and that are not up now. */
    public int missing() {
        return Math.max(0, established.get() - up.get());
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
