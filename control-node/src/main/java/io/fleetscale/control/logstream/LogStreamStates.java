package io.fleetscale.control.logstream;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import javax.sql.DataSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How far each stream has come, in the database. Thread-safe; blocks. */
public record LogStreamStates(DataSource source) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES) // figures that an older release did not count
            .build();

    /** @param version number of the last entry that was sent */
    record State(long version, LogStreamStatus status) {}

    public LogStreamStatus status(String logType) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT status FROM log_stream_state WHERE log_type = ?")) {
            statement.setString(1, logType);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? read(row.getString(1)) : LogStreamStatus.NONE;
            }
        }
    }

    /** Begins a stream, or begins it anew. */
    void begin(String logType, long version, Instant now) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "INSERT INTO log_stream_state (log_type, version, due, status) VALUES (?, ?, ?, ?)"
                                + " ON CONFLICT (log_type) DO NOTHING")) {
            statement.setString(1, logType);
            statement.setLong(2, version);
            statement.setTimestamp(3, Timestamp.from(now));
            statement.setString(4, JSON.writeValueAsString(LogStreamStatus.NONE));
            statement.executeUpdate();
        }
    }

    /** Forgets a stream. */
    public void end(String logType) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("DELETE FROM log_stream_state WHERE log_type = ?")) {
            statement.setString(1, logType);
            statement.executeUpdate();
        }
    }

    /** Takes a stream that is due, until {@code until}: another sender passes it by. */
    Optional<State> take(String logType, Instant now, Instant until) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement("UPDATE log_stream_state SET due = ?"
                        + " WHERE log_type = ? AND due <= ? RETURNING version, status")) {
            statement.setTimestamp(1, Timestamp.from(until));
            statement.setString(2, logType);
            statement.setTimestamp(3, Timestamp.from(now));
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(new State(row.getLong(1), read(row.getString(2)))) : Optional.empty();
            }
        }
    }

    void put(String logType, long version, Instant due, LogStreamStatus status) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "UPDATE log_stream_state SET version = ?, due = ?, status = ? WHERE log_type = ?")) {
            statement.setLong(1, version);
            statement.setTimestamp(2, Timestamp.from(due));
            statement.setString(3, JSON.writeValueAsString(status));
            statement.setString(4, logType);
            statement.executeUpdate();
        }
    }

    private static LogStreamStatus read(String json) {
        return JSON.readValue(json, LogStreamStatus.class);
    }
}
