package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A policy applied to one image. Nodes that the policy treats alike form a class; where a rule speaks of the owner's own nodes,
 * the class ends at the owner too. So whom a node sees, and how, depends on its class alone, and what is said of a class holds
 * for all of its members.
 *
 * <p>Immutable and thread-safe; nothing blocks, some answers are computed when they are first asked for. All answers are sorted
 * and depend on the image only, so that every instance gives the same, except for the numbers of the classes, which mean
 * nothing to another instance. An answer that did not change is the same object as before, also from one policy to the next,
 * wherever that is cheap; who compares falls back to {@code equals}.
 *
 * <p>Nodes that are asked for must be those of the image that the policy was made for.
 */
public interface CompiledPolicy {
    /** The class of a node. It keeps its number through {@link #advance} as long as its members stay together. */
    ClassId classOf(Node node);

    /** The nodes of a class, by number; empty for an unknown one. */
    Collection<NodeId> membersOf(ClassId id);

    /**
     * The classes whose nodes see the nodes of {@code subject}, which are also those that the nodes of {@code subject} see. It
     * holds {@code subject} itself if its members see each other.
     */
    Set<ClassId> viewersOf(ClassId subject);

    default boolean sees(ClassId viewer, ClassId subject) {
        return viewersOf(subject).contains(viewer);
    }

    /**
     * The kind of a class. Classes of one kind see the same others, but for what rules about a user's own nodes add; so there
     * are fewer of them where classes end at the owner. Small and not negative.
     */
    default int kindOf(ClassId id) {
        return Math.toIntExact(id.value());
    }

    /** The kinds that nodes of a kind see, rules about a user's own nodes aside. */
    default BitSet kindsSeenBy(int kind) {
        BitSet seen = new BitSet();
        viewersOf(new ClassId(kind)).forEach(viewer -> seen.set(kindOf(viewer)));
        return seen;
    }

    /** The addresses of {@code peer} that viewers of this class are told: {@code Addresses}, IPv4 first. */
    List<IpAddress> addressesOf(ClassId viewer, Node peer);

    /** The routes of {@code peer} as viewers of this class may use them. */
    PeerRoutes routesOf(ClassId viewer, Node peer);

    /** What viewers of this class are told about the capabilities of {@code peer}. */
    CapabilityMap peerCapabilities(ClassId viewer, Node peer);

    /** The addresses in the node's own entry. */
    List<IpAddress> ownAddresses(Node node);

    /** The routes in the node's own entry. */
    PeerRoutes ownRoutes(Node node);

    /** The capabilities in the node's own entry. */
    CapabilityMap ownCapabilities(Node node);

    /** The services that the policy lets the node reach, by name. Source: policy 9.4. */
    default List<VipService> servicesOf(Node node) {
        return List.of();
    }

    /** What the policy merges over the tailnet's DERP map: standard JSON; empty: nothing. Source: policy 9.7. */
    default String derpMap() {
        return "";
    }

    /** What may come in at the node. */
    PacketFilter filterOf(Node node);

    /** Who may log in at the node by SSH. */
    SshPolicy sshOf(Node node);

    /** How {@code destination} is answered when it asks about a session from {@code source}; empty: no rule lets it ask. */
    default Optional<SshCheck> sshCheckOf(Node source, Node destination) {
        return Optional.empty();
    }

    /**
     * The policy after a delta, and whom that concerns. This object stays as it is.
     *
     * @throws RuntimeException if the next policy cannot be made; the caller goes on with this one
     */
    Advance advance(TailnetImage before, TailnetDelta delta, TailnetImage after);

    /** The policy after a delta, and whom that concerns. */
    record Advance(CompiledPolicy next, PolicyEffect effect) {}

    /** Compiles the policy of an image, at start and after a full load. */
    @FunctionalInterface
    interface Compiler {
        CompiledPolicy compile(TailnetImage image);
    }
}
