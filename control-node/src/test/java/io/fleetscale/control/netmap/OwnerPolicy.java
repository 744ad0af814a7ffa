package io.fleetscale.control.netmap;

import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PacketFilter;
import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** For tests: everybody sees the own nodes and the tagged ones; tagged nodes see all. A class per user. */
record OwnerPolicy(TailnetImage image, CompiledPolicy base) implements CompiledPolicy {
    private static final ClassId TAGGED = new ClassId(0);

    static CompiledPolicy compile(TailnetImage image) {
        return new OwnerPolicy(image, AllowAllPolicy.compile(image));
    }

    @Override
    public ClassId classOf(Node node) {
        UserId user = node.userId();
        return user == null ? TAGGED : new ClassId(user.value());
    }

    @Override
    public Set<ClassId> viewersOf(ClassId subject) {
        if (!subject.equals(TAGGED)) {
            return Set.of(subject, TAGGED);
        }
        Set<ClassId> all = new HashSet<>();
        all.add(TAGGED);
        image.nodes().values().forEach(node -> all.add(classOf(node)));
        return all;
    }

    @Override
    public Collection<NodeId> membersOf(ClassId id) {
        return image.nodes().values().stream()
                .filter(node -> classOf(node).equals(id))
                .map(Node::id)
                .toList();
    }

    @Override
    public List<IpAddress> addressesOf(ClassId viewer, Node peer) {
        return base.addressesOf(viewer, peer);
    }

    @Override
    public List<IpAddress> ownAddresses(Node node) {
        return base.ownAddresses(node);
    }

    @Override
    public PeerRoutes routesOf(ClassId viewer, Node peer) {
        return base.routesOf(viewer, peer);
    }

    @Override
    public CapabilityMap peerCapabilities(ClassId viewer, Node peer) {
        return base.peerCapabilities(viewer, peer);
    }

    @Override
    public PeerRoutes ownRoutes(Node node) {
        return base.ownRoutes(node);
    }

    @Override
    public CapabilityMap ownCapabilities(Node node) {
        return base.ownCapabilities(node);
    }

    @Override
    public PacketFilter filterOf(Node node) {
        return base.filterOf(node);
    }

    @Override
    public SshPolicy sshOf(Node node) {
        return base.sshOf(node);
    }

    @Override
    public Advance advance(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        Advance advance = base.advance(before, delta, after);
        return new Advance(new OwnerPolicy(after, advance.next()), advance.effect());
    }
}
