package io.fleetscale.loadtest.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.explain.Explainer;
import io.fleetscale.control.policy.explain.Question;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
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
}
