package io.fleetscale.control.access;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.test.PolicyCheck;
import io.fleetscale.control.policy.test.TestFailure;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.List;

/**
 * What a policy must stand before it is set: it speaks of the tailnet's own domains, it compiles for the nodes that are there,
 * and its own tests pass. Pure.
 */
public record PolicyExamination(PolicyEnvironment environment) implements Policies.Examination {
    /**
     * The policy's own tests that do not hold.
     *
     * @throws PolicyException if it cannot be set whatever its tests say
     */
    List<TestFailure> failures(TailnetImage image, PolicyDocument document) throws PolicyException {
        PolicyCheck check = new PolicyCheck(document, image, environment);
        check.requireOwnDomains();
        try {
            CompiledPolicy unused =
                    PolicyCompiler.of(any -> document, environment).compile(image);
        } catch (RuntimeException e) {
            throw new PolicyException(0, "the policy does not compile for the nodes of the tailnet: " + e.getMessage());
        }
        return check.failures();
    }

    @Override
    public void examine(TailnetImage image, PolicyDocument document) throws PolicyException {
        List<TestFailure> failures = failures(image, document);
        if (!failures.isEmpty()) {
            StringBuilder text = new StringBuilder(TestFailure.MESSAGE);
            failures.forEach(failure -> text.append("\nline ")
                    .append(failure.line())
                    .append(": ")
                    .append(failure.source())
                    .append(": ")
                    .append(String.join("; ", failure.errors())));
            throw new PolicyException(failures.getFirst().line(), text.toString());
        }
    }
}
