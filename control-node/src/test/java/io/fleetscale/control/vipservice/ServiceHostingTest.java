package io.fleetscale.control.vipservice;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyRouteApprovers;
import io.fleetscale.control.access.PolicyServiceApprovers;
import io.fleetscale.control.access.PolicyTagOwners;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.route.RoutingChangelog;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who serves which service, and who of them is elected. Source: policy 9.4. */
class ServiceHostingTest {
    private final TestTailnet tailnet = TestTailnet.create();
    private final PolicyInForce policy = new PolicyInForce(List::of);
    private final HostingChangelog log = log(true);
    private final VipServices services = new VipServices(log, new PolicyTagOwners(policy));

    private HostingChangelog log(boolean enabled) {
        return new HostingChangelog(
                new RoutingChangelog(tailnet, new PolicyRouteApprovers(policy)),
                new ServiceHosting(new PolicyServiceApprovers(policy), enabled));
    }

    private void write(Change... changes) {
        long before = tailnet.image().version();
        int done = TestTailnet.get(log.write((image, context) -> new Decision<>(List.of(changes), changes.length)));
        assertThat(done).isEqualTo(changes.length);
        assertThat(tailnet.image().version()).as("all in one number of the log").isEqualTo(before + 1);
    }

    private void policy(String approvers) {
        write(new Change.PolicyPut(new Policy(
                tailnet.image().counters().nextPolicy(),
                "{\"tagOwners\": {\"tag:h\": [], \"tag:s\": []}, \"autoApprovers\": {\"services\": " + approvers + "}}",
                tailnet.now())));
    }

    private static Node node(long id, String tag, String... offers) {
        byte[] raw = new byte[32];
        raw[0] = (byte) id;
        return Node.builder(
                        new NodeId(id),
                        new MachineKey(Bytes32.of(raw)),
                        new NodeKey(Bytes32.of(raw)),
                        "n" + id,
                        TestTailnet.START.plusSeconds(id))
                .tags(tag.isEmpty() ? List.of() : List.of(tag))
                .hostname("host" + id)
                .givenName("host" + id)
                .routerState(RouterState.SERVING)
                .servicesHash("x")
                .offeredServices(offers(offers))
                .build();
    }

    /** Each offer serves port 443. */
    private static List<OfferedService> offers(String... names) {
        List<OfferedService> offers = new ArrayList<>();
        for (String name : names) {
            offers.add(OfferedService.of(name, List.of("tcp:443")));
        }
        return offers;
    }

    private Node node(long id) {
        Node node = tailnet.image().node(new NodeId(id));
        if (node == null) {
            throw new AssertionError("no node " + id);
        }
        return node;
    }

    private VipService create(String name, List<String> ports, List<String> tags) {
        return TestTailnet.get(services.put(
                name,
                new VipService(name, "", List.of(), "", ports, tags, Map.of(), List.of(), List.of()),
                tag -> true));
    }

    private VipService web() {
        return create("svc:web", List.of("tcp:443"), List.of());
    }

    private OfferedService.Approval approval(long id) {
        return node(id).offeredServices().getFirst().approval();
    }

    private @Nullable NodeId elected(VipService service) {
        List<NodeId> found = service.parsedAddresses().stream()
                .map(address -> tailnet.image().primaries().get(IpPrefix.single(address)))
                .distinct()
                .toList();
        assertThat(found).as("one host for both addresses").hasSize(1);
        return found.getFirst();
    }

    @Test
    void anAdministratorApprovesThePair() {
        VipService web = web();
        write(new Change.NodePut(node(1, "tag:h", "svc:web")));
        assertThat(approval(1)).isEqualTo(OfferedService.Approval.NONE);
        assertThat(node(1).servedAddresses()).isEmpty();
        TestTailnet.get(services.approve("svc:web", "n1", true));
        assertThat(approval(1)).isEqualTo(OfferedService.Approval.MANUAL);
        assertThat(node(1).servedAddresses()).hasSize(2);
        assertThat(elected(web)).isEqualTo(new NodeId(1));
        TestTailnet.get(services.approve("svc:web", "n1", false));
        assertThat(node(1).servedAddresses()).isEmpty();
        assertThat(tailnet.image().primaries()).isEmpty();
    }

    @Test
    void thePolicyApprovesByNameOrByTagOfTheServiceAsLongAsItDoes() {
        policy("{\"svc:web\": [\"tag:h\"]}");
        VipService web = web();
        write(new Change.NodePut(node(1, "tag:h", "svc:web")));
        assertThat(approval(1)).isEqualTo(OfferedService.Approval.AUTOMATIC);
        assertThat(elected(web)).isEqualTo(new NodeId(1));
        write(new Change.NodePut(node(2, "tag:s", "svc:web")));
        assertThat(approval(2)).isEqualTo(OfferedService.Approval.NONE);
        policy("{\"tag:s\": [\"tag:s\"]}");
        assertThat(approval(1)).isEqualTo(OfferedService.Approval.NONE);
        assertThat(elected(web)).isNull();
        create("svc:web", List.of("tcp:443"), List.of("tag:s"));
        assertThat(approval(2)).isEqualTo(OfferedService.Approval.AUTOMATIC);
        assertThat(elected(web)).isEqualTo(new NodeId(2));
    }

    @Test
    void whomAnAdministratorTurnedAwayThePolicyDoesNotApprove() {
        policy("{\"svc:web\": [\"tag:h\"]}");
        VipService web = web();
        write(new Change.NodePut(node(1, "tag:h", "svc:web")));
        TestTailnet.get(services.approve("svc:web", "n1", false));
        assertThat(approval(1)).isEqualTo(OfferedService.Approval.NONE);
        assertThat(elected(web)).isNull();
        TestTailnet.get(services.approve("svc:web", "n1", true));
        assertThat(approval(1)).isEqualTo(OfferedService.Approval.MANUAL);
    }

    @Test
    void hostsHaveTagsAndServeAllPorts() {
        policy("{\"svc:web\": [\"autogroup:member\", \"tag:h\"]}");
        VipService web = create("svc:web", List.of("tcp:443", "tcp:80"), List.of());
        write(new Change.NodePut(node(1, "", "svc:web").toBuilder()
                .userId(tailnet.user("ann").id())
                .build()));
        assertThat(approval(1)).isEqualTo(OfferedService.Approval.NONE);
        write(new Change.NodePut(node(2, "tag:h", "svc:web")));
        assertThat(approval(2)).isEqualTo(OfferedService.Approval.AUTOMATIC);
        assertThat(node(2).servedAddresses()).as("port 80 is missing").isEmpty();
        create("svc:web", List.of("do-not-validate"), List.of());
        assertThat(elected(web)).isEqualTo(new NodeId(2));
    }

    @Test
    void theOldestHostIsElectedAndKeepsTheService() {
        policy("{\"svc:web\": [\"tag:h\"]}");
        VipService web = web();
        write(new Change.NodePut(node(2, "tag:h", "svc:web")));
        write(new Change.NodePut(node(1, "tag:h", "svc:web")));
        assertThat(elected(web)).as("it is there already").isEqualTo(new NodeId(2));
        write(new Change.NodePut(
                node(2).toBuilder().routerState(RouterState.AWAY).build()));
        assertThat(elected(web)).isEqualTo(new NodeId(1));
        write(new Change.NodePut(
                node(2).toBuilder().routerState(RouterState.SERVING).build()));
        assertThat(elected(web)).isEqualTo(new NodeId(1));
        write(new Change.NodePut(
                node(1).toBuilder().offeredServices(List.of()).servicesHash("").build()));
        assertThat(elected(web)).isEqualTo(new NodeId(2));
    }

    @Test
    void aServiceThatComesLaterOrGoesIsNoticed() {
        policy("{\"svc:web\": [\"tag:h\"]}");
        write(new Change.NodePut(node(1, "tag:h", "svc:web")));
        assertThat(node(1).servedAddresses()).isEmpty();
        VipService web = web();
        assertThat(elected(web)).isEqualTo(new NodeId(1));
        TestTailnet.get(services.delete("svc:web"));
        assertThat(node(1).servedAddresses()).isEmpty();
        assertThat(tailnet.image().primaries()).isEmpty();
    }

    @Test
    void whereServicesAreSwitchedOffNobodyServes() {
        policy("{\"svc:web\": [\"tag:h\"]}");
        VipService unused = web();
        write(new Change.NodePut(node(1, "tag:h", "svc:web")));
        assertThat(node(1).servedAddresses()).hasSize(2);
        assertThat(TestTailnet.get(log(false).settle())).isEqualTo(1);
        assertThat(node(1).servedAddresses()).isEmpty();
        assertThat(tailnet.image().primaries()).isEmpty();
        assertThat(TestTailnet.get(log(false).settle())).isZero();
        assertThat(TestTailnet.get(log(true).settle())).isEqualTo(1);
    }
}
