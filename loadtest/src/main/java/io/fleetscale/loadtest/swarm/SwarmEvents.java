package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.netmap.PeerEvents;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Times how long a change takes to reach every session, and counts what must not happen. Thread-safe. */
final class SwarmEvents implements PeerEvents {
    /** Longest time that is told apart: 2 minutes in microseconds. */
    private static final long MAX_MICROS = 120_000_000;

    private final LongAdder offlineNotices = new LongAdder();
    private volatile @Nullable Race race;

    /** One change on its way to the sessions. */
    private static final class Race {
        private final long peer;
        /** 0 = the peer's first appearance, else the port of its endpoint. */
        private final int port;

        private final long startNanos;
        private final AtomicIntegerArray arrived;
        private final CountDownLatch left;
        private final Histogram histogram;

        Race(long peer, int port, int viewers, int expected, Histogram histogram) {
            this.peer = peer;
            this.port = port;
            this.arrived = new AtomicIntegerArray(viewers);
            this.left = new CountDownLatch(expected);
            this.histogram = histogram;
            this.startNanos = System.nanoTime();
        }

        void arrive(int viewer) {
            if (viewer < arrived.length() && arrived.compareAndSet(viewer, 0, 1)) {
                histogram.recordValue(Math.min((System.nanoTime() - startNanos) / 1000, MAX_MICROS));
                left.countDown();
            }
        }
    }

    static Histogram newHistogram() {
        return new ConcurrentHistogram(MAX_MICROS, 3);
    }

    /** Begins to time the way of an endpoint with this port to {@code expected} of {@code viewers} sessions. */
    void expectEndpoint(long peer, int port, int viewers, int expected, Histogram histogram) {
        race = new Race(peer, port, viewers, expected, histogram);
    }

    /** Begins to time the appearance of a peer whose id is not known yet: the next one that appears. */
    void expectNewcomer(int viewers, Histogram histogram) {
        race = new Race(-1, 0, viewers, viewers, histogram);
    }

    /** How many sessions have not seen it after {@code seconds}. */
    long await(long seconds) throws InterruptedException {
        Race current = race;
        if (current == null) {
            return 0;
        }
        boolean done = current.left.await(seconds, TimeUnit.SECONDS);
        race = null;
        return done ? 0 : current.left.getCount();
    }

    /** How often a session was told that a peer had gone offline, until now. */
    long offlineNotices() {
        return offlineNotices.sum();
    }

    @Override
    public void endpoint(int viewer, long peer, int port) {
        Race current = race;
        if (current != null && current.port == port && current.peer == peer) {
            current.arrive(viewer);
        }
    }

    @Override
    public void appeared(int viewer, long peer) {
        Race current = race;
        if (current != null && current.port == 0) {
            current.arrive(viewer);
        }
    }

    @Override
    public void offline(int viewer, long peer) {
        offlineNotices.increment();
    }
}
