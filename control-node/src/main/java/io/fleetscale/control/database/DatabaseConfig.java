package io.fleetscale.control.database;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * How to reach PostgreSQL.
 *
 * @param url {@code jdbc:postgresql://host:port/database}, without user and password
 * @param password empty when the server asks for none; never printed
 * @param writeConnections size of the pool for writes: the log's writer, the lease and batches of soft state
 * @param readConnections size of the pool for reads
 * @param connectTimeout for one new connection
 * @param idleTimeout after how long an unused one is closed, but for the last of its pool; zero: never
 */
public record DatabaseConfig(
        String url,
        String user,
        String password,
        int writeConnections,
        int readConnections,
        Duration connectTimeout,
        Duration idleTimeout,
        Timeouts timeouts) {

    public static final int DEFAULT_WRITE_CONNECTIONS = 4;
    public static final int DEFAULT_READ_CONNECTIONS = 6;
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(3);
    public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofMinutes(10);

    private static final int MAX_CONNECTIONS = 200;

    /**
     * Limits of one statement or transaction on a write connection. A paused writer holds the one row that all others wait
     * for: {@code idleInTransaction} ends that, and {@code lock} is longer, so that the others outwait it.
     *
     * @param socket longest silence of the server before a connection is given up
     */
    public record Timeouts(Duration idleInTransaction, Duration lock, Duration statement, Duration socket) {
        public static final Timeouts DEFAULT = new Timeouts(
                Duration.ofSeconds(2), Duration.ofSeconds(3), Duration.ofSeconds(5), Duration.ofSeconds(10));
    }

    /** With the default pools and time-outs. */
    public static DatabaseConfig of(String url, String user, String password) {
        return new DatabaseConfig(
                url,
                user,
                password,
                DEFAULT_WRITE_CONNECTIONS,
                DEFAULT_READ_CONNECTIONS,
                DEFAULT_CONNECT_TIMEOUT,
                DEFAULT_IDLE_TIMEOUT,
                Timeouts.DEFAULT);
    }

    /**
     * From the parts that headscale's {@code database.postgres} section has.
     *
     * @param sslMode libpq's word: {@code disable}, {@code prefer}, {@code require}, {@code verify-ca}, {@code verify-full}
     */
    public static DatabaseConfig of(
            String host, int port, String database, String user, String password, String sslMode) {
        String shownHost = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
        return of(
                "jdbc:postgresql://" + shownHost + ":" + port + "/"
                        + URLEncoder.encode(database, StandardCharsets.UTF_8) + "?sslmode=" + sslMode,
                user,
                password);
    }

    public DatabaseConfig withPools(int newWriteConnections, int newReadConnections) {
        return new DatabaseConfig(
                url, user, password, newWriteConnections, newReadConnections, connectTimeout, idleTimeout, timeouts);
    }

    public DatabaseConfig withTimeouts(Timeouts newTimeouts) {
        return new DatabaseConfig(
                url, user, password, writeConnections, readConnections, connectTimeout, idleTimeout, newTimeouts);
    }

    public DatabaseConfig withIdleTimeout(Duration newIdleTimeout) {
        return new DatabaseConfig(
                url, user, password, writeConnections, readConnections, connectTimeout, newIdleTimeout, timeouts);
    }

    /** All that is wrong with it; empty when it can be used. */
    public List<String> validate() {
        List<String> problems = new ArrayList<>();
        if (!url.startsWith("jdbc:postgresql://")) {
            problems.add("database url \"" + url + "\": must begin with jdbc:postgresql://");
        }
        if (user.isEmpty()) {
            problems.add("database user: must not be empty");
        }
        if (writeConnections < 2 || writeConnections > MAX_CONNECTIONS) {
            problems.add("database write connections " + writeConnections + ": must be 2.." + MAX_CONNECTIONS);
        }
        if (readConnections < 1 || readConnections > MAX_CONNECTIONS) {
            problems.add("database read connections " + readConnections + ": must be 1.." + MAX_CONNECTIONS);
        }
        if (timeouts.lock().compareTo(timeouts.idleInTransaction()) <= 0) {
            problems.add("database lock time-out " + timeouts.lock() + ": must be longer than the idle-in-transaction "
                    + "time-out " + timeouts.idleInTransaction());
        }
        return problems;
    }

    /** For messages: the URL without its parameters. */
    public String shownUrl() {
        int query = url.indexOf('?');
        return query < 0 ? url : url.substring(0, query);
    }

    Properties driverProperties(String purpose) {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (!password.isEmpty()) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ApplicationName", "fleetscale " + purpose);
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", Long.toString(Math.max(1, connectTimeout.toSeconds())));
        properties.setProperty("loginTimeout", Long.toString(Math.max(1, connectTimeout.toSeconds())));
        properties.setProperty(
                "socketTimeout", Long.toString(Math.max(1, timeouts.socket().toSeconds())));
        properties.setProperty("cancelSignalTimeout", "2");
        // The detail of a unique violation repeats the value, which can be a key.
        properties.setProperty("logServerErrorDetail", "false");
        return properties;
    }

    @Override
    public String toString() {
        return "DatabaseConfig[" + shownUrl() + ", user=" + user + ", password=redacted, writeConnections="
                + writeConnections + ", readConnections=" + readConnections + "]";
    }
}
