package io.fleetscale.control.instance;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseFaults;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The rows of all instances, and what operators ask of them. Calls block. Thread-safe. */
public final class InstanceTable {
    private final Database database;

    public InstanceTable(Database database) {
        this.database = database;
    }

    /**
     * All instances and the view that the last split ended with.
     *
     * @param view grows with every decided split
     * @param members who went on; everybody who is not among them had to fence
     */
    public record Snapshot(List<InstanceRecord> instances, long view, Set<String> members) {
        public Snapshot {
            instances = List.copyOf(instances);
            members = Set.copyOf(members);
        }

        /** Live instances, except {@code self}, that are not in the grid of {@code gridMembers}. */
        Set<String> notIn(Collection<String> gridMembers, String self) {
            return notIn(gridMembers, self, 0);
        }

        /**
         * As {@link #notIn(Collection, String)}, with those that still start and took their lease before {@code incarnation}: whoever
         * has a lease is in a grid.
         */
        Set<String> notIn(Collection<String> gridMembers, String self, long incarnation) {
            Set<String> strangers = new TreeSet<>();
            for (InstanceRecord instance : instances) {
                boolean earlier = instance.held()
                        && instance.report().state() == InstanceState.STARTING
                        && instance.incarnation() < incarnation;
                if ((instance.isLive() || earlier)
                        && instance.sinceRenewed().compareTo(InstanceLease.RENEWAL.multipliedBy(3)) < 0
                        && !instance.name().equals(self)
                        && !gridMembers.contains(instance.name())) {
                    strangers.add(instance.name());
                }
            }
            return strangers;
        }
    }

    /** Reads everything in one statement each, in the order of the names. */
    public Snapshot read() throws SQLException {
        try (Connection connection = database.read()) {
            List<InstanceRecord> instances = new ArrayList<>();
            try (PreparedStatement statement = connection.prepareStatement("SELECT name, incarnation,"
                            + " extract(epoch FROM clock_timestamp() - renewed), expires > clock_timestamp(), address,"
                            + " release, state, reason, last_fenced, sessions, applied,"
                            + " extract(epoch FROM started), drain_rate, keep_sessions FROM instances ORDER BY name");
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    instances.add(record(row));
                }
            }
            try (PreparedStatement statement = connection.prepareStatement("SELECT view, members FROM cluster");
                    ResultSet row = statement.executeQuery()) {
                row.next();
                return new Snapshot(instances, row.getLong(1), Set.of((String[])
                        row.getArray(2).getArray()));
            }
        }
    }

    private static InstanceRecord record(ResultSet row) throws SQLException {
        return new InstanceRecord(
                row.getString(1),
                row.getLong(2),
                Duration.ofMillis((long) (row.getDouble(3) * 1000)),
                row.getBoolean(4),
                row.getString(5),
                row.getString(6),
                new InstanceReport(
                        InstanceState.parse(row.getString(7)),
                        row.getString(8),
                        row.getString(9),
                        row.getInt(10),
                        row.getLong(11)),
                Instant.ofEpochMilli((long) (row.getDouble(12) * 1000)),
                optional(row, 13),
                optional(row, 14));
    }

    private static OptionalInt optional(ResultSet row, int column) throws SQLException {
        int value = row.getInt(column);
        return row.wasNull() ? OptionalInt.empty() : OptionalInt.of(value);
    }

    /**
     * One side of a split claims to be the one that goes on.
     *
     * @param seen the view before the split
     * @return whether nobody was faster
     */
    public boolean claim(long seen, Set<String> members) throws SQLException {
        try (Connection connection = database.write()) {
            try (PreparedStatement statement =
                    connection.prepareStatement("UPDATE cluster SET view = view + 1, members = ? WHERE view = ?")) {
                statement.setArray(1, connection.createArrayOf("text", members.toArray()));
                statement.setLong(2, seen);
                boolean won = statement.executeUpdate() == 1;
                connection.commit();
                return won;
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            }
        }
    }

    /**
     * Asks an instance to give its sessions away.
     *
     * @param rate sessions per second; 0 leaves it to the instance
     * @throws ControlException NOT_FOUND, FAILED_PRECONDITION when it does not live, UNAVAILABLE
     */
    public void drain(String name, int rate) {
        order(name, "UPDATE instances SET drain_rate = ? WHERE name = ? AND expires > clock_timestamp()", rate);
    }

    /** Takes back what {@link #drain} asked. */
    public void undrain(String name) {
        order(name, "UPDATE instances SET drain_rate = ? WHERE name = ? AND expires > clock_timestamp()", null);
    }

    /** Asks an instance to give away all sessions but so many; null: it has done so. */
    public void keep(String name, @Nullable Integer sessions) {
        order(name, "UPDATE instances SET keep_sessions = ? WHERE name = ? AND expires > clock_timestamp()", sessions);
    }

    private void order(String name, String sql, @Nullable Integer value) {
        write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                if (value == null) {
                    statement.setNull(1, java.sql.Types.INTEGER);
                } else {
                    statement.setInt(1, value);
                }
                statement.setString(2, name);
                if (statement.executeUpdate() != 1) {
                    throw exists(connection, name)
                            ? new ControlException(
                                    ErrorCode.FAILED_PRECONDITION,
                                    "instance " + name + ": it does not run; start it, or forget it")
                            : unknown(name);
                }
            }
        });
    }

    /**
     * Removes the row of an instance that will not come back.
     *
     * @throws ControlException NOT_FOUND, FAILED_PRECONDITION while it lives, UNAVAILABLE
     */
    public void forget(String name) {
        write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "DELETE FROM instances WHERE name = ? AND expires <= clock_timestamp()")) {
                statement.setString(1, name);
                if (statement.executeUpdate() != 1) {
                    throw exists(connection, name)
                            ? new ControlException(
                                    ErrorCode.FAILED_PRECONDITION,
                                    "instance " + name + ": it runs; stop it before it is forgotten")
                            : unknown(name);
                }
            }
        });
    }

    private static ControlException unknown(String name) {
        return new ControlException(
                ErrorCode.NOT_FOUND,
                "instance " + name + ": there is none of this name; \"cluster status\" lists them");
    }

    private static boolean exists(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT 1 FROM instances WHERE name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    @FunctionalInterface
    private interface Change {
        void on(Connection connection) throws SQLException;
    }

    private void write(Change change) {
        try (Connection connection = database.write()) {
            try {
                change.on(connection);
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException e) {
            throw new ControlException(
                    ErrorCode.UNAVAILABLE,
                    "the instances cannot be changed now (" + DatabaseFaults.reason(e) + "): try again later",
                    DatabaseFaults.withoutValues(e));
        }
    }
}
