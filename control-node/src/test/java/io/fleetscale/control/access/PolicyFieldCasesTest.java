package io.fleetscale.control.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.route.RoutingChangelog;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** F006, F007, F009, F011 and F034 to F037 of the field cases, by what each node is told: peers, their routes, own filter. */
class PolicyFieldCasesTest {
    private static final String INTERNET = "0.0.0.0-9.255.255.255";

    private final TestTailnet tailnet = TestTailnet.create();
    private final PolicyInForce inForce = new PolicyInForce(List::of);
    private final RoutingChangelog log = new RoutingChangelog(tailnet, new PolicyRouteApprovers(inForce));
    private final Policies policies = new Policies(log, new PolicySource.InDatabase(), (image, document) -> {});
    private final Map<String, NodeId> nodes = new LinkedHashMap<>();

    private void node(String name, @Nullable User owner, String tag, String... routes) {
        long id = nodes.size() + 1L;
        byte[] raw = new byte[32];
        raw[0] = (byte) id;
        List<IpPrefix> prefixes =
                Arrays.stream(routes).map(IpPrefix::parse).sorted().toList();
        UserId user = owner == null ? null : owner.id();
        write(new Change.NodePut(Node.builder(
                        new NodeId(id),
                        new MachineKey(Bytes32.of(raw)),
                        new NodeKey(Bytes32.of(raw)),
                        "n" + id,
                        TestTailnet.START.plusSeconds(id))
                .hostname(name)
                .givenName(name)
                .ipv4(IpAddress.parse("100.64.0." + id))
                .userId(user)
                .tags(tag.isEmpty() ? List.of() : List.of(tag))
                .advertisedRoutes(prefixes)
                .approvedRoutes(prefixes)
                .routerState(RouterState.SERVING)
                .build()));
        nodes.put(name, new NodeId(id));
    }

    private void write(Change... changes) {
        TestTailnet.get(log.write((image, context) -> new Decision<>(List.of(changes), 0)));
    }

    private void policy(String text) {
        TestTailnet.get(policies.set(text));
    }

    private Node node(String name) {
        Node node = tailnet.image().node(nodes.getOrDefault(name, new NodeId(0)));
        if (node == null) {
            throw new AssertionError("no node " + name);
        }
        return node;
    }

    private CompiledPolicy compiled() {
        return PolicyCompiler.of(
                        inForce::of,
                        new ServerEnvironment("https://unused", new ClientFeatureConfig(false, true, false)))
                .compile(tailnet.image());
    }

    /** Names of the peers, each with its routes: {@code r1[10.0.0.0/8]}. */
    private String peers(String viewer) {
        CompiledPolicy policy = compiled();
        return nodes.keySet().stream()
                .filter(name ->
                        !name.equals(viewer) && policy.sees(policy.classOf(node(viewer)), policy.classOf(node(name))))
                .map(name -> {
                    PeerRoutes routes = policy.routesOf(policy.classOf(node(viewer)), node(name));
                    return routes.allowed().isEmpty() ? name : name + routes.allowed();
                })
                .collect(Collectors.joining(" "));
    }

    /** {@code sources>destination:first-last} for each rule. */
    private String filter(String name) {
        return compiled().filterOf(node(name)).rules().stream()
                .map(rule -> String.join(",", rule.sources()) + ">"
                        + rule.destinations().stream()
                                .map(to -> to.address() + ":" + to.firstPort() + "-" + to.lastPort())
                                .collect(Collectors.joining(",")))
                .collect(Collectors.joining(" "));
    }

    @Test
    void f006RulesOnlyAddAndSelfFollowsJoins() {
        User alice = tailnet.user("alice");
        User bob = tailnet.user("bob");
        node("n1", alice, "");
        node("b1", bob, "");
        node("r1", null, "tag:router", "192.168.2.0/24");
        policy("""
                {"groups":{"group:home":["alice@","bob@"]},"tagOwners":{"tag:router":["alice@"]},
                 "acls":[{"action":"accept","src":["autogroup:member"],"dst":["autogroup:self:*"]},
                         {"action":"accept","src":["group:home"],"dst":["192.168.2.0/24:*","tag:router:*"]}]}""");
        assertThat(peers("n1")).isEqualTo("r1[192.168.2.0/24]");
        assertThat(peers("b1")).isEqualTo("r1[192.168.2.0/24]");
        assertThat(peers("r1")).isEqualTo("n1 b1");
        node("n2", alice, "");
        assertThat(peers("n1")).isEqualTo("r1[192.168.2.0/24] n2");
        assertThat(peers("n2")).isEqualTo("n1 r1[192.168.2.0/24]");
        assertThat(peers("r1")).isEqualTo("n1 b1 n2");
        assertThat(peers("b1")).isEqualTo("r1[192.168.2.0/24]");
        assertThat(filter("n1")).isEqualTo("100.64.0.1,100.64.0.4>100.64.0.1:0-65535");
    }

    @Test
    void f007MembersAreAllWhoHaveNoTag() {
        User carol = tailnet.user("carol"); // made by command line: no e-mail address
        User dora = tailnet.user("dora");
        node("laptop", carol, "");
        node("exit", dora, "", "0.0.0.0/0", "::/0");
        policy("""
                {"tagOwners":{"tag:x":["carol@"]},
                 "acls":[{"action":"accept","src":["autogroup:member"],"dst":["autogroup:internet:*"]}]}""");
        assertThat(peers("laptop")).isEqualTo("exit[0.0.0.0/0, ::/0]");
        write(new Change.NodePut(
                node("laptop").toBuilder().userId(null).tags(List.of("tag:x")).build()));
        assertThat(peers("laptop")).isEmpty();
    }

    @Test
    void f009LargeDestinationsStayOneText() {
        node("r1", tailnet.user("ann"), "", "10.20.0.0/16");
        node("n1", tailnet.user("bob"), "");
        policy("""
                {"acls":[{"action":"accept","src":["*"],
                          "dst":["10.0.0.0/8:*","172.16.0.0/12:*","2000::/3:*","fd00::/8:443"]}]}""");
        assertThat(filter("r1")).contains(">10.0.0.0/8:0-65535").doesNotContain("172.16.0.0");
        assertThat(filter("n1")).doesNotContain("10.0.0.0/8");
    }

    @Test
    void f011ARouterLetsANewDeviceInAsSoonAsItIsThere() {
        User alice = tailnet.user("alice");
        node("r1", null, "tag:gw", "10.200.0.0/16");
        policy("""
                {"groups":{"group:dev":["alice@"]},"tagOwners":{"tag:ci":["alice@"],"tag:gw":["alice@"]},
                 "acls":[{"action":"accept","src":["group:dev","tag:ci"],"dst":["10.200.0.0/16:*"]}]}""");
        assertThat(filter("r1")).isEmpty();
        node("n9", alice, "");
        assertThat(filter("r1")).isEqualTo("100.64.0.2>10.200.0.0/16:0-65535");
        write(new Change.NodePut(
                node("n9").toBuilder().userId(null).tags(List.of("tag:ci")).build()));
        assertThat(filter("r1")).isEqualTo("100.64.0.2>10.200.0.0/16:0-65535");
        write(new Change.NodeRemoved(node("n9").id()));
        assertThat(filter("r1")).isEmpty();
    }

    @Test
    void f034OnlyRulesToTheInternetGrantAnExitNode() {
        node("mobile", tailnet.user("alice"), "");
        node("server", tailnet.user("bob"), "");
        node("exit", tailnet.user("carol"), "", "0.0.0.0/0", "::/0");
        policy(rule("alice@", "bob@:22"));
        assertThat(peers("mobile")).isEqualTo("server");
        policy(rule("alice@", "0.0.0.0/5:*\",\"8.0.0.0/7:*\",\"11.0.0.0/8:*"));
        assertThat(peers("mobile")).doesNotContain("0.0.0.0/0");
        policy(rule("alice@", "carol@:*"));
        assertThat(peers("mobile")).isEqualTo("exit");
        policy(rule("alice@", "autogroup:internet:*"));
        assertThat(peers("mobile")).isEqualTo("exit[0.0.0.0/0, ::/0]");
        assertThat(peers("server")).isEmpty();
        assertThat(filter("exit"))
                .startsWith("100.64.0.1>" + INTERNET)
                .doesNotContain("100.64.0.3")
                .satisfies(text -> assertThat(text.split(",")).hasSize(7));
        assertThat(filter("server")).isEmpty();
    }

    private static String rule(String source, String destination) {
        return "{\"acls\":[{\"action\":\"accept\",\"src\":[\"" + source + "\"],\"dst\":[\"" + destination + "\"]}]}";
    }

    @Test
    void f035ARuleForOneHostShowsItsRouter() {
        node("n1", tailnet.user("alice"), "");
        node("r1", tailnet.user("bob"), "", "10.99.0.0/16");
        policy(rule("alice@", "10.99.0.2/32:5432"));
        assertThat(peers("n1")).isEqualTo("r1[10.99.0.0/16]");
        assertThat(filter("r1")).isEqualTo("100.64.0.1>10.99.0.2:5432-5432");
        assertThat(filter("n1")).isEmpty();
    }

    @Test
    void f036RoutersSpeakForTheirSubnets() {
        node("ra", tailnet.user("ann"), "", "10.88.8.0/24");
        node("rb", tailnet.user("bob"), "", "10.99.9.0/24");
        node("third", tailnet.user("cid"), "");
        policy("""
                {"hosts":{"a":"10.88.8.0/24","b":"10.99.9.0/24"},
                 "acls":[{"action":"accept","src":["a"],"dst":["b:*"]}]}""");
        assertThat(peers("ra")).isEqualTo("rb[10.99.9.0/24]");
        assertThat(peers("rb")).isEqualTo("ra[10.88.8.0/24]");
        assertThat(filter("rb")).isEqualTo("10.88.8.0/24>10.99.9.0/24:0-65535");
        assertThat(filter("ra")).isEmpty();
        assertThat(peers("third")).isEmpty();
    }

    @Test
    void f037RoutesAreForThoseWhomARuleNames() {
        node("n1", tailnet.user("alice"), "");
        node("n2", tailnet.user("bob"), "");
        node("r1", tailnet.user("cid"), "", "10.10.10.0/24", "10.10.11.0/24", "10.10.12.0/24");
        policy(rule("alice@", "10.10.12.0/24:*"));
        assertThat(peers("n1")).isEqualTo("r1[10.10.12.0/24]");
        policy(rule("alice@", "10.10.12.0/24:*\",\"10.10.11.0/24:*"));
        assertThat(peers("n1")).isEqualTo("r1[10.10.11.0/24, 10.10.12.0/24]");
        policy("{\"acls\":[]}");
        assertThat(peers("n1")).isEmpty();
        assertThat(peers("n2")).isEmpty();
    }

    /** F005 (c): a policy that nobody can read came into the database behind the server's back; a new one repairs it. */
    @Test
    void f005APolicyCanBeSetAboveOneThatCameFromElsewhere() {
        policy("{\"acls\":[]}");
        long foreign = tailnet.image().counters().nextPolicy() + 3;
        tailnet.apply(new Change.PolicyPut(
                new io.fleetscale.control.tailnet.Policy(foreign, "{\"hosts\":{},\"acls\":[]}", tailnet.now())));
        policy("{}");
        assertThat(tailnet.image().policy().orElseThrow().id()).isGreaterThan(foreign);
    }
}
