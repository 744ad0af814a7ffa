package io.fleetscale.control.database.embedded;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseException.Fault;
import io.fleetscale.runtime.net.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of our own under {@code home}: {@code postgres-*} its programs, {@code cluster} its data, {@code
 * password} (mode 0600), {@code server.log}. It listens on loopback only, with a random password; commits are durable. When
 * it dies unasked it is started again on the same port. The caller holds the {@link DataDirectoryLock}.
 *
 * <p>A server that outlived its parent ({@code kill -9}) is found by its pid file and working directory and is stopped
 * before the next one starts. Thread-safe; its state is guarded by its own lock.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);

    private static final String USER = "fleetscale";
    private static final String DATABASE = "fleetscale";
    private static final int PASSWORD_BYTES = 24;
    private static final long MAX_LOG_BYTES = 4L << 20;
    private static final Duration INIT_LIMIT = Duration.ofSeconds(60);
    /** Recovery after a crash reads the log since the last checkpoint, at most max_wal_size of it. */
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** Class of the SQL states that tell of a connection. Source: PostgreSQL documentation, appendix A. */
    private static final String CONNECTION_FAULT = "08";

    private static final Duration FAST_STOP_LIMIT = Duration.ofSeconds(3);
    private static final Duration IMMEDIATE_STOP_LIMIT = Duration.ofSeconds(2);
    private static final Duration RESTART_PAUSE = Duration.ofMillis(500);
    private static final long POLL_MILLIS = 5;
    private static final int MAX_CONNECTIONS = 60;

    private final Path home;
    private final Path programs;
    private final Path cluster;
    private final Object lock = new Object();

    private @Nullable ServerAccount account;
    private @Nullable PostgresBinaries binaries;
    private @Nullable Process server;
    private String password = "";
    private int port;
    private boolean stopping;

    /**
     * @param home directory for everything of this server; made when it is not there
     */
    public EmbeddedPostgres(Path home) {
        this(home, home);
    }

    /**
     * @param programs where the unpacked programs are kept, which several servers may share
     */
    public EmbeddedPostgres(Path home, Path programs) {
        this.home = home.toAbsolutePath().normalize();
        this.programs = programs.toAbsolutePath().normalize();
        this.cluster = this.home.resolve("cluster");
    }

    /**
     * Unpacks, initialises and starts what is needed, and waits until the server takes connections.
     *
     * @return how to reach its database
     * @throws DatabaseException with one line when it does not work
     */
    public DatabaseConfig start() {
        synchronized (lock) {
            try {
                Files.createDirectories(home);
                binaries = PostgresBinaries.unpackTo(programs);
                account = ServerAccount.choose(home, cluster);
                if (!Files.exists(cluster.resolve("PG_VERSION"))) {
                    initialise();
                }
                password = Files.readString(passwordFile(), StandardCharsets.US_ASCII)
                        .strip();
                stopOrphan();
                port = FreePorts.tcp(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 1)[0];
                launch();
                DatabaseConfig config = config(DATABASE);
                ensureDatabase();
                return config;
            } catch (IOException | SQLException e) {
                stop();
                throw failed("cannot be started (" + e.getMessage() + ")", e);
            } catch (RuntimeException | Error e) {
                stop();
                throw e;
            } catch (InterruptedException e) {
                stop();
                Thread.currentThread().interrupt();
                throw failed("was interrupted while it started", e);
            }
        }
    }

    /**
     * How to reach the database of a server that another process runs under {@code home}; empty when none takes connections.
     *
     * @throws IOException if its files cannot be read
     */
    public static Optional<DatabaseConfig> running(Path home) throws IOException {
        Path cluster = home.toAbsolutePath().normalize().resolve("cluster");
        PostmasterPid found = PostmasterPid.read(cluster).orElse(null);
        if (found == null || !found.ready() || found.port() == 0 || !found.serves(cluster)) {
            return Optional.empty();
        }
        String password = Files.readString(home.resolve("password"), StandardCharsets.US_ASCII)
                .strip();
        return Optional.of(
                DatabaseConfig.of("jdbc:postgresql://127.0.0.1:" + found.port() + "/" + DATABASE, USER, password));
    }

    /** Leaves the server to itself, as a killed process does: it is not started again when it dies. */
    void abandon() {
        synchronized (lock) {
            stopping = true;
        }
    }

    /** Process number of the running server. */
    public long pid() {
        synchronized (lock) {
            try {
                return PostmasterPid.read(cluster).map(PostmasterPid::pid).orElse(-1L);
            } catch (IOException e) {
                return -1;
            }
        }
    }

    /** Fast shutdown: transactions are rolled back, a checkpoint is written; within five seconds in any case. */
    @Override
    public void close() {
        synchronized (lock) {
            stop();
        }
    }

    /** Immediate shutdown, for whoever cannot wait: nothing acknowledged is lost, the next start recovers. */
    public void closeAtOnce() {
        synchronized (lock) {
            stopping = true;
            Process running = server;
            if (running == null) {
                return;
            }
            try {
                signal(
                        "QUIT",
                        PostmasterPid.read(cluster).map(PostmasterPid::pid).orElse(running.pid()));
                if (!running.waitFor(IMMEDIATE_STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    running.destroyForcibly();
                }
            } catch (IOException e) {
                running.destroyForcibly();
            } catch (InterruptedException e) {
                running.destroyForcibly();
                Thread.currentThread().interrupt();
            }
            server = null;
        }
    }

    private void stop() {
        stopping = true;
        Process running = server;
        if (running == null) {
            return;
        }
        try {
            long pid = PostmasterPid.read(cluster).map(PostmasterPid::pid).orElse(running.pid());
            stopProcess(pid);
            if (!running.waitFor(IMMEDIATE_STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                running.destroyForcibly();
            }
        } catch (IOException e) {
            log.warn("PostgreSQL was not stopped in order", e);
            running.destroyForcibly();
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        server = null;
    }

    private void stopOrphan() throws IOException, InterruptedException {
        PostmasterPid found = PostmasterPid.read(cluster).orElse(null);
        if (found == null || !found.serves(cluster)) {
            return;
        }
        log.atInfo().addKeyValue("pid", found.pid()).log("Stopping the PostgreSQL that a killed process left behind");
        stopProcess(found.pid());
    }

    /** SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one; SIGTERM would wait for clients. */
    private static void stopProcess(long pid) throws IOException, InterruptedException {
        ProcessHandle handle = ProcessHandle.of(pid).orElse(null);
        if (handle == null) {
            return;
        }
        signal("INT", pid);
        if (awaitEnd(handle, FAST_STOP_LIMIT)) {
            return;
        }
        log.atWarn().addKeyValue("pid", pid).log("PostgreSQL did not stop in time; it recovers at the next start");
        signal("QUIT", pid);
        if (!awaitEnd(handle, IMMEDIATE_STOP_LIMIT)) {
            handle.destroyForcibly();
            awaitEnd(handle, IMMEDIATE_STOP_LIMIT);
        }
    }

    private static boolean awaitEnd(ProcessHandle handle, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (handle.isAlive()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(POLL_MILLIS);
        }
        return true;
    }

    private static void signal(String signal, long pid) throws IOException, InterruptedException {
        new ProcessBuilder("/bin/sh", "-c", "kill -" + signal + " " + pid)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private void initialise() throws IOException, InterruptedException {
        if (Files.exists(cluster)) {
            try (var entries = Files.list(cluster)) {
                if (entries.findAny().isPresent()) {
                    throw failed("finds " + cluster + " in use for something else", null);
                }
            }
            Files.delete(cluster);
        }
        Path partial = home.resolve("cluster.new");
        PostgresBinaries.deleteTree(partial);
        Files.createDirectory(partial, ownerOnly("rwx------"));
        required(account).own(partial);
        byte[] secret = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(secret);
        writeSecret(passwordFile(), HexFormat.of().formatHex(secret));
        Path handedOver = partial.resolveSibling("password.init");
        writeSecret(handedOver, HexFormat.of().formatHex(secret));
        required(account).own(handedOver);
        try {
            run(List.of(
                    required(binaries).program("initdb").toString(),
                    "--pgdata=" + partial,
                    "--username=" + USER,
                    "--pwfile=" + handedOver,
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--data-checksums",
                    // A random password of 24 bytes needs no slow hash.
                    "--set=scram_iterations=1024"));
        } finally {
            Files.deleteIfExists(handedOver);
        }
        Files.move(partial, cluster, StandardCopyOption.ATOMIC_MOVE);
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(home, "initdb-", ".log", ownerOnly("rw-------"));
        try {
            Process process = new ProcessBuilder(required(account).command(command))
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            if (!process.waitFor(INIT_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw failed("did not initialise its data within " + INIT_LIMIT.toSeconds() + " s", null);
            }
            if (process.exitValue() != 0) {
                throw failed("could not initialise its data (" + lastLine(output) + ")", null);
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private void launch() throws IOException, InterruptedException {
        Path logFile = home.resolve("server.log");
        if (Files.exists(logFile) && Files.size(logFile) > MAX_LOG_BYTES) {
            Files.move(logFile, home.resolve("server.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
        stopping = false;
        Process started = new ProcessBuilder(serverCommand())
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        server = started;
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!isReady(started)) {
            if (!started.isAlive()) {
                throw failed("ended while it started (" + lastLine(logFile) + ")", null);
            }
            if (System.nanoTime() > deadline) {
                throw failed(
                        "did not start within " + START_LIMIT.toSeconds() + " s (" + lastLine(logFile) + ")", null);
            }
            Thread.sleep(POLL_MILLIS);
        }
        var unused = started.onExit()
                .thenAcceptAsync(
                        this::restart,
                        CompletableFuture.delayedExecutor(RESTART_PAUSE.toMillis(), TimeUnit.MILLISECONDS));
    }

    private boolean isReady(Process started) throws IOException {
        PostmasterPid found = PostmasterPid.read(cluster).orElse(null);
        return found != null && found.ready() && found.serves(cluster) && started.isAlive();
    }

    /** A session of its own: Ctrl-C in a terminal must reach this process only, which then stops the server in order. */
    private List<String> serverCommand() {
        List<String> command = new ArrayList<>();
        if (ServerAccount.findProgram("setsid") != null) {
            command.add("setsid");
        }
        command.addAll(required(account)
                .command(List.of(required(binaries).program("postgres").toString(), "-D", cluster.toString())));
        List<String> settings = List.of(
                "listen_addresses=127.0.0.1",
                "port=" + port,
                "unix_socket_directories=",
                "max_connections=" + MAX_CONNECTIONS,
                "shared_buffers=48MB",
                "max_wal_size=256MB",
                "fsync=on",
                "synchronous_commit=on",
                "full_page_writes=on",
                "jit=off",
                "log_checkpoints=off",
                "cluster_name=fleetscale");
        for (String setting : settings) {
            command.add("-c");
            command.add(setting);
        }
        return command;
    }

    private void restart(Process ended) {
        synchronized (lock) {
            if (stopping || server != ended) {
                return;
            }
            log.atError().addKeyValue("status", ended.exitValue()).log("PostgreSQL ended; starting it again");
            try {
                stopOrphan();
                launch();
            } catch (IOException | DatabaseException e) {
                log.error("PostgreSQL could not be started again", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A machine with no time to spare may not answer the first connection within its limit: then again, as long as a start may take. */
    private void ensureDatabase() throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            try {
                createDatabase();
                return;
            } catch (SQLException e) {
                String state = e.getSQLState();
                if (state == null || !state.startsWith(CONNECTION_FAULT) || System.nanoTime() > deadline) {
                    throw e;
                }
                log.atInfo().addKeyValue("why", e.getMessage()).log("PostgreSQL does not answer yet");
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private void createDatabase() throws SQLException {
        try (Connection connection = Database.connect(config("postgres"), "start");
                Statement statement = connection.createStatement()) {
            boolean exists;
            try (ResultSet row = statement.executeQuery(
                    "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "')")) {
                row.next();
                exists = row.getBoolean(1);
            }
            if (!exists) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        }
    }

    /** How to reach another database of this server. */
    public DatabaseConfig config(String database) {
        synchronized (lock) {
            return DatabaseConfig.of("jdbc:postgresql://127.0.0.1:" + port + "/" + database, USER, password);
        }
    }

    private Path passwordFile() {
        return home.resolve("password");
    }

    private static void writeSecret(Path file, String secret) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, ownerOnly("rw-------"));
        Files.writeString(file, secret + "\n", StandardCharsets.US_ASCII);
    }

    private static java.nio.file.attribute.FileAttribute<?> ownerOnly(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    private static String lastLine(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        return lines.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).matches(".*(fatal|error|panic).*"))
                .reduce((first, second) -> second)
                .or(() -> lines.stream().filter(line -> !line.isBlank()).reduce((first, second) -> second))
                .orElse("no output");
    }

    private static <T> T required(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("not started");
        }
        return value;
    }

    private DatabaseException failed(String what, @Nullable Throwable cause) {
        return new DatabaseException(
                Fault.EMBEDDED_SERVER,
                "the built-in PostgreSQL in " + home + " " + what,
                "look at " + home.resolve("server.log"),
                cause);
    }
}
