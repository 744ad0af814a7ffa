package io.fleetscale.loadtest.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.explain.Explainer;
import io.fleetscale.control.policy.explain.Question;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code policy explain} says is what the packet filters of the engine do. */
class ExplainerAgreementTest {
    private static final int CASES = 150;
    private static final int QUESTIONS = 40;
    private static final List<Integer> PORTS = List.of(7, 22, 53, 80, 443, 1500, 8080, 65000);

    @Test
    void verdictsAreThoseOfTheFilters() throws Exception {
        long first = Long.getLong("fleetscale.differential.seed", 20_261_125L);
        System.out.println("ExplainerAgreementTest: first seed " + first);
        int allowed = 0;
        for (int i = 0; i < CASES; i++) {
            PolicyCase sample = PolicyCase.of(first + i);
            PolicyDocument document = PolicyReader.read(sample.policy());
            BareEnvironment environment = new BareEnvironment();
            CompiledPolicy policy =
                    PolicyCompiler.of(any -> document, environment).compile(sample.image());
            Explainer explainer = new Explainer(document, sample.image(), policy, environment);
            Draw draw = new Draw(sample.seed());
            List<Node> nodes = List.copyOf(sample.image().nodes().values());
            for (int j = 0; j < QUESTIONS; j++) {
                Node from = draw.one(nodes);
                Node to = draw.one(nodes);
                IpAddress source = draw.one(from.addresses());
                IpAddress destination = draw.one(to.addresses());
                int protocol = draw.one(List.of(6, 17, 132));
                int port = draw.one(PORTS);
                if (from.equals(to) || source.isV6() != destination.isV6()) {
                    continue;
                }
                boolean expected = PlainReadingTest.passes(
                        policy.filterOf(to).rules(), new PlainReading.Packet(source, to, destination, protocol, port));
                boolean said = explainer
                        .answer(Question.parse(
                                source.toString(), "[" + destination + "]:" + port, Integer.toString(protocol)))
                        .pairs()
                        .getFirst()
                        .forward()
                        .allowed();
                assertThat(said)
                        .as("%s: %s -> %s %s:%s\n%s", sample, source, destination, protocol, port, sample.policy())
                        .isEqualTo(expected);
                allowed += said ? 1 : 0;
            }
        }
        assertThat(allowed).isBetween(CASES, CASES * QUESTIONS - CASES);
    }

    /** A service is reached through the node that serves it for the sender, as that node's filter says. */
    @Test
    void verdictsAboutServicesAreThoseOfTheirHosts() throws Exception {
        long first = Long.getLong("fleetscale.differential.seed", 20_261_125L);
        System.out.println("ExplainerAgreementTest: first seed " + first);
        int allowed = 0;
        int asked = 0;
        for (int i = 0; i < 2 * CASES; i++) {
            PolicyCase sample = PolicyCase.of(first + i);
            PolicyDocument document = PolicyReader.read(sample.policy());
            BareEnvironment environment = new BareEnvironment();
            CompiledPolicy policy =
                    PolicyCompiler.of(any -> document, environment).compile(sample.image());
            Explainer explainer = new Explainer(document, sample.image(), policy, environment);
            for (VipService service : VipService.KIND.all(sample.image()).values()) {
                for (Node from : sample.image().nodes().values()) {
                    boolean expected = from.addresses().stream()
                            .anyMatch(source -> reaches(policy, sample.image(), from, source, service));
                    if (from.servedAddresses().stream()
                            .anyMatch(served ->
                                    service.addrs().contains(served.address().toString()))) {
                        continue;
                    }
                    boolean said = explainer
                            .answer(Question.parse(from.id().toString(), service.name() + ":443", "tcp"))
                            .pairs()
                            .getFirst()
                            .forward()
                            .allowed();
                    assertThat(said)
                            .as("%s: node %s -> %s\n%s", sample, from.id(), service.name(), sample.policy())
                            .isEqualTo(expected);
                    asked++;
                    allowed += said ? 1 : 0;
                }
            }
        }
        assertThat(allowed).isBetween(CASES, asked - CASES);
    }

    private static boolean reaches(
            CompiledPolicy policy, TailnetImage image, Node from, IpAddress source, VipService service) {
        for (IpAddress address : service.parsedAddresses()) {
            NodeId host = image.primaries().get(IpPrefix.single(address));
            Node at = host == null ? null : image.node(host);
            if (at != null
                    && !at.equals(from)
                    && address.isV6() == source.isV6()
                    && policy.sees(policy.classOf(from), policy.classOf(at))
                    && policy.routesOf(policy.classOf(from), at).allowed().contains(IpPrefix.single(address))
                    && PlainReadingTest.passes(
                            policy.filterOf(at).rules(), new PlainReading.Packet(source, at, address, 6, 443))) {
                return true;
            }
        }
        return false;
    }
}
