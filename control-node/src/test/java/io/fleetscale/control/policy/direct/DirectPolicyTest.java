package io.fleetscale.control.policy.direct;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The worked examples of the specification and what they leave out. */
class DirectPolicyTest {
    private final SmallTailnet tailnet = new SmallTailnet();

    /** Source: policy 3.12. */
    @Test
    void filtersOfTheWorkedExample() {
        Node laptop = tailnet.add("ann@ex.org");
        Node pc = tailnet.add("bob@ex.org");
        Node database = tailnet.add("tag:db");
        Node gateway = tailnet.add("tag:gw", "10.9.0.0/16");
        DirectPolicy policy = tailnet.with("""
                {"acls": [
                  {"action": "accept", "src": ["ann@ex.org"], "dst": ["tag:db:22", "tag:gw:22"]},
                  {"action": "accept", "proto": "udp", "src": ["tag:db"], "dst": ["10.9.1.0/24:53"]},
                  {"action": "accept", "src": ["*"], "dst": ["tag:db:9090"]},
                 ],
                 "grants": [ // come first
                  {"src": ["autogroup:member"], "dst": ["tag:db", "10.9.0.0/16"], "ip": ["tcp:443", "tcp:80"]},
                  {"src": ["autogroup:member"], "dst": ["autogroup:self"], "ip": ["*"]},
                 ]}""");

        assertThat(shown(policy, laptop))
                .containsExactly("100.64.0.1 fd7a:115c:a1e0::1 -> 100.64.0.1:0-65535 fd7a:115c:a1e0::1:0-65535");
        assertThat(shown(policy, pc))
                .containsExactly("100.64.0.2 fd7a:115c:a1e0::2 -> 100.64.0.2:0-65535 fd7a:115c:a1e0::2:0-65535");
        assertThat(shown(policy, database))
                .containsExactly(
                        "100.64.0.1 100.64.0.2 fd7a:115c:a1e0::1 fd7a:115c:a1e0::2 [6] -> 100.64.0.3:443-443"
                                + " 100.64.0.3:80-80 fd7a:115c:a1e0::3:443-443 fd7a:115c:a1e0::3:80-80",
                        "100.64.0.1 fd7a:115c:a1e0::1 -> 100.64.0.3:22-22 fd7a:115c:a1e0::3:22-22",
                        "10.9.0.0/16 100.115.94.0-100.127.255.255 100.64.0.0-100.115.91.255 fd7a:115c:a1e0::/48 ->"
                                + " 100.64.0.3:9090-9090 fd7a:115c:a1e0::3:9090-9090");
        assertThat(shown(policy, gateway))
                .containsExactly(
                        "100.64.0.1 100.64.0.2 fd7a:115c:a1e0::1 fd7a:115c:a1e0::2 [6] -> 10.9.0.0/16:443-443"
                                + " 10.9.0.0/16:80-80",
                        "100.64.0.1 fd7a:115c:a1e0::1 -> 100.64.0.4:22-22 fd7a:115c:a1e0::4:22-22",
                        "100.64.0.3 fd7a:115c:a1e0::3 [17] -> 10.9.1.0/24:53-53");
        assertThat(seenBy(policy, laptop, laptop, pc, database, gateway)).containsExactly(database, gateway);
        assertThat(seenBy(policy, database, laptop, pc, database, gateway)).containsExactly(laptop, pc, gateway);
        for (Node viewer : List.of(laptop, pc, database)) {
            assertThat(policy.routesOf(viewer, gateway).primary()).containsExactly(IpPrefix.parse("10.9.0.0/16"));
        }
    }

    /** Source: policy 3.6. */
    @Test
    void aRulePlaceIsThatOfItsFirstContributor() {
        tailnet.add("tag:c");
        tailnet.add("tag:s");
        Node node = tailnet.add("tag:p");
        DirectPolicy policy = tailnet.with("""
                {"acls": [
                  {"action": "accept", "src": ["tag:c"], "dst": ["tag:s:22"]},
                  {"action": "accept", "src": ["tag:s"], "dst": ["tag:p:5432"]},
                  {"action": "accept", "src": ["tag:c"], "dst": ["tag:p:443"]}]}""");

        assertThat(shown(policy, node))
                .containsExactly(
                        "100.64.0.1 fd7a:115c:a1e0::1 -> 100.64.0.3:443-443 fd7a:115c:a1e0::3:443-443",
                        "100.64.0.2 fd7a:115c:a1e0::2 -> 100.64.0.3:5432-5432 fd7a:115c:a1e0::3:5432-5432");
    }

    /** Source: policy 4.2, "Subnet to subnet". */
    @Test
    void returnTrafficShowsTheElectedRouterOnly() {
        Node one = tailnet.add("tag:ha", "192.168.1.0/24");
        Node two = tailnet.add("tag:ha", "192.168.1.0/24");
        Node west = tailnet.add("tag:w", "172.16.0.0/24");
        tailnet.elect("192.168.1.0/24", two);
        DirectPolicy policy = tailnet.with("""
                {"acls": [{"action": "accept", "src": ["192.168.1.0/24"], "dst": ["172.16.0.0/24:*"]}]}""");

        assertThat(shown(policy, one)).isEmpty();
        assertThat(shown(policy, west)).containsExactly("192.168.1.0/24 -> 172.16.0.0/24:0-65535");
        assertThat(policy.sees(west, one)).isTrue();
        assertThat(policy.sees(one, two)).isFalse();
        assertThat(policy.routesOf(one, west).primary()).containsExactly(IpPrefix.parse("172.16.0.0/24"));
        assertThat(policy.routesOf(west, one).primary()).isEmpty();
        assertThat(policy.routesOf(west, two).primary()).containsExactly(IpPrefix.parse("192.168.1.0/24"));
    }

    /** Source: policy 4.3, example. */
    @Test
    void viaPicksTheRouterForEachViewer() {
        Node first = tailnet.add("tag:a", "10.9.0.0/16");
        Node second = tailnet.add("tag:b", "10.9.0.0/16");
        Node x = tailnet.add("tag:x");
        Node y = tailnet.add("tag:y");
        Node z = tailnet.add("tag:z");
        String grants = """
                {"src": ["tag:x"], "dst": ["10.9.0.0/16"], "ip": ["*"], "via": ["tag:a"]},
                {"src": ["tag:y"], "dst": ["10.9.0.0/16"], "ip": ["*"], "via": ["tag:b"]},
                {"src": ["tag:z"], "dst": ["10.9.0.0/16"], "ip": ["*"]},""";
        DirectPolicy policy = tailnet.with("{\"grants\": [" + grants + "]}");

        assertThat(routers(policy, x, first, second)).containsExactly(first);
        assertThat(routers(policy, y, first, second)).containsExactly(second);
        assertThat(routers(policy, z, first, second)).containsExactly(first);
        assertThat(policy.routesOf(second, first).primary()).hasSize(1);
        assertThat(policy.routesOf(first, second).primary()).isEmpty();

        DirectPolicy plain = tailnet.with(
                "{\"grants\": [" + grants + "{\"src\": [\"tag:y\"], \"dst\": [\"10.9.0.0/16\"], \"ip\": [\"*\"]}]}");
        assertThat(routers(plain, y, first, second)).containsExactly(first);
    }

    /** Source: policy 3.8. */
    @Test
    void companionsGoToTheSources() {
        Node client = tailnet.add("ann@ex.org");
        Node server = tailnet.add("tag:db");
        DirectPolicy policy = tailnet.with("""
                {"grants": [{"src": ["ann@ex.org"], "dst": ["tag:db"],
                             "app": {"tailscale.com/cap/drive": [{"shares": ["*"]}]}}]}""");

        FilterRule granted = policy.filterOf(server).getFirst();
        assertThat(granted.sources()).containsExactly("100.64.0.1", "fd7a:115c:a1e0::1");
        assertThat(granted.grants().getFirst().capabilities())
                .isEqualTo(Map.of("tailscale.com/cap/drive", "[{\"shares\":[\"*\"]}]"));
        FilterRule companion = policy.filterOf(client).getFirst();
        assertThat(companion.sources()).containsExactly("100.64.0.2", "fd7a:115c:a1e0::2");
        assertThat(companion.grants().getFirst().capabilities())
                .isEqualTo(Map.of("tailscale.com/cap/drive-sharer", "null"));
    }

    /** Source: policy 5.2, example. */
    @Test
    void localPartsMakeRulesForEachUser() {
        Node ann = tailnet.add("ann@ex.org");
        Node bob = tailnet.add("bob@other.net");
        Node database = tailnet.add("tag:db");
        DirectPolicy policy = tailnet.with("""
                {"ssh": [{"action": "accept", "src": ["autogroup:member"], "dst": ["tag:db"],
                          "users": ["localpart:*@ex.org", "dbadmin"]}]}""");

        String annBase = "100.64.0.1 fd7a:115c:a1e0::1 {dbadmin=dbadmin, root=}";
        String annLocal = "100.64.0.1 fd7a:115c:a1e0::1 {ann=ann}";
        String bobBase = "100.64.0.2 fd7a:115c:a1e0::2 {dbadmin=dbadmin, root=}";
        assertThat(shownSsh(policy, database)).containsExactly(annBase, annLocal, bobBase);
        assertThat(shownSsh(policy, ann)).containsExactly(annBase, annLocal);
        assertThat(shownSsh(policy, bob)).containsExactly(bobBase);
    }

    @Test
    void checksComeFirstAndRootIsAlwaysNamed() {
        tailnet.add("ann@ex.org");
        Node database = tailnet.add("tag:db");
        DirectPolicy policy = tailnet.with("""
                {"ssh": [{"action": "accept", "src": ["ann@ex.org"], "dst": ["tag:db"], "users": ["autogroup:nonroot"]},
                         {"action": "check", "src": ["ann@ex.org"], "dst": ["tag:db"], "users": ["root"]}]}""");

        List<SshPolicy.Rule> rules = policy.sshOf(database).rules();
        assertThat(rules.getFirst().action().holdAndDelegate())
                .isEqualTo(
                        "https://control.example.com/machine/ssh/action/$SRC_NODE_ID/to/$DST_NODE_ID?local_user=$LOCAL_USER");
        assertThat(rules.getFirst().users()).isEqualTo(Map.of("root", "root"));
        assertThat(rules.getLast().action()).isEqualTo(SshPolicy.Action.ACCEPT);
        assertThat(rules.getLast().users()).isEqualTo(Map.of("*", "=", "root", ""));
    }

    /** Source: policy 6.4, 4.6. */
    @Test
    void disabledIpv4HidesBothWaysAndExitNodesAreSuggested() {
        Node ann = tailnet.add("ann@ex.org");
        Node exit = tailnet.add("tag:exit", "0.0.0.0/0", "::/0");
        DirectPolicy policy = tailnet.with("""
                {"nodeAttrs": [{"target": ["ann@ex.org"], "attr": ["disable-ipv4", "funnel"]}]}""");

        assertThat(policy.ownAddresses(ann)).containsExactly(IpAddress.parse("fd7a:115c:a1e0::1"));
        assertThat(policy.addressesOf(ann, exit)).containsExactly(IpAddress.parse("fd7a:115c:a1e0::2"));
        assertThat(policy.addressesOf(exit, ann)).containsExactly(IpAddress.parse("fd7a:115c:a1e0::1"));
        assertThat(policy.ownAddresses(exit)).hasSize(2);
        assertThat(policy.ownCapabilities(ann).entries())
                .containsOnlyKeys(
                        "disable-ipv4",
                        "funnel",
                        "https://tailscale.com/cap/funnel-ports?ports=443,8443,10000",
                        "https://tailscale.com/cap/warn-funnel-no-https");
        assertThat(policy.routesOf(ann, exit).allowed()).containsExactly(IpPrefix.ALL_V4, IpPrefix.ALL_V6);
        assertThat(policy.peerCapabilities(ann, exit).has("suggest-exit-node")).isTrue();
    }

    @Test
    void presentButEmptySectionsAllowNothing() {
        Node ann = tailnet.add("ann@ex.org");
        Node bob = tailnet.add("bob@ex.org");

        assertThat(tailnet.with("{\"grants\": []}").sees(ann, bob)).isFalse();
        assertThat(tailnet.with("{\"grants\": null}").sees(ann, bob)).isTrue();
    }

    private static List<String> shown(DirectPolicy policy, Node node) {
        return policy.filterOf(node).stream()
                .map(rule -> String.join(" ", rule.sources())
                        + (rule.protocols().isEmpty() ? "" : " " + rule.protocols())
                        + " -> "
                        + rule.destinations().stream()
                                .map(to -> to.address() + ":" + to.firstPort() + "-" + to.lastPort())
                                .collect(Collectors.joining(" ")))
                .toList();
    }

    private static List<String> shownSsh(DirectPolicy policy, Node node) {
        return policy.sshOf(node).rules().stream()
                .map(rule -> rule.principals().stream()
                                .map(SshPolicy.Principal::nodeIp)
                                .collect(Collectors.joining(" "))
                        + " " + rule.users())
                .toList();
    }

    private static List<Node> seenBy(DirectPolicy policy, Node viewer, Node... nodes) {
        return Stream.of(nodes).filter(node -> policy.sees(viewer, node)).toList();
    }

    private static List<Node> routers(DirectPolicy policy, Node viewer, Node... nodes) {
        return Stream.of(nodes)
                .filter(node -> !policy.routesOf(viewer, node).primary().isEmpty())
                .toList();
    }
}
