package io.fleetscale.control.audit;

import io.fleetscale.control.logstream.LogSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Reads the audit log. Thread-safe; blocks. */
public record AuditLog(DataSource source) implements LogSource {
    /** Most entries of one answer. */
    public static final int MAX_ENTRIES = 20_000;

    /**
     * An entry.
     *
     * @param version number of the write in the log
     * @param actorName login and display name
     * @param json as it is shown
     */
    public record Entry(
            long version,
            Instant at,
            String actorId,
            String actorName,
            String targetType,
            String targetId,
            String action,
            String property,
            String json) {}

    /** Entries of a time, in order; one more than {@link #MAX_ENTRIES} when there are more. */
    public List<Entry> between(Instant start, Instant end) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        select() + " WHERE at >= ? AND at <= ? ORDER BY version LIMIT " + (MAX_ENTRIES + 1))) {
            statement.setTimestamp(1, Timestamp.from(start));
            statement.setTimestamp(2, Timestamp.from(end));
            return entries(statement);
        }
    }

    @Override
    public List<Item> after(long version, int limit) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement(select() + " WHERE version > ? ORDER BY version LIMIT ?")) {
            statement.setLong(1, version);
            statement.setInt(2, limit);
            return entries(statement).stream()
                    .map(entry -> new Item(entry.version(), entry.json()))
                    .toList();
        }
    }

    @Override
    public long last() throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT coalesce(max(version), 0) FROM audit_log");
                ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    /** Forgets what is older, the oldest first, in the caller's transaction. */
    public static int trim(Connection connection, Instant before, int atMost) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM audit_log WHERE version IN"
                + " (SELECT version FROM audit_log WHERE at < ? ORDER BY at LIMIT ?)")) {
            statement.setTimestamp(1, Timestamp.from(before));
            statement.setInt(2, atMost);
            return statement.executeUpdate();
        }
    }

    private static String select() {
        return "SELECT version, at, actor_id, actor_name, target_type, target_id, action, property, entry FROM audit_log";
    }

    private static List<Entry> entries(PreparedStatement statement) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                entries.add(new Entry(
                        row.getLong(1),
                        row.getTimestamp(2).toInstant(),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7),
                        row.getString(8),
                        row.getString(9)));
            }
        }
        return entries;
    }
}
