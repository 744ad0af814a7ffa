package io.fleetscale.control.database;

import io.fleetscale.control.database.DatabaseException.Fault;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;

/**
 * Looks at start whether the server is one that "acknowledged means kept" can be built on: a primary, sessions of our own
 * (no transaction pooler between), durable commits.
 */
final class ServerCheck {
    private static final int OLDEST_SERVER = 130_000;
    private static final int NOTIFY_WAIT_MILLIS = 1_000;

    private final DatabaseConfig config;

    ServerCheck(DatabaseConfig config) {
        this.config = config;
    }

    /**
     * @param first a connection in auto-commit mode
     * @param second another one
     * @return warnings, one line each
     * @throws DatabaseException if the server cannot be used
     */
    List<String> run(Connection first, Connection second) throws SQLException {
        int version = Integer.parseInt(show(first, "server_version_num"));
        if (version < OLDEST_SERVER) {
            throw unsuitable("is PostgreSQL " + show(first, "server_version"), "use PostgreSQL 13 or newer");
        }
        if (show(first, "transaction_read_only").equals("on")) {
            throw unsuitable("is a read-only standby", "point database.postgres.host at the primary");
        }
        checkSessions(first, second);
        List<String> warnings = new ArrayList<>();
        for (String setting : List.of("fsync", "full_page_writes")) {
            if (!show(first, setting).equals("on")) {
                warnings.add("PostgreSQL runs with " + setting + "=" + show(first, setting)
                        + ": acknowledged writes can be lost in a crash; set it to on");
            }
        }
        String commit = show(first, "synchronous_commit");
        if (commit.equals("off")) {
            warnings.add("PostgreSQL runs with synchronous_commit=off: acknowledged writes can be lost in a crash; "
                    + "set it to on");
        } else if (hasStandbys(first)
                && show(first, "synchronous_standby_names").isEmpty()) {
            warnings.add("PostgreSQL replicates asynchronously: a failover can lose acknowledged writes; set "
                    + "synchronous_standby_names");
        }
        return warnings;
    }

    private void checkSessions(Connection first, Connection second) throws SQLException {
        int before = backend(first);
        execute(first, "LISTEN fleetscale_check");
        second.setAutoCommit(false);
        int other = backend(second);
        int after = backend(first);
        execute(second, "NOTIFY fleetscale_check");
        second.commit();
        second.setAutoCommit(true);
        boolean heard = first.unwrap(PGConnection.class).getNotifications(NOTIFY_WAIT_MILLIS).length > 0;
        execute(first, "UNLISTEN fleetscale_check");
        if (before != after || before == other || !heard) {
            throw unsuitable(
                    "is behind a transaction pooler (LISTEN does not work)",
                    "connect to PostgreSQL directly or set the pooler to session mode");
        }
    }

    private static int backend(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static boolean hasStandbys(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT EXISTS (SELECT 1 FROM pg_stat_replication)")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String show(Connection connection, String setting) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + setting)) {
            row.next();
            String value = row.getString(1);
            return value == null ? "" : value;
        }
    }

    private DatabaseException unsuitable(String what, String remedy) {
        return new DatabaseException(Fault.UNSUITABLE_SERVER, "database " + config.shownUrl() + " " + what, remedy);
    }
}
