package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.NodeId;
import java.util.Set;

/**
 * Which nodes a delta changed for the policy beyond those whose records it holds.
 *
 * @param everything all classes, filters and attributes may be different; the sets say nothing then
 * @param peers nodes whose class, routes or peer capabilities may be different
 * @param own nodes whose packet filter, SSH policy or own capabilities may be different
 */
public record PolicyEffect(boolean everything, Set<NodeId> peers, Set<NodeId> own) {
    public static final PolicyEffect NOTHING = new PolicyEffect(false, Set.of(), Set.of());
    public static final PolicyEffect EVERYTHING = new PolicyEffect(true, Set.of(), Set.of());

    public PolicyEffect {
        peers = Set.copyOf(peers);
        own = Set.copyOf(own);
    }
}
