package io.fleetscale.control.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PrimaryElectionTest {
    private static final IpPrefix ROUTE = IpPrefix.parse("10.0.0.0/8");

    private final TestTailnet tailnet = TestTailnet.create();
    private final User alice = tailnet.user("alice");
    private final Set<NodeId> online = new HashSet<>();

    @Test
    void theOldestRouterThatIsOnlineServesAndKeepsServing() {
        NodeId first = router(1, ROUTE);
        NodeId second = router(2, ROUTE);
        online.add(second);
        elect();
        assertThat(primary()).isEqualTo(second);
        online.add(first);
        elect();
        assertThat(primary()).as("a router that comes back takes nothing away").isEqualTo(second);
        online.remove(second);
        elect();
        assertThat(primary()).isEqualTo(first);
        online.clear();
        elect();
        assertThat(primary())
                .as("nobody is left without router because all are away")
                .isEqualTo(first);
    }

    @Test
    void onlyApprovedAnnouncedSubnetRoutesHaveARouter() {
        online.add(router(1));
        online.add(router(2, IpPrefix.ALL_V4));
        elect();
        assertThat(tailnet.image().primaries()).isEmpty();
    }

    @Test
    void aWithdrawnRouteHasNoRouter() {
        NodeId id = router(1, ROUTE);
        online.add(id);
        elect();
        Node node = tailnet.image().node(id);
        assertThat(node).isNotNull();
        tailnet.apply(
                new Change.NodePut(node.toBuilder().advertisedRoutes(List.of()).build()));
        elect();
        assertThat(tailnet.image().primaries()).isEmpty();
    }

    @Test
    void nothingToDoIsNoChange() {
        online.add(router(1, ROUTE));
        elect();
        assertThat(PrimaryElection.changes(tailnet.image(), online::contains)).isEmpty();
    }

    private NodeId router(int number, IpPrefix... routes) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        NodeId id = new NodeId(number);
        tailnet.apply(
                new Change.NodePut(Node.builder(id, MachineKey.of(key), NodeKey.of(key), "n" + number, tailnet.now())
                        .userId(alice.id())
                        .hostname("router" + number)
                        .givenName("router" + number)
                        .ipv4(IpAddress.parse("100.64.0." + number))
                        .advertisedRoutes(List.of(routes))
                        .approvedRoutes(List.of(routes))
                        .build()));
        return id;
    }

    private void elect() {
        List<IpPrefix> unused = TestTailnet.get(tailnet.write(PrimaryElection.write(online::contains)));
    }

    private NodeId primary() {
        NodeId primary = tailnet.image().primaries().get(ROUTE);
        assertThat(primary).isNotNull();
        return primary;
    }
}
