package io.fleetscale.control.ssh;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.tailnet.NodeId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/** The table {@code ssh_checks}: outside the log, one statement each. Thread-safe. */
public final class JdbcSshApprovals implements SshApprovals {
    /** The longest period that a policy may name, and a day. Source: policy 1.6. */
    static final Duration KEPT = Duration.ofDays(8);

    private static final String PUT = """
            INSERT INTO ssh_checks (source_id, destination_id, owner_id, policy_id, approved) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (source_id, destination_id) DO UPDATE
            SET owner_id = excluded.owner_id, policy_id = excluded.policy_id, approved = excluded.approved
            WHERE ssh_checks.approved < excluded.approved""";

    private final Database database;

    public JdbcSshApprovals(Database database) {
        this.database = database;
    }

    @Override
    public void add(Approval approval) {
        try (Connection connection = database.write()) {
            try {
                try (PreparedStatement prune =
                        connection.prepareStatement("DELETE FROM ssh_checks WHERE approved < ?")) {
                    prune.setObject(1, time(approval.at().minus(KEPT)));
                    prune.executeUpdate();
                }
                try (PreparedStatement put = connection.prepareStatement(PUT)) {
                    put.setLong(1, approval.source().value());
                    put.setLong(2, approval.destination().value());
                    put.setLong(3, approval.owner());
                    put.setLong(4, approval.policy());
                    put.setObject(5, time(approval.at()));
                    put.executeUpdate();
                }
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException e) {
            throw away(e);
        }
    }

    @Override
    public Optional<Approval> find(NodeId source, NodeId destination) {
        try (Connection connection = database.read();
                PreparedStatement query = connection.prepareStatement(
                        "SELECT owner_id, policy_id, approved FROM ssh_checks WHERE source_id = ? AND destination_id = ?")) {
            query.setLong(1, source.value());
            query.setLong(2, destination.value());
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new Approval(
                                source,
                                destination,
                                row.getLong(1),
                                row.getLong(2),
                                row.getObject(3, OffsetDateTime.class).toInstant()))
                        : Optional.empty();
            }
        } catch (SQLException e) {
            throw away(e);
        }
    }

    private static ControlException away(SQLException e) {
        return new ControlException(ErrorCode.UNAVAILABLE, "the database does not answer, try again", e);
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
