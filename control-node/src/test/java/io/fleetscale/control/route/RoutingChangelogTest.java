package io.fleetscale.control.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyRouteApprovers;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingChangelogTest {
    private final TestTailnet tailnet = TestTailnet.create();
    private final RoutingChangelog log =
            new RoutingChangelog(tailnet, new PolicyRouteApprovers(new PolicyInForce(List::of)));
    private final User alice = tailnet.user("alice");

    private void write(Change... changes) {
        long before = tailnet.image().version();
        int done = TestTailnet.get(log.write((image, context) -> new Decision<>(List.of(changes), changes.length)));
        assertThat(done).isEqualTo(changes.length);
        assertThat(tailnet.image().version()).as("all in one number of the log").isEqualTo(before + 1);
    }

    private void policy(String approvers) {
        write(new Change.PolicyPut(new Policy(
                tailnet.image().counters().nextPolicy(),
                "{\"tagOwners\": {\"tag:r\": [\"alice@\"]}, \"autoApprovers\": " + approvers + "}",
                tailnet.now())));
    }

    private Node node(long id) {
        Node node = tailnet.image().node(new NodeId(id));
        if (node == null) {
            throw new AssertionError("no node " + id);
        }
        return node;
    }

    private static List<IpPrefix> routes(String... texts) {
        return Arrays.stream(texts).map(IpPrefix::parse).sorted().toList();
    }

    private static Node tagged(long id, String... announced) {
        return PrimaryElectionTest.router(id, id).toBuilder()
                .tags(List.of("tag:r"))
                .advertisedRoutes(routes(announced))
                .approvedRoutes(List.of())
                .build();
    }

    /** F039 of the field cases. */
    @Test
    void theFirstAnnouncementIsApprovedInTheSameWrite() {
        policy("""
                {"routes": {"10.42.0.0/16": ["tag:r"], "0.0.0.0/0": ["tag:r"], "fd7a:115c:a1e0:b1a::/64": ["tag:r"]},
                 "exitNode": ["alice@"]}""");
        write(new Change.NodePut(
                tagged(1, "10.42.7.0/24", "10.43.0.0/16", "fd7a:115c:a1e0:b1a:0:1:a00:0/112", "0.0.0.0/0", "::/0")));
        assertThat(node(1).approvedRoutes())
                .containsExactlyElementsOf(routes("10.42.7.0/24", "10.43.0.0/16", "fd7a:115c:a1e0:b1a:0:1:a00:0/112"));
        assertThat(tailnet.image().primaries()).hasSize(3);
        Node own = tagged(2, "10.42.8.0/24", "0.0.0.0/0", "::/0").toBuilder()
                .tags(List.of())
                .userId(alice.id())
                .build();
        write(new Change.NodePut(own));
        assertThat(node(2).approvedRoutes()).containsExactlyElementsOf(routes("0.0.0.0/0", "::/0"));
        policy("{}");
        assertThat(node(1).approvedRoutes()).hasSize(3);
        assertThat(node(2).approvedRoutes()).hasSize(2);
    }

    @Test
    void whatAnAdministratorTookAwayStaysAway() {
        policy("{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"]}}");
        write(new Change.NodePut(tagged(1, "10.1.0.0/16")));
        assertThat(node(1).approvedRoutes()).hasSize(1);
        write(new Change.NodePut(node(1).toBuilder().approvedRoutes(List.of()).build()));
        assertThat(node(1).approvedRoutes()).isEmpty();
        // another announcement, another policy that approves the same, and a new key bring nothing back
        write(new Change.NodePut(node(1).toBuilder()
                .advertisedRoutes(routes("10.1.0.0/16", "10.2.0.0/16"))
                .build()));
        assertThat(node(1).approvedRoutes()).containsExactlyElementsOf(routes("10.2.0.0/16"));
        policy("{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"], \"10.9.0.0/16\": [\"alice@\"]}}");
        assertThat(node(1).approvedRoutes()).containsExactlyElementsOf(routes("10.2.0.0/16"));
    }

    @Test
    void aPolicyThatApprovesMoreApprovesWhatWaits() {
        write(new Change.NodePut(tagged(1, "10.1.0.0/16")));
        assertThat(node(1).approvedRoutes()).isEmpty();
        policy("{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"]}}");
        assertThat(node(1).approvedRoutes()).containsExactlyElementsOf(routes("10.1.0.0/16"));
        assertThat(tailnet.image().primaries()).containsEntry(IpPrefix.parse("10.1.0.0/16"), new NodeId(1));
    }

    @Test
    void anotherTagIsAnotherRouter() {
        policy("{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"]}}");
        write(new Change.NodePut(
                tagged(1, "10.1.0.0/16").toBuilder().tags(List.of("tag:x")).build()));
        assertThat(node(1).approvedRoutes()).isEmpty();
        write(new Change.NodePut(
                node(1).toBuilder().tags(List.of("tag:r", "tag:x")).build()));
        assertThat(node(1).approvedRoutes()).hasSize(1);
    }

    @Test
    void electionsComeWithTheWriteThatCausesThem() {
        IpPrefix route = PrimaryElectionTest.ROUTE;
        write(new Change.NodePut(PrimaryElectionTest.router(1, 1, route)));
        write(new Change.NodePut(PrimaryElectionTest.router(2, 2, route)));
        assertThat(tailnet.image().primaries()).containsEntry(route, new NodeId(1));
        write(new Change.NodePut(
                node(1).toBuilder().routerState(RouterState.AWAY).build()));
        assertThat(tailnet.image().primaries()).containsEntry(route, new NodeId(2));
        write(new Change.PrimaryRemoved(route), new Change.NodeRemoved(new NodeId(2)));
        assertThat(tailnet.image().primaries()).isEmpty();
        write(new Change.NodePut(
                node(1).toBuilder().routerState(RouterState.SERVING).build()));
        assertThat(tailnet.image().primaries()).containsEntry(route, new NodeId(1));
    }
}
