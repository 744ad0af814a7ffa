package io.fleetscale.control.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.policy.direct.DirectPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.explain.Explainer;
import io.fleetscale.control.policy.explain.Explanation;
import io.fleetscale.control.policy.explain.Question;
import io.fleetscale.control.policy.explain.QuestionException;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.PolicyCheck;
import io.fleetscale.control.policy.test.SmallTailnet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpPrefix;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Services in policies, each rule against both interpreters. The nodes are those of {@link SmallTailnet}; db (4) serves svc:web
 * unless a test says otherwise. Source: policy 9.4.
 */
class ServicePolicyTest {
    private static final String V4 = "100.99.0.1";
    private static final String V6 = "fd7a:115c:a1e0::5:1";
    private static final VipService WEB = service("svc:web", "The web", V4, V6);
    private static final NodeId HOST = new NodeId(4);

    private static VipService service(String name, String displayName, String... addresses) {
        return new VipService(
                name,
                displayName,
                List.of(addresses),
                "",
                List.of("tcp:443"),
                List.of(),
                Map.of(),
                List.of(),
                List.of());
    }

    private static Node served(Node node, VipService service) {
        return node.toBuilder()
                .offeredServices(List.of(new OfferedService(
                        service.name(), service.ports(), OfferedService.Approval.MANUAL, service.parsedAddresses())))
                .build();
    }

    private static String policy(String entries) {
        return ("{" + entries + ",'tagOwners':{'tag:db':[],'tag:gate':[]}}").replace('\'', '"');
    }

    private static String grant(String source, String destination) {
        return policy("'grants':[{'src':['" + source + "'],'dst':['" + destination + "'],'ip':['tcp:443']}]");
    }

    /** An image with the service, its host and the policy. */
    private record Tailnet(TailnetImage image, PolicyDocument document, CompiledPolicy policy, DirectPolicy direct) {
        static Tailnet of(String policy, Change... more) throws PolicyException {
            TailnetImage before = SmallTailnet.image();
            List<Change> changes = new ArrayList<>(List.of(
                    new Change.PolicyPut(new Policy(1, policy, Instant.EPOCH)),
                    VipService.KIND.put(WEB.name(), WEB),
                    new Change.NodePut(served(Objects.requireNonNull(before.node(HOST)), WEB))));
            WEB.parsedAddresses()
                    .forEach(address -> changes.add(new Change.PrimaryPut(IpPrefix.single(address), HOST)));
            changes.addAll(List.of(more));
            TailnetImage image = before.apply(new TailnetDelta(before.version() + 1, changes));
            PolicyDocument document = PolicyReader.read(policy);
            return new Tailnet(
                    image,
                    document,
                    PolicyCompiler.compatible(any -> document, SmallTailnet.environment())
                            .compile(image),
                    DirectPolicy.of(image, SmallTailnet.environment()));
        }

        Node node(long id) {
            return Objects.requireNonNull(image.node(new NodeId(id)));
        }

        /** The destinations of the filter, which is the same in both interpreters. */
        String filter(long id) {
            String engine = destinations(policy.filterOf(node(id)).rules());
            assertThat(destinations(direct.filterOf(node(id)))).isEqualTo(engine);
            return engine;
        }

        private static String destinations(List<io.fleetscale.wire.tailcfg.FilterRule> rules) {
            return rules.stream()
                    .map(rule -> rule.destinations().stream()
                                    .map(to -> to.address() + ":" + to.firstPort())
                                    .collect(Collectors.joining(" "))
                            + rule.grants().stream()
                                    .map(grant -> grant.destinations().toString())
                                    .collect(Collectors.joining(" ")))
                    .collect(Collectors.joining("; "));
        }

        /** What the viewer gets of the peer beside its addresses, or "unseen". */
        String routes(long viewer, long peer) {
            boolean sees = policy.sees(policy.classOf(node(viewer)), policy.classOf(node(peer)));
            assertThat(direct.sees(node(viewer), node(peer))).isEqualTo(sees);
            PeerRoutes engine = policy.routesOf(policy.classOf(node(viewer)), node(peer));
            assertThat(direct.routesOf(node(viewer), node(peer))).isEqualTo(engine);
            assertThat(engine.primary()).noneMatch(IpPrefix::isSingle);
            return sees ? engine.allowed().toString() : "unseen";
        }

        String capability(long id, String name) {
            List<String> engine = policy.ownCapabilities(node(id)).entries().get(name);
            assertThat(direct.ownCapabilities(node(id)).entries().get(name)).isEqualTo(engine);
            return engine == null ? "none" : String.join(" ", engine);
        }
    }

    @Test
    void aRuleToAServiceConcernsItsHostsOnly() throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "svc:web"));
        assertThat(tailnet.filter(4)).isEqualTo(V4 + ":443 " + V6 + ":443");
        assertThat(tailnet.filter(5)).isEmpty();
        assertThat(tailnet.filter(3)).isEmpty();
    }

    @Test
    void whomTheRuleNamesSeesTheHostWithTheAddressesOfTheService() throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "svc:web"));
        assertThat(tailnet.routes(3, 4)).isEqualTo("[" + V4 + "/32, " + V6 + "/128]");
        assertThat(tailnet.routes(4, 3)).isEqualTo("[]");
        assertThat(tailnet.routes(1, 4)).isEqualTo("unseen");
        assertThat(tailnet.routes(3, 5)).isEqualTo("unseen");
    }

    @Test
    void accessToTheHostItselfIsNoneToItsServices() throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "tag:db"));
        assertThat(tailnet.routes(3, 4)).isEqualTo("[]");
        assertThat(tailnet.capability(3, "services/web")).isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "100.99.0.0/16", "100.99.0.1"})
    void whoeverMayReachItsAddressReachesTheService(String destination) throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", destination));
        assertThat(tailnet.routes(3, 4)).contains(V4 + "/32");
        assertThat(tailnet.capability(3, "services/web")).contains(V4);
    }

    @Test
    void theOwnEntryOfAHostHasItsServices() throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "svc:web"));
        Node host = tailnet.node(4);
        assertThat(tailnet.policy().ownRoutes(host).allowed()).hasToString("[" + V4 + "/32, " + V6 + "/128]");
        assertThat(tailnet.policy().ownRoutes(host).primary()).isEmpty();
        assertThat(tailnet.direct().ownRoutes(host)).isEqualTo(tailnet.policy().ownRoutes(host));
        assertThat(tailnet.capability(4, "service-host")).isEqualTo("{\"svc:web\":[\"" + V4 + "\",\"" + V6 + "\"]}");
        assertThat(tailnet.capability(5, "service-host")).isEqualTo("none");
    }

    @Test
    void whoMayReachAServiceIsToldOfIt() throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "svc:web"));
        assertThat(tailnet.capability(3, "services/web"))
                .isEqualTo("{\"Name\":\"svc:web\",\"DisplayName\":\"The web\",\"Addrs\":[\"" + V4 + "\",\"" + V6
                        + "\"],\"Ports\":[\"tcp:443\"]}");
        assertThat(tailnet.capability(1, "services/web")).isEqualTo("none");
        assertThat(tailnet.policy().servicesOf(tailnet.node(3))).containsExactly(WEB);
        assertThat(tailnet.policy().servicesOf(tailnet.node(1))).isEmpty();
    }

    @Test
    void oneHostServesAViewerAndHostsServeThemselves() throws PolicyException {
        Node other = Objects.requireNonNull(SmallTailnet.image().node(new NodeId(5)));
        Tailnet tailnet = Tailnet.of(grant("*", "svc:web"), new Change.NodePut(served(other, WEB)));
        assertThat(tailnet.routes(3, 4)).contains(V4 + "/32");
        assertThat(tailnet.routes(3, 5)).doesNotContain(V4);
        assertThat(tailnet.routes(5, 4)).doesNotContain(V4);
        assertThat(tailnet.filter(5)).as("it may be elected next").isEqualTo(V4 + ":443 " + V6 + ":443");
    }

    @Test
    void aServiceIsNeverASource() throws PolicyException {
        Tailnet tailnet = Tailnet.of(
                policy("'acls':[{'action':'accept','src':['" + V4 + "','10.9.0.0/16'],'dst':['bob@example.com:22']}]"));
        assertThat(tailnet.routes(4, 3)).isEqualTo("unseen");
        assertThatThrownBy(() -> PolicyReader.read(grant("svc:web", "*"))).hasMessageContaining("svc:web");
    }

    @Test
    void hostsBehindASubnetRouterReachAService() throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("10.9.0.0/16", "svc:web"));
        assertThat(tailnet.routes(5, 4)).contains(V4 + "/32");
        assertThat(tailnet.capability(5, "services/web"))
                .as("the router itself may not")
                .isEqualTo("none");
    }

    @Test
    void capabilitiesGrantedToAServiceNameItsAddresses() throws PolicyException {
        Tailnet tailnet = Tailnet.of(policy(
                "'grants':[{'src':['bob@example.com'],'dst':['svc:web'],'app':{'example.com/cap/x':[{'a':1}]}}]"));
        assertThat(tailnet.filter(4)).isEqualTo("[" + V4 + "/32, " + V6 + "/128]");
        assertThat(tailnet.filter(5)).isEmpty();
        assertThat(tailnet.routes(3, 4)).as("seen, without a way to send").isEqualTo("[]");
    }

    @Test
    void viaLeadsToNoService() throws PolicyException {
        Tailnet tailnet = Tailnet.of(
                policy("'grants':[{'src':['bob@example.com'],'dst':['svc:web'],'ip':['*'],'via':['tag:db']}]"));
        assertThat(tailnet.filter(4)).isEmpty();
        assertThat(tailnet.routes(3, 4)).isEqualTo("unseen");
    }

    @Test
    void anUnknownServiceMeansNothing() throws PolicyException {
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "svc:other"));
        assertThat(tailnet.filter(4)).isEmpty();
        assertThat(tailnet.routes(3, 4)).isEqualTo("unseen");
    }

    @ParameterizedTest
    @ValueSource(strings = {"svc:", "svc:a.b", "svc:-a", "svc:a_b", "svc:\u0430"})
    void aNameIsOneLabel(String name) {
        assertThatThrownBy(() -> PolicyReader.read(grant("*", name)))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("one DNS label");
        assertThatThrownBy(() ->
                        PolicyReader.read(policy("'autoApprovers':{'services':{'" + name + "':['autogroup:tagged']}}")))
                .isInstanceOf(PolicyException.class);
    }

    @Test
    void testsMayNameAService() throws PolicyException {
        String tests = ",'tests':[{'src':'bob@example.com','accept':['svc:web:443'],'deny':['svc:web:80']},"
                + "{'src':'ann@example.com','deny':['svc:web:443']}]";
        String rule = "'grants':[{'src':['bob@example.com'],'dst':['svc:web'],'ip':['tcp:443']}]";
        Tailnet tailnet = Tailnet.of(policy(rule));
        assertThat(failures(policy(rule + tests), tailnet.image())).isEmpty();
        assertThat(failures(policy(rule + tests.replace("svc:web", "svc:other")), tailnet.image()))
                .hasSize(2);
        assertThat(failures(policy("'grants':[]" + tests), tailnet.image())).hasSize(1);
    }

    private static List<?> failures(String policy, TailnetImage image) throws PolicyException {
        return new PolicyCheck(PolicyReader.read(policy), image, SmallTailnet.environment()).failures();
    }

    @Test
    void aServiceThatGetsOtherAddressesConcernsThoseWhoUseIt() throws PolicyException {
        PolicyDocument document = PolicyReader.read(grant("bob@example.com", "svc:web"));
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "svc:web"));
        CompiledPolicy before =
                PolicyCompiler.of(any -> document, SmallTailnet.environment()).compile(tailnet.image());
        VipService moved = service("svc:web", "", "100.99.0.7", V6);
        TailnetDelta delta = new TailnetDelta(
                tailnet.image().version() + 1,
                List.of(
                        VipService.KIND.put("svc:web", moved),
                        new Change.NodePut(served(tailnet.node(4), moved)),
                        new Change.PrimaryRemoved(IpPrefix.parse(V4 + "/32")),
                        new Change.PrimaryPut(IpPrefix.parse("100.99.0.7/32"), HOST)));
        TailnetImage after = tailnet.image().apply(delta);
        CompiledPolicy.Advance advance = before.advance(tailnet.image(), delta, after);
        CompiledPolicy next = advance.next();
        Node bob = Objects.requireNonNull(after.node(new NodeId(3)));
        assertThat(next.routesOf(next.classOf(bob), Objects.requireNonNull(after.node(HOST)))
                        .allowed())
                .hasToString("[100.99.0.7/32, " + V6 + "/128]");
        assertThat(advance.effect().capabilities()).contains(next.classOf(bob));
        assertThat(advance.effect().capabilities())
                .doesNotContain(next.classOf(Objects.requireNonNull(after.node(new NodeId(1)))));
    }

    @Test
    void aChangeOfAServiceThatNobodyReachesConcernsNobody() throws PolicyException {
        PolicyDocument document = PolicyReader.read(grant("bob@example.com", "tag:db"));
        Tailnet tailnet = Tailnet.of(grant("bob@example.com", "tag:db"));
        CompiledPolicy before =
                PolicyCompiler.of(any -> document, SmallTailnet.environment()).compile(tailnet.image());
        tailnet.image().nodes().values().forEach(node -> before.filterOf(node).rules());
        TailnetDelta delta = new TailnetDelta(
                tailnet.image().version() + 1,
                List.of(VipService.KIND.put("svc:new", service("svc:new", "", "100.99.0.9"))));
        CompiledPolicy.Advance advance =
                before.advance(tailnet.image(), delta, tailnet.image().apply(delta));
        assertThat(advance.effect().moved()).isEmpty();
        assertThat(advance.effect().visibility()).isEmpty();
        assertThat(advance.effect().filters()).isEmpty();
        assertThat(advance.effect().capabilities()).isEmpty();
    }

    private static Explanation.Direction explain(Tailnet tailnet, String source, String destination)
            throws QuestionException {
        return new Explainer(tailnet.document(), tailnet.image(), tailnet.policy(), SmallTailnet.environment())
                .answer(Question.parse(source, destination, ""))
                .pairs()
                .getFirst()
                .forward();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            desk   | svc:web:443       | true  | through db, which serves 100.99.0.1/32
            desk   | 100.99.0.1:443    | true  | through db, which serves 100.99.0.1/32
            desk   | svc:web:80        | false | through db, which serves 100.99.0.1/32
            laptop | svc:web:443       | false | the source is not given the route 100.99.0.1/32 of db
            """)
    void isExplained(String source, String destination, boolean allowed, String path) throws Exception {
        Explanation.Direction answer = explain(Tailnet.of(grant("bob@example.com", "svc:web")), source, destination);
        assertThat(answer.allowed()).isEqualTo(allowed);
        assertThat(answer.path()).isEqualTo(path);
        assertThat(allowed ? answer.rules() : answer.nearest()).isNotEmpty();
    }

    @Test
    void aHostReachesItsServiceAndAServiceNeverSends() throws Exception {
        Tailnet tailnet = Tailnet.of(policy("'grants':[{'src':['*'],'dst':['*'],'ip':['*']}]"));
        assertThat(explain(tailnet, "db", "svc:web:443").path()).isEqualTo("the source serves it itself");
        Explainer explainer =
                new Explainer(tailnet.document(), tailnet.image(), tailnet.policy(), SmallTailnet.environment());
        assertThat(explainer
                        .answer(Question.parse("desk", "svc:web", ""))
                        .pairs()
                        .getFirst()
                        .reverse())
                .isNull();
        assertThatThrownBy(() -> explain(tailnet, "svc:web", "desk:22"))
                .hasMessage("\"svc:web\" is a service, which never sends first: ask about one of its hosts");
        assertThatThrownBy(() -> explain(tailnet, V4, "desk:22")).isInstanceOf(QuestionException.class);
    }

    @Test
    void explainsWhyNobodyServes() throws Exception {
        Node gate = Objects.requireNonNull(SmallTailnet.image().node(new NodeId(5)));
        Tailnet tailnet = Tailnet.of(
                grant("bob@example.com", "svc:idle"),
                VipService.KIND.put("svc:idle", service("svc:idle", "", "100.99.0.8")),
                new Change.NodePut(gate.toBuilder()
                        .offeredServices(List.of(OfferedService.of("svc:idle", List.of())))
                        .build()));
        Explanation.Direction answer = explain(tailnet, "desk", "svc:idle:443");
        assertThat(answer.allowed()).isFalse();
        assertThat(answer.path())
                .isEqualTo("100.99.0.8 is the service svc:idle, which no node serves; gate offers it, which is not"
                        + " approved");
        assertThatThrownBy(() -> explain(tailnet, "desk", "svc:none:443"))
                .isInstanceOf(QuestionException.class)
                .hasMessage("there is no service svc:none");
    }
}
