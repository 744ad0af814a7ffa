package io.fleetscale.control.database.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EmbeddedPostgresIT {
    private static final Path PROGRAMS = Path.of("target", "test-postgres-programs");

    private Path home = Path.of("");

    @BeforeEach
    void makeHome() throws IOException {
        Files.createDirectories(Path.of("target"));
        // Mode 0700, as root's home: the server's account cannot enter it by permission.
        home = Files.createTempDirectory(
                Path.of("target"),
                "embedded-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    @AfterEach
    void removeHome() throws IOException {
        PostgresBinaries.deleteTree(home);
    }

    @Test
    void keepsDataOverARestartAndStopsFast() throws SQLException {
        try (EmbeddedPostgres first = new EmbeddedPostgres(home, PROGRAMS)) {
            DatabaseConfig config = first.start();
            execute(config, "CREATE TABLE kept (value int)");
            execute(config, "INSERT INTO kept VALUES (42)");
        }
        long begun = System.nanoTime();
        try (EmbeddedPostgres second = new EmbeddedPostgres(home, PROGRAMS)) {
            DatabaseConfig config = second.start();
            System.out.printf("second start %d ms%n", (System.nanoTime() - begun) / 1_000_000);
            assertThat(query(config, "SELECT value FROM kept")).isEqualTo("42");
            assertThat(query(config, "SHOW fsync")).isEqualTo("on");
            assertThat(query(config, "SHOW synchronous_commit")).isEqualTo("on");
            begun = System.nanoTime();
        }
        Duration stop = Duration.ofNanos(System.nanoTime() - begun);
        System.out.printf("stop %d ms%n", stop.toMillis());
        assertThat(stop).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void keepsThePasswordToItself() throws IOException {
        try (EmbeddedPostgres server = new EmbeddedPostgres(home, PROGRAMS)) {
            DatabaseConfig config = server.start();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("password"))))
                    .isEqualTo("rw-------");
            assertThat(config.toString()).doesNotContain(config.password());
            assertThatThrownBy(() -> Database.connect(DatabaseConfig.of(config.url(), config.user(), "guess"), "test"))
                    .isInstanceOf(SQLException.class);
        }
    }

    @Test
    void stopsTheServerThatAKilledParentLeftBehind() throws SQLException {
        EmbeddedPostgres abandoned = new EmbeddedPostgres(home, PROGRAMS);
        DatabaseConfig config = abandoned.start();
        execute(config, "CREATE TABLE kept (value int)");
        long orphan = abandoned.pid();
        abandoned.abandon(); // else it starts its server again, and stops the next one's for it
        try (EmbeddedPostgres next = new EmbeddedPostgres(home, PROGRAMS)) {
            DatabaseConfig after = next.start();
            assertThat(next.pid()).isNotEqualTo(orphan);
            assertThat(ProcessHandle.of(orphan).map(ProcessHandle::isAlive).orElse(false))
                    .isFalse();
            assertThat(query(after, "SELECT count(*) FROM kept")).isEqualTo("0");
        } finally {
            abandoned.close();
        }
    }

    @Test
    void startsAgainWhenTheServerDies() {
        try (EmbeddedPostgres server = new EmbeddedPostgres(home, PROGRAMS)) {
            DatabaseConfig config = server.start();
            long first = server.pid();
            ProcessHandle.of(first).orElseThrow().destroyForcibly();
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .until(() -> query(config, "SELECT 1").equals("1"));
            assertThat(server.pid()).isNotEqualTo(first);
        }
    }

    @Test
    void refusesADirectoryThatIsHeld() {
        try (DataDirectoryLock held = DataDirectoryLock.take(home)) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> DataDirectoryLock.take(home))
                    .hasMessageContaining(
                            "in use by process " + ProcessHandle.current().pid());
        }
        DataDirectoryLock.take(home).close();
    }

    private static void execute(DatabaseConfig config, String sql) throws SQLException {
        try (Connection connection = Database.connect(config, "test");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(DatabaseConfig config, String sql) throws SQLException {
        try (Connection connection = Database.connect(config, "test");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
