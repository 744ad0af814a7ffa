package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Everybody sees everybody and may reach every port: the policy of a tailnet that has none. One class; a node's routes are
 * those it was elected for and its approved exit routes. Source: control-protocol 8.3, policy 4.2-4.6.
 */
public final class AllowAllPolicy implements CompiledPolicy {
    /** Capabilities of every node. Source: control-protocol 8.3. */
    public static final CapabilityMap BASELINE = CapabilityMap.of(Map.of(
            "https://tailscale.com/cap/is-admin", List.of(),
            "https://tailscale.com/cap/ssh", List.of(),
            "https://tailscale.com/cap/file-sharing", List.of(),
            "default-auto-update", List.of("false")));

    private static final ClassId ALL = new ClassId(1);
    private static final Set<ClassId> VIEWERS = Set.of(ALL);
    private static final List<FilterRule> FILTER = List.of(FilterRule.ALLOW_ALL);
    private static final CapabilityMap EXIT_NODE = CapabilityMap.of(Map.of("suggest-exit-node", List.of()));

    private final Map<NodeId, List<IpPrefix>> primaries;

    private AllowAllPolicy(Map<NodeId, List<IpPrefix>> primaries) {
        this.primaries = primaries;
    }

    public static AllowAllPolicy compile(TailnetImage image) {
        Map<NodeId, TreeSet<IpPrefix>> sets = new HashMap<>();
        image.primaries()
                .forEach((route, node) ->
                        sets.computeIfAbsent(node, id -> new TreeSet<>()).add(route));
        Map<NodeId, List<IpPrefix>> lists = new HashMap<>();
        sets.forEach((node, routes) -> lists.put(node, List.copyOf(routes)));
        return new AllowAllPolicy(lists);
    }

    @Override
    public ClassId classOf(Node node) {
        return ALL;
    }

    @Override
    public Set<ClassId> viewersOf(ClassId subject) {
        return VIEWERS;
    }

    @Override
    public PeerRoutes routesOf(ClassId viewer, Node peer) {
        return ownRoutes(peer);
    }

    @Override
    public PeerRoutes ownRoutes(Node node) {
        List<IpPrefix> exit = node.approvedRoutes().isEmpty()
                ? List.of()
                : node.approvedRoutes().stream()
                        .filter(route ->
                                route.isAll() && node.advertisedRoutes().contains(route))
                        .sorted()
                        .toList();
        return PeerRoutes.of(primaries.getOrDefault(node.id(), List.of()), exit);
    }

    @Override
    public CapabilityMap peerCapabilities(ClassId viewer, Node peer) {
        return ownRoutes(peer).exit().isEmpty() ? CapabilityMap.EMPTY : EXIT_NODE;
    }

    @Override
    public CapabilityMap ownCapabilities(Node node) {
        return BASELINE;
    }

    @Override
    public List<FilterRule> filterOf(Node node) {
        return FILTER;
    }

    @Override
    public SshPolicy sshOf(Node node) {
        return SshPolicy.NONE;
    }

    @Override
    public Advance advance(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        Set<NodeId> moved = new HashSet<>();
        for (Change change : delta.changes()) {
            IpPrefix route = switch (change) {
                case Change.PrimaryPut put -> put.route();
                case Change.PrimaryRemoved removed -> removed.route();
                default -> null;
            };
            if (route != null) {
                addIfPresent(moved, before.primaries().get(route));
                addIfPresent(moved, after.primaries().get(route));
            }
        }
        return moved.isEmpty()
                ? new Advance(this, PolicyEffect.NOTHING)
                : new Advance(compile(after), new PolicyEffect(false, moved, moved));
    }

    private static void addIfPresent(Set<NodeId> nodes, @Nullable NodeId node) {
        if (node != null) {
            nodes.add(node);
        }
    }
}
