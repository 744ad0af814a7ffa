package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.cluster.ClusterUnderTest.Instance;
import io.fleetscale.loadtest.swarm.FleetSwarm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The previous release and this one on one database and one grid: instance by instance up, and back again, while nodes are
 * connected and names, endpoints, tags and nodes change. Every session's netmap is held against what was acknowledged.
 */
@Tag("full")
class UpgradeIT {
    private static final int SESSIONS = 24;
    private static final int WRITES = 15;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final long SEED = 20261125;

    @TempDir
    Path directory;

    @Test
    void neighbouringReleasesRunSideBySideUpAndBack() throws Exception {
        Path previous = PreviousRelease.launcher();
        Path present = DevProcess.home().resolve("bin").resolve("fleetscale");
        try (ClusterUnderTest cluster = ClusterUnderTest.start(previous, directory, 2);
                AdminClient admin = cluster.admin();
                ClientLoops loops = new ClientLoops(2);
                FleetSwarm fleet = new FleetSwarm(
                        loops, List.of(ControlUrl.parse(cluster.url())), admin, cluster.user(), 3, new Random(SEED))) {
            fleet.join(SESSIONS, 8, LIMIT);
            fleet.startWrites(8);
            awaitWrites(fleet);
            for (Instance instance : cluster.instances()) {
                cluster.terminate(instance, LIMIT);
                cluster.startAs(instance, present);
                awaitOneCluster(admin);
                await().atMost(LIMIT).until(() -> fleet.sessions().missing() == 0);
                awaitWrites(fleet);
            }
            assertThat(fleet.settle(LIMIT)).as("with this release alone").isEmpty();
            // a record that this release has written is read, and written again, by the previous one
            fleet.startWrites(8);
            awaitWrites(fleet);
            for (Instance instance : cluster.instances()) {
                cluster.terminate(instance, LIMIT);
                cluster.startAgain(instance);
                awaitOneCluster(admin);
                await().atMost(LIMIT).until(() -> fleet.sessions().missing() == 0);
                awaitWrites(fleet);
            }
            assertThat(fleet.settle(LIMIT))
                    .as("with the previous release again")
                    .isEmpty();
            assertThat(fleet.falseOffline()).isZero();
        }
    }

    /** Both instances are ready, and in one grid: whoever does not see the other one is fenced or starts for ever. */
    private static void awaitOneCluster(AdminClient admin) {
        await().atMost(LIMIT).untilAsserted(() -> {
            JsonNode status = admin.must("GET", "/api/v1/cluster", "", LIMIT);
            assertThat(status.at("/instances")
                            .valueStream()
                            .map(one -> one.path("state").asString("")))
                    .containsExactly("ready", "ready");
        });
    }

    private static void awaitWrites(FleetSwarm fleet) {
        long before = fleet.acknowledgedWrites();
        await().atMost(LIMIT).until(() -> fleet.acknowledgedWrites() > before + WRITES);
    }
}
