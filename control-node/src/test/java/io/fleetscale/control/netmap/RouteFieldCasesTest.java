package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What went wrong in the field with routes: who is given which, and what their routers let through. */
class RouteFieldCasesTest {
    private static final String FILE_SHARING = "https://tailscale.com/cap/file-sharing";

    private final TestTailnet tailnet = new TestTailnet(compiler(true));
    private final User alice = tailnet.addUser("alice");
    private final User bob = tailnet.addUser("bob");
    private final User carol = tailnet.addUser("carol");

    private static PolicyCompiler compiler(boolean taildrop) {
        PolicyInForce policies = new PolicyInForce(List::of);
        return PolicyCompiler.of(
                policies::of,
                new ServerEnvironment("https://hs.example.com", new ClientFeatureConfig(false, taildrop, false)));
    }

    private void policy(String text) {
        tailnet.apply(new Change.PolicyPut(new Policy(tailnet.image.counters().nextPolicy(), text, TestTailnet.NOW)));
    }

    private void accept(String source, String... destinations) {
        policy("{\"acls\":[{\"action\":\"accept\",\"src\":[\"" + source + "\"],\"dst\":[\""
                + String.join("\",\"", destinations) + "\"]}]}");
    }

    private Node node(User owner, String name, String... routes) {
        List<IpPrefix> prefixes =
                Arrays.stream(routes).map(IpPrefix::parse).sorted().toList();
        Node node = tailnet.addNode(content -> content.tags(List.of())
                .userId(owner.id())
                .hostname(name)
                .givenName(name)
                .advertisedRoutes(prefixes)
                .approvedRoutes(prefixes));
        for (IpPrefix prefix : prefixes) {
            if (!prefix.isAll()) {
                tailnet.apply(new Change.PrimaryPut(prefix, node.id()));
            }
        }
        tailnet.report(node.id(), edit -> edit.online(true));
        return node;
    }

    /** What {@code viewer} may send to through {@code peer}, without the peer's own addresses; null when it is no peer. */
    private List<String> routesOf(Node viewer, Node peer) {
        for (JsonNode shown : tailnet.full(viewer.id()).path("Peers")) {
            if (shown.path("ID").asLong() == peer.id().value()) {
                List<String> routes = new ArrayList<>();
                shown.path("AllowedIPs").forEach(prefix -> routes.add(prefix.asString()));
                shown.path("Addresses").forEach(prefix -> routes.remove(prefix.asString()));
                return routes;
            }
        }
        return List.of("no peer");
    }

    private List<Integer> peers(NodeId viewer) {
        return TestTailnet.ids(tailnet.full(viewer).path("Peers"));
    }

    /** Every destination of the filter: {@code 10.0.0.0/8 22-22}. */
    private Set<String> letsThrough(Node router) {
        JsonNode map = tailnet.full(router.id());
        assertThat(map.has("PacketFilters")).as("a filter, even an empty one").isTrue();
        TreeSet<String> destinations = new TreeSet<>();
        map.path("PacketFilters")
                .forEach(rules -> rules.forEach(rule -> rule.path("DstPorts")
                        .forEach(port -> destinations.add(port.path("IP").asString() + " "
                                + port.at("/Ports/First").asInt() + "-"
                                + port.at("/Ports/Last").asInt()))));
        return destinations;
    }

    @Test
    void f033ExitRoutesAreGivenInPairs() {
        Node mobile = node(alice, "mobile");
        Node exit = node(carol, "exit", "0.0.0.0/0", "::/0");
        assertThat(routesOf(mobile, exit)).containsExactlyInAnyOrder("0.0.0.0/0", "::/0");
        tailnet.apply(
                new Change.NodePut(exit.toBuilder().approvedRoutes(List.of()).build()));
        assertThat(routesOf(mobile, exit)).isEmpty();
    }

    @Test
    void f034OnlyTheInternetItselfOffersAnExit() {
        Node mobile = node(alice, "mobile");
        Node server = node(bob, "server");
        Node exit = node(carol, "exit", "0.0.0.0/0", "::/0");

        accept("alice@", "bob@:22");
        assertThat(peers(mobile.id())).containsExactly((int) server.id().value());

        accept("alice@", "0.0.0.0/5:*", "8.0.0.0/7:*", "11.0.0.0/8:*");
        assertThat(routesOf(mobile, exit)).doesNotContain("0.0.0.0/0", "::/0");

        accept("alice@", "carol@:*");
        assertThat(routesOf(mobile, exit)).isEmpty();

        accept("alice@", "autogroup:internet:*");
        assertThat(routesOf(mobile, exit)).containsExactlyInAnyOrder("0.0.0.0/0", "::/0");
        assertThat(routesOf(server, exit)).containsExactly("no peer");
        assertThat(letsThrough(exit))
                .containsExactly(
                        "0.0.0.0-9.255.255.255 0-65535",
                        "100.128.0.0-169.253.255.255 0-65535",
                        "11.0.0.0-100.63.255.255 0-65535",
                        "169.255.0.0-172.15.255.255 0-65535",
                        "172.32.0.0-192.167.255.255 0-65535",
                        "192.169.0.0-255.255.255.255 0-65535",
                        "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 0-65535");
    }

    @Test
    void f035ARuleForOneHostGivesTheRouteButLetsOnlyThatHostThrough() {
        Node laptop = node(alice, "laptop");
        Node router = node(carol, "router", "10.99.0.0/16");
        accept("alice@", "10.99.0.2/32:5432");
        assertThat(routesOf(laptop, router)).containsExactly("10.99.0.0/16");
        assertThat(letsThrough(router)).containsExactly("10.99.0.2 5432-5432");
    }

    @Test
    void f036RoutersSpeakForTheirSubnets() {
        Node third = node(alice, "third");
        Node a = node(bob, "ra", "10.88.8.0/24");
        Node b = node(carol, "rb", "10.99.9.0/24");
        policy("""
                {"hosts":{"a":"10.88.8.0/24","b":"10.99.9.0/24"},
                 "acls":[{"action":"accept","src":["a"],"dst":["b:*"]}]}""");
        assertThat(routesOf(a, b)).containsExactly("10.99.9.0/24");
        assertThat(routesOf(b, a)).as("the way back").containsExactly("10.88.8.0/24");
        assertThat(letsThrough(b)).containsExactly("10.99.9.0/24 0-65535");
        assertThat(letsThrough(a)).isEmpty();
        assertThat(peers(third.id())).isEmpty();
    }

    @Test
    void f037RoutesAreGivenPerViewer() {
        Node laptop = node(alice, "laptop");
        Node other = node(bob, "other");
        Node router = node(carol, "router", "10.10.10.0/24", "10.10.11.0/24", "10.10.12.0/24");
        accept("alice@", "10.10.12.0/24:*");
        assertThat(routesOf(laptop, router)).containsExactly("10.10.12.0/24");
        accept("alice@", "10.10.12.0/24:*", "10.10.11.0/24:*");
        assertThat(routesOf(laptop, router)).containsExactlyInAnyOrder("10.10.11.0/24", "10.10.12.0/24");
        accept("carol@", "carol@:*");
        assertThat(routesOf(laptop, router)).containsExactly("no peer");
        assertThat(routesOf(other, router)).containsExactly("no peer");
    }

    /** F053: clients compare owners and tags, so both must be told as they are. */
    @Test
    void f053FilesGoBetweenNodesOfOnePerson() {
        Node first = node(alice, "a1");
        node(alice, "a2");
        tailnet.addNode(content -> content.tags(List.of("tag:t")));
        JsonNode map = tailnet.full(first.id());
        assertThat(map.at("/Node/CapMap").has(FILE_SHARING)).isTrue();
        long owner = map.at("/Node/User").asLong();
        assertThat(owner).isEqualTo(alice.id().value());
        assertThat(map.at("/Peers/0/User").asLong()).isEqualTo(owner);
        assertThat(map.at("/Peers/1/User").asLong()).isNotEqualTo(owner);
        assertThat(map.at("/Peers/1/Tags/0").asString()).isEqualTo("tag:t");

        TestTailnet without = new TestTailnet(compiler(false));
        Node lonely = without.addNode(content -> content);
        assertThat(without.full(lonely.id()).at("/Node/CapMap").has(FILE_SHARING))
                .isFalse();
    }

    /** F056: rules follow the name of a user at once. */
    @Test
    void f056RulesFollowARenamedUser() {
        Node desk = node(bob, "desk");
        Node laptop = node(alice, "laptop");
        accept("new@", "bob@:22");
        assertThat(peers(laptop.id())).isEmpty();
        tailnet.apply(new Change.UserPut(TestTailnet.user(alice.id().value(), "new")));
        assertThat(peers(laptop.id())).containsExactly((int) desk.id().value());
        accept("alice@", "bob@:22");
        assertThat(peers(laptop.id())).isEmpty();
    }
}
