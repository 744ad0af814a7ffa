package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What running clients are told when services come, are served and go; and who is told nothing. Source: policy 9.4, 11.10. */
class ServiceMapsTest {
    private static final VipService WEB = new VipService(
            "svc:web",
            "",
            List.of("100.99.0.1", "fd7a:115c:a1e0::5:1"),
            "",
            List.of("tcp:443"),
            List.of(),
            Map.of(),
            List.of(),
            List.of());

    private final TestTailnet tailnet = new TestTailnet(compiler());
    private final User alice = tailnet.addUser("alice");
    private final User bob = tailnet.addUser("bob");
    private final Node laptop = node(alice);
    private final Node desk = node(bob);
    private final Node host = tailnet.addNode(content -> content.tags(List.of("tag:host")));

    private static PolicyCompiler compiler() {
        PolicyInForce policies = new PolicyInForce(List::of);
        return PolicyCompiler.of(
                policies::of,
                new ServerEnvironment("https://control.example.com", new ClientFeatureConfig(false, true, false)));
    }

    private Node node(User owner) {
        return tailnet.addNode(content -> content.tags(List.of()).userId(owner.id()));
    }

    private MapCursor cursor(Node node) {
        return tailnet.requireFull(node.id()).cursor();
    }

    /** What came since; an empty object if nothing did. */
    private JsonNode since(MapCursor cursor, Node viewer) {
        return switch (tailnet.feed.next(tailnet.state, cursor, viewer.id(), false)) {
            case MapFeed.Next.Send send -> TestTailnet.read(send.message(), false);
            case MapFeed.Next.Nothing nothing -> TestTailnet.json("{}");
            case MapFeed.Next.NeedsFull full -> tailnet.full(viewer.id());
            case MapFeed.Next.Gone gone -> throw new AssertionError("the node is gone");
        };
    }

    private static List<String> names(JsonNode map) {
        return map.at("/DNSConfig/ExtraRecords").values().stream()
                .map(record -> record.path("Name").asString() + " "
                        + record.path("Value").asString())
                .toList();
    }

    @Test
    void aServiceReachesThoseWhomThePolicyLetsReachIt() {
        tailnet.apply(new Change.PolicyPut(new Policy(
                1,
                "{\"tagOwners\": {\"tag:host\": []}, \"grants\": [{\"src\": [\"alice@\"], \"dst\": [\"svc:web\"], \"ip\": [\"tcp:443\"]}]}",
                TestTailnet.NOW)));
        MapCursor ofLaptop = cursor(laptop);
        MapCursor ofDesk = cursor(desk);
        MapCursor ofHost = cursor(host);

        tailnet.apply(VipService.KIND.put(WEB.name(), WEB));
        JsonNode told = since(ofLaptop, laptop);
        assertThat(told.at("/Node/CapMap").has("services/web")).isTrue();
        assertThat(names(told))
                .containsExactly("web.tailnet.example 100.99.0.1", "web.tailnet.example fd7a:115c:a1e0::5:1");
        assertThat(since(ofDesk, desk).isEmpty())
                .as("it may not reach the service")
                .isTrue();
        assertThat(tailnet.full(laptop.id()).path("Peers"))
                .as("nobody serves it yet")
                .isEmpty();

        ofLaptop = cursor(laptop);
        tailnet.apply(
                new Change.NodePut(host.toBuilder()
                        .offeredServices(List.of(new OfferedService(
                                WEB.name(), WEB.ports(), OfferedService.Approval.MANUAL, WEB.parsedAddresses())))
                        .build()),
                elected("100.99.0.1/32"),
                elected("fd7a:115c:a1e0::5:1/128"));
        JsonNode served = since(ofHost, host);
        assertThat(served.at("/Node/CapMap/service-host/0/svc:web/0").asString())
                .isEqualTo("100.99.0.1");
        assertThat(served.at("/Node/AllowedIPs").toString()).contains("100.99.0.1/32");
        assertThat(served.path("PacketFilters").toString()).contains("\"IP\":\"100.99.0.1\"");
        JsonNode peers = since(ofLaptop, laptop);
        assertThat(peers.toString()).contains("100.99.0.1/32", "fd7a:115c:a1e0::5:1/128");
        assertThat(since(ofDesk, desk).isEmpty()).isTrue();

        ofLaptop = cursor(laptop);
        ofHost = cursor(host);
        tailnet.apply(
                VipService.KIND.remove(WEB.name()),
                new Change.NodePut(host),
                new Change.PrimaryRemoved(IpPrefix.parse("100.99.0.1/32")),
                new Change.PrimaryRemoved(IpPrefix.parse("fd7a:115c:a1e0::5:1/128")));
        JsonNode gone = since(ofLaptop, laptop);
        assertThat(gone.at("/Node/CapMap").has("services/web")).isFalse();
        assertThat(names(gone)).isEmpty();
        assertThat(gone.path("PeersRemoved").size() + gone.path("Peers").size()).isPositive();
        assertThat(since(ofHost, host).at("/Node/CapMap").has("service-host")).isFalse();
        assertThat(since(ofDesk, desk).isEmpty()).isTrue();
    }

    private Change elected(String address) {
        return new Change.PrimaryPut(
                IpPrefix.parse(address), new NodeId(host.id().value()));
    }
}
