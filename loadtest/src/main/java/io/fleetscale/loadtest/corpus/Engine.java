package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Collection;
import java.util.Optional;

/** An interpreter of policies. */
public interface Engine {
    /** Why {@code policy} is refused on this tailnet, its own tests included; absent if it is taken. */
    Optional<String> refusal(TailnetImage image, String policy);

    /** The advertised routes of the node that the policy of the image approves by itself. */
    Collection<IpPrefix> autoApproved(TailnetImage image, Node node);

    /** What the policy of the image says. */
    Answers compile(TailnetImage image, PolicyEnvironment environment);
}
