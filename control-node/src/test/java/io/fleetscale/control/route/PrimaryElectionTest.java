package io.fleetscale.control.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PrimaryElectionTest {
    static final IpPrefix ROUTE = IpPrefix.parse("10.30.0.0/16");

    private final TestTailnet tailnet = TestTailnet.create();

    static Node router(long id, long createdAfter, IpPrefix... routes) {
        byte[] raw = new byte[32];
        raw[0] = (byte) id;
        return Node.builder(
                        new NodeId(id),
                        new MachineKey(Bytes32.of(raw)),
                        new NodeKey(Bytes32.of(raw)),
                        "n" + id,
                        TestTailnet.START.plusSeconds(createdAfter))
                .tags(List.of("tag:router"))
                .hostname("router" + id)
                .givenName("router" + id)
                .advertisedRoutes(List.of(routes))
                .approvedRoutes(List.of(routes))
                .routerState(RouterState.SERVING)
                .build();
    }

    private void state(long id, RouterState state) {
        Node node = tailnet.image().node(new NodeId(id));
        assertThat(node).isNotNull();
        if (node != null) {
            tailnet.apply(new Change.NodePut(node.toBuilder().routerState(state).build()));
        }
        elect();
    }

    private void elect() {
        List<Change> changes = PrimaryElection.changes(tailnet.image());
        tailnet.apply(changes.toArray(Change[]::new));
        assertThat(PrimaryElection.changes(tailnet.image())).isEmpty();
    }

    private @Nullable NodeId primary() {
        return tailnet.image().primaries().get(ROUTE);
    }

    private void routers() {
        tailnet.apply(new Change.NodePut(router(2, 10, ROUTE)), new Change.NodePut(router(1, 20, ROUTE)));
        elect();
    }

    @Test
    void theFirstCreatedServesWhateverItsNumber() {
        routers();
        assertThat(primary()).isEqualTo(new NodeId(2));
    }

    @Test
    void aRouterThatComesBackTakesNothingAway() {
        routers();
        state(2, RouterState.AWAY);
        assertThat(primary()).isEqualTo(new NodeId(1));
        state(2, RouterState.SERVING);
        assertThat(primary()).isEqualTo(new NodeId(1));
    }

    @Test
    void aDoubtfulRouterServesWhatNobodyElseCan() {
        routers();
        state(2, RouterState.DOUBTFUL);
        assertThat(primary()).isEqualTo(new NodeId(1));
        state(1, RouterState.DOUBTFUL);
        assertThat(primary()).as("no flapping between two that are doubtful").isEqualTo(new NodeId(1));
        state(1, RouterState.AWAY);
        assertThat(primary()).isEqualTo(new NodeId(2));
    }

    @Test
    void aRouteWhoseRoutersAreAllAwayHasNoneUntilOneComes() {
        routers();
        state(2, RouterState.AWAY);
        state(1, RouterState.AWAY);
        assertThat(primary()).isNull();
        state(2, RouterState.SERVING);
        assertThat(primary()).isEqualTo(new NodeId(2));
        state(1, RouterState.SERVING);
        assertThat(primary()).isEqualTo(new NodeId(2));
    }

    @Test
    void whoWasNotHeardOfKeepsWhatItHasAndGetsNothing() {
        routers();
        state(2, RouterState.UNKNOWN);
        assertThat(primary()).isEqualTo(new NodeId(2));
        state(1, RouterState.UNKNOWN);
        state(2, RouterState.AWAY);
        assertThat(primary()).isNull();
    }

    @Test
    void onlyApprovedAnnouncedSubnetRoutesOfKeysThatLiveAreElected() {
        Node node = router(1, 1, ROUTE, IpPrefix.ALL_V4, IpPrefix.ALL_V6);
        tailnet.apply(new Change.NodePut(node));
        elect();
        assertThat(tailnet.image().primaries()).containsOnlyKeys(ROUTE);
        tailnet.apply(new Change.NodePut(node.toBuilder().expired(true).build()));
        elect();
        assertThat(tailnet.image().primaries()).isEmpty();
        tailnet.apply(
                new Change.NodePut(node.toBuilder().approvedRoutes(List.of()).build()));
        elect();
        assertThat(tailnet.image().primaries()).isEmpty();
        tailnet.apply(
                new Change.NodePut(node.toBuilder().advertisedRoutes(List.of()).build()));
        elect();
        assertThat(tailnet.image().primaries()).isEmpty();
    }
}
