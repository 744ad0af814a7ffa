package io.fleetscale.control.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RouterProbesTest {
    private static final IpPrefix ALONE = IpPrefix.parse("10.99.0.0/16");

    private final TestTailnet tailnet = TestTailnet.create();
    private final Map<NodeId, Long> sessions = new HashMap<>();
    private final Set<NodeId> silent = new HashSet<>();
    private final List<NodeId> asked = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final RouterProbes probes = new RouterProbes(
            tailnet,
            id -> sessions.containsKey(id) ? OptionalLong.of(sessions.getOrDefault(id, 0L)) : OptionalLong.empty(),
            (node, timeout) -> {
                asked.add(node.id());
                return silent.contains(node.id())
                        ? CompletableFuture.failedFuture(new IllegalStateException("no answer"))
                        : CompletableFuture.completedFuture("");
            },
            (node, epoch, answers) -> told.add(node + "@" + epoch + "=" + answers),
            Duration.ofSeconds(10),
            Duration.ofSeconds(5));

    @BeforeEach
    void routers() {
        tailnet.apply(
                new Change.NodePut(PrimaryElectionTest.router(1, 1, PrimaryElectionTest.ROUTE)),
                new Change.NodePut(PrimaryElectionTest.router(2, 2, PrimaryElectionTest.ROUTE)),
                new Change.NodePut(PrimaryElectionTest.router(3, 3, ALONE)));
        sessions.put(new NodeId(1), 7L);
        sessions.put(new NodeId(3), 7L);
    }

    @AfterEach
    void stop() {
        probes.close();
    }

    @Test
    void asksRoutersThatShareARouteAndHaveASessionHere() {
        silent.add(new NodeId(1));
        probes.cycle();
        assertThat(asked).as("a new session is not judged").isEmpty();
        probes.cycle();
        assertThat(asked).containsExactly(new NodeId(1));
        assertThat(told).containsExactly("1@7=false");
        silent.clear();
        probes.cycle();
        assertThat(told).containsExactly("1@7=false", "1@7=true");
    }

    @Test
    void aNewSessionIsNotJudgedByAnOldCycle() {
        probes.cycle();
        sessions.put(new NodeId(1), 8L);
        probes.cycle();
        assertThat(told).isEmpty();
        probes.cycle();
        assertThat(told).containsExactly("1@8=true");
    }
}
