package io.fleetscale.control.instance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.WriteFence;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseFaults;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This instance's row in table {@code instances}: five seconds, renewed each second, with an incarnation from one sequence.
 * Every hard write proves it ({@link WriteFence}). Expiry alone changes nothing in the database: the holder renews an
 * expired lease that nobody superseded; it only stops acknowledging writes meanwhile. Its own deadline is monotonic and
 * counted from before the renewal was sent, so it is never later than the database's.
 *
 * <p>{@link #announce} is for one thread, the log's writer.
 *
 * <p>{@link #acquire} supersedes an earlier incarnation of the same name at once, alive or not: a restart does not wait for
 * the lease of its dead predecessor. Two processes that are given the same name therefore push each other out, and the
 * later one wins; a name is for one process at a time. Thread-safe.
 */
public final class InstanceLease implements WriteFence, AutoCloseable {
    public static final Duration DURATION = Duration.ofSeconds(5);
    public static final Duration RENEWAL = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(InstanceLease.class);
    /** Server processes of old connections are forgotten beyond this; the pool holds far fewer. */
    private static final int MAX_BACKENDS = 64;

    private final Database database;
    private final InstanceName name;
    private final String address;
    private final String release;
    private final Supplier<InstanceReport> report;
    private final LongSupplier nanoTime;
    private final List<LeaseListener> listeners = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Set<Integer> backends = new LinkedHashSet<>();

    @GuardedBy("lock")
    private LeaseState told = LeaseState.EXPIRED;

    private volatile long incarnation;
    private volatile long deadlineNanos;
    private volatile long renewedNanos;
    private volatile boolean superseded;
    private volatile @Nullable String suspendedFor;
    private volatile boolean closed;

    /**
     * @param address where the other instances reach this one; empty when there are none
     * @param release of this program, for operators
     * @param report what this instance says of itself with each renewal
     */
    public InstanceLease(
            Database database, InstanceName name, String address, String release, Supplier<InstanceReport> report) {
        this(database, name, address, release, report, System::nanoTime);
    }

    InstanceLease(
            Database database,
            InstanceName name,
            String address,
            String release,
            Supplier<InstanceReport> report,
            LongSupplier nanoTime) {
        this.database = database;
        this.name = name;
        this.address = address;
        this.release = release;
        this.report = report;
        this.nanoTime = nanoTime;
        this.thread = Thread.ofPlatform().daemon().name("instance-lease").unstarted(this::run);
    }

    /**
     * Takes the lease under a new incarnation, ends the connections of the former one, and begins to renew.
     *
     * @throws DatabaseException if the database fails
     */
    public void acquire() {
        long sent = nanoTime.getAsLong();
        try {
            incarnation = database.circuit().call(this::supersede);
        } catch (SQLException e) {
            throw new DatabaseException(
                    DatabaseException.Fault.UNREACHABLE,
                    "the lease of instance " + name + " cannot be taken (" + DatabaseFaults.reason(e) + ")",
                    "check the database's log",
                    DatabaseFaults.withoutValues(e));
        }
        deadlineNanos = sent + DURATION.toNanos();
        renewedNanos = sent;
        tell();
        thread.start();
        log.atInfo()
                .addKeyValue("instance", name)
                .addKeyValue("incarnation", incarnation)
                .log("This instance holds its lease");
    }

    public InstanceName name() {
        return name;
    }

    /** Number of this incarnation; larger than that of every instance that started before. */
    public long incarnation() {
        return incarnation;
    }

    public LeaseState state() {
        if (superseded) {
            return LeaseState.SUPERSEDED;
        }
        if (suspendedFor != null) {
            return LeaseState.SUSPENDED;
        }
        return deadlineNanos - nanoTime.getAsLong() > 0 && incarnation > 0 ? LeaseState.HELD : LeaseState.EXPIRED;
    }

    /** How long ago the last renewal that succeeded was sent. */
    public Duration sinceRenewed() {
        return Duration.ofNanos(nanoTime.getAsLong() - renewedNanos);
    }

    /** This instance fenced itself: it keeps its row, and may write nothing. */
    public void suspend(String reason) {
        suspendedFor = reason;
        tell();
    }

    /** Ends {@link #suspend}. */
    public void resume() {
        suspendedFor = null;
        tell();
    }

    public void addListener(LeaseListener listener) {
        listeners.add(listener);
    }

    @Override
    public void announce(Connection connection) throws SQLException {
        int pid = connection.unwrap(PGConnection.class).getBackendPID();
        Integer[] all;
        synchronized (lock) {
            if (backends.contains(pid)) {
                return;
            }
            if (backends.size() >= MAX_BACKENDS) {
                backends.remove(backends.iterator().next());
            }
            all = Stream.concat(backends.stream(), Stream.of(pid)).toArray(Integer[]::new);
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE instances SET backend_pids = ? WHERE name = ? AND incarnation = ?")) {
            statement.setArray(1, connection.createArrayOf("integer", all));
            statement.setString(2, name.value());
            statement.setLong(3, incarnation);
            if (statement.executeUpdate() != 1) {
                throw supersededNow();
            }
        }
        connection.commit();
        synchronized (lock) {
            backends.add(pid);
        }
    }

    @Override
    public void check(Connection connection) throws SQLException {
        if (state() == LeaseState.SUPERSEDED) {
            throw notHeld("another incarnation of it took over");
        }
        String reason = suspendedFor;
        if (reason != null) {
            throw notHeld("it is fenced: " + reason);
        }
        if (state() == LeaseState.EXPIRED) {
            throw notHeld("its lease could not be renewed in time");
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT incarnation, expires >" + " clock_timestamp() FROM instances WHERE name = ? FOR KEY SHARE")) {
            statement.setString(1, name.value());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next() || row.getLong(1) != incarnation) {
                    throw supersededNow();
                }
                if (!row.getBoolean(2)) {
                    throw notHeld("its lease has expired in the database");
                }
            }
        }
    }

    private ControlException supersededNow() {
        superseded = true;
        tell();
        return notHeld("another incarnation of it took over");
    }

    private ControlException notHeld(String why) {
        return new ControlException(
                ErrorCode.UNAVAILABLE,
                "instance " + name + " may not write (" + why + "): retry in a second, or with another instance");
    }

    /** FOR UPDATE waits for writes that proved the old lease, and no later one can prove it. */
    private long supersede() throws SQLException {
        try (Connection connection = database.write()) {
            try {
                try (PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO instances (name, incarnation, renewed, expires) VALUES (?, 0, clock_timestamp(),"
                                + " clock_timestamp()) ON CONFLICT (name) DO NOTHING")) {
                    insert.setString(1, name.value());
                    insert.executeUpdate();
                }
                // Those of the predecessor that hold the row or the head would be waited for.
                terminateBackends(connection, name);
                lockRow(connection, name);
                terminateBackends(connection, name);
                long taken = raise(connection);
                connection.commit();
                return taken;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        }
    }

    private static void lockRow(Connection connection, InstanceName name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM instances WHERE name = ? FOR UPDATE")) {
            statement.setString(1, name.value());
            statement.executeQuery().close();
        }
    }

    private static void terminateBackends(Connection connection, InstanceName name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_terminate_backend(a.pid) FROM"
                + " pg_stat_activity a JOIN instances i ON a.pid = ANY (i.backend_pids) WHERE i.name = ?"
                + " AND a.usename = current_user AND a.datname = current_database() AND a.pid <> pg_backend_pid()"
                + " AND a.application_name LIKE 'fleetscale %'")) {
            statement.setString(1, name.value());
            statement.executeQuery().close();
        }
    }

    private long raise(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("UPDATE instances SET incarnation ="
                + " nextval('instance_incarnations'), renewed = clock_timestamp(), expires = clock_timestamp() +"
                + " make_interval(secs => ?), backend_pids = '{}', applied = ?, address = ?, release = ?, state ="
                + " 'starting', reason = '', last_fenced = '', sessions = 0, started = clock_timestamp(), drain_rate ="
                + " NULL, keep_sessions = NULL WHERE name = ?"
                + " RETURNING incarnation")) {
            statement.setDouble(1, (double) DURATION.toSeconds());
            statement.setLong(2, report.get().applied());
            statement.setString(3, address);
            statement.setString(4, release);
            statement.setString(5, name.value());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private void run() {
        while (!closed && !superseded) {
            try {
                Thread.sleep(RENEWAL);
                renew();
            } catch (InterruptedException e) {
                return;
            } catch (SQLException | ControlException e) {
                log.atDebug().setCause(e).log("The lease was not renewed");
            }
            tell();
        }
    }

    /** Renews once; also called by tests. */
    void renew() throws SQLException {
        long sent = nanoTime.getAsLong();
        try (Connection connection = database.write()) {
            int renewed;
            try (PreparedStatement statement = connection.prepareStatement("UPDATE instances SET renewed ="
                    + " clock_timestamp(), expires = clock_timestamp() + make_interval(secs => ?), applied = ?, state = ?,"
                    + " reason = ?, last_fenced = ?, sessions = ? WHERE name = ? AND incarnation = ?")) {
                InstanceReport now = report.get();
                statement.setDouble(1, (double) DURATION.toSeconds());
                statement.setLong(2, now.applied());
                statement.setString(3, now.state().text());
                statement.setString(4, now.reason());
                statement.setString(5, now.lastFenced());
                statement.setInt(6, now.sessions());
                statement.setString(7, name.value());
                statement.setLong(8, incarnation);
                renewed = statement.executeUpdate();
                connection.commit();
            }
            if (renewed == 1) {
                deadlineNanos = sent + DURATION.toNanos();
                renewedNanos = sent;
            } else {
                superseded = true;
            }
        }
    }

    private void tell() {
        LeaseState now = state();
        synchronized (lock) {
            if (now == told) {
                return;
            }
            told = now;
        }
        if (now != LeaseState.HELD) {
            log.atWarn()
                    .addKeyValue("instance", name)
                    .addKeyValue("incarnation", incarnation)
                    .addKeyValue("state", now)
                    .log("This instance may not write");
        }
        listeners.forEach(listener -> listener.changed(now));
    }

    /** Gives the lease back, so that others need not wait for its end. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(RENEWAL.multipliedBy(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (incarnation == 0 || superseded) {
            return;
        }
        try (Connection connection = database.write();
                PreparedStatement statement = connection.prepareStatement(
                        "UPDATE instances SET expires ="
                                + " clock_timestamp(), backend_pids = '{}', state = 'stopped', sessions = 0 WHERE name = ? AND incarnation = ?")) {
            statement.setString(1, name.value());
            statement.setLong(2, incarnation);
            statement.executeUpdate();
            connection.commit();
        } catch (SQLException e) {
            log.atDebug().setCause(e).log("The lease was not given back");
        }
    }
}
