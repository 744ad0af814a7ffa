package io.fleetscale.control.changelog;

import io.fleetscale.control.ControlException;
import java.sql.Connection;
import java.sql.SQLException;

/** Keeps an instance that was superseded from committing anything. */
public interface WriteFence {
    /**
     * Called before the first use of a connection for hard writes: whoever supersedes this instance must know it.
     *
     * @throws ControlException {@code UNAVAILABLE} when this instance was superseded
     */
    void announce(Connection connection) throws SQLException;

    /**
     * A statement of its own, after the one that locked the head: proves that the lease is this instance's, and keeps it so
     * until the transaction ends.
     *
     * @throws ControlException {@code UNAVAILABLE} when the lease expired or another took it
     */
    void check(Connection connection) throws SQLException;
}
