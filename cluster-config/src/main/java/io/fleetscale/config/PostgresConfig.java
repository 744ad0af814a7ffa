package io.fleetscale.config;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How to reach PostgreSQL.
 *
 * @param host a host name, an address, or the absolute directory of a unix socket
 * @param port 0 means the usual port
 * @param sslMode a PostgreSQL sslmode; {@code true} and {@code false} have become {@code require} and {@code disable}
 * @param maxOpenConnections the most connections of one instance
 * @param maxIdleTime after how long an idle one is closed; zero: never
 */
public record PostgresConfig(
        String host,
        int port,
        String name,
        String user,
        Secret password,
        String sslMode,
        int maxOpenConnections,
        Duration maxIdleTime) {
    public static final int USUAL_PORT = 5432;

    private static final Set<String> SSL_MODES =
            Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");
    private static final int HIGHEST_PORT = 65535;
    private static final Duration SHORTEST_IDLE_TIME = Duration.ofSeconds(10);
    private static final PostgresConfig DEFAULTS =
            new PostgresConfig("", USUAL_PORT, "", "", Secret.EMPTY, "disable", 10, Duration.ofHours(1));

    public static PostgresConfig defaults() {
        return DEFAULTS;
    }

    public Builder toBuilder() {
        return new Builder(this);
    }

    /** The port to connect to: the usual one instead of 0. */
    public int effectivePort() {
        return port == 0 ? USUAL_PORT : port;
    }

    /** Whether {@link #host} is the directory of a unix socket. */
    public boolean isUnixSocket() {
        return host.startsWith("/");
    }

    static PostgresConfig read(Settings in) {
        String ssl = in.text("database.postgres.ssl", DEFAULTS.sslMode);
        String sslMode = switch (ssl) {
            case "true", "1", "t", "T", "TRUE", "True" -> "require";
            case "false", "0", "f", "F", "FALSE", "False", "" -> "disable";
            default -> ssl;
        };
        long idleSeconds =
                in.integer("database.postgres.conn_max_idle_time_secs", (int) DEFAULTS.maxIdleTime.toSeconds());
        return new PostgresConfig(
                in.text("database.postgres.host", DEFAULTS.host),
                in.integer("database.postgres.port", DEFAULTS.port),
                in.text("database.postgres.name", DEFAULTS.name),
                in.text("database.postgres.user", DEFAULTS.user),
                in.secret("database.postgres.pass", DEFAULTS.password),
                sslMode,
                in.integer("database.postgres.max_open_conns", DEFAULTS.maxOpenConnections),
                Duration.ofSeconds(idleSeconds));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        required(problems, "database.postgres.host", host, "write the host of the database server");
        required(problems, "database.postgres.name", name, "write the name of the database");
        required(problems, "database.postgres.user", user, "write the role to log in as");
        if (port < 0 || port > HIGHEST_PORT) {
            problems.add(ConfigProblem.error(
                    "database.postgres.port",
                    Integer.toString(port),
                    "must be 0..65535",
                    "write 5432, or the port in use"));
        }
        if (!SSL_MODES.contains(sslMode)) {
            problems.add(ConfigProblem.error(
                    "database.postgres.ssl",
                    sslMode,
                    "not an sslmode",
                    "write true, false, allow, prefer, require, verify-ca or verify-full"));
        }
        // One connection waits for notifications, one writes; the rest serves reads.
        if (maxOpenConnections < 2) {
            problems.add(ConfigProblem.error(
                    "database.postgres.max_open_conns",
                    Integer.toString(maxOpenConnections),
                    "too few: one connection listens for changes while another writes",
                    "write 2 or more, better 10"));
        }
        if (maxIdleTime.isNegative() || !maxIdleTime.isZero() && maxIdleTime.compareTo(SHORTEST_IDLE_TIME) < 0) {
            problems.add(ConfigProblem.error(
                    "database.postgres.conn_max_idle_time_secs",
                    Long.toString(maxIdleTime.toSeconds()),
                    "must be 0 or at least " + SHORTEST_IDLE_TIME.toSeconds(),
                    "write seconds, such as 3600"));
        }
        return problems;
    }

    private static void required(List<ConfigProblem> problems, String key, String value, String remedy) {
        if (value.isEmpty()) {
            problems.add(ConfigProblem.error(key, null, "is missing", remedy));
        }
    }

    /** Changes some values of a {@link PostgresConfig}. */
    public static final class Builder {
        private String host;
        private int port;
        private String name;
        private String user;
        private Secret password;
        private String sslMode;
        private int maxOpenConnections;
        private Duration maxIdleTime;

        private Builder(PostgresConfig from) {
            host = from.host;
            port = from.port;
            name = from.name;
            user = from.user;
            password = from.password;
            sslMode = from.sslMode;
            maxOpenConnections = from.maxOpenConnections;
            maxIdleTime = from.maxIdleTime;
        }

        @CanIgnoreReturnValue
        public Builder host(String value) {
            host = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder port(int value) {
            port = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder name(String value) {
            name = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder user(String value) {
            user = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder password(Secret value) {
            password = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder sslMode(String value) {
            sslMode = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder maxOpenConnections(int value) {
            maxOpenConnections = value;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder maxIdleTime(Duration value) {
            maxIdleTime = value;
            return this;
        }

        @CheckReturnValue
        public PostgresConfig build() {
            return new PostgresConfig(host, port, name, user, password, sslMode, maxOpenConnections, maxIdleTime);
        }
    }
}
