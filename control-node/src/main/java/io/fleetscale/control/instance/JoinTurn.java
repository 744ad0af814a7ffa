package io.fleetscale.control.instance;

import io.fleetscale.control.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Instances join the grid one after the other: two that start together on a busy machine can miss each other and begin a grid
 * each. The turn is a lock of the database, which ends with its connection; it is a courtesy and not a proof, so whoever
 * waits too long goes on without it. Thread-safe.
 */
public final class JoinTurn {
    private static final Logger log = LoggerFactory.getLogger(JoinTurn.class);
    /** Key of the advisory lock: "fleetgrd" in ASCII. */
    private static final long LOCK = 0x666c656574677264L;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(100);

    private final Database database;

    public JoinTurn(Database database) {
        this.database = database;
    }

    /** Runs {@code join} when it is this instance's turn. Blocks. */
    public void run(Runnable join) {
        Connection turn = take();
        try {
            join.run();
        } finally {
            giveBack(turn);
        }
    }

    private @Nullable Connection take() {
        Connection connection = null;
        try {
            connection = database.dedicated("join");
            if (!awaitTurn(connection)) {
                log.atWarn().addKeyValue("waited", LONGEST_WAIT).log("Another instance takes long to join the grid");
            }
            return connection;
        } catch (SQLException e) {
            log.atDebug().setCause(e).log("The turn to join the grid could not be taken");
            giveBack(connection);
            return null;
        }
    }

    private static void giveBack(@Nullable Connection turn) {
        if (turn == null) {
            return;
        }
        try {
            turn.close();
        } catch (SQLException e) {
            log.atDebug().setCause(e).log("The turn to join the grid ends with its connection");
        }
    }

    private static boolean awaitTurn(Connection connection) throws SQLException {
        long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_try_advisory_lock(?)")) {
            statement.setLong(1, LOCK);
            while (true) {
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    if (row.getBoolean(1)) {
                        return true;
                    }
                }
                if (System.nanoTime() - deadline > 0) {
                    return false;
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }
}
