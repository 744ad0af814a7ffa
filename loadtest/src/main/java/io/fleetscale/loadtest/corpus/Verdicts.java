package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.PolicyCheck;
import io.fleetscale.control.policy.test.TestFailure;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.loadtest.differential.BareEnvironment;
import java.util.Optional;

/** Whether the server takes a policy. */
final class Verdicts {
    private Verdicts() {}

    static Optional<String> refusal(TailnetImage image, String policy) {
        try {
            PolicyCheck check = new PolicyCheck(PolicyReader.read(policy), image, new BareEnvironment());
            check.requireOwnDomains();
            return check.failures().isEmpty() ? Optional.empty() : Optional.of(TestFailure.MESSAGE);
        } catch (PolicyException e) {
            return Optional.of(e.getMessage());
        }
    }
}
