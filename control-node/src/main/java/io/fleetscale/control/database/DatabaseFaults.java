package io.fleetscale.control.database;

import io.fleetscale.control.database.DatabaseException.Fault;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an SQL error means to this program. Source: PostgreSQL's table of error codes (SQLSTATE). */
public final class DatabaseFaults {
    private static final String UNIQUE_VIOLATION = "23505";
    /** Serialisation failure, deadlock, lock time-out, cancelled statement. */
    private static final Set<String> TRANSIENT = Set.of("40001", "40P01", "55P03", "57014");
    /** The server ended the session: shutdown, crash, still starting, idle in transaction; or has no room for another. */
    private static final Set<String> SESSION_ENDED =
            Set.of("57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "53300");

    private DatabaseFaults() {}

    public static boolean isUniqueViolation(SQLException e) {
        return UNIQUE_VIOLATION.equals(e.getSQLState());
    }

    /** Whether the same transaction may succeed when it is simply run again. */
    public static boolean isTransient(SQLException e) {
        return e.getSQLState() != null && TRANSIENT.contains(e.getSQLState());
    }

    /** Whether the session is gone or could not be opened, so that another one is needed. */
    public static boolean isConnectionLost(SQLException e) {
        String state = e.getSQLState();
        return e instanceof SQLTransientConnectionException
                || e instanceof SQLRecoverableException
                || (state != null && (state.startsWith("08") || SESSION_ENDED.contains(state)));
    }

    /** Name of the constraint that a unique violation broke, for messages to callers; empty when the server names none. */
    public static String constraintOf(SQLException e) {
        if (e instanceof org.postgresql.util.PSQLException psql) {
            org.postgresql.util.ServerErrorMessage server = psql.getServerErrorMessage();
            if (server != null && server.getConstraint() != null) {
                return server.getConstraint();
            }
        }
        return "";
    }

    /** The one line that a start shows. */
    static DatabaseException atStart(DatabaseConfig config, SQLException e) {
        String where = "database " + config.shownUrl();
        SQLException root = deepest(e);
        String state = root.getSQLState() == null ? "" : root.getSQLState();
        return switch (state) {
            case "28P01", "28000" ->
                new DatabaseException(
                        Fault.REFUSED_CREDENTIALS,
                        where + " refuses user \"" + config.user() + "\"",
                        "check database.postgres.user and .pass, and pg_hba.conf on the server",
                        e);
            case "3D000" ->
                new DatabaseException(
                        Fault.MISSING_DATABASE,
                        where + " does not exist",
                        "create it: CREATE DATABASE ... OWNER \"" + config.user() + "\"",
                        e);
            case "53300" ->
                new DatabaseException(
                        Fault.UNREACHABLE,
                        where + " has no free connection",
                        "raise max_connections on the server or lower the pool sizes",
                        e);
            case "42501" ->
                new DatabaseException(
                        Fault.REFUSED_CREDENTIALS,
                        where + ": user \"" + config.user() + "\" may not create or change its tables",
                        "make the user owner of the database and of schema public",
                        e);
            default -> unreachable(where, root, e);
        };
    }

    private static DatabaseException unreachable(String where, SQLException root, SQLException e) {
        String reason = root.getMessage() == null ? root.getClass().getSimpleName() : firstLine(root.getMessage());
        if (root.getCause() instanceof UnknownHostException) {
            reason = "unknown host";
        }
        return new DatabaseException(
                Fault.UNREACHABLE,
                where + " cannot be used (" + reason + ")",
                "check that PostgreSQL runs there and accepts connections from this machine",
                e);
    }

    /** The first line of a server's or driver's message. */
    public static String firstLine(@Nullable String text) {
        if (text == null) {
            return "";
        }
        int end = text.indexOf('\n');
        return (end < 0 ? text : text.substring(0, end)).strip();
    }

    /** Hikari wraps the driver's exception. */
    private static SQLException deepest(SQLException e) {
        SQLException found = e;
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                found = sql;
            }
        }
        return found;
    }
}
