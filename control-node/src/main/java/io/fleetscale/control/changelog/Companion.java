package io.fleetscale.control.changelog;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.TailnetImage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Rows that go with the writes of the log, in the same transaction: whoever is told of a change afterwards is told exactly
 * once. Called on the writer thread before the commit; must not block on anything but the connection.
 */
@FunctionalInterface
public interface Companion {
    /**
     * One write.
     *
     * @param version its number in the log
     * @param actor absent: the server itself
     */
    record Written(long version, TailnetImage before, List<Change> changes, Optional<Actor> actor, Instant at) {
        public Written {
            changes = List.copyOf(changes);
        }
    }

    /** @throws SQLException the transaction is then not committed */
    void write(Connection connection, List<Written> written) throws SQLException;
}
