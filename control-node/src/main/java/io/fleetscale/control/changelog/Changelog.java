package io.fleetscale.control.changelog;

import io.fleetscale.control.tailnet.TailnetImage;
import java.util.concurrent.CompletableFuture;

/** The tailnet's log as the features of one instance use it. Thread-safe. */
public interface Changelog {
    /** The newest image that this instance has applied. Never blocks; not for reads that must see others' writes. */
    TailnetImage image();

    /**
     * Submits a write. The future completes after the commit and after {@link #image()} has reached the write's number; it
     * fails with a {@link io.fleetscale.control.ControlException}: the decider's own, {@code ABORTED} for a lost race on a
     * unique value, {@code UNAVAILABLE} while the database is away or the outcome is unknown.
     */
    <R> CompletableFuture<R> write(HardWrite<R> write);

    /**
     * Reads the head of the log and completes with an image that has reached it: read-your-writes over all instances. Fails
     * with {@code UNAVAILABLE} when the image does not reach the head within a second or the database is away. A caller who
     * consents to {@link StaleReads} gets the newest image known while the database is away for all.
     */
    CompletableFuture<TailnetImage> current();

    /**
     * Calls back after each applied record, in order, on the apply thread; the listener must only enqueue. A full load
     * arrives as {@link ImageListener#loaded}.
     */
    void addListener(ImageListener listener);
}
