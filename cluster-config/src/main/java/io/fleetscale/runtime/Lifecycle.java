package io.fleetscale.runtime;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a process, started one after the other and stopped in the opposite order.
 *
 * <p>A start that fails stops what had started before it. A stop that fails or takes too long is logged and passed over, so
 * that one part cannot keep the others from stopping. Thread-safe; a process has one.
 */
public final class Lifecycle {
    /** What starts or stops a part; may wait. */
    @FunctionalInterface
    public interface Action {
        void run() throws Exception;
    }

    /** How a process ended. */
    public enum End {
        CLEAN,
        /** Some part did not stop, or not in time. */
        UNCLEAN
    }

    private record Part(String name, Action start, Action stop, Duration stopLimit) {}

    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    private final ReentrantLock lock = new ReentrantLock();
    private final CompletableFuture<String> stopRequest = new CompletableFuture<>();

    @GuardedBy("lock")
    private final List<Part> parts = new ArrayList<>();

    @GuardedBy("lock")
    private final Deque<Part> started = new ArrayDeque<>();

    /**
     * Adds a part behind those that are there.
     *
     * @param stopLimit how long a stop waits for it
     */
    public Lifecycle add(String name, Action start, Action stop, Duration stopLimit) {
        lock.lock();
        try {
            parts.add(new Part(name, start, stop, stopLimit));
        } finally {
            lock.unlock();
        }
        return this;
    }

    /**
     * Starts all parts that are not started yet, in the order in which they were added.
     *
     * @throws Exception the failure of the part that did not start, after those before it were stopped
     */
    public void start() throws Exception {
        lock.lock();
        try {
            for (Part part : parts) {
                if (started.contains(part)) {
                    continue;
                }
                long began = System.nanoTime();
                part.start().run();
                started.push(part);
                LOG.atDebug()
                        .addKeyValue("part", part.name())
                        .addKeyValue("millis", millisSince(began))
                        .log("started");
            }
        } catch (Exception e) {
            stop();
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /** Stops all parts that are started, the last one first. */
    public End stop() {
        lock.lock();
        try {
            End end = End.CLEAN;
            while (!started.isEmpty()) {
                if (stop(started.pop()) == End.UNCLEAN) {
                    end = End.UNCLEAN;
                }
            }
            return end;
        } finally {
            lock.unlock();
        }
    }

    /** Asks whoever waits in {@link #awaitStopRequest} to go on; the first reason counts. Never waits. */
    public void requestStop(String reason) {
        stopRequest.complete(reason);
    }

    /** Waits until someone asks the process to stop, and says why. */
    public String awaitStopRequest() throws InterruptedException {
        try {
            return stopRequest.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a request to stop never fails", e);
        }
    }

    public boolean isStopRequested() {
        return stopRequest.isDone();
    }

    private static End stop(Part part) {
        long began = System.nanoTime();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().daemon().name("stop-" + part.name()).start(() -> {
            try {
                part.stop().run();
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        boolean inTime = false;
        try {
            inTime = thread.join(part.stopLimit());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!inTime) {
            thread.interrupt();
            LOG.atWarn()
                    .addKeyValue("part", part.name())
                    .addKeyValue("limit", part.stopLimit())
                    .log("did not stop in time, going on without it");
            return End.UNCLEAN;
        }
        if (failure.get() != null) {
            LOG.atWarn()
                    .addKeyValue("part", part.name())
                    .setCause(failure.get())
                    .log("failed to stop");
            return End.UNCLEAN;
        }
        LOG.atDebug()
                .addKeyValue("part", part.name())
                .addKeyValue("millis", millisSince(began))
                .log("stopped");
        return End.CLEAN;
    }

    private static long millisSince(long began) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }
}
