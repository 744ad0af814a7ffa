package io.fleetscale.control.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.testing.CutLink;
import io.fleetscale.control.testing.TestDatabase;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Instances in one JVM over a real database, in a grid that can be split: whatever is cut, one side goes on, the other one
 * fences itself, and all are back by themselves when the cut is over.
 */
@Timeout(180)
class ClusterWatchIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    private final DatabaseConfig config = TestDatabase.fresh();
    private final SplitGrid grids = new SplitGrid();
    private final Map<String, Member> members = new TreeMap<>();

    /** An instance, as far as its place in the cluster goes. */
    private final class Member implements ClusterWatch.Fenced, AutoCloseable {
        final String name;
        final CutLink link;
        final Database database;
        final InstanceLease lease;
        final ClusterWatch watch;
        final AtomicLong later = new AtomicLong();
        final AtomicLong applied = new AtomicLong(7);
        volatile String fencedFor = "";

        Member(String name) throws IOException, SQLException, InterruptedException {
            this.name = name;
            link = new CutLink(config);
            database = Database.open(link.config());
            lease = new InstanceLease(database, new InstanceName(name), "", "test", this::report);
            lease.acquire();
            SplitGrid.View grid = grids.view(name);
            grid.rejoin();
            watch = new ClusterWatch(
                    lease,
                    new InstanceTable(database),
                    grid,
                    this,
                    applied::get,
                    () -> System.nanoTime() + later.get());
            watch.start();
        }

        private InstanceReport report() {
            ClusterWatch started = watch;
            InstanceState state = started == null
                    ? InstanceState.STARTING
                    : started.fencedFor() == null ? InstanceState.READY : InstanceState.FENCED;
            return new InstanceReport(state, "", "", 0, 0);
        }

        boolean serves() {
            return watch.fencedFor() == null && lease.state() == LeaseState.HELD;
        }

        @Override
        public void fence(String reason) {
            fencedFor = reason;
        }

        @Override
        public void rejoined() {}

        @Override
        public void close() throws IOException {
            watch.close();
            lease.close();
            database.close();
            link.close();
        }
    }

    private void start(String... names) throws IOException, SQLException, InterruptedException {
        for (String name : names) {
            members.put(name, new Member(name));
        }
        // until each has looked again and knows the last one that came
        await().atMost(LIMIT)
                .during(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(serving()).containsExactly(names));
    }

    @AfterEach
    void close() throws IOException {
        for (Member member : members.values()) {
            member.close();
        }
    }

    private Member member(String name) {
        return Objects.requireNonNull(members.get(name), name);
    }

    private List<String> serving() {
        return members.values().stream()
                .filter(Member::serves)
                .map(member -> member.name)
                .toList();
    }

    private void awaitServing(String... names) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(serving()).containsExactly(names);
            assertThat(members.values().stream().filter(member -> member.watch.isElected()))
                    .hasSize(1);
        });
    }

    /** Exactly one of both sides, and that for longer than it takes to notice anything. */
    private List<String> awaitOneOf(List<String> one, List<String> other) {
        await().atMost(LIMIT)
                .during(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(serving()).isIn(one, other));
        return serving();
    }

    @Test
    void ofThreeOneSideGoesOnAndTheOtherComesBack() throws Exception {
        start("a", "b", "c");
        grids.cutOff("c");
        List<String> going = awaitOneOf(List.of("a", "b"), List.of("c"));
        Stream.of("a", "b", "c")
                .filter(name -> !going.contains(name))
                .forEach(name -> assertThat(member(name).fencedFor).isNotEmpty());
        grids.heal();
        awaitServing("a", "b", "c");
    }

    @Test
    @Tag("full")
    void ofTwoOneGoesOnAndTheOtherComesBack() throws Exception {
        start("a", "b");
        grids.cutOff("b");
        assertThat(awaitOneOf(List.of("a"), List.of("b"))).hasSize(1);
        grids.heal();
        awaitServing("a", "b");
    }

    @Test
    void whoAloneLosesTheDatabaseFences() throws Exception {
        start("a", "b");
        member("b").link.cut();
        await().atMost(LIMIT).until(() -> {
            // neither before it is fenced nor afterwards does it answer as if nobody could write
            assertThat(member("b").watch.isDatabaseAwayForAll(100)).isFalse();
            return !member("b").fencedFor.isEmpty();
        });
        awaitServing("a");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(member("b").fencedFor).contains("PostgreSQL"));
        member("b").link.heal();
        awaitServing("a", "b");
    }

    @Test
    void nobodyFencesWhileTheDatabaseIsAwayForAll() throws Exception {
        start("a", "b");
        members.values().forEach(member -> member.link.cut());
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(members.values())
                        .allSatisfy(member -> assertThat(member.lease.state()).isEqualTo(LeaseState.EXPIRED)));
        await().atMost(LIMIT)
                .during(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(members.values())
                        .allSatisfy(
                                member -> assertThat(member.watch.fencedFor()).isNull()));
        // each knows then that its image is the newest, unless another one has applied more
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(members.values())
                        .allSatisfy(member ->
                                assertThat(member.watch.isDatabaseAwayForAll(7)).isTrue()));
        member("b").applied.set(8);
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(member("a").watch.isDatabaseAwayForAll(7)).isFalse());
        assertThat(member("a").watch.isDatabaseAwayForAll(8)).isTrue();
        members.values().forEach(member -> member.link.heal());
        awaitServing("a", "b");
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(members.values()).noneMatch(member -> member.watch.isDatabaseAwayForAll(8)));
        // the first to have it back does not fence the other
        assertThat(members.values())
                .allSatisfy(member -> assertThat(member.fencedFor).doesNotContain("PostgreSQL"));
    }

    @Test
    void whoWasStoppedFencesAndComesBack() throws Exception {
        start("a", "b");
        member("a").later.addAndGet(Duration.ofSeconds(9).toNanos());
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(member("a").fencedFor).contains("was stopped for"));
        awaitServing("a", "b");
    }

    @Test
    @Tag("full")
    void aMachineThatSleptWithAllOfThemWakesThemAll() throws Exception {
        start("a", "b", "c");
        members.values()
                .forEach(member -> member.later.addAndGet(Duration.ofSeconds(60).toNanos()));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(members.values())
                        .allSatisfy(member -> assertThat(member.fencedFor).isNotEmpty()));
        awaitServing("a", "b", "c");
    }

    @Test
    @Tag("full")
    void aSecondProcessOfTheSameNameWinsForGood() throws Exception {
        start("a", "b");
        Database database = Database.open(config);
        try (InstanceLease other = new InstanceLease(
                database, new InstanceName("b"), "", "test", () -> member("a").report())) {
            other.acquire();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(member("b").fencedFor).contains("took over"));
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(new ArrayList<>(grids.running())).containsExactly("a"));
        } finally {
            database.close();
        }
    }
}
