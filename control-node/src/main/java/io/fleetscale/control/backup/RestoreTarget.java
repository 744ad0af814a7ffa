package io.fleetscale.control.backup;

import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.SchemaVersions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a database holds before a restore.
 *
 * @param schema number of its schema; 0: no tables
 * @param cluster {@link ClusterId} of what it holds; empty: no instance ever started on it
 * @param head number of the last record of its log
 * @param live instances that hold a lease
 */
public record RestoreTarget(int schema, String cluster, long head, long nodes, long users, List<String> live) {
    public RestoreTarget {
        live = List.copyOf(live);
    }

    /** Whether a restore takes nothing away. */
    public boolean isEmpty() {
        return head == 0 && cluster.isEmpty();
    }

    /**
     * Looks at a database.
     *
     * @throws io.fleetscale.control.database.DatabaseException for tables of another program
     */
    public static RestoreTarget of(DatabaseConfig config, Connection connection) throws SQLException {
        int schema = SchemaVersions.stored(config);
        if (schema == 0) {
            return new RestoreTarget(0, "", 0, 0, 0, List.of());
        }
        return new RestoreTarget(
                schema,
                ClusterId.of(connection),
                SchemaTables.number(connection, "SELECT head FROM tailnet"),
                SchemaTables.number(connection, "SELECT count(*) FROM nodes"),
                SchemaTables.number(connection, "SELECT count(*) FROM users"),
                live(connection));
    }

    static List<String> live(Connection connection) throws SQLException {
        List<String> live = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT name FROM instances WHERE expires > clock_timestamp() ORDER BY name");
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                live.add(row.getString(1));
            }
        }
        return live;
    }

    /** @throws BackupException if instances run */
    void requireNoneRuns() {
        requireNone(live);
    }

    static void requireNone(List<String> live) {
        if (!live.isEmpty()) {
            throw new BackupException("instances run on this database (" + String.join(", ", live)
                    + "): nothing was changed; stop them first (the lease of one that was killed ends after 5 s)");
        }
    }
}
