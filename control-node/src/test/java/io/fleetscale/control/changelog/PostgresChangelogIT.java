package io.fleetscale.control.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetCodec;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.jdbc.PgConnection;

class PostgresChangelogIT {
    private static final InstantSource CLOCK = InstantSource.system();

    private final List<AutoCloseable> closing = new ArrayList<>();
    private final Fixtures.LocalFanout fanout = new Fixtures.LocalFanout();
    private volatile LogWriter.BeforeCommit beforeCommit = LogWriter.BeforeCommit.NOTHING;
    private final Database database = TestDatabase.open();

    @BeforeEach
    void keep() {
        closing.add(database);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : closing.reversed()) {
            each.close();
        }
    }

    private PostgresChangelog start() {
        PostgresChangelog changelog = new PostgresChangelog(
                database, Fixtures.HELD, fanout, CLOCK, connection -> beforeCommit.run(connection));
        closing.add(changelog);
        changelog.start();
        return changelog;
    }

    private static <R> R done(CompletableFuture<R> future) {
        return future.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static ControlException failure(CompletableFuture<?> future) {
        try {
            done(future);
        } catch (CompletionException e) {
            if (e.getCause() instanceof ControlException control) {
                return control;
            }
            throw e;
        }
        throw new AssertionError("the write should have failed");
    }

    @Test
    void numbersAreGapFreeInOrderAndUniqueUnderConcurrency() throws SQLException {
        PostgresChangelog changelog = start();
        List<Long> versions = new CopyOnWriteArrayList<>();
        changelog.addListener(new ImageListener() {
            @Override
            public void loaded(TailnetImage image) {}

            @Override
            public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
                assertThat(before.version()).isEqualTo(after.version() - 1);
                versions.add(after.version());
            }
        });
        int each = 100;
        List<CompletableFuture<Long>> futures = new CopyOnWriteArrayList<>();
        try (ExecutorService submitters = Executors.newFixedThreadPool(8)) {
            for (int submitter = 0; submitter < 8; submitter++) {
                submitters.execute(() -> {
                    for (int i = 0; i < each; i++) {
                        CompletableFuture<Long> write = changelog.write(Fixtures.createNode());
                        futures.add(write);
                        // The own write is in the image when the answer is there.
                        long id = done(write);
                        assertThat(changelog.image().node(new NodeId(id))).isNotNull();
                    }
                });
            }
        }
        Set<Long> ids = new HashSet<>();
        futures.forEach(future -> ids.add(done(future)));
        assertThat(ids).hasSize(8 * each);
        assertThat(versions)
                .isEqualTo(IntStream.rangeClosed(1, 8 * each)
                        .mapToObj(Long::valueOf)
                        .toList());
        assertThat(query("SELECT count(*) || ' ' || min(version) || ' ' || max(version) FROM log"))
                .isEqualTo("800 1 800");
        assertThat(query("SELECT count(*) || ' ' || max(id) FROM nodes")).isEqualTo("800 800");
        LogFigures figures = changelog.figures();
        assertThat(figures.writes()).isEqualTo(800);
        assertThat(figures.commits()).isLessThan(800);
    }

    @Test
    void aFailingDecisionFailsAlone() {
        PostgresChangelog changelog = start();
        CompletableFuture<Long> first = changelog.write(Fixtures.createUser("a"));
        CompletableFuture<Long> refused = changelog.write((image, context) -> {
            throw new ControlException(ErrorCode.NOT_FOUND, "no such thing");
        });
        CompletableFuture<Long> broken = changelog.write((image, context) -> {
            throw new IllegalArgumentException("a bug");
        });
        CompletableFuture<String> unchanged = changelog.write((image, context) -> Decision.unchanged("same"));
        CompletableFuture<Long> last = changelog.write(Fixtures.createUser("b"));
        assertThat(failure(refused).code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(failure(broken).code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(done(unchanged)).isEqualTo("same");
        assertThat(List.of(done(first), done(last))).containsExactly(1L, 2L);
        assertThat(changelog.image().version()).isEqualTo(2);
    }

    @Test
    void aTakenUniqueValueAbortsOnlyItsOwnWrite() throws SQLException {
        PostgresChangelog changelog = start();
        // Rows that the image does not know: what another history, or a hand, left in the table.
        TestDatabase.execute(database.config(), "INSERT INTO users (id, name, record) VALUES (999, 'taken', '\\x')");
        List<CompletableFuture<Long>> futures = new ArrayList<>();
        holdHead(() -> {
            for (int i = 0; i < 10; i++) {
                futures.add(changelog.write(Fixtures.createUser(i == 4 ? "taken" : "user" + i)));
            }
        });
        ControlException aborted = failure(futures.get(4));
        assertThat(aborted.code()).isEqualTo(ErrorCode.ABORTED);
        assertThat(aborted).hasMessageContaining("users_local_name");
        futures.remove(4);
        assertThat(futures.stream().map(PostgresChangelogIT::done).toList())
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(changelog.image().version()).isEqualTo(9);
        assertThat(query("SELECT count(*) FROM users WHERE id < 999")).isEqualTo("9");
        assertThat(changelog.image().users()).hasSize(9);
    }

    @Test
    void aContradictionWithTheImageAborts() {
        PostgresChangelog changelog = start();
        done(changelog.write(Fixtures.createNode()));
        ControlException aborted = failure(changelog.write((image, context) -> Decision.of(
                0,
                new Change.NodePut(Fixtures.node(77, context.now()).toBuilder()
                        .givenName("host-1")
                        .build()))));
        assertThat(aborted.code()).isEqualTo(ErrorCode.ABORTED);
        assertThat(aborted).hasMessageContaining("its name belongs to node 1");
    }

    @Test
    void aCommitThatWasLostAfterItHappenedIsFoundByItsBatch() throws SQLException {
        PostgresChangelog changelog = start();
        beforeCommit = connection -> {
            beforeCommit = LogWriter.BeforeCommit.NOTHING;
            try (Statement statement = connection.unwrap(PgConnection.class).createStatement()) {
                // The server commits, the client never hears of it: its session ends in the same message.
                statement.execute("COMMIT; SELECT pg_terminate_backend(pg_backend_pid())");
            } catch (SQLException e) {
                assertThat(e.getSQLState()).startsWith("57P01");
            }
        };
        assertThat(done(changelog.write(Fixtures.createUser("once")))).isEqualTo(1);
        assertThat(query("SELECT count(*) FROM log")).isEqualTo("1");
        assertThat(done(changelog.write(Fixtures.createUser("twice")))).isEqualTo(2);
    }

    @Test
    void aCommitThatNeverHappenedIsRunAgain() throws SQLException {
        PostgresChangelog changelog = start();
        beforeCommit = connection -> {
            beforeCommit = LogWriter.BeforeCommit.NOTHING;
            TestDatabase.execute(
                    database.config(),
                    "SELECT pg_terminate_backend("
                            + connection.unwrap(PgConnection.class).getBackendPID() + ", 5000)");
        };
        assertThat(done(changelog.write(Fixtures.createUser("once")))).isEqualTo(1);
        assertThat(query("SELECT count(*) FROM log")).isEqualTo("1");
    }

    @Test
    void aPausedWriterIsOutwaited() throws SQLException {
        PostgresChangelog changelog = start();
        try (Connection paused = database.write();
                Statement statement = paused.createStatement()) {
            statement.execute("SELECT head FROM tailnet FOR UPDATE");
            long begun = System.nanoTime();
            assertThat(done(changelog.write(Fixtures.createUser("a")))).isEqualTo(1);
            Duration waited = Duration.ofNanos(System.nanoTime() - begun);
            System.out.printf("a paused writer held the head for %d ms%n", waited.toMillis());
            assertThat(waited).isBetween(Duration.ofMillis(1_500), Duration.ofSeconds(4));
            assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void twoInstancesSeeEachOthersWritesInOrder() {
        PostgresChangelog one = start();
        PostgresChangelog two = start();
        List<Long> seen = new CopyOnWriteArrayList<>();
        two.addListener(new ImageListener() {
            @Override
            public void loaded(TailnetImage image) {}

            @Override
            public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
                seen.add(delta.version());
            }
        });
        for (int i = 0; i < 50; i++) {
            long id = done((i % 2 == 0 ? one : two).write(Fixtures.createUser("user" + i)));
            TailnetImage other = done((i % 2 == 0 ? two : one).current());
            assertThat(other.user(new UserId(id))).isNotNull();
        }
        await().until(() -> seen.size() == 50);
        assertThat(seen).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void readsTheDatabaseWhenTheFanoutIsCut() {
        PostgresChangelog one = start();
        PostgresChangelog two = start();
        fanout.cut();
        long slowest = 0;
        for (int i = 0; i < 10; i++) {
            long id = done(one.write(Fixtures.createUser("user" + i)));
            long begun = System.nanoTime();
            assertThat(done(two.current()).user(new UserId(id))).isNotNull();
            slowest = Math.max(slowest, System.nanoTime() - begun);
        }
        System.out.printf("read-your-writes without a fan-out: at most %d ms%n", slowest / 1_000_000);
        assertThat(two.figures().repairs()).isPositive();
    }

    @Test
    void anInstanceBehindTheRetainedLogLoadsEverythingAnew() throws SQLException {
        PostgresChangelog changelog = start();
        done(changelog.write(Fixtures.createUser("known")));
        // what an instance finds that slept while others wrote and deleted: a head that no record leads to
        try (Connection connection = database.write();
                PreparedStatement user =
                        connection.prepareStatement("INSERT INTO users (id, name, record) VALUES (9, 'missed', ?)");
                PreparedStatement log =
                        connection.prepareStatement("INSERT INTO log SELECT g, decode(md5(g::text), 'hex'),"
                                + " '', '', clock_timestamp() FROM generate_series(8, 9) g");
                PreparedStatement head = connection.prepareStatement(
                        "UPDATE tailnet SET head = 9, next_user = 10," + " head_record_id = decode(md5('9'), 'hex')");
                PreparedStatement trim = connection.prepareStatement("DELETE FROM log WHERE version < 8")) {
            user.setBytes(1, TailnetCodec.encode(Fixtures.user(9, "missed", Fixtures.AT)));
            user.executeUpdate();
            log.executeUpdate();
            head.executeUpdate();
            trim.executeUpdate();
            connection.commit();
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> changelog.image().version() == 9);
        TailnetImage image = changelog.image();
        assertThat(image.user(new UserId(9))).isNotNull();
        assertThat(changelog.figures().reloads()).isPositive();
        long next = done(changelog.write(Fixtures.createUser("after")));
        assertThat(next).isEqualTo(10);
    }

    @Test
    void aRestartLoadsTheSameImage() throws Exception {
        PostgresChangelog first = start();
        done(first.write(Fixtures.createUser("a")));
        done(first.write(Fixtures.createNode()));
        done(first.write(Fixtures.createNode()));
        done(first.write((image, context) -> Decision.of(0, new Change.NodeRemoved(new NodeId(1)))));
        TailnetImage before = first.image();
        first.close();
        TailnetImage after = start().image();
        assertThat(after.version()).isEqualTo(before.version()).isEqualTo(4);
        assertThat(after.nodes()).isEqualTo(before.nodes()).hasSize(1);
        assertThat(after.users()).isEqualTo(before.users());
        assertThat(after.counters()).isEqualTo(before.counters());
    }

    @Test
    void loadsAnewWhenTheHistoryIsAnother() throws SQLException {
        PostgresChangelog changelog = start();
        done(changelog.write(Fixtures.createUser("a")));
        done(changelog.write(Fixtures.createUser("b")));
        List<Long> loads = new CopyOnWriteArrayList<>();
        changelog.addListener(new ImageListener() {
            @Override
            public void loaded(TailnetImage image) {
                loads.add(image.version());
            }

            @Override
            public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {}
        });
        // As after the restore of a backup from before the second write.
        TestDatabase.execute(
                database.config(),
                "DELETE FROM log WHERE version = 2; DELETE FROM users WHERE id = 2; UPDATE tailnet SET head = 1,"
                        + " next_user = 2, head_record_id = (SELECT record_id FROM log WHERE version = 1)");
        await().atMost(Duration.ofSeconds(5)).until(() -> changelog.image().version() == 1);
        assertThat(changelog.image().users()).hasSize(1);
        assertThat(loads).containsExactly(2L, 1L);
        assertThat(done(changelog.write(Fixtures.createUser("c")))).isEqualTo(2);
    }

    @Test
    void anInstanceWhoseLeaseIsGoneWritesNothing() throws SQLException {
        WriteFence gone = new WriteFence() {
            @Override
            public void announce(Connection connection) {}

            @Override
            public void check(Connection connection) {
                throw new ControlException(ErrorCode.UNAVAILABLE, "superseded");
            }
        };
        PostgresChangelog changelog = new PostgresChangelog(database, gone, fanout, CLOCK);
        closing.add(changelog);
        changelog.start();
        assertThat(failure(changelog.write(Fixtures.createUser("a")))).hasMessage("superseded");
        assertThat(query("SELECT count(*) FROM log")).isEqualTo("0");
    }

    @Test
    void writeFigures() {
        PostgresChangelog changelog = start();
        int singles = 200;
        for (int i = 0; i < 100; i++) {
            done(changelog.write(Fixtures.createNode()));
        }
        long[] nanos = new long[singles];
        for (int i = 0; i < singles; i++) {
            long begun = System.nanoTime();
            done(changelog.write(Fixtures.createNode()));
            nanos[i] = System.nanoTime() - begun;
        }
        java.util.Arrays.sort(nanos);
        long commits = changelog.figures().commits();
        int total = 6_400;
        long begun = System.nanoTime();
        try (ExecutorService submitters = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int submitter = 0; submitter < 64; submitter++) {
                submitters.execute(() -> {
                    for (int i = 0; i < total / 64; i++) {
                        done(changelog.write(Fixtures.createNode()));
                    }
                });
            }
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf(
                "single write p50 %d us p99 %d us; 64 concurrent: %.0f writes/s in transactions of %.1f (largest %d)%n",
                nanos[singles / 2] / 1_000,
                nanos[singles * 99 / 100] / 1_000,
                total / seconds,
                (double) total / (changelog.figures().commits() - commits),
                changelog.figures().largestGroup());
        long reads = changelog.figures().headReads();
        begun = System.nanoTime();
        for (int i = 0; i < 500; i++) {
            done(changelog.current());
        }
        System.out.printf(
                "current(): %d us each, alone; %d reads%n",
                (System.nanoTime() - begun) / 500_000, changelog.figures().headReads() - reads);
        assertThat(changelog.image().nodes()).hasSize(total + 100 + singles);
    }

    /** Runs {@code whileHeld} while nobody can write, so that its writes end up in one group. */
    private void holdHead(Runnable whileHeld) throws SQLException {
        try (Connection holder = TestDatabase.connect(database.config());
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SELECT head FROM tailnet FOR UPDATE");
            whileHeld.run();
            holder.rollback();
        }
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
