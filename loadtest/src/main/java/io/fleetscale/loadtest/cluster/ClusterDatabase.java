package io.fleetscale.loadtest.cluster;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The PostgreSQL of a cluster under test, and what can go wrong with it. {@code dev} starts it again when it dies. To be
 * used by one thread.
 */
public final class ClusterDatabase {
    private static final int PORT_LINE = 3;
    private static final int STATUS_LINE = 7;
    /** SQLSTATE too_many_connections. Source: PostgreSQL documentation, appendix A. */
    private static final String TOO_MANY_CONNECTIONS = "53300";

    private static final Duration INSIST = Duration.ofSeconds(60);
    private static final int MORE_THAN_ALL_CONNECTIONS = 1000;

    private final Path home;

    ClusterDatabase(Path home) {
        this.home = home;
    }

    private List<String> postmaster() throws IOException {
        return Files.readAllLines(home.resolve("cluster").resolve("postmaster.pid"));
    }

    /** The server's own process. */
    public long pid() throws IOException {
        return Long.parseLong(postmaster().getFirst().strip());
    }

    public int port() throws IOException {
        return Integer.parseInt(postmaster().get(PORT_LINE).strip());
    }

    /** SIGKILL for the server and for all processes that serve its connections. */
    public void kill() throws IOException, InterruptedException {
        Signals.KILL.send(processes());
    }

    /** SIGSTOP: connections stay open and nothing is answered. */
    public void pause() throws IOException, InterruptedException {
        Signals.STOP.send(processes());
    }

    /** SIGCONT. */
    public void resume() throws IOException, InterruptedException {
        Signals.CONT.send(processes());
    }

    private List<Long> processes() throws IOException {
        long server = pid();
        List<Long> all = new ArrayList<>(List.of(server));
        ProcessHandle.of(server).stream().flatMap(ProcessHandle::descendants).forEach(child -> all.add(child.pid()));
        return all;
    }

    /** Whether it says that it takes connections. */
    public boolean isReady() {
        try {
            List<String> lines = postmaster();
            return lines.size() > STATUS_LINE && lines.get(STATUS_LINE).strip().equals("ready");
        } catch (IOException e) {
            return false;
        }
    }

    /** As a user of its own, beside the instances. */
    public Connection connect() throws IOException, SQLException {
        String password = Files.readString(home.resolve("password")).strip();
        return Database.connect(
                DatabaseConfig.of("jdbc:postgresql://127.0.0.1:" + port() + "/fleetscale", "fleetscale", password),
                "faults");
    }

    /** Refuses, or allows again, all writes of running and new sessions. */
    public void setReadOnly(boolean readOnly) throws IOException, SQLException, InterruptedException {
        long end = System.nanoTime() + INSIST.toNanos();
        while (true) {
            try {
                trySetReadOnly(readOnly);
                return;
            } catch (SQLException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(100); // a busy machine: it has not answered in time
            }
        }
    }

    private void trySetReadOnly(boolean readOnly) throws IOException, SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    readOnly
                            ? "ALTER SYSTEM SET default_transaction_read_only = on"
                            : "ALTER SYSTEM RESET default_transaction_read_only");
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    /**
     * Ends the sessions of all others and takes every connection that the server gives.
     *
     * @return the connections; whoever closes them ends the shortage
     */
    public Deque<Connection> takeAllConnections() throws IOException, SQLException {
        Deque<Connection> taken = new ArrayDeque<>();
        Connection first = connect();
        taken.add(first);
        try (Statement statement = first.createStatement()) {
            while (taken.size() < MORE_THAN_ALL_CONNECTIONS) {
                statement.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND"
                                + " application_name <> 'fleetscale faults'");
                try {
                    taken.add(connect());
                } catch (SQLException e) {
                    if (TOO_MANY_CONNECTIONS.equals(e.getSQLState())) {
                        return taken;
                    }
                    throw e;
                }
            }
        }
        throw new IllegalStateException("the server gave " + taken.size() + " connections and has no end of them");
    }
}
