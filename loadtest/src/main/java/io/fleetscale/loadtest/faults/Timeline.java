package io.fleetscale.loadtest.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Sessions and acknowledged writes ten times a second, and what happened when. Thread-safe. */
final class Timeline implements AutoCloseable {
    static final int PER_SECOND = 10;

    private final long startNanos = System.nanoTime();
    private final List<Sample> samples = new ArrayList<>();
    private final List<Mark> marks = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("timeline").factory());

    /**
     * @param seconds since the start
     * @param writes acknowledged since the start
     */
    record Sample(double seconds, long sessions, long writes) {}

    /** @param seconds since the start */
    record Mark(double seconds, String text) {}

    void start(LongSupplier sessions, LongSupplier writes) {
        Future<?> unused = timer.scheduleAtFixedRate(
                () -> add(sessions.getAsLong(), writes.getAsLong()), 0, 1000 / PER_SECOND, TimeUnit.MILLISECONDS);
    }

    private synchronized void add(long sessions, long writes) {
        samples.add(new Sample(seconds(), sessions, writes));
    }

    synchronized void mark(String text) {
        marks.add(new Mark(seconds(), text));
    }

    private double seconds() {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    synchronized List<Sample> samples() {
        return List.copyOf(samples);
    }

    synchronized List<Mark> marks() {
        return List.copyOf(marks);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
