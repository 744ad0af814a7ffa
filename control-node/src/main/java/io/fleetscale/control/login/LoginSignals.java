package io.fleetscale.control.login;

/**
 * Wakes those who wait for a login, on every instance. Only a hint: a signal may be lost, so that waiters look at the
 * database again after a while. Thread-safe.
 */
public interface LoginSignals {
    /** Tells all instances, this one included, that a login was decided. Does not block. */
    void decided(AuthId id);

    /** Begins to watch a login; look at it after this call, not before it. The watch must be closed. */
    Watch watch(AuthId id);

    /** One who waits. Confined to its thread. */
    interface Watch extends AutoCloseable {
        /** Returns at the next signal, at once if there was one since the last call, or after {@code nanos}. */
        void await(long nanos) throws InterruptedException;

        @Override
        void close();
    }
}
