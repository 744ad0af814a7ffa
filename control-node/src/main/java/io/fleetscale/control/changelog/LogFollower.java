package io.fleetscale.control.changelog;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.proto.grid.v1.LogRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows what other instances commit. A notification says that the head moved; the records then have 30 ms to arrive by the
 * fan-out, after which they are read from the database. A look each second repairs what both lost. After each reconnect, and
 * at each look, the history is compared by record id; when it is another one the image is loaded anew. One thread.
 */
final class LogFollower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LogFollower.class);

    /** These are never deleted, however old. */
    static final long KEPT_RECORDS = 1_000;

    private static final Duration FANOUT_GRACE = Duration.ofMillis(30);
    private static final Duration SCAN_PERIOD = Duration.ofSeconds(1);
    private static final long FIRST_BACKOFF_MILLIS = 50;
    private static final long MAX_BACKOFF_MILLIS = 1_000;
    /** Further behind than this, a whole image is cheaper than the records. */
    private static final long MAX_RECORDS = 50_000;

    private final Database database;
    private final ImageReplica replica;
    private final Thread thread;
    private final LongAdder repairs = new LongAdder();
    private final LongAdder reloads = new LongAdder();
    private volatile boolean connected;
    private volatile boolean closed;
    private volatile @Nullable Connection current;

    // Confined to the follower thread.
    private long lastScanNanos;

    LogFollower(Database database, ImageReplica replica) {
        this.database = database;
        this.replica = replica;
        this.thread = Thread.ofPlatform().daemon().name("changelog-follower").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Whether notifications arrive at present. */
    boolean connected() {
        return connected;
    }

    long repairs() {
        return repairs.sum();
    }

    long reloads() {
        return reloads.sum();
    }

    /** The first image, in one transaction whose first read is the head. */
    static LogPosition loadWhole(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        try {
            return TailnetTables.load(connection);
        } finally {
            connection.rollback();
            connection.setReadOnly(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            connection.setAutoCommit(true);
        }
    }

    private void run() {
        long backoff = FIRST_BACKOFF_MILLIS;
        while (!closed) {
            try (Connection connection = database.dedicated("follower")) {
                current = connection;
                listen(connection);
                look(connection);
                connected = true;
                backoff = FIRST_BACKOFF_MILLIS;
                while (!closed) {
                    follow(connection);
                }
            } catch (SQLException | IllegalArgumentException | IllegalStateException e) {
                if (closed) {
                    return;
                }
                if (connected || backoff == FIRST_BACKOFF_MILLIS) {
                    log.atWarn().addKeyValue("reason", reason(e)).log("Following the log was interrupted");
                }
                connected = false;
            } catch (InterruptedException e) {
                return;
            }
            try {
                Thread.sleep(ThreadLocalRandom.current().nextLong(backoff / 2, backoff + 1));
            } catch (InterruptedException e) {
                return;
            }
            backoff = Math.min(backoff * 2, MAX_BACKOFF_MILLIS);
        }
    }

    private static String reason(Exception e) {
        return e instanceof SQLException sql ? DatabaseFaults.reason(sql) : DatabaseFaults.firstLine(e.getMessage());
    }

    private static void listen(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("LISTEN " + TailnetTables.CHANNEL);
        }
    }

    private void follow(Connection connection) throws SQLException, InterruptedException {
        PGNotification[] heard =
                connection.unwrap(PGConnection.class).getNotifications(Math.toIntExact(SCAN_PERIOD.toMillis()));
        if (closed) {
            return;
        }
        boolean behind = heard != null && heard.length > 0 && !arrives(newest(heard));
        if (behind || System.nanoTime() - lastScanNanos >= SCAN_PERIOD.toNanos()) {
            look(connection);
        }
    }

    private static long newest(PGNotification[] heard) {
        long newest = 0;
        for (PGNotification notification : heard) {
            String number = notification.getParameter();
            if (!number.isEmpty() && number.length() < 19 && number.chars().allMatch(Character::isDigit)) {
                newest = Math.max(newest, Long.parseLong(number));
            }
        }
        return newest;
    }

    private boolean arrives(long version) throws InterruptedException {
        try {
            return replica.reached(version).get(FANOUT_GRACE.toMillis(), TimeUnit.MILLISECONDS) != null;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return false;
        }
    }

    /**
     * Compares with the database and mends what is missing. The image holds committed records only, so a head that is read
     * after the image and is smaller, or has another id, belongs to another history.
     */
    private void look(Connection connection) throws SQLException {
        lastScanNanos = System.nanoTime();
        LogPosition position = replica.position();
        LogHead head = TailnetTables.head(connection);
        if (!replica.wantsReload()) {
            if (position.head().equals(head)) {
                return;
            }
            if (position.version() < head.version() && readMissing(connection, position, head)) {
                return;
            }
        }
        log.atWarn()
                .addKeyValue("version", position.version())
                .addKeyValue("head", head.version())
                .log("Loading the whole tailnet: the log does not continue this image");
        replica.load(loadWhole(connection));
        reloads.increment();
    }

    private boolean readMissing(Connection connection, LogPosition position, LogHead head) throws SQLException {
        if (head.version() - position.version() > MAX_RECORDS) {
            return false;
        }
        List<LogRecord> records = TailnetTables.log(connection, position.version(), head.version());
        if (!LogHistory.follows(position.head(), records, head)) {
            return false;
        }
        replica.offer(LogHistory.after(position.version(), records));
        repairs.increment();
        return true;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        Connection open = current;
        try {
            if (open != null) {
                // A read from a socket ends by nothing else.
                open.abort(Runnable::run);
            }
        } catch (SQLException e) {
            log.debug("The follower's connection was not closed", e);
        }
        try {
            thread.join(SCAN_PERIOD.multipliedBy(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
