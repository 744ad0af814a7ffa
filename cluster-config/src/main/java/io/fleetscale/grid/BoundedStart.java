package io.fleetscale.grid;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ignite.Ignite;
import org.apache.ignite.IgniteException;
import org.apache.ignite.Ignition;
import org.apache.ignite.configuration.IgniteConfiguration;

/**
 * Starts Ignite, or gives up. A start waits without end for an exchange with the other members, and that exchange can wait for
 * one of them that is just being lost. Ignite ends a start whose thread is interrupted.
 */
final class BoundedStart {
    private static final Duration GIVE_UP_LIMIT = Duration.ofSeconds(20);

    private BoundedStart() {}

    /**
     * Blocks.
     *
     * @throws GridException when it could not start, or not within {@code limit}
     */
    static Ignite of(IgniteConfiguration settings, Duration limit) {
        FutureTask<Ignite> start = new FutureTask<>(() -> Ignition.start(settings));
        Thread thread = Thread.ofPlatform().daemon().name("grid-join").start(start);
        try {
            return start.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            giveUp(start, thread);
            throw new GridException("the grid could not be joined within " + limit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            giveUp(start, thread);
            Thread.currentThread().interrupt();
            throw new GridException("the start of the grid was interrupted", e);
        }
    }

    /** What comes up nevertheless is stopped again, whenever that is. */
    private static void giveUp(FutureTask<Ignite> start, Thread thread) {
        thread.interrupt();
        Thread stopper = Thread.ofPlatform().daemon().name("grid-join-end").start(() -> {
            try {
                Ignite late = start.get();
                Ignition.stop(late.name(), true);
            } catch (ExecutionException e) {
                // it has ended, as it should
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            stopper.join(GIVE_UP_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static GridException failed(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        if (!(failure instanceof IgniteException)) {
            return new GridException("the grid could not start: " + failure, failure);
        }
        return new GridException("the grid could not start: " + root.getMessage(), failure);
    }
}
