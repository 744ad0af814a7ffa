package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.netmap.PeerEvents;
import io.fleetscale.loadtest.netmap.PeerView.Degree;
import io.fleetscale.loadtest.swarm.Member;
import io.fleetscale.loadtest.swarm.Swarm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fifty simulated nodes, each with a whole model of its netmap, over a restart of the server. */
class SwarmIT {
    private static final int NODES = 50;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final Set<String> offline = ConcurrentHashMap.newKeySet();

    private final PeerEvents events = new PeerEvents() {
        @Override
        public void offline(int viewer, long peer) {
            offline.add("node " + peer + " was shown offline to session " + viewer);
        }
    };

    @Test
    void allSeeAllBeforeAndAfterARestart() throws Exception {
        long seed = System.nanoTime();
        System.out.println("SwarmIT seed " + seed);
        Random random = new Random(seed);
        try (DevProcess dev = new DevProcess(directory).start();
                ClientLoops loops = new ClientLoops(2);
                Swarm swarm = new Swarm(loops, ControlUrl.parse(dev.ready("url")), true, events)) {
            swarm.join(NODES, dev.ready("preauth_key"), 16, NodeObserver.NONE);
            swarm.startPolling();
            swarm.awaitAllSeeAll(Degree.REACHABLE, LIMIT);
            awaitNoViolation(swarm);

            moveSomeEndpoints(swarm, random);
            awaitNoViolation(swarm);

            assertThat(dev.terminate(Duration.ofSeconds(5))).isZero();
            dev.start();
            swarm.awaitAllSeeAll(Degree.REACHABLE, LIMIT);
            moveSomeEndpoints(swarm, random);
            awaitNoViolation(swarm);
            assertThat(offline).isEmpty();
        }
    }

    private static void moveSomeEndpoints(Swarm swarm, Random random) throws InterruptedException {
        List<Member> movers = random.ints(20, 0, NODES)
                .distinct()
                .mapToObj(swarm.members()::get)
                .toList();
        Swarm.forEach(movers, movers.size(), mover -> Swarm.tellPort(mover, Swarm.nextPort(mover)));
    }

    /** Changes may be on their way: the netmaps must come to the truth, and none may ever have held what is wrong. */
    private static void awaitNoViolation(Swarm swarm) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(swarm.violations()).isEmpty());
    }
}
