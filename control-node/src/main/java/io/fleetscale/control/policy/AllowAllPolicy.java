package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everybody sees everybody and may reach every port: the policy of a tailnet that has none. One class; a node's routes are
 * those it was elected for and its approved exit routes. Source: control-protocol 8.3, policy 4.2-4.6.
 */
public final class AllowAllPolicy implements CompiledPolicy {
    private static final String FILE_SHARING = "https://tailscale.com/cap/file-sharing";
    private static final CapabilityMap BASELINE = baseline(true, false);

    private static final ClassId ALL = new ClassId(1);
    private static final Set<ClassId> VIEWERS = Set.of(ALL);
    private static final FilterTemplate FILTER = new FilterTemplate(List.of(new FilterChunk(
            FilterChunk.BASE,
            new Fingerprint(0, 0),
            List.of(new FilterChunk.Rule(
                    0,
                    AnySource.ANY,
                    List.of(),
                    List.of(new FilterChunk.Target(FilterChunk.Place.WRITTEN, "*", 0, 65535)),
                    List.of())))));
    private static final CapabilityMap EXIT_NODE = CapabilityMap.of(Map.of("suggest-exit-node", List.of()));

    /** The source of every packet. */
    private enum AnySource implements FilterSources {
        ANY;

        private static final SharedJson JSON = new SharedJson("\"*\"".getBytes(StandardCharsets.US_ASCII));

        @Override
        public List<String> list() {
            return List.of("*");
        }

        @Override
        public SharedJson json() {
            return JSON;
        }

        @Override
        public Fingerprint fingerprint() {
            return new Fingerprint(0, 0);
        }
    }

    private final TailnetImage image;
    private final Map<NodeId, List<IpPrefix>> primaries;

    /**
     * Capabilities of every node. Source: control-protocol 8.3.
     *
     * @param taildrop whether nodes of one user may send files to each other
     * @param autoUpdate whether clients that were not told otherwise update themselves
     */
    public static CapabilityMap baseline(boolean taildrop, boolean autoUpdate) {
        Map<String, List<String>> capabilities = new HashMap<>(Map.of(
                "https://tailscale.com/cap/is-admin", List.of(),
                "https://tailscale.com/cap/ssh", List.of(),
                "default-auto-update", List.of(Boolean.toString(autoUpdate))));
        if (taildrop) {
            capabilities.put(FILE_SHARING, List.of());
        }
        return CapabilityMap.of(capabilities);
    }

    private AllowAllPolicy(TailnetImage image, Map<NodeId, List<IpPrefix>> primaries) {
        this.image = image;
        this.primaries = primaries;
    }

    public static AllowAllPolicy compile(TailnetImage image) {
        Map<NodeId, TreeSet<IpPrefix>> sets = new HashMap<>();
        image.primaries()
                .forEach((route, node) ->
                        sets.computeIfAbsent(node, id -> new TreeSet<>()).add(route));
        Map<NodeId, List<IpPrefix>> lists = new HashMap<>();
        sets.forEach((node, routes) -> lists.put(node, List.copyOf(routes)));
        return new AllowAllPolicy(image, lists);
    }

    @Override
    public ClassId classOf(Node node) {
        return ALL;
    }

    @Override
    public Collection<NodeId> membersOf(ClassId id) {
        return id.equals(ALL) ? Collections.unmodifiableSet(image.nodes().keySet()) : Set.of();
    }

    @Override
    public Set<ClassId> viewersOf(ClassId subject) {
        return VIEWERS;
    }

    @Override
    public PeerRoutes routesOf(ClassId viewer, Node peer) {
        return routes(peer, IpPrefix::isAll);
    }

    @Override
    public List<IpAddress> addressesOf(ClassId viewer, Node peer) {
        return peer.addresses();
    }

    @Override
    public List<IpAddress> ownAddresses(Node node) {
        return node.addresses();
    }

    @Override
    public PeerRoutes ownRoutes(Node node) {
        return routes(node, route -> true);
    }

    private PeerRoutes routes(Node node, Predicate<IpPrefix> allowed) {
        List<IpPrefix> primary = primaries.getOrDefault(node.id(), List.of());
        if (node.approvedRoutes().isEmpty()) {
            return PeerRoutes.of(primary, primary);
        }
        List<IpPrefix> all = Stream.concat(
                        primary.stream(),
                        node.approvedRoutes().stream()
                                .filter(route -> node.advertisedRoutes().contains(route) && allowed.test(route)))
                .distinct()
                .sorted()
                .toList();
        return PeerRoutes.of(primary, all);
    }

    @Override
    public CapabilityMap peerCapabilities(ClassId viewer, Node peer) {
        return routesOf(viewer, peer).hasExit() ? EXIT_NODE : CapabilityMap.EMPTY;
    }

    @Override
    public CapabilityMap ownCapabilities(Node node) {
        return BASELINE;
    }

    @Override
    public PacketFilter filterOf(Node node) {
        return new PacketFilter(FILTER, node);
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
                ? new Advance(new AllowAllPolicy(after, primaries), PolicyEffect.NOTHING)
                : new Advance(compile(after), PolicyEffect.ofNodes(moved));
    }

    private static void addIfPresent(Set<NodeId> nodes, @Nullable NodeId node) {
        if (node != null) {
            nodes.add(node);
        }
    }
}
