package io.fleetscale.control.login;

import io.fleetscale.config.TuningConfig;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.Transactions;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The logins in the table {@code pending_logins}: outside the log, one statement or one row lock each. Thread-safe. */
public final class JdbcPendingLogins implements PendingLogins {
    /** Many machines may be behind one address. */
    private static final int MAX_OF_SOURCE = 256;

    private static final int CUSTOMER_BITS_V6 = 64;

    private final Transactions transactions;
    private final InstantSource clock;
    private final Limits limits;

    /**
     * How long and how many; strangers can make logins, so they are bounded.
     *
     * @param timeToLive of a machine's login; that of a session over SSH ends with {@link #SESSION_TIME_TO_LIVE} at the latest
     * @param max of all sources together
     * @param maxOfSource of one address, of IPv6 of one network
     */
    public record Limits(Duration timeToLive, int max, int maxOfSource) {
        public static Limits of(TuningConfig tuning) {
            int max = tuning.registerCacheMaxEntries();
            return new Limits(tuning.registerCacheExpiration(), max, Math.min(max, MAX_OF_SOURCE));
        }

        private Duration of(PendingLogin login) {
            return login.isRegistration() || timeToLive.compareTo(SESSION_TIME_TO_LIVE) < 0
                    ? timeToLive
                    : SESSION_TIME_TO_LIVE;
        }
    }

    public JdbcPendingLogins(Database database, InstantSource clock, Limits limits) {
        this.transactions = new Transactions(database);
        this.clock = clock;
        this.limits = limits;
    }

    @Override
    public void add(PendingLogin login) {
        transactions.write(connection -> {
            try (PreparedStatement prune =
                    connection.prepareStatement("DELETE FROM pending_logins WHERE expires <= ?")) {
                prune.setObject(1, time(clock.instant()));
                prune.executeUpdate();
            }
            makeRoom(connection, source(login));
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO pending_logins (id, expires, source, record) VALUES (?, ?, ?, ?)")) {
                insert.setString(1, login.id().text());
                insert.setObject(2, time(login.createdAt().plus(limits.of(login))));
                insert.setString(3, source(login));
                insert.setBytes(4, login.encode());
                insert.executeUpdate();
            }
            return login;
        });
    }

    /** A source that has its share gives up its oldest; when all places are taken, the source with the most does. */
    private void makeRoom(Connection connection, String source) throws SQLException {
        if (count(connection, "WHERE source = ?", source) >= limits.maxOfSource) {
            removeOldest(connection, source);
        } else if (count(connection, "", null) >= limits.max) {
            try (PreparedStatement query = connection.prepareStatement(
                            "SELECT source FROM pending_logins GROUP BY source ORDER BY count(*) DESC, min(expires) LIMIT 1");
                    ResultSet row = query.executeQuery()) {
                if (row.next()) {
                    removeOldest(connection, row.getString(1));
                }
            }
        }
    }

    private static long count(Connection connection, String condition, @Nullable String source) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT count(*) FROM pending_logins " + condition)) {
            if (source != null) {
                query.setString(1, source);
            }
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static void removeOldest(Connection connection, String source) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("""
                DELETE FROM pending_logins WHERE id =
                (SELECT id FROM pending_logins WHERE source = ? ORDER BY expires LIMIT 1)""")) {
            delete.setString(1, source);
            delete.executeUpdate();
        }
    }

    /** The address, of IPv6 the network of one customer; empty where there is none. */
    private static String source(PendingLogin login) {
        try {
            IpAddress address = IpAddress.parse(login.remoteAddress());
            return address.isV6()
                    ? new IpPrefix(address, CUSTOMER_BITS_V6).masked().toString()
                    : address.toString();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    @Override
    public Optional<PendingLogin> find(AuthId id) {
        return transactions.read(connection -> select(connection, id, ""));
    }

    @Override
    public Optional<PendingLogin> decide(AuthId id, PendingLogin.State state, @Nullable NodeId node) {
        return change(id, login -> login.became(state, node, now()));
    }

    @Override
    public Optional<PendingLogin> refuse(AuthId id, String reason) {
        return change(id, login -> login.refused(reason, now()));
    }

    private Optional<PendingLogin> change(AuthId id, UnaryOperator<PendingLogin> change) {
        return transactions.write(connection -> {
            Optional<PendingLogin> decided = select(connection, id, " FOR UPDATE")
                    .filter(PendingLogin::isWaiting)
                    .map(change);
            if (decided.isPresent()) {
                try (PreparedStatement update =
                        connection.prepareStatement("UPDATE pending_logins SET record = ? WHERE id = ?")) {
                    update.setBytes(1, decided.get().encode());
                    update.setString(2, id.text());
                    update.executeUpdate();
                }
            }
            return decided;
        });
    }

    @Override
    public List<PendingLogin> waiting() {
        return transactions.read(connection -> {
            List<PendingLogin> logins = new ArrayList<>();
            try (PreparedStatement query =
                    connection.prepareStatement("SELECT record FROM pending_logins WHERE expires > ?")) {
                query.setObject(1, time(clock.instant()));
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        logins.add(PendingLogin.decode(rows.getBytes(1)));
                    }
                }
            }
            return logins.stream()
                    .filter(PendingLogin::isWaiting)
                    .sorted(Comparator.comparing(PendingLogin::createdAt))
                    .toList();
        });
    }

    private Optional<PendingLogin> select(Connection connection, AuthId id, String lock) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT record FROM pending_logins WHERE id = ? AND expires > ?" + lock)) {
            query.setString(1, id.text());
            query.setObject(2, time(clock.instant()));
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(PendingLogin.decode(row.getBytes(1))) : Optional.empty();
            }
        }
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
