package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.List;
import java.util.Set;

/**
 * A policy applied to one image. Immutable and thread-safe. All answers are sorted and depend on the image only, so that
 * every instance gives the same; answers that are equal should be the same object, which makes sharing what is rendered
 * from them cheap.
 */
public interface CompiledPolicy {
    ClassId classOf(Node node);

    /** The classes whose nodes see the nodes of {@code subject}; symmetric. */
    Set<ClassId> viewersOf(ClassId subject);

    default boolean sees(ClassId viewer, ClassId subject) {
        return viewersOf(subject).contains(viewer);
    }

    /** The routes of {@code peer} that a viewer of this class gets beside the peer's own addresses. */
    PeerRoutes routesOf(ClassId viewer, Node peer);

    /** What a viewer of this class is told about the capabilities of {@code peer}. */
    CapabilityMap peerCapabilities(ClassId viewer, Node peer);

    /** The routes in the node's own entry. */
    PeerRoutes ownRoutes(Node node);

    /** The capabilities in the node's own entry. */
    CapabilityMap ownCapabilities(Node node);

    /** What may come in at the node, reduced to what concerns it; empty: nothing. */
    List<FilterRule> filterOf(Node node);

    /** Who may log in at the node by SSH. */
    SshPolicy sshOf(Node node);

    /** The policy after a delta, and whom that concerns. */
    Advance advance(TailnetImage before, TailnetDelta delta, TailnetImage after);

    /** The policy after a delta, and whom that concerns. */
    record Advance(CompiledPolicy next, PolicyEffect effect) {}

    /** Compiles the policy of an image, at start and after a full load. */
    @FunctionalInterface
    interface Compiler {
        CompiledPolicy compile(TailnetImage image);
    }
}
