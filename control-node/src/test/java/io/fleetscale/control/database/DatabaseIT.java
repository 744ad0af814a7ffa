package io.fleetscale.control.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.database.DatabaseException.Fault;
import io.fleetscale.control.testing.TestDatabase;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DatabaseIT {
    private static DatabaseException refused(DatabaseConfig config) {
        try (Database unexpected = Database.open(config)) {
            throw new AssertionError("opened " + unexpected.config());
        } catch (DatabaseException e) {
            assertThat(e.getMessage()).doesNotContain("\n").doesNotContain(config.password());
            assertThat(e.remedy()).isNotBlank();
            return e;
        }
    }

    @Test
    void migratesOnceAndHasNothingToSayOfADurableServer() throws SQLException {
        DatabaseConfig config = TestDatabase.fresh();
        Database.open(config).close();
        try (Database again = Database.open(config);
                Connection connection = again.read();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT head FROM tailnet")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getLong(1)).isZero();
            assertThat(again.warnings()).isEmpty();
            assertThatThrownBy(() -> statement.execute("UPDATE tailnet SET head = 1"))
                    .isInstanceOf(SQLException.class);
        }
    }

    @Test
    void theNewestMigrationIsTheProgramsNumber() throws IOException {
        try (var files = Files.list(Path.of("src/main/resources/db/migration"))) {
            int newest = files.map(file -> file.getFileName().toString())
                    .mapToInt(name -> Integer.parseInt(name.substring(1, name.indexOf("__"))))
                    .max()
                    .orElseThrow();
            assertThat(SchemaMigration.PROGRAM_SCHEMA).isEqualTo(newest);
        }
    }

    @Test
    void eachWrongDatabaseIsOneLine() throws IOException {
        DatabaseConfig config = TestDatabase.fresh();
        int closedPort;
        try (ServerSocket socket = new ServerSocket(0)) {
            closedPort = socket.getLocalPort();
        }
        assertThat(refused(DatabaseConfig.of("127.0.0.1", closedPort, "x", config.user(), config.password(), "disable"))
                        .fault())
                .isEqualTo(Fault.UNREACHABLE);
        assertThat(refused(DatabaseConfig.of(config.url(), config.user(), "wrong-password"))
                        .fault())
                .isEqualTo(Fault.REFUSED_CREDENTIALS);
        assertThat(refused(DatabaseConfig.of(config.url() + "_absent", config.user(), config.password()))
                        .fault())
                .isEqualTo(Fault.MISSING_DATABASE);
        TestDatabase.execute(config, "CREATE TABLE users (id int)");
        assertThat(refused(config).fault()).isEqualTo(Fault.FOREIGN_DATABASE);
    }

    @Test
    void aNewerSchemaIsRefusedOnlyWhenItSaysSo() {
        DatabaseConfig config = TestDatabase.fresh();
        Database.open(config).close();
        TestDatabase.execute(
                config,
                "INSERT INTO fleetscale_schema_history (installed_rank, version, description, type, script,"
                        + " installed_by, execution_time, success)"
                        + " VALUES (99, '99', 'later', 'SQL', 'V99__later.sql', 'test', 1, true)");
        Database.open(config).close();
        TestDatabase.execute(config, "UPDATE schema_release SET oldest_program = 98");
        assertThat(refused(config))
                .hasMessageContaining("has schema 99")
                .hasMessageContaining("upgrade this instance")
                .extracting(DatabaseException::fault)
                .isEqualTo(Fault.NEWER_SCHEMA);
    }

    @Test
    void warnsOfCommitsThatAreNotDurable() {
        DatabaseConfig config = TestDatabase.fresh();
        String name = config.url().substring(config.url().lastIndexOf('/') + 1);
        TestDatabase.execute(config, "ALTER DATABASE " + name + " SET synchronous_commit = off");
        try (Database database = Database.open(config)) {
            assertThat(database.warnings()).singleElement().asString().contains("synchronous_commit=off");
        }
    }

    @Test
    void theCircuitRefusesAtOnceWhileTheDatabaseIsAway() {
        DatabaseCircuit circuit = new DatabaseCircuit();
        AtomicInteger calls = new AtomicInteger();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> circuit.call(() -> {
                        calls.incrementAndGet();
                        throw new SQLTransientConnectionException("no connection");
                    }))
                    .isInstanceOf(SQLException.class);
        }
        assertThat(circuit.isOpen()).isTrue();
        assertThatThrownBy(() -> circuit.call(calls::incrementAndGet))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        assertThat(calls).hasValue(2);
    }

    @Test
    void serialisationFailuresAreTriedAgain() throws SQLException {
        DatabaseCircuit circuit = new DatabaseCircuit();
        AtomicInteger calls = new AtomicInteger();
        int result = circuit.call(() -> {
            if (calls.incrementAndGet() < 3) {
                throw new SQLException("could not serialize", "40001");
            }
            return 42;
        });
        assertThat(result).isEqualTo(42);
        assertThat(calls).hasValue(3);
    }
}
