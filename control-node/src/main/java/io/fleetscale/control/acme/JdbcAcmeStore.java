package io.fleetscale.control.acme;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.Transactions;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.runtime.acme.AcmeStore;
import io.fleetscale.runtime.acme.PendingChallenge;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The tables {@code acme_secrets} and {@code acme_challenges}; secrets are sealed. Thread-safe. */
public final class JdbcAcmeStore implements AcmeStore {
    private static final String TURN = "turn/";
    private static final byte[] NOTHING = new byte[0];

    private final Transactions transactions;
    private final Sealer sealer;
    private final InstantSource clock;

    public JdbcAcmeStore(Database database, Sealer sealer, InstantSource clock) {
        this.transactions = new Transactions(database);
        this.sealer = sealer;
        this.clock = clock;
    }

    @Override
    public Optional<String> secret(String name) {
        return transactions.read(connection -> {
            try (PreparedStatement query =
                    connection.prepareStatement("SELECT sealed FROM acme_secrets WHERE name = ?")) {
                query.setString(1, name);
                try (ResultSet row = query.executeQuery()) {
                    return row.next()
                            ? sealer.open(row.getBytes(1)).map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                            : Optional.empty();
                }
            }
        });
    }

    @Override
    public void putSecret(String name, String pem) {
        transactions.write(connection -> {
            try (PreparedStatement put = connection.prepareStatement("""
                    INSERT INTO acme_secrets (name, sealed, updated) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, updated = excluded.updated""")) {
                put.setString(1, name);
                put.setBytes(2, sealer.seal(pem.getBytes(StandardCharsets.UTF_8)));
                put.setObject(3, time(clock.instant()));
                return put.executeUpdate();
            }
        });
    }

    @Override
    public List<PendingChallenge> challenges() {
        return transactions.read(connection -> {
            List<PendingChallenge> found = new ArrayList<>();
            try (PreparedStatement query = connection.prepareStatement(
                    "SELECT token, identifier, authorization_text, expires FROM acme_challenges WHERE expires > ?")) {
                query.setObject(1, time(clock.instant()));
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        found.add(new PendingChallenge(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getObject(4, OffsetDateTime.class).toInstant()));
                    }
                }
            }
            return found;
        });
    }

    @Override
    public void putChallenge(PendingChallenge challenge) {
        transactions.write(connection -> {
            try (PreparedStatement prune =
                    connection.prepareStatement("DELETE FROM acme_challenges WHERE expires <= ?")) {
                prune.setObject(1, time(clock.instant()));
                prune.executeUpdate();
            }
            try (PreparedStatement put = connection.prepareStatement("""
                    INSERT INTO acme_challenges (token, identifier, authorization_text, expires) VALUES (?, ?, ?, ?)
                    ON CONFLICT (token) DO UPDATE SET expires = excluded.expires""")) {
                put.setString(1, challenge.token());
                put.setString(2, challenge.identifier());
                put.setString(3, challenge.authorization());
                put.setObject(4, time(challenge.expires()));
                return put.executeUpdate();
            }
        });
    }

    @Override
    public void removeChallenge(String token) {
        transactions.write(connection -> {
            try (PreparedStatement delete =
                    connection.prepareStatement("DELETE FROM acme_challenges WHERE token = ?")) {
                delete.setString(1, token);
                return delete.executeUpdate();
            }
        });
    }

    /** A turn is a row whose time is when it ends. */
    @Override
    public boolean takeTurn(String name, Instant until) {
        return transactions.write(connection -> {
            try (PreparedStatement take = connection.prepareStatement("""
                    INSERT INTO acme_secrets (name, sealed, updated) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET updated = excluded.updated WHERE acme_secrets.updated <= ?""")) {
                take.setString(1, TURN + name);
                take.setBytes(2, NOTHING);
                take.setObject(3, time(until));
                take.setObject(4, time(clock.instant()));
                return take.executeUpdate() == 1;
            }
        });
    }

    @Override
    public void endTurn(String name, Instant free) {
        transactions.write(connection -> {
            try (PreparedStatement end =
                    connection.prepareStatement("UPDATE acme_secrets SET updated = ? WHERE name = ?")) {
                end.setObject(1, time(free));
                end.setString(2, TURN + name);
                return end.executeUpdate();
            }
        });
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
