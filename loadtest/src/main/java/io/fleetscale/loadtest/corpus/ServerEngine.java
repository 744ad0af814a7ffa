package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Collection;
import java.util.Optional;

/** What the server runs. */
public final class ServerEngine implements Engine {
    @Override
    public Optional<String> refusal(TailnetImage image, String policy) {
        return Verdicts.refusal(image, policy);
    }

    @Override
    public Collection<IpPrefix> autoApproved(TailnetImage image, Node node) {
        return new DirectEngine().autoApproved(image, node);
    }

    @Override
    public Answers compile(TailnetImage image, PolicyEnvironment environment) {
        PolicyDocument document = document(image);
        return new CompiledAnswers(
                PolicyCompiler.compatible(any -> document, environment).compile(image));
    }

    private static PolicyDocument document(TailnetImage image) {
        try {
            return PolicyReader.read(image.policy().map(Policy::text).orElse(""));
        } catch (PolicyException e) {
            throw new IllegalArgumentException("the policy is not valid: " + e.located(), e);
        }
    }
}
