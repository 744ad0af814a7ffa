package io.fleetscale.control.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pools to one PostgreSQL database. Connections are closed by the borrower, which gives them back. Thread-safe; every
 * call blocks, so none may come from an event loop.
 */
public final class Database implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Database.class);
    /** Longest wait for a free connection; callers would rather hear that the database is away. */
    private static final Duration BORROW_TIMEOUT = Duration.ofSeconds(1);

    private static final Duration VALIDATION_TIMEOUT = Duration.ofMillis(900);
    private static final Duration KEEP_ALIVE = Duration.ofMinutes(2);

    private final DatabaseConfig config;
    private final HikariDataSource writes;
    private final HikariDataSource reads;
    private final DatabaseCircuit circuit = new DatabaseCircuit();
    private final List<String> warnings;

    private Database(DatabaseConfig config, HikariDataSource writes, HikariDataSource reads, List<String> warnings) {
        this.config = config;
        this.writes = writes;
        this.reads = reads;
        this.warnings = List.copyOf(warnings);
    }

    /**
     * Connects, checks the server, brings the schema up to date, fills the pools.
     *
     * @throws DatabaseException with one line that says what is wrong and what to do
     */
    public static Database open(DatabaseConfig config) {
        List<String> problems = config.validate();
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        HikariDataSource writes = null;
        try {
            List<String> warnings;
            try (Connection first = connect(config, "check");
                    Connection second = connect(config, "check")) {
                warnings = new ServerCheck(config).run(first, second);
            }
            warnings.forEach(log::warn);
            writes = pool(config, "write", config.writeConnections(), writeSettings(config.timeouts()));
            new SchemaMigration(migrationSource(config), config).run();
            HikariDataSource reads = pool(config, "read", config.readConnections(), readSettings(config.timeouts()));
            return new Database(config, writes, reads, warnings);
        } catch (SQLException e) {
            closeQuietly(writes);
            throw DatabaseFaults.atStart(config, e);
        } catch (RuntimeException e) {
            closeQuietly(writes);
            throw e;
        }
    }

    /** A connection for a transaction that writes: auto-commit is off. */
    public Connection write() throws SQLException {
        Connection connection = writes.getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    /** The pool of {@link #write}, for single statements: auto-commit is on, and is put back on with the connection. */
    public DataSource writeSource() {
        return writes;
    }

    /** A connection for reads: auto-commit is on, and the session is read-only. */
    public Connection read() throws SQLException {
        return reads.getConnection();
    }

    /**
     * A connection outside the pools, for LISTEN and the like.
     *
     * @param purpose shown in {@code pg_stat_activity}
     */
    public Connection dedicated(String purpose) throws SQLException {
        return connect(config, purpose);
    }

    /** Shared by all who call this database. */
    public DatabaseCircuit circuit() {
        return circuit;
    }

    /** What the check at start found doubtful, for the readiness page. */
    public List<String> warnings() {
        return warnings;
    }

    public DatabaseConfig config() {
        return config;
    }

    @Override
    public void close() {
        writes.close();
        reads.close();
    }

    /** One plain connection in auto-commit mode, for programs that need no pools and no schema. */
    public static Connection connect(DatabaseConfig config, String purpose) throws SQLException {
        return new DriverSource(config.url(), config.driverProperties(purpose)).getConnection();
    }

    /** As {@link #connect}, for work during which the server may be silent for long. */
    public static Connection connectPatiently(DatabaseConfig config, String purpose) throws SQLException {
        Properties properties = config.driverProperties(purpose);
        properties.remove("socketTimeout");
        return new DriverSource(config.url(), properties).getConnection();
    }

    /** Without the pools' time limits: a migration may run longer than any statement of the program. */
    static DataSource migrationSource(DatabaseConfig config) {
        Properties properties = config.driverProperties("migration");
        properties.remove("socketTimeout");
        return new DriverSource(config.url(), properties);
    }

    private static HikariDataSource pool(DatabaseConfig config, String name, int size, String settings) {
        HikariConfig hikari = new HikariConfig();
        hikari.setPoolName("postgres-" + name);
        hikari.setDataSource(new DriverSource(config.url(), config.driverProperties(name)));
        hikari.setMaximumPoolSize(size);
        hikari.setMinimumIdle(1);
        hikari.setIdleTimeout(config.idleTimeout().toMillis());
        hikari.setConnectionTimeout(BORROW_TIMEOUT.toMillis());
        hikari.setValidationTimeout(VALIDATION_TIMEOUT.toMillis());
        hikari.setKeepaliveTime(KEEP_ALIVE.toMillis());
        hikari.setInitializationFailTimeout(-1);
        hikari.setConnectionInitSql(settings);
        return new HikariDataSource(hikari);
    }

    private static String writeSettings(DatabaseConfig.Timeouts timeouts) {
        return String.format(
                Locale.ROOT,
                "SET idle_in_transaction_session_timeout = %d; SET lock_timeout = %d; SET statement_timeout = %d",
                timeouts.idleInTransaction().toMillis(),
                timeouts.lock().toMillis(),
                timeouts.statement().toMillis());
    }

    private static String readSettings(DatabaseConfig.Timeouts timeouts) {
        return String.format(
                Locale.ROOT,
                "SET default_transaction_read_only = on; SET statement_timeout = %d",
                timeouts.statement().toMillis());
    }

    private static void closeQuietly(@Nullable HikariDataSource pool) {
        if (pool != null) {
            pool.close();
        }
    }
}
