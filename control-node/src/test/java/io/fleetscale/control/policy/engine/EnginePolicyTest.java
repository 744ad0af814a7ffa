package io.fleetscale.control.policy.engine;

import static io.fleetscale.control.policy.engine.EngineTailnet.owned;
import static io.fleetscale.control.policy.engine.EngineTailnet.router;
import static io.fleetscale.control.policy.engine.EngineTailnet.tagged;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.FilterRule;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EnginePolicyTest {
    private static final IpPrefix ROUTE = IpPrefix.parse("10.9.0.0/16");

    /** The worked example of policy 3.12. */
    private static final String EXAMPLE = """
            {"acls": [
               {"action": "accept", "src": ["ann@example.com"], "dst": ["tag:db:22", "tag:gw:22"]},
               {"action": "accept", "proto": "udp", "src": ["tag:db"], "dst": ["10.9.1.0/24:53"]},
               {"action": "accept", "src": ["*"], "dst": ["tag:db:9090"]}],
             "grants": [
               {"src": ["autogroup:member"], "dst": ["tag:db", "10.9.0.0/16"], "ip": ["tcp:443", "tcp:80"]},
               {"src": ["autogroup:member"], "dst": ["autogroup:self"], "ip": ["*"]}]}""";

    private static EngineTailnet example() {
        EngineTailnet tailnet = new EngineTailnet(EXAMPLE);
        tailnet.apply(
                new Change.UserPut(EngineTailnet.user(1, "ann@example.com")),
                new Change.UserPut(EngineTailnet.user(2, "bob@example.com")),
                new Change.NodePut(owned(1, "0.1", 1)),
                new Change.NodePut(owned(2, "0.2", 2)),
                new Change.NodePut(tagged(3, "0.3", "tag:db")),
                new Change.NodePut(router(tagged(4, "0.4", "tag:gw"), "10.9.0.0/16")),
                new Change.PrimaryPut(ROUTE, new NodeId(4)));
        return tailnet;
    }

    @Test
    void filtersOfTheWorkedExample() {
        EngineTailnet tailnet = example();
        assertThat(filter(tailnet, 1))
                .isEqualTo(List.of("100.64.0.1,fd7a:115c:a1e0::1 [] 100.64.0.1:0-65535 fd7a:115c:a1e0::1:0-65535"));
        assertThat(filter(tailnet, 3))
                .isEqualTo(List.of(
                        "100.64.0.1,100.64.0.2,fd7a:115c:a1e0::1,fd7a:115c:a1e0::2 [6] 100.64.0.3:443-443"
                                + " 100.64.0.3:80-80 fd7a:115c:a1e0::3:443-443 fd7a:115c:a1e0::3:80-80",
                        "100.64.0.1,fd7a:115c:a1e0::1 [] 100.64.0.3:22-22 fd7a:115c:a1e0::3:22-22",
                        "10.9.0.0/16,100.115.94.0-100.127.255.255,100.64.0.0-100.115.91.255,fd7a:115c:a1e0::/48 []"
                                + " 100.64.0.3:9090-9090 fd7a:115c:a1e0::3:9090-9090"));
        assertThat(filter(tailnet, 4))
                .isEqualTo(List.of(
                        "100.64.0.1,100.64.0.2,fd7a:115c:a1e0::1,fd7a:115c:a1e0::2 [6] 10.9.0.0/16:443-443"
                                + " 10.9.0.0/16:80-80",
                        "100.64.0.1,fd7a:115c:a1e0::1 [] 100.64.0.4:22-22 fd7a:115c:a1e0::4:22-22",
                        "100.64.0.3,fd7a:115c:a1e0::3 [17] 10.9.1.0/24:53-53"));
    }

    @Test
    void peersAndRoutesOfTheWorkedExample() {
        EngineTailnet tailnet = example();
        assertThat(peers(tailnet, 1)).isEqualTo("3 4[10.9.0.0/16]");
        assertThat(peers(tailnet, 2)).isEqualTo("3 4[10.9.0.0/16]");
        assertThat(peers(tailnet, 3)).isEqualTo("1 2 4[10.9.0.0/16]");
        assertThat(peers(tailnet, 4)).isEqualTo("1 2 3");
    }

    @Test
    void joinOfAKnownClassTellsWhoseFilterChanges() {
        EngineTailnet tailnet = example();
        tailnet.apply(new Change.NodePut(owned(5, "0.5", 1)));
        CompiledPolicy policy = tailnet.policy();
        assertThat(tailnet.last().effect().filters())
                .containsExactlyInAnyOrder(
                        policy.classOf(tailnet.node(1)),
                        policy.classOf(tailnet.node(3)),
                        policy.classOf(tailnet.node(4)));
        assertThat(policy.classOf(tailnet.node(5))).isEqualTo(policy.classOf(tailnet.node(1)));
        assertThat(policy.classOf(tailnet.node(2))).isNotEqualTo(policy.classOf(tailnet.node(1)));
        assertThat(peers(tailnet, 1)).isEqualTo("3 4[10.9.0.0/16] 5");
    }

    @Test
    void reconnectChangesNothing() {
        EngineTailnet tailnet = example();
        Node again = tailnet.node(3).toBuilder().hostname("other").build();
        tailnet.apply(new Change.NodePut(again));
        assertThat(tailnet.last().effect().filters()).isEmpty();
        assertThat(tailnet.last().effect().moved()).isEmpty();
        assertThat(tailnet.last().effect().ssh()).isEmpty();
        assertThat(tailnet.last().effect().own()).isEmpty();
    }

    @Test
    void samePolicyAgainConcernsNobody() {
        EngineTailnet tailnet = example();
        for (int id = 1; id <= 4; id++) {
            tailnet.policy().filterOf(tailnet.node(id)).rules();
        }
        tailnet.apply(PlainPolicy.program(EXAMPLE));
        assertThat(tailnet.last().effect().filters()).isEmpty();
        assertThat(tailnet.last().effect().moved()).isEmpty();
        assertThat(tailnet.last().effect().visibility()).isEmpty();
        assertThat(tailnet.last().effect().capabilities()).isEmpty();
    }

    @Test
    void viaSteersUnlessAPlainRuleCoversTheRoute() {
        EngineTailnet tailnet = new EngineTailnet("""
                {"grants": [
                   {"src": ["ann@example.com"], "dst": ["10.9.0.0/16"], "ip": ["*"], "via": ["tag:a"]},
                   {"src": ["bob@example.com"], "dst": ["10.9.0.0/16"], "ip": ["*"], "via": ["tag:b"]}]}""");
        tailnet.apply(
                new Change.UserPut(EngineTailnet.user(1, "ann@example.com")),
                new Change.UserPut(EngineTailnet.user(2, "bob@example.com")),
                new Change.NodePut(owned(1, "0.1", 1)),
                new Change.NodePut(owned(2, "0.2", 2)),
                new Change.NodePut(router(tagged(3, "0.3", "tag:a"), "10.9.0.0/16")),
                new Change.NodePut(router(tagged(4, "0.4", "tag:b"), "10.9.0.0/16")),
                new Change.PrimaryPut(ROUTE, new NodeId(3)));
        assertThat(peers(tailnet, 1)).isEqualTo("3[10.9.0.0/16]");
        assertThat(peers(tailnet, 2)).isEqualTo("4[10.9.0.0/16]");
    }

    @Test
    void noRuleMeansNoPeers() {
        EngineTailnet tailnet = new EngineTailnet("{\"acls\": []}");
        tailnet.apply(new Change.NodePut(tagged(3, "0.3", "tag:a")), new Change.NodePut(tagged(4, "0.4", "tag:a")));
        assertThat(peers(tailnet, 3)).isEmpty();
        assertThat(filter(tailnet, 3)).isEmpty();
    }

    @Test
    void noPolicyAllowsEverything() {
        EngineTailnet tailnet = new EngineTailnet("{}");
        tailnet.apply(new Change.NodePut(tagged(3, "0.3", "tag:a")), new Change.NodePut(tagged(4, "0.4", "tag:b")));
        assertThat(peers(tailnet, 3)).isEqualTo("4");
        assertThat(filter(tailnet, 3))
                .isEqualTo(List.of(
                        "100.115.94.0-100.127.255.255,100.64.0.0-100.115.91.255,fd7a:115c:a1e0::/48 [] *:0-65535"));
    }

    private static List<String> filter(EngineTailnet tailnet, long id) {
        return tailnet.policy().filterOf(tailnet.node(id)).rules().stream()
                .map(EnginePolicyTest::shown)
                .toList();
    }

    private static String shown(FilterRule rule) {
        return String.join(",", rule.sources())
                + " "
                + rule.protocols()
                + " "
                + rule.destinations().stream()
                        .map(to -> to.address() + ":" + to.firstPort() + "-" + to.lastPort())
                        .collect(Collectors.joining(" "));
    }

    private static String peers(EngineTailnet tailnet, long id) {
        CompiledPolicy policy = tailnet.policy();
        Node viewer = tailnet.node(id);
        TreeSet<NodeId> seen = new TreeSet<>();
        policy.viewersOf(policy.classOf(viewer)).forEach(subject -> seen.addAll(policy.membersOf(subject)));
        seen.remove(viewer.id());
        return seen.stream()
                .map(peer -> {
                    List<IpPrefix> routes = policy.routesOf(policy.classOf(viewer), tailnet.node(peer.value()))
                            .primary();
                    return peer + (routes.isEmpty() ? "" : routes.toString());
                })
                .collect(Collectors.joining(" "));
    }
}
