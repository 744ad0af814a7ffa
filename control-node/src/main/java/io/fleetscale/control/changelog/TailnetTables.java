package io.fleetscale.control.changelog;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.IdCounters;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.Resource;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetCodec;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.proto.grid.v1.LogRecord;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The SQL of the log and of whole images. Stateless; transactions are the caller's. */
final class TailnetTables {
    static final String CHANNEL = "fleetscale_log";

    private static final int FETCH_ROWS = 1_000;

    private TailnetTables() {}

    static LogHead head(Connection connection) throws SQLException {
        return head(connection, "SELECT head, head_record_id FROM tailnet");
    }

    /** Waits for whoever holds it; from here to the commit nobody else writes hard state. */
    static LogHead lockHead(Connection connection) throws SQLException {
        return head(connection, "SELECT head, head_record_id FROM tailnet FOR UPDATE");
    }

    private static LogHead head(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("table tailnet has lost its only row: restore the database");
            }
            byte[] recordId = row.getBytes(2);
            return new LogHead(row.getLong(1), recordId == null ? ByteString.EMPTY : ByteString.copyFrom(recordId));
        }
    }

    /** Records {@code from..to}, both included, in order; fewer when the log no longer has them. */
    static List<LogRecord> log(Connection connection, long from, long to) throws SQLException {
        List<LogRecord> records = new ArrayList<>();
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT body FROM log WHERE version BETWEEN ? AND ? ORDER BY version")) {
            statement.setLong(1, from);
            statement.setLong(2, to);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    records.add(LogRecord.parseFrom(row.getBytes(1)));
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new SQLException("the log holds a record that is no LogRecord", e);
        }
        return records;
    }

    /** The tables as one image. The transaction must be REPEATABLE READ, or hold the head. */
    static LogPosition load(Connection connection) throws SQLException {
        long version;
        ByteString recordId;
        IdCounters counters;
        try (PreparedStatement statement = connection.prepareStatement("SELECT head, head_record_id, next_user,"
                        + " next_node, next_pre_auth_key, next_api_key, next_policy FROM tailnet");
                ResultSet row = statement.executeQuery()) {
            row.next();
            version = row.getLong(1);
            byte[] id = row.getBytes(2);
            recordId = id == null ? ByteString.EMPTY : ByteString.copyFrom(id);
            counters = new IdCounters(row.getLong(3), row.getLong(4), row.getLong(5), row.getLong(6), row.getLong(7));
        }
        List<Change> rows = new ArrayList<>();
        records(connection, "users", bytes -> new Change.UserPut(TailnetCodec.decodeUser(bytes)), rows);
        records(connection, "nodes", bytes -> new Change.NodePut(TailnetCodec.decodeNode(bytes)), rows);
        records(
                connection,
                "pre_auth_keys",
                bytes -> new Change.PreAuthKeyPut(TailnetCodec.decodePreAuthKey(bytes)),
                rows);
        records(connection, "api_keys", bytes -> new Change.ApiKeyPut(TailnetCodec.decodeApiKey(bytes)), rows);
        policyAndSettings(connection, rows);
        return new LogPosition(TailnetImage.load(version, counters, rows), recordId);
    }

    private static void records(Connection connection, String table, Function<byte[], Change> decode, List<Change> into)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery("SELECT record FROM " + table + " ORDER BY id")) {
                while (row.next()) {
                    into.add(decode.apply(row.getBytes(1)));
                }
            }
        }
    }

    private static void policyAndSettings(Connection connection, List<Change> into) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row =
                    statement.executeQuery("SELECT id, text, updated_at FROM policies ORDER BY id DESC LIMIT 1")) {
                while (row.next()) {
                    into.add(new Change.PolicyPut(new Policy(row.getLong(1), row.getString(2), instant(row, 3))));
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT name, source_digest, json FROM settings")) {
                while (row.next()) {
                    into.add(new Change.SettingPut(
                            new Setting(row.getString(1), Bytes32.of(row.getBytes(2)), row.getString(3))));
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT kind, id, json FROM resources")) {
                while (row.next()) {
                    into.add(
                            new Change.ResourcePut(new Resource(row.getString(1), row.getString(2), row.getString(3))));
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT prefix, node_id FROM primary_routes")) {
                while (row.next()) {
                    into.add(new Change.PrimaryPut(IpPrefix.parse(row.getString(1)), new NodeId(row.getLong(2))));
                }
            }
        }
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** Appends and raises the head; the last statements before the commit. */
    static void append(Connection connection, List<LogRecord> records, IdCounters counters, Instant at)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO log (version, record_id, batch_id, body, at) VALUES (?, ?, ?, ?, ?)")) {
            for (LogRecord record : records) {
                statement.setLong(1, record.getVersion());
                statement.setBytes(2, record.getRecordId().toByteArray());
                statement.setBytes(3, record.getBatchId().toByteArray());
                statement.setBytes(4, record.toByteArray());
                statement.setTimestamp(5, Timestamp.from(at));
                statement.addBatch();
            }
            statement.executeBatch();
        }
        LogRecord last = records.getLast();
        try (PreparedStatement statement = connection.prepareStatement("UPDATE tailnet SET head = ?,"
                + " head_record_id = ?, next_user = ?, next_node = ?, next_pre_auth_key = ?, next_api_key = ?,"
                + " next_policy = ?; SELECT pg_notify('" + CHANNEL + "', ?)")) {
            statement.setLong(1, last.getVersion());
            statement.setBytes(2, last.getRecordId().toByteArray());
            statement.setLong(3, counters.nextUser());
            statement.setLong(4, counters.nextNode());
            statement.setLong(5, counters.nextPreAuthKey());
            statement.setLong(6, counters.nextApiKey());
            statement.setLong(7, counters.nextPolicy());
            statement.setString(8, Long.toString(last.getVersion()));
            statement.execute();
        }
    }

    /** Whether the transaction with that batch id, whose first record would be {@code first}, was committed. */
    static boolean hasBatch(Connection connection, long first, byte[] batchId) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT batch_id = ? FROM log WHERE version = ?")) {
            statement.setBytes(1, batchId);
            statement.setLong(2, first);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /**
     * Deletes what is older than {@code keepSeconds} and lies before what every live instance has applied: its last record tells an
     * instance whether the history is still its own. The newest records always stay.
     */
    static int trim(Connection connection, long keepSeconds, long keepRecords, int atMost) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM log WHERE version IN ("
                + " SELECT version FROM log WHERE at < clock_timestamp() - make_interval(secs => ?)"
                + " AND version <= (SELECT head - ? FROM tailnet)"
                + " AND version < (SELECT coalesce(min(applied), 9223372036854775807) FROM instances"
                + " WHERE expires > clock_timestamp())"
                + " ORDER BY version LIMIT ?)")) {
            statement.setDouble(1, (double) keepSeconds);
            statement.setLong(2, keepRecords);
            statement.setInt(3, atMost);
            return statement.executeUpdate();
        }
    }
}
