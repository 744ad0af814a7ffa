package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.AdminClient.Outcome;
import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.consistency.ConsistencyRun;
import io.fleetscale.loadtest.swarm.FleetSwarm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * PostgreSQL is killed and made read-only under the packaged program, with nodes and writes: the instruments of {@code loadtest
 * faults} and {@code loadtest consistency} on one instance. {@code FaultsIT} has three.
 */
@Tag("full")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DatabaseFaultsIT {
    private static final int SESSIONS = 24;
    private static final int WRITES = 10;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long SEED = 20261125;

    @TempDir
    static Path directory;

    private static ClusterUnderTest server;
    private static AdminClient admin;
    private static ClientLoops loops;

    @BeforeAll
    static void start() throws Exception {
        server = ClusterUnderTest.start(DevProcess.home().resolve("bin").resolve("fleetscale"), directory, 1);
        admin = server.admin();
        loops = new ClientLoops(2);
    }

    @AfterAll
    static void stop() throws Exception {
        if (loops != null) { // else the server did not start
            loops.close();
            admin.close();
            server.close();
        }
    }

    @Test
    @Order(1)
    void noAcknowledgedWriteIsLostAndNoReadIsStaleOverAKillOfTheDatabase() throws Exception {
        try (ConsistencyRun run = new ConsistencyRun(
                loops,
                server.urls(),
                admin,
                new ConsistencyRun.Settings(3, 2, 2, Duration.ofMillis(20)),
                new Random(SEED))) {
            run.start(server.preAuthKey());
            awaitOperations(run);
            server.database().kill();
            awaitOperations(run);
            ConsistencyRun.Result result = run.finish();
            assertThat(result.wrong()).isEmpty();
            assertThat(result.reads()).isPositive();
            assertThat(result.transitions()).isPositive();
        }
    }

    private static void awaitOperations(ConsistencyRun run) {
        long before = run.operations();
        await().atMost(LIMIT).until(() -> run.operations() > before + 200);
    }

    @Test
    @Order(2)
    void noStreamEndsAndNoNetmapIsWrongWhileTheDatabaseIsAway() throws Exception {
        // the groups' policy stays behind: this test is the last
        for (JsonNode node : admin.must("GET", "/api/v1/node", "", LIMIT).at("/nodes")) {
            var unused = admin.must("DELETE", "/api/v1/node/" + node.get("id").asString(), "", LIMIT);
        }
        try (FleetSwarm fleet = new FleetSwarm(loops, server.urls(), admin, server.user(), 3, new Random(SEED))) {
            fleet.join(SESSIONS, 8, LIMIT);
            fleet.startWrites(8);
            awaitWrites(fleet);
            server.database().kill();
            awaitWrites(fleet);
            server.database().setReadOnly(true);
            try {
                await().atMost(LIMIT).untilAsserted(() -> {
                    Outcome refused = admin.call(0, "POST", "/api/v1/user", "{\"name\":\"while-read-only\"}");
                    assertThat(refused.toString()).startsWith("Unknown[why=status 503");
                });
            } finally {
                server.database().setReadOnly(false);
            }
            awaitWrites(fleet);
            assertThat(fleet.settle(LIMIT)).isEmpty();
            assertThat(fleet.sessions().lost()).isZero();
            assertThat(fleet.falseOffline()).isZero();
        }
    }

    private static void awaitWrites(FleetSwarm fleet) {
        long before = fleet.acknowledgedWrites();
        await().atMost(LIMIT).until(() -> fleet.acknowledgedWrites() > before + WRITES);
    }
}
