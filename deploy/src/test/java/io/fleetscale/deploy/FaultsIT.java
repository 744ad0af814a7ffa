package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.cluster.ClusterUnderTest.Instance;
import io.fleetscale.loadtest.consistency.ConsistencyRun;
import io.fleetscale.loadtest.keys.KeyRace;
import io.fleetscale.loadtest.swarm.FleetSwarm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The short forms of {@code loadtest keys}, {@code faults} and {@code consistency}, on one cluster of three processes. */
@Tag("full")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultsIT {
    private static final int KEYS = 40;
    private static final int SESSIONS = 40;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long SEED = 20261125;

    @TempDir
    static Path directory;

    private static ClusterUnderTest cluster;
    private static AdminClient admin;
    private static ClientLoops loops;

    @BeforeAll
    static void start() throws Exception {
        cluster = ClusterUnderTest.start(DevProcess.home().resolve("bin").resolve("fleetscale"), directory, 3);
        admin = cluster.admin();
        loops = new ClientLoops(2);
    }

    @AfterAll
    static void stop() throws Exception {
        if (loops != null) { // else the cluster did not start
            loops.close();
            admin.close();
            cluster.close();
        }
    }

    @Test
    @Order(1)
    void eachOneTimeKeyHasOneWinnerAmongThreeInstances() throws Exception {
        KeyRace.Result result = new KeyRace(loops, cluster.urls(), admin, cluster.user(), 8).run(KEYS);
        assertThat(result.wrong()).isEmpty();
        assertThat(result.answers()).isEqualTo(3 * KEYS);
    }

    /** PostgreSQL is killed, then an instance, while names and users are written, read and watched on all of them. */
    @Test
    @Order(2)
    void threeInstancesAreOneRegisterWhileTheDatabaseAndOneOfThemAreKilled() throws Exception {
        try (ConsistencyRun run = new ConsistencyRun(
                loops,
                cluster.urls(),
                admin,
                new ConsistencyRun.Settings(4, 2, 2, Duration.ofMillis(20)),
                new Random(SEED))) {
            run.start(cluster.preAuthKey());
            awaitMore(run);
            cluster.database().kill();
            awaitMore(run);
            cluster.kill(cluster.instances().getLast());
            awaitMore(run);
            ConsistencyRun.Result result = run.finish();
            assertThat(result.wrong()).isEmpty();
            assertThat(result.reads()).isGreaterThan(100);
            assertThat(result.transitions()).isGreaterThan(20);
        }
        cluster.startAgain(cluster.instances().getLast());
    }

    private static void awaitMore(ConsistencyRun run) {
        long before = run.operations();
        await().atMost(LIMIT).until(() -> run.operations() > before + 250);
    }

    /** Groups that must not see each other, changed all the time, and an instance killed: no session sees what it must not. */
    @Test
    @Order(3)
    void everyNetmapIsWhatWasAcknowledgedAfterAKill() throws Exception {
        for (var node : admin.must("GET", "/api/v1/node", "", LIMIT).at("/nodes")) {
            var unused = admin.must("DELETE", "/api/v1/node/" + node.get("id").asString(), "", LIMIT);
        }
        Instance victim = cluster.instances().get(1);
        try (FleetSwarm fleet = new FleetSwarm(
                loops, List.of(ControlUrl.parse(cluster.url())), admin, cluster.user(), 4, new Random(SEED))) {
            fleet.join(SESSIONS, 8, LIMIT);
            fleet.startWrites(8);
            await().atMost(LIMIT).until(() -> fleet.acknowledgedWrites() > 15);
            cluster.kill(victim);
            await().atMost(LIMIT).until(() -> fleet.sessions().lost() > 0);
            await().atMost(LIMIT).until(() -> fleet.sessions().missing() == 0);
            long before = fleet.acknowledgedWrites();
            await().atMost(LIMIT).until(() -> fleet.acknowledgedWrites() > before + 15);
            assertThat(fleet.settle(LIMIT)).isEmpty();
        }
    }
}
