package io.fleetscale.grid;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** The table in which instances leave their addresses; its name and columns are Ignite's. */
final class DiscoveryTable {
    private static final String CREATE = "CREATE TABLE IF NOT EXISTS tbl_addrs (hostname VARCHAR(1024), port INT)";
    private static final String PROBE = "SELECT count(*) FROM tbl_addrs";

    private DiscoveryTable() {}

    /** Ignite's own way to make it fails when two instances do so at once. */
    static void create(DataSource dataSource) throws SQLException {
        try {
            execute(dataSource, CREATE);
        } catch (SQLException e) {
            try {
                execute(dataSource, PROBE); // someone else was faster, or the right to create is missing but not needed
            } catch (SQLException missing) {
                e.addSuppressed(missing);
                throw e;
            }
        }
    }

    private static void execute(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
        }
    }
}
