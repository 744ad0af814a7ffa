package io.fleetscale.control.changelog;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Deletes records of the log that are old and that nobody continues from: neither an instance with a lease, however far behind
 * it is, nor whoever looks for the outcome of a commit that was lost, which the newest records are kept for. An instance without
 * a lease that comes back to a gap loads everything anew. Stateless.
 */
public final class LogRetention {
    private LogRetention() {}

    /** @return how many were deleted, in the caller's transaction */
    public static int delete(Connection connection, Duration keep, int atMost) throws SQLException {
        return TailnetTables.trim(connection, keep.toSeconds(), LogFollower.KEPT_RECORDS, atMost);
    }
}
