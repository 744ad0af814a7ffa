package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.NodeId;
import java.util.Set;

/**
 * What a delta changed in the answers of the policy, beyond the nodes whose records the delta holds. It may name more than
 * really differs, never less; what is compared afterwards decides. Classes are named as in the policy after the delta.
 * The sets must not be changed.
 *
 * @param everything anything may be different; the sets say nothing then
 * @param moved nodes that were there before and belong to another class now
 * @param visibility classes for which {@code viewersOf} is different: their members see other nodes, and are seen by others
 * @param peers nodes whose addresses, routes or capabilities some viewer may see differently
 * @param filters classes whose members may have another packet filter
 * @param ssh classes whose members may have another SSH policy
 * @param capabilities classes whose members may have other own capabilities or own addresses
 * @param own nodes whose own entry, packet filter or SSH policy may be different though nothing changed for their class
 */
public record PolicyEffect(
        boolean everything,
        Set<NodeId> moved,
        Set<ClassId> visibility,
        Set<NodeId> peers,
        Set<ClassId> filters,
        Set<ClassId> ssh,
        Set<ClassId> capabilities,
        Set<NodeId> own) {
    public static final PolicyEffect NOTHING =
            new PolicyEffect(false, Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of());
    public static final PolicyEffect EVERYTHING =
            new PolicyEffect(true, Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of());

    /** Only these nodes are different, for their viewers and for themselves. */
    public static PolicyEffect ofNodes(Set<NodeId> nodes) {
        return nodes.isEmpty()
                ? NOTHING
                : new PolicyEffect(false, Set.of(), Set.of(), nodes, Set.of(), Set.of(), Set.of(), nodes);
    }
}
