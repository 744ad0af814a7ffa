package io.fleetscale.control.flowlog;

import io.fleetscale.control.logstream.LogSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The flow logs in the database. Thread-safe; blocks. */
public final class FlowLog implements LogSource {
    /** Most records of one answer. */
    public static final int MAX_ENTRIES = 20_000;
    /** Most characters of one answer. */
    public static final int MAX_CHARACTERS = 32 * 1024 * 1024;

    private static final int FETCH = 500;
    /** Writers take turns by this advisory lock, so that numbers are given in the order of the commits. */
    private static final long TURN = 0x666c6f776c6f67L;

    private final DataSource source;
    private final Duration retention;
    private final int maxEntries;

    /**
     * @param retention how long records are kept
     * @param maxEntries the most that are kept
     */
    public FlowLog(DataSource source, Duration retention, int maxEntries) {
        this.source = source;
        this.retention = retention;
        this.maxEntries = maxEntries;
    }

    /** Stores records that came together; what is there already is passed over. */
    void store(List<FlowRecord> records, Instant now) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try {
                store(connection, records, now);
                connection.commit();
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }

    private static void store(Connection connection, List<FlowRecord> records, Instant now) throws SQLException {
        try (Statement turn = connection.createStatement()) {
            turn.execute("SELECT pg_advisory_xact_lock(" + TURN + ")");
        }
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO flow_log (logged, node, process, sequence, spoofed, entry)"
                        + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            for (FlowRecord flows : records) {
                statement.setTimestamp(1, Timestamp.from(now));
                statement.setString(2, flows.node());
                number(statement, 3, flows.process());
                number(statement, 4, flows.sequence());
                statement.setBoolean(5, flows.isSpoofed());
                statement.setString(6, flows.json());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static void number(PreparedStatement statement, int at, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(at, Types.BIGINT);
        } else {
            statement.setLong(at, value);
        }
    }

    /**
     * What arrived in a time, in the order of arrival, each as the API shows it; empty when it is more than {@link #MAX_ENTRIES}
     * or {@link #MAX_CHARACTERS}.
     */
    public Optional<List<String>> between(Instant start, Instant end) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false); // else the driver reads all rows at once
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT logged, entry FROM flow_log WHERE logged >= ? AND logged <= ? AND NOT spoofed"
                            + " ORDER BY logged, id LIMIT " + (MAX_ENTRIES + 1))) {
                statement.setFetchSize(FETCH);
                statement.setTimestamp(1, Timestamp.from(start));
                statement.setTimestamp(2, Timestamp.from(end));
                return read(statement);
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
    }

    private static Optional<List<String>> read(PreparedStatement statement) throws SQLException {
        List<String> entries = new ArrayList<>();
        long characters = 0;
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                String entry = shown(row.getTimestamp(1).toInstant(), row.getString(2));
                characters += entry.length();
                if (entries.size() == MAX_ENTRIES || characters > MAX_CHARACTERS) {
                    return Optional.empty();
                }
                entries.add(entry);
            }
        }
        return Optional.of(entries);
    }

    @Override
    public List<Item> after(long number, int limit) throws SQLException {
        List<Item> items = new ArrayList<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT id, spoofed, logged, entry FROM flow_log WHERE id > ? ORDER BY id LIMIT ?")) {
            statement.setLong(1, number);
            statement.setInt(2, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    items.add(
                            row.getBoolean(2)
                                    ? Item.spoofed(row.getLong(1))
                                    : new Item(
                                            row.getLong(1),
                                            shown(row.getTimestamp(3).toInstant(), row.getString(4))));
                }
            }
        }
        return items;
    }

    @Override
    public long last() throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement("SELECT coalesce(max(id), 0) FROM flow_log");
                ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    /** Forgets what is too old or too much, the oldest first, in the caller's transaction; returns how many records. */
    public int trim(Connection connection, Instant now, int atMost) throws SQLException {
        // each half by an index of its own: together they would read the whole table to find nothing
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM flow_log WHERE id IN (SELECT id FROM ((SELECT id FROM"
                        + " flow_log WHERE logged < ? ORDER BY logged LIMIT ?) UNION (SELECT id FROM flow_log WHERE id <="
                        + " (SELECT max(id) FROM flow_log) - ? ORDER BY id LIMIT ?)) AS old LIMIT ?)")) {
            statement.setTimestamp(1, Timestamp.from(now.minus(retention)));
            statement.setInt(2, atMost);
            statement.setLong(3, maxEntries);
            statement.setInt(4, atMost);
            statement.setInt(5, atMost);
            return statement.executeUpdate();
        }
    }

    private static String shown(Instant logged, String entry) {
        return "{\"logged\":\"" + logged + "\"," + entry.substring(1);
    }
}
