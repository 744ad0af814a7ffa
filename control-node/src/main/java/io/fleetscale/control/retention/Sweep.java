package io.fleetscale.control.retention;

import java.sql.Connection;
import java.sql.SQLException;

/** Deletes old rows of one kind. */
@FunctionalInterface
public interface Sweep {
    /**
     * Deletes the oldest rows that nobody needs any more, in the caller's transaction.
     *
     * @return how many were deleted; as many as {@code atMost} when there may be more
     */
    int delete(Connection connection, int atMost) throws SQLException;
}
