package io.fleetscale.control.oidc;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.Transactions;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** Digests of used states in the table {@code oidc_used_states}. Thread-safe. */
public final class JdbcUsedStates implements UsedStates {
    private final Transactions transactions;
    private final InstantSource clock;

    public JdbcUsedStates(Database database, InstantSource clock) {
        this.transactions = new Transactions(database);
        this.clock = clock;
    }

    @Override
    public boolean use(String state, Instant expires) {
        return transactions.write(connection -> insert(connection, state, expires));
    }

    private boolean insert(Connection connection, String state, Instant expires) throws SQLException {
        try (PreparedStatement prune = connection.prepareStatement("DELETE FROM oidc_used_states WHERE expires <= ?")) {
            prune.setObject(1, time(clock.instant()));
            prune.executeUpdate();
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO oidc_used_states (digest, expires) VALUES (?, ?) ON CONFLICT DO NOTHING")) {
            insert.setBytes(1, digest(state));
            insert.setObject(2, time(expires));
            return insert.executeUpdate() == 1;
        }
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    private static byte[] digest(String state) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(state.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
