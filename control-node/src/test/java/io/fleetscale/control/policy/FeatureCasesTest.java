package io.fleetscale.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.direct.DirectPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.SmallTailnet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What policies say beyond rules, each against both interpreters. The nodes are those of {@link SmallTailnet}. Source: policy 4,
 * 5.5, 6, 9.1, 9.5, 9.7.
 */
class FeatureCasesTest {
    private record Tailnet(TailnetImage image, CompiledPolicy policy, DirectPolicy direct) {
        static Tailnet of(String policy, Change... more) throws PolicyException {
            String text = ("{" + policy + ",'tagOwners':{'tag:db':[],'tag:gate':[]}}").replace('\'', '"');
            TailnetImage before = SmallTailnet.image();
            List<Change> changes = new ArrayList<>(List.of(new Change.PolicyPut(new Policy(1, text, Instant.EPOCH))));
            changes.addAll(List.of(more));
            TailnetImage image = before.apply(new TailnetDelta(before.version() + 1, changes));
            PolicyDocument document = PolicyReader.read(text);
            return new Tailnet(
                    image,
                    PolicyCompiler.compatible(any -> document, SmallTailnet.environment())
                            .compile(image),
                    DirectPolicy.of(image, SmallTailnet.environment()));
        }

        Node node(long id) {
            return Objects.requireNonNull(image.node(new NodeId(id)));
        }

        Map<String, List<String>> capabilities(long id) {
            Map<String, List<String>> found = policy.ownCapabilities(node(id)).entries();
            assertThat(direct.ownCapabilities(node(id)).entries()).isEqualTo(found);
            return found;
        }

        /** What the viewer gets of the peer beside its addresses. */
        String routes(long viewer, long peer) {
            PeerRoutes routes = policy.routesOf(policy.classOf(node(viewer)), node(peer));
            assertThat(direct.routesOf(node(viewer), node(peer))).isEqualTo(routes);
            assertThat(direct.peerCapabilities(node(viewer), node(peer)))
                    .isEqualTo(policy.peerCapabilities(policy.classOf(node(viewer)), node(peer)));
            return routes.allowed().toString()
                    + (policy.peerCapabilities(policy.classOf(node(viewer)), node(peer))
                                    .has("suggest-exit-node")
                            ? " suggested"
                            : "");
        }

        SshPolicy ssh(long id) {
            SshPolicy found = policy.sshOf(node(id));
            assertThat(direct.sshOf(node(id))).isEqualTo(found);
            return found;
        }

        String sources(long id) {
            List<io.fleetscale.wire.tailcfg.FilterRule> rules =
                    policy.filterOf(node(id)).rules();
            assertThat(direct.filterOf(node(id))).isEqualTo(rules);
            return rules.stream().map(rule -> String.join(",", rule.sources())).collect(Collectors.joining("; "));
        }
    }

    private static Node small(long id) {
        return Objects.requireNonNull(SmallTailnet.image().node(new NodeId(id)));
    }

    private static Change routing(long id, String... routes) {
        List<IpPrefix> prefixes =
                Arrays.stream(routes).map(IpPrefix::parse).sorted().toList();
        return new Change.NodePut(small(id).toBuilder()
                .advertisedRoutes(prefixes)
                .approvedRoutes(prefixes)
                .routerState(RouterState.SERVING)
                .build());
    }

    private static Change elected(String route, long id) {
        return new Change.PrimaryPut(IpPrefix.parse(route), new NodeId(id));
    }

    private static final String ALL = "'grants':[{'src':['*'],'dst':['*'],'ip':['*']}]";

    @Test
    void valuesOfApplicationsComeTogetherInTheOrderOfTheFile() throws PolicyException {
        String key = "tailscale.com/app-connectors";
        Tailnet tailnet = Tailnet.of("'nodeAttrs':["
                + "{'target':['tag:db'],'app':{'" + key + "':[{'name':'b'},{'name':'a'}]}},"
                + "{'target':['*'],'attr':['x'],'app':{'" + key + "':[{'name':'c'}],'example.com/y':[1]}}]");
        assertThat(tailnet.capabilities(4).get(key))
                .containsExactly("{\"name\":\"b\"}", "{\"name\":\"a\"}", "{\"name\":\"c\"}");
        assertThat(tailnet.capabilities(1).get(key)).containsExactly("{\"name\":\"c\"}");
        assertThat(tailnet.capabilities(1).get("example.com/y")).containsExactly("1");
        assertThat(tailnet.capabilities(1).get("x")).isEmpty();
    }

    @Test
    void theCgnatRouteConcernsMacsOnly() throws PolicyException {
        Change mac = new Change.NodePut(small(1).toBuilder()
                .host(new HostFacts("macOS", "", "", "", "", false, false))
                .build());
        assertThat(Tailnet.of("'OneCGNATRoute':'mac-always'", mac).capabilities(1))
                .containsOnlyKeys("one-cgnat?v=true");
        assertThat(Tailnet.of("'OneCGNATRoute':'mac-never'", mac).capabilities(1))
                .containsOnlyKeys("one-cgnat?v=false");
        assertThat(Tailnet.of("'OneCGNATRoute':'mac-always'", mac).capabilities(2))
                .isEmpty();
        assertThat(Tailnet.of("'OneCGNATRoute':''", mac).capabilities(1)).isEmpty();
    }

    @Test
    void optionsForAllNodes() throws PolicyException {
        Tailnet tailnet = Tailnet.of("'disableIPv4':true,'randomizeClientPort':true," + ALL);
        for (long id = 1; id <= 5; id++) {
            assertThat(tailnet.capabilities(id)).containsOnlyKeys("disable-ipv4", "randomize-client-port");
            assertThat(tailnet.policy().ownAddresses(tailnet.node(id)))
                    .hasToString("[fd7a:115c:a1e0::" + id + "]")
                    .isEqualTo(tailnet.direct().ownAddresses(tailnet.node(id)));
        }
        assertThat(tailnet.sources(1)).as("the filter stays").contains("100.64.0.0-100.115.91.255");
    }

    @Test
    void recordersAreInAllActionsOfTheirEntry() throws PolicyException {
        Tailnet tailnet = Tailnet.of("'ssh':["
                + "{'action':'accept','src':['ann@example.com'],'dst':['tag:db'],'users':['root'],"
                + "'recorder':['tag:gate'],'enforceRecorder':true},"
                + "{'action':'check','src':['bob@example.com'],'dst':['tag:db'],'users':['root'],'recorder':['tag:gate']},"
                + "{'action':'accept','src':['bob@example.com'],'dst':['tag:db'],'users':['web']}]");
        List<SshPolicy.Rule> rules = tailnet.ssh(4).rules();
        assertThat(rules).hasSize(3);
        String recorders = "[100.64.0.5:80, [fd7a:115c:a1e0::5]:80]";
        assertThat(rules.get(0).action().holdAndDelegate())
                .as("checks come first")
                .isNotEmpty();
        assertThat(rules.get(0).action().recorders()).hasToString(recorders);
        assertThat(rules.get(0).action().onRecordingFailure()).as("fails open").isNull();
        assertThat(rules.get(1).action().recorders()).hasToString(recorders);
        assertThat(rules.get(1).action().onRecordingFailure()).isNotNull();
        assertThat(rules.get(2).action().recorders()).isEmpty();
    }

    /** Source: policy 3.8, O9. */
    @Test
    void recordersOfKubernetesSessionsAreToldByAddress() throws PolicyException {
        String key = "tailscale.com/cap/kubernetes";
        Tailnet tailnet = Tailnet.of("'grants':[{'src':['bob@example.com'],'dst':['tag:db'],'app':{'" + key + "':["
                + "{'recorder':['tag:gate'],'enforceRecorder':true},{'impersonate':{'groups':['a']}},"
                + "{'recorder':['tag:none']}]}}]");
        String granted = tailnet.policy()
                .filterOf(tailnet.node(4))
                .rules()
                .getFirst()
                .grants()
                .getFirst()
                .capabilities()
                .get(key);
        assertThat(granted)
                .isEqualTo("[{\"recorder\":[\"tag:gate\"],\"enforceRecorder\":true,"
                        + "\"recorderAddrs\":[\"100.64.0.5:80\",\"[fd7a:115c:a1e0::5]:80\"]},"
                        + "{\"impersonate\":{\"groups\":[\"a\"]}},{\"recorder\":[\"tag:none\"]}]");
        assertThat(tailnet.sources(4)).isNotEmpty();
    }

    @Test
    void conditionsReduceSourcesToPassingNodesAndWhatIsNoNode() throws PolicyException {
        String posture =
                "'postures':{'posture:linux':['node:os == \\u0027linux\\u0027']},'grants':[{'src':['%s'],'dst':['tag:db'],"
                        + "'ip':['22'],'srcPosture':['posture:linux']}]";
        assertThat(Tailnet.of(posture.formatted("autogroup:member")).sources(4))
                .isEqualTo("100.64.0.1,fd7a:115c:a1e0::1");
        assertThat(Tailnet.of(posture.formatted("*")).sources(4)).isEqualTo("10.9.0.0/16,100.64.0.1,fd7a:115c:a1e0::1");
        assertThat(Tailnet.of(posture.formatted("10.9.0.0/16")).sources(4)).isEqualTo("10.9.0.0/16");
        assertThat(Tailnet.of(posture.formatted("100.64.0.0/30")).sources(4)).isEqualTo("100.64.0.1");
        assertThat(Tailnet.of(posture.formatted("bob@example.com")).sources(4)).isEmpty();
    }

    /** Source: policy 4.2, 4.3. */
    @Test
    void aStandbySeesTheRouteOfThePrimaryWhateverThePolicySays() throws PolicyException {
        String rule = "'acls':[{'action':'accept','src':['bob@example.com'],'dst':['10.9.0.0/16:*','tag:db:*']},"
                + "{'action':'accept','src':['tag:db'],'dst':['tag:gate:22']}]";
        Tailnet same = Tailnet.of(rule, routing(4, "10.9.0.0/16"), elected("10.9.0.0/16", 5));
        assertThat(same.routes(4, 5)).isEqualTo("[10.9.0.0/16]");
        assertThat(same.routes(3, 5)).isEqualTo("[10.9.0.0/16]");
        assertThat(same.routes(3, 4)).isEqualTo("[]");
        Tailnet other = Tailnet.of(rule, routing(4, "10.0.0.0/8"), elected("10.9.0.0/16", 5), elected("10.0.0.0/8", 4));
        assertThat(other.routes(4, 5)).as("overlapping is not the same").isEqualTo("[]");
        assertThat(other.routes(3, 4)).isEqualTo("[10.0.0.0/8]");
    }

    /** Source: policy 4.2, 4.4, 4.6. */
    @Test
    void exitNodesAreShownToThoseWhoMayUseThem() throws PolicyException {
        Change exits = routing(4, "0.0.0.0/0", "::/0");
        String internet = "'grants':[{'src':['bob@example.com'],'dst':['autogroup:internet'],'ip':['*']},"
                + "{'src':['ann@example.com'],'dst':['tag:db'],'ip':['22']}]";
        Tailnet tailnet = Tailnet.of(internet, exits, routing(5, "0.0.0.0/0", "10.9.0.0/16"));
        assertThat(tailnet.routes(3, 4)).isEqualTo("[0.0.0.0/0, ::/0] suggested");
        assertThat(tailnet.routes(3, 5)).as("no election, one family").isEqualTo("[0.0.0.0/0] suggested");
        assertThat(tailnet.routes(1, 4)).isEqualTo("[]");
        assertThat(Tailnet.of(ALL, exits).routes(1, 4)).isEqualTo("[0.0.0.0/0, ::/0] suggested");
        Node own = tailnet.node(5);
        assertThat(tailnet.policy().ownRoutes(own).allowed()).hasToString("[0.0.0.0/0, 10.9.0.0/16]");
        assertThat(tailnet.direct().ownRoutes(own)).isEqualTo(tailnet.policy().ownRoutes(own));
    }

    /** Source: policy 3.9, 4.1, 4.3: trap T6. */
    @Test
    void aViaGrantOfCapabilitiesOpensSightAndSteersButSendsNoRule() throws PolicyException {
        Tailnet tailnet = Tailnet.of(
                "'grants':[{'src':['bob@example.com'],'dst':['10.9.0.0/16'],'app':{'example.com/x':[1]},'via':['tag:gate']}]",
                elected("10.9.0.0/16", 5));
        assertThat(tailnet.sources(5)).isEmpty();
        assertThat(tailnet.policy()
                        .sees(
                                tailnet.policy().classOf(tailnet.node(3)),
                                tailnet.policy().classOf(tailnet.node(5))))
                .isTrue();
        assertThat(tailnet.routes(3, 5)).isEqualTo("[10.9.0.0/16]");
    }
}
