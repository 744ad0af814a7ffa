package io.fleetscale.grid;

/** Something that a listener hears of until it is closed. */
public interface Subscription extends AutoCloseable {
    /** Ends it; a call that is under way may still finish. Can be repeated. */
    @Override
    void close();
}
