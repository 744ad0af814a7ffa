package io.fleetscale.control.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InstanceLeaseIT {
    private static final InstanceName NAME = new InstanceName("one");
    private static final InstanceReport REPORT = new InstanceReport(InstanceState.READY, "", "", 3, 7);

    private final Database database = TestDatabase.open();
    private final Database other = Database.open(database.config());
    private final AtomicLong nanos = new AtomicLong(1);

    @AfterEach
    void close() {
        database.close();
        other.close();
    }

    private InstanceLease lease(Database on) {
        return new InstanceLease(on, NAME, "127.0.0.1:47500", "test", () -> REPORT, nanos::get);
    }

    @Test
    void aRestartSupersedesItsPredecessorAtOnce() throws SQLException {
        try (InstanceLease old = lease(database);
                InstanceLease next = lease(other)) {
            List<LeaseState> heard = new CopyOnWriteArrayList<>();
            old.addListener(heard::add);
            old.acquire();
            long begun = System.nanoTime();
            next.acquire();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
            assertThat(next.incarnation()).isGreaterThan(old.incarnation());
            old.renew();
            assertThat(old.state()).isEqualTo(LeaseState.SUPERSEDED);
            assertThat(next.state()).isEqualTo(LeaseState.HELD);
            await().untilAsserted(() -> assertThat(heard).containsExactly(LeaseState.HELD, LeaseState.SUPERSEDED));
        }
    }

    @Test
    void aSupersededWriterIsCutOffAndCannotCommit() throws SQLException {
        try (InstanceLease old = lease(database);
                InstanceLease next = lease(other)) {
            old.acquire();
            try (Connection writer = database.write();
                    Statement statement = writer.createStatement()) {
                old.announce(writer);
                statement.execute("SELECT head FROM tailnet FOR UPDATE");
                old.check(writer);
                statement.execute("UPDATE tailnet SET head = 5");
                next.acquire();
                assertThatThrownBy(writer::commit).isInstanceOf(SQLException.class);
            }
            assertThat(query("SELECT head FROM tailnet")).isEqualTo("0");
            try (Connection writer = database.write()) {
                assertThatThrownBy(() -> old.check(writer))
                        .isInstanceOfSatisfying(
                                ControlException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
            }
        }
    }

    @Test
    void expiryStopsWritesUntilTheNextRenewal() throws SQLException {
        try (InstanceLease lease = lease(database)) {
            lease.acquire();
            nanos.addAndGet(InstanceLease.DURATION.plusMillis(1).toNanos());
            assertThat(lease.state()).isEqualTo(LeaseState.EXPIRED);
            try (Connection writer = database.write()) {
                assertThatThrownBy(() -> lease.check(writer)).isInstanceOf(ControlException.class);
            }
            lease.renew();
            assertThat(lease.state()).isEqualTo(LeaseState.HELD);
            try (Connection writer = database.write()) {
                lease.check(writer);
            }
        }
    }

    @Test
    void givesTheLeaseBackWhenItCloses() throws SQLException {
        try (InstanceLease lease = lease(database)) {
            lease.acquire();
            assertThat(query("SELECT expires > clock_timestamp() FROM instances"))
                    .isEqualTo("t");
        }
        assertThat(query("SELECT expires > clock_timestamp() FROM instances")).isEqualTo("f");
    }

    private String query(String sql) throws SQLException {
        try (Connection connection = TestDatabase.connect(database.config());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
