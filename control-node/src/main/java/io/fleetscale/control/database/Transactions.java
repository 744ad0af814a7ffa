package io.fleetscale.control.database;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import java.sql.Connection;
import java.sql.SQLException;

/** Short work on tables outside the log. Thread-safe; blocks. A database that fails is {@code UNAVAILABLE}. */
public final class Transactions {
    private final Database database;

    /** What is done on one connection, which it must not keep. */
    @FunctionalInterface
    public interface Work<R> {
        R on(Connection connection) throws SQLException;
    }

    public Transactions(Database database) {
        this.database = database;
    }

    public <R> R read(Work<R> work) {
        try (Connection connection = database.read()) {
            return work.on(connection);
        } catch (SQLException e) {
            throw away(e);
        }
    }

    /** Commits what the work did, or rolls it back when it throws. */
    @CanIgnoreReturnValue
    public <R> R write(Work<R> work) {
        try (Connection connection = database.write()) {
            try {
                R result = work.on(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException e) {
            throw away(e);
        }
    }

    private static ControlException away(SQLException e) {
        return new ControlException(ErrorCode.UNAVAILABLE, "the database does not answer, try again", e);
    }
}
