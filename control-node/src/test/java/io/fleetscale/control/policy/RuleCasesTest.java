package io.fleetscale.control.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.policy.direct.DirectPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.PolicyCheck;
import io.fleetscale.control.policy.test.SmallTailnet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.FilterRule;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A case for each rule of the packet filter, worked out by hand from the rule, against both interpreters. Source: policy 2.3-2.7,
 * 3.3-3.10. The nodes are those of {@link SmallTailnet}: Ann (the owner) has 1 and 2, Bob has 3, 4 is tag:db, 5 is tag:gate and
 * serves 10.9.0.0/16.
 */
class RuleCasesTest {
    private static final String ANN = "100.64.0.1,100.64.0.2,fd7a:115c:a1e0::1,fd7a:115c:a1e0::2";
    private static final String BOB = "100.64.0.3,fd7a:115c:a1e0::3";
    private static final String MEMBERS =
            "100.64.0.1,100.64.0.2,100.64.0.3,fd7a:115c:a1e0::1,fd7a:115c:a1e0::2,fd7a:115c:a1e0::3";
    private static final String ANYBODY =
            "10.9.0.0/16,100.115.94.0-100.127.255.255,100.64.0.0-100.115.91.255,fd7a:115c:a1e0::/48";

    static Stream<Arguments> filters() {
        return Stream.of(
                filter("a bare number is a port", grant("bob@example.com", "tag:db", "'47'"), 4, BOB + " [] " + db(47)),
                filter(
                        "protocols keep the order in which they appear first",
                        grant("bob@example.com", "tag:db", "'tcp:80','udp:53','tcp:443'"),
                        4,
                        BOB + " [6] " + db(80, 443),
                        BOB + " [17] " + db(53)),
                filter(
                        "overlapping ports stay beside each other",
                        grant("bob@example.com", "tag:db", "'*','5432'"),
                        4,
                        BOB + " [] 100.64.0.4:0-65535 100.64.0.4:5432-5432 fd7a:115c:a1e0::4:0-65535"
                                + " fd7a:115c:a1e0::4:5432-5432"),
                filter(
                        "danger-all swallows the other sources",
                        acl("autogroup:danger-all','tag:db", "tag:gate:22"),
                        5,
                        "* [] 100.64.0.5:22-22 fd7a:115c:a1e0::5:22-22"),
                filter(
                        "the ports of a destination come together, * comes first",
                        acl("bob@example.com", "tag:db:22','*:1','tag:db:80','tag:gate:5"),
                        4,
                        BOB + " [] *:1-1 " + db(22, 80)),
                filter(
                        "a literal has the family that is written",
                        acl("bob@example.com", "100.64.0.4:22"),
                        4,
                        BOB + " [] 100.64.0.4:22-22"),
                filter(
                        "brackets stand around IPv6, a single address has no length",
                        acl("bob@example.com", "[fd7a:115c:a1e0::4]:22','[fd7a:115c:a1e0::4]/128:80"),
                        4,
                        BOB + " [] fd7a:115c:a1e0::4:22-22 fd7a:115c:a1e0::4:80-80"),
                filter(
                        "a router gets what overlaps its routes as it is written",
                        acl("bob@example.com", "10.9.1.0/24:22','10.0.0.0/8:23','10.10.0.0/16:24"),
                        5,
                        BOB + " [] 10.9.1.0/24:22-22 10.0.0.0/8:23-23"),
                filter("a tag is not what lies behind it", acl("bob@example.com", "tag:db:1"), 5),
                filter(
                        "* prints ranges and routes, addresses within them stay",
                        acl("*','tag:db", "tag:gate:1"),
                        5,
                        "10.9.0.0/16,100.115.94.0-100.127.255.255,100.64.0.0-100.115.91.255,100.64.0.4,"
                                + "fd7a:115c:a1e0::/48,fd7a:115c:a1e0::4 [] 100.64.0.5:1-1 fd7a:115c:a1e0::5:1-1"),
                filter(
                        "ICMP is protocol 1 alone",
                        "'acls':[{'action':'accept','proto':'icmp','src':['bob@example.com'],'dst':['tag:db:*']}]",
                        4,
                        BOB + " [1] 100.64.0.4:0-65535 fd7a:115c:a1e0::4:0-65535"),
                filter(
                        "1-65535 is not *",
                        acl("bob@example.com", "tag:db:1-65535,22"),
                        4,
                        BOB + " [] 100.64.0.4:1-65535 100.64.0.4:22-22 fd7a:115c:a1e0::4:1-65535"
                                + " fd7a:115c:a1e0::4:22-22"),
                filter("logins of an own domain", acl("user:*@example.com", "tag:db:1"), 4, MEMBERS + " [] " + db(1)),
                filter("logins of another domain", acl("user:*@example.org", "tag:db:1"), 4),
                filter("the owner is an admin", acl("autogroup:admin", "tag:db:1"), 4, ANN + " [] " + db(1)),
                filter("other roles are themselves only", acl("autogroup:it-admin", "tag:db:1"), 4),
                filter("a synced group", acl("group:eng@example.com", "tag:db:1"), 4, BOB + " [] " + db(1)),
                filter(
                        "grants come first, equal sources become one rule where the first stands",
                        acl("bob@example.com", "tag:db:2") + "," + grant("ann@example.com", "tag:gate", "'9'")
                                + ",'tests':[]",
                        4,
                        BOB + " [] " + db(2)),
                filter(
                        "a merged rule stands where its first contributor stands",
                        "'acls':[{'action':'accept','src':['ann@example.com'],'dst':['tag:gate:1']},"
                                + "{'action':'accept','src':['bob@example.com'],'dst':['tag:db:2']},"
                                + "{'action':'accept','src':['ann@example.com'],'dst':['tag:db:3']}]",
                        4,
                        ANN + " [] " + db(3),
                        BOB + " [] " + db(2)),
                filter(
                        "app rules are never merged",
                        "'grants':[" + app("bob@example.com", "tag:db", "x.com/a") + ","
                                + app("bob@example.com", "tag:db", "x.com/a") + "]",
                        4,
                        BOB + " {x.com/a=[{}]} 100.64.0.4/32 fd7a:115c:a1e0::4/128",
                        BOB + " {x.com/a=[{}]} 100.64.0.4/32 fd7a:115c:a1e0::4/128"),
                filter(
                        "an app rule of nobody is there",
                        "'grants':[" + app("nobody@example.com", "tag:db", "x.com/a") + "]",
                        4,
                        " {x.com/a=[{}]} 100.64.0.4/32 fd7a:115c:a1e0::4/128"),
                filter(
                        "an app rule without sources is not",
                        "'grants':[{'src':[],'dst':['tag:db'],'app':{'x.com/a':[{}]}}]",
                        4),
                filter(
                        "an app rule to a subnet names the subnet at its router",
                        "'grants':[" + app("bob@example.com", "10.9.0.0/16", "x.com/a") + "]",
                        5,
                        BOB + " {x.com/a=[{}]} 10.9.0.0/16"),
                filter(
                        "the companion of a drive goes to the sources, * prints ranges and routes",
                        "'grants':[" + app("bob@example.com", "*", "tailscale.com/cap/drive") + "]",
                        3,
                        BOB + " {tailscale.com/cap/drive=[{}]} 100.64.0.3/32 fd7a:115c:a1e0::3/128",
                        ANYBODY + " {tailscale.com/cap/drive-sharer=null} 100.64.0.3/32 fd7a:115c:a1e0::3/128"),
                filter(
                        "the companion of a relay",
                        "'grants':[" + app("bob@example.com", "tag:db", "tailscale.com/cap/relay") + "]",
                        3,
                        "100.64.0.4,fd7a:115c:a1e0::4 {tailscale.com/cap/relay-target=null} 100.64.0.3/32"
                                + " fd7a:115c:a1e0::3/128"),
                filter(
                        "an app rule about own nodes, with its companion",
                        "'grants':[" + app("autogroup:member", "autogroup:self", "tailscale.com/cap/drive") + "]",
                        1,
                        ANN + " {tailscale.com/cap/drive=[{}]} 100.64.0.1/32 fd7a:115c:a1e0::1/128",
                        ANN + " {tailscale.com/cap/drive-sharer=null} 100.64.0.1/32 fd7a:115c:a1e0::1/128"),
                filter(
                        "tagged nodes have no own nodes",
                        "'grants':[" + app("autogroup:member", "autogroup:self", "tailscale.com/cap/drive") + "]",
                        4),
                filter(
                        "via goes to routers with the tag",
                        "'grants':[{'src':['bob@example.com'],'dst':['10.9.1.0/24','tag:db'],'ip':['*'],'via':['tag:gate']}]",
                        5,
                        BOB + " [] 10.9.1.0/24:0-65535"),
                filter(
                        "via gives destinations by identity nothing",
                        "'grants':[{'src':['bob@example.com'],'dst':['tag:db'],'ip':['*'],'via':['tag:gate']}]",
                        4),
                filter("an empty list of grants denies", "'grants':[]", 4),
                filter("no list allows", "'hosts':{}", 4, ANYBODY + " [] *:0-65535"));
    }

    private static Arguments filter(String rule, String policy, int node, String... expected) {
        return Arguments.of(rule, document(policy), node, List.of(expected));
    }

    private static String document(String policy) {
        return "{" + (policy + ",'tagOwners':{'tag:db':[],'tag:gate':[]}}").replace('\'', '"');
    }

    private static String acl(String sources, String destinations) {
        return "'acls':[{'action':'accept','src':['" + sources + "'],'dst':['" + destinations + "']}]";
    }

    private static String grant(String sources, String destinations, String ip) {
        return "'grants':[{'src':['" + sources + "'],'dst':['" + destinations + "'],'ip':[" + ip + "]}]";
    }

    private static String app(String sources, String destinations, String capability) {
        return "{'src':['" + sources + "'],'dst':['" + destinations + "'],'app':{'" + capability + "':[{}]}}";
    }

    /** The ports of node 4, first on its IPv4 address. */
    private static String db(int... ports) {
        return Stream.of("100.64.0.4", "fd7a:115c:a1e0::4")
                .flatMap(address -> Arrays.stream(ports).mapToObj(port -> address + ":" + port + "-" + port))
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("filters")
    void theFilterOfANode(String rule, String policy, int node, List<String> expected) throws PolicyException {
        TailnetImage before = SmallTailnet.image();
        TailnetImage image = before.apply(new TailnetDelta(
                before.version() + 1, List.of(new Change.PolicyPut(new Policy(1, policy, Instant.EPOCH)))));
        Node at = Objects.requireNonNull(image.node(new NodeId(node)));
        PolicyDocument document = PolicyReader.read(policy);
        assertThat(shown(PolicyCompiler.compatible(any -> document, SmallTailnet.environment())
                        .compile(image)
                        .filterOf(at)
                        .rules()))
                .as("the server's engine")
                .isEqualTo(expected);
        assertThat(shown(DirectPolicy.of(image, SmallTailnet.environment()).filterOf(at)))
                .as("the pair-wise interpreter")
                .isEqualTo(expected);
    }

    private static List<String> shown(List<FilterRule> rules) {
        return rules.stream()
                .map(rule -> String.join(",", rule.sources()) + " "
                        + (rule.grants().isEmpty()
                                ? rule.protocols() + " "
                                        + rule.destinations().stream()
                                                .map(to -> to.address() + ":" + to.firstPort() + "-" + to.lastPort())
                                                .collect(Collectors.joining(" "))
                                : rule.grants().stream()
                                        .map(grant -> grant.capabilities() + " "
                                                + grant.destinations().stream()
                                                        .map(Object::toString)
                                                        .collect(Collectors.joining(" ")))
                                        .collect(Collectors.joining(" "))))
                .toList();
    }

    static Stream<Arguments> refusals() {
        String foreign = " is not associated with this Tailnet and cannot be used in user:*@<domain> expressions";
        return Stream.of(
                Arguments.of(ssh("autogroup:member", "localpart:*@example.org"), "example.org" + foreign),
                Arguments.of(ssh("autogroup:member", "localpart:*@EXAMPLE.COM"), "EXAMPLE.COM" + foreign),
                Arguments.of(ssh("autogroup:member", "localpart:*@*@example.com"), "*@example.com" + foreign),
                Arguments.of(ssh("user:*@example.org", "root"), "[ssh] example.org" + foreign),
                Arguments.of(acl("bob@example.com", "[10.0.0.1]:22"), "host not defined in policy: \"[10.0.0.1]\""),
                Arguments.of(
                        acl("autogroup:member','autogroup:members", "*:*"),
                        "autogroup:members and autogroup:member are the same: write autogroup:member"),
                Arguments.of(
                        "'sshTests':[{'src':'bob@example.com','dst':['fd7a:115c:a1e0::99'],'deny':['root']}]",
                        "test(s) failed"),
                Arguments.of(
                        grant("*", "*", "'*'") + ",'tests':[{'src':'bob@example.com','accept':['tag:db:22,23']}]",
                        "test(s) failed"),
                Arguments.of(
                        grant("*", "*", "'*'") + ",'tests':[{'src':'bob@example.com','accept':['100.64.0.4/32:22']}]",
                        "test(s) failed"),
                Arguments.of(
                        grant("*", "*", "'*'") + ",'tests':[{'src':'eve@example.com','accept':['tag:db:22']}]",
                        "test(s) failed"),
                Arguments.of(
                        grant("*", "*", "'*'") + ",'tests':[{'src':'bob@example.com','deny':['autogroup:self:22']}]",
                        "test(s) failed"),
                Arguments.of(
                        grant("autogroup:member", "tag:db", "'tcp:22'")
                                + ",'tests':[{'src':'bob@example.com','proto':'udp','accept':['tag:db:22']}]",
                        "test(s) failed"));
    }

    private static String ssh(String source, String user) {
        return "'ssh':[{'action':'accept','src':['" + source + "'],'dst':['autogroup:self'],'users':['" + user + "']}]";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void isRefused(String policy, String message) {
        assertThatThrownBy(() -> {
                    PolicyCheck check = new PolicyCheck(
                            PolicyReader.read(document(policy)), SmallTailnet.image(), SmallTailnet.environment());
                    check.requireOwnDomains();
                    if (!check.failures().isEmpty()) {
                        throw new IllegalStateException("test(s) failed");
                    }
                })
                .hasMessage(message);
    }
}
