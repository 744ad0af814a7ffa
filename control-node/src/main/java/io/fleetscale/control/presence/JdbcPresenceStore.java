package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.tailnet.NodeId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import javax.sql.DataSource;

/** The tables {@code node_presence} and {@code node_sessions}. Thread-safe. */
public final class JdbcPresenceStore implements PresenceStore {
    private static final String PUT_PRESENCE = """
            INSERT INTO node_presence (node_id, epoch, counter, record) VALUES (?, ?, ?, ?)
            ON CONFLICT (node_id) DO UPDATE
            SET epoch = excluded.epoch, counter = excluded.counter, record = excluded.record
            WHERE (node_presence.epoch, node_presence.counter) < (excluded.epoch, excluded.counter)""";

    private static final String PUT_SESSION = """
            INSERT INTO node_sessions (node_id, epoch, record) VALUES (?, ?, ?)
            ON CONFLICT (node_id) DO UPDATE SET epoch = excluded.epoch, record = excluded.record
            WHERE node_sessions.epoch <= excluded.epoch""";

    private final DataSource database;

    public JdbcPresenceStore(DataSource database) {
        this.database = database;
    }

    @Override
    public void write(Collection<PresenceGrid.Entry> entries, Collection<SessionGrid.Entry> sessions) {
        run(connection -> {
            // Always in the same order: two instances that write the same rows must not lock each other out.
            try (PreparedStatement put = connection.prepareStatement(PUT_PRESENCE)) {
                for (PresenceGrid.Entry entry : entries.stream()
                        .sorted(Comparator.comparing(PresenceGrid.Entry::node))
                        .toList()) {
                    put.setLong(1, entry.node().value());
                    put.setLong(2, entry.epoch());
                    put.setLong(3, entry.counter());
                    put.setBytes(4, PresenceFields.join(entry).toByteArray());
                    put.addBatch();
                }
                put.executeBatch();
            }
            try (PreparedStatement put = connection.prepareStatement(PUT_SESSION)) {
                for (SessionGrid.Entry entry : sessions.stream()
                        .sorted(Comparator.comparing(SessionGrid.Entry::node))
                        .toList()) {
                    put.setLong(1, entry.node().value());
                    put.setLong(2, entry.epoch());
                    put.setBytes(3, entry.payload().toByteArray());
                    put.addBatch();
                }
                put.executeBatch();
            }
            return true;
        });
    }

    /** Deletes what was left of nodes that are gone, in the caller's transaction. */
    public static int deleteOrphans(Connection connection, int atMost) throws SQLException {
        int deleted = 0;
        for (String table : List.of("node_presence", "node_sessions")) {
            try (PreparedStatement statement = connection.prepareStatement("DELETE FROM " + table
                    + " WHERE node_id IN (SELECT node_id FROM " + table
                    + " p WHERE NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = p.node_id) LIMIT ?)")) {
                statement.setInt(1, atMost - deleted);
                deleted += statement.executeUpdate();
            }
        }
        return deleted;
    }

    @Override
    public void remove(Collection<NodeId> nodes) {
        run(connection -> {
            for (String table : List.of("node_presence", "node_sessions")) {
                try (PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM " + table + " WHERE node_id = ANY (?)")) {
                    Object[] ids = nodes.stream().sorted().map(NodeId::value).toArray();
                    delete.setArray(1, connection.createArrayOf("bigint", ids));
                    delete.executeUpdate();
                }
            }
            return true;
        });
    }

    @Override
    public List<PresenceGrid.Entry> presence() {
        return run(connection -> {
            List<PresenceGrid.Entry> entries = new ArrayList<>();
            try (PreparedStatement select =
                            connection.prepareStatement("SELECT node_id, epoch, counter, record FROM node_presence");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    entries.add(new PresenceGrid.Entry(
                            new NodeId(rows.getLong(1)),
                            rows.getLong(2),
                            rows.getLong(3),
                            PresenceFields.split(io.fleetscale.proto.grid.v1.Presence.parseFrom(rows.getBytes(4)))));
                }
            }
            return entries;
        });
    }

    @Override
    public List<SessionGrid.Entry> sessions() {
        return run(connection -> {
            List<SessionGrid.Entry> entries = new ArrayList<>();
            try (PreparedStatement select =
                            connection.prepareStatement("SELECT node_id, epoch, record FROM node_sessions");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    entries.add(new SessionGrid.Entry(
                            new NodeId(rows.getLong(1)), rows.getLong(2), ByteString.copyFrom(rows.getBytes(3))));
                }
            }
            return entries;
        });
    }

    @FunctionalInterface
    private interface Work<R> {
        R on(Connection connection) throws SQLException, InvalidProtocolBufferException;
    }

    private <R> R run(Work<R> work) {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            R result = work.on(connection);
            connection.commit();
            return result;
        } catch (SQLException e) {
            throw new ControlException(ErrorCode.UNAVAILABLE, "presence of nodes: the database failed", e);
        } catch (InvalidProtocolBufferException e) {
            throw new ControlException(ErrorCode.INTERNAL, "presence of nodes: a stored record cannot be read", e);
        }
    }
}
