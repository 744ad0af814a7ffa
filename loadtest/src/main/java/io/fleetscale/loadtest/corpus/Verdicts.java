package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.Optional;

/** Whether the server takes a policy. */
final class Verdicts {
    private Verdicts() {}

    static Optional<String> refusal(TailnetImage image, String policy) {
        try {
            PolicyReader.read(policy);
            return Optional.empty();
        } catch (PolicyException e) {
            return Optional.of(e.getMessage());
        }
    }
}
