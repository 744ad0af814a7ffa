package io.fleetscale.control.session;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Renders full maps off the event loops, few at a time, so that a storm of newcomers cannot hold up the sessions that run.
 * Thread-safe.
 */
public final class FirstMapGate implements AutoCloseable {
    /** Every node of a large tailnet may wait here at once after a restart. */
    public static final int DEFAULT_QUEUE = 100_000;

    private final ThreadPoolExecutor workers;

    /** @param threads maps that are rendered at the same time */
    public FirstMapGate(int threads, int queue) {
        this.workers = new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(queue),
                Thread.ofPlatform().name("first-map-", 0).daemon().factory());
    }

    /** Runs the work when its turn comes; false if too many wait already. */
    boolean admit(Runnable work) {
        try {
            workers.execute(work);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    public int waiting() {
        return workers.getQueue().size();
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
