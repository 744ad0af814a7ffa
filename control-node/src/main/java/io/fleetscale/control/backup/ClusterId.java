package io.fleetscale.control.backup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;

/**
 * By what a tailnet is told from another: 16 hex digits of the fingerprint of its Noise key, by which its clients know it too.
 * It changes with that key only, and tells nothing of it.
 */
public final class ClusterId {
    private static final int BYTES = 8;

    private ClusterId() {}

    /** Empty while no instance has ever started on the database. The session's schema has the tables. */
    static String of(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement("SELECT fingerprint FROM server_keys WHERE name = 'noise'");
                ResultSet row = statement.executeQuery()) {
            return row.next() ? HexFormat.of().formatHex(row.getBytes(1), 0, BYTES) : "";
        }
    }
}
