package io.fleetscale.control.policy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetscale.control.policy.direct.DirectPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.PolicyCheck;
import io.fleetscale.control.policy.test.SmallTailnet;
import io.fleetscale.control.policy.test.TestFailure;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/** Any policy that can be read compiles for a small tailnet, and both interpreters say the same of it. */
class PolicyCompileFuzzTest {
    private static final TailnetImage IMAGE = SmallTailnet.image();

    @FuzzTest(maxDuration = "60s")
    void compiles(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        PolicyDocument document;
        try {
            document = PolicyReader.read(text);
        } catch (PolicyException e) {
            return;
        }
        List<TestFailure> unused = new PolicyCheck(document, IMAGE, SmallTailnet.environment()).failures();
        TailnetImage image = IMAGE.apply(new TailnetDelta(
                IMAGE.version() + 1, List.of(new Change.PolicyPut(new Policy(1, text, Instant.EPOCH)))));
        CompiledPolicy policy = PolicyCompiler.compatible(any -> document, SmallTailnet.environment())
                .compile(image);
        DirectPolicy direct = DirectPolicy.of(image, SmallTailnet.environment());
        for (Node node : image.nodes().values()) {
            if (!policy.filterOf(node).rules().equals(direct.filterOf(node))
                    || !policy.sshOf(node).equals(direct.sshOf(node))
                    || !policy.ownCapabilities(node).equals(direct.ownCapabilities(node))) {
                throw new AssertionError("the interpreters differ at node " + node.id());
            }
        }
    }
}
