package io.fleetscale.control.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.changelog.LogRetention;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.presence.JdbcPresenceStore;
import io.fleetscale.control.testing.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetentionIT {
    private static final String OLD_RECORDS = "INSERT INTO log SELECT g, decode(md5(g::text), 'hex'), '', '',"
            + " clock_timestamp() - interval '3 days' FROM generate_series(1, 9000) g;"
            + " INSERT INTO log SELECT g, decode(md5(g::text), 'hex'), '', '',"
            + " clock_timestamp() - interval '1 hour' FROM generate_series(9001, 12000) g;"
            + " UPDATE tailnet SET head = 12000, head_record_id = decode(md5('12000'), 'hex')";

    private final Database database = TestDatabase.open();

    @AfterEach
    void close() {
        database.close();
    }

    private void execute(String sql) {
        TestDatabase.execute(database.config(), sql);
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = database.read();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private Retention retention(Map<String, Sweep> sweeps) {
        return new Retention(database, () -> true, sweeps);
    }

    private static Sweep log(Duration keep) {
        return (connection, atMost) -> LogRetention.delete(connection, keep, atMost);
    }

    @Test
    void theLogKeepsWhatIsYoungAndWhatALiveInstanceNeeds() throws Exception {
        execute(OLD_RECORDS);
        execute("INSERT INTO instances (name, incarnation, renewed, expires, applied) VALUES"
                + " ('fast', 1, clock_timestamp(), clock_timestamp() + interval '1 hour', 12000),"
                + " ('slow', 2, clock_timestamp(), clock_timestamp() + interval '1 hour', 5000),"
                + " ('dead', 3, clock_timestamp(), clock_timestamp() - interval '1 hour', 10)");
        Retention retention = retention(Map.of("log", log(Duration.ofHours(24))));
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        retention.bindTo(meters);
        retention.round();
        assertThat(number("SELECT min(version) FROM log"))
                .as("the slow one continues from the record that it stands at")
                .isEqualTo(5000);
        assertThat(meters.get("control.retention.deleted")
                        .tag("kind", "log")
                        .functionCounter()
                        .count())
                .isEqualTo(4999);
        execute("UPDATE instances SET applied = 12000");
        retention.round();
        assertThat(number("SELECT min(version) FROM log"))
                .as("younger than a day")
                .isEqualTo(9001);
        retention(Map.of("log", log(Duration.ofMinutes(10)))).round();
        assertThat(number("SELECT min(version) FROM log"))
                .as("the newest stay, however old: lost commits are looked for in them")
                .isEqualTo(11_001);
        assertThat(number("SELECT count(*) FROM log")).isEqualTo(1000);
    }

    @Test
    void nothingIsDeletedByAnInstanceThatDoesNotActForAll() throws Exception {
        execute(OLD_RECORDS);
        AtomicInteger asked = new AtomicInteger();
        new Retention(database, () -> asked.incrementAndGet() == 1, Map.of("log", log(Duration.ofHours(24)))).round();
        assertThat(number("SELECT count(*) FROM log"))
                .as("it lost its place after the first batch")
                .isEqualTo(12_000 - Retention.BATCH);
    }

    @Test
    void auditEntriesAndLeftoversOfNodesGo() throws Exception {
        execute(
                "INSERT INTO audit_log SELECT g, clock_timestamp() - g * interval '1 hour', '', '', '', '', '', '', '{}'"
                        + " FROM generate_series(1, 5000) g");
        execute("INSERT INTO node_presence SELECT g, 1, 1, '' FROM generate_series(1, 3) g;"
                + " INSERT INTO node_sessions SELECT g, 1, '' FROM generate_series(1, 3) g;"
                + " INSERT INTO nodes (id, machine_key, node_key, given_name, record) VALUES (2, '', '', 'n', '')");
        Instant now = Instant.now();
        retention(Map.of(
                        "audit-log",
                        (connection, atMost) -> AuditLog.trim(connection, now.minus(Duration.ofHours(100)), atMost),
                        "presence",
                        JdbcPresenceStore::deleteOrphans))
                .round();
        assertThat(number("SELECT count(*) FROM audit_log")).isBetween(99L, 100L);
        assertThat(number("SELECT min(version) FROM audit_log")).isEqualTo(1);
        assertThat(number("SELECT sum(node_id) FROM node_presence")).isEqualTo(2);
        assertThat(number("SELECT sum(node_id) FROM node_sessions")).isEqualTo(2);
    }

    @Test
    void oneKindThatFailsDoesNotStopTheOthers() throws Exception {
        execute(OLD_RECORDS);
        Retention retention = retention(Map.of("log", log(Duration.ofHours(24)), "broken", (connection, atMost) -> {
            throw new SQLException("no such table");
        }));
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        retention.bindTo(meters);
        retention.round();
        assertThat(number("SELECT min(version) FROM log")).isEqualTo(9001);
        assertThat(meters.get("control.retention.failures").functionCounter().count())
                .isEqualTo(1);
    }
}
