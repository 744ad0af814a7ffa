package io.fleetscale.control.access;

import io.fleetscale.control.tailnet.Policy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** The stored versions of the policy, the latest first. Thread-safe; blocks. */
public record JdbcPolicyHistory(DataSource source) implements Supplier<List<Policy>> {
    private static final int VERSIONS = 50;

    @Override
    public List<Policy> get() {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT id, text, updated_at FROM policies ORDER BY id DESC LIMIT " + VERSIONS)) {
            List<Policy> versions = new ArrayList<>();
            while (row.next()) {
                versions.add(new Policy(
                        row.getLong(1),
                        row.getString(2),
                        row.getObject(3, OffsetDateTime.class).toInstant()));
            }
            return versions;
        } catch (SQLException e) {
            throw new IllegalStateException("the former policies cannot be read: " + e.getMessage(), e);
        }
    }
}
