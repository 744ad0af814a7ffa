package io.fleetscale.control.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** F038 of the field cases, as far as elections go. */
class RouterWatchTest {
    private static final IpPrefix ROUTE = PrimaryElectionTest.ROUTE;

    private final TestTailnet tailnet = TestTailnet.create();
    private final Map<NodeId, RouterState> seen = new HashMap<>();
    private boolean acts = true;
    private final RouterWatch watch =
            new RouterWatch(tailnet, id -> seen.getOrDefault(id, RouterState.UNKNOWN), () -> acts);

    @BeforeEach
    void follow() {
        tailnet.addListener(watch);
    }

    @AfterEach
    void stop() {
        watch.close();
    }

    private void join(long id) {
        Node node = PrimaryElectionTest.router(id, id, ROUTE);
        tailnet.apply(new Change.NodePut(
                node.toBuilder().routerState(RouterState.UNKNOWN).build()));
    }

    private void see(long id, RouterState state) {
        seen.put(new NodeId(id), state);
        watch.round();
    }

    @Test
    void sessionsBecomeStatesAndElections() {
        join(1);
        join(2);
        watch.round();
        assertThat(tailnet.image().primaries()).isEmpty();
        see(2, RouterState.SERVING);
        assertThat(tailnet.image().primaries()).containsEntry(ROUTE, new NodeId(2));
        see(1, RouterState.SERVING);
        assertThat(tailnet.image().primaries()).containsEntry(ROUTE, new NodeId(2));
        see(2, RouterState.DOUBTFUL);
        assertThat(tailnet.image().primaries()).containsEntry(ROUTE, new NodeId(1));
        see(2, RouterState.AWAY);
        see(1, RouterState.AWAY);
        assertThat(tailnet.image().primaries()).isEmpty();
        see(1, RouterState.SERVING);
        see(2, RouterState.SERVING);
        assertThat(tailnet.image().primaries()).containsEntry(ROUTE, new NodeId(1));
    }

    @Test
    void aRoundThatFindsNothingNewWritesNothing() {
        join(1);
        see(1, RouterState.SERVING);
        long version = tailnet.image().version();
        watch.round();
        seen.clear(); // as after a start, before the other instances were heard
        watch.round();
        assertThat(tailnet.image().version()).isEqualTo(version);
        assertThat(tailnet.image().primaries()).containsEntry(ROUTE, new NodeId(1));
    }

    @Test
    void whoDoesNotActChangesNothing() {
        acts = false;
        join(1);
        see(1, RouterState.SERVING);
        assertThat(tailnet.image().primaries()).isEmpty();
    }

    @Test
    void aRouterIsKnownBeforeItsRoutesAreApproved() {
        Node node = PrimaryElectionTest.router(1, 1, ROUTE).toBuilder()
                .approvedRoutes(java.util.List.of())
                .routerState(RouterState.UNKNOWN)
                .build();
        tailnet.apply(new Change.NodePut(node));
        see(1, RouterState.SERVING);
        Node known = tailnet.image().node(new NodeId(1));
        assertThat(known).isNotNull();
        assertThat(known == null ? RouterState.UNKNOWN : known.routerState()).isEqualTo(RouterState.SERVING);
    }
}
