package io.fleetscale.control.route;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Elects for each subnet route, and for each address of a service, the node that serves it: of those that announce it and have it approved, the present one as
 * long as it is there, else the one that was created first. A router that comes back takes nothing away; a route whose routers
 * are all away has none. By the image alone, so that every instance elects the same. Pure. Source: policy 4.3;
 * headscale-surface 6.9.
 */
public final class PrimaryElection {
    private static final Comparator<Node> FIRST_CREATED =
            Comparator.comparing(Node::createdAt).thenComparing(Node::id);

    private PrimaryElection() {}

    /** What the election changes; empty: nothing. */
    public static List<Change> changes(TailnetImage image) {
        return changes(image, image.nodes().values());
    }

    /** @param routers all nodes of the image that route anything, maybe with others */
    static List<Change> changes(TailnetImage image, Collection<Node> routers) {
        SortedMap<IpPrefix, List<Node>> candidates = candidates(image, routers);
        List<Change> changes = new ArrayList<>();
        for (Map.Entry<IpPrefix, List<Node>> route : candidates.entrySet()) {
            NodeId present = image.primaries().get(route.getKey());
            NodeId elected = elect(route.getValue(), present);
            if (elected != null && !elected.equals(present)) {
                changes.add(new Change.PrimaryPut(route.getKey(), elected));
            } else if (elected == null && present != null) {
                changes.add(new Change.PrimaryRemoved(route.getKey()));
            }
        }
        for (IpPrefix route : image.primaries().keySet()) {
            if (!candidates.containsKey(route)) {
                changes.add(new Change.PrimaryRemoved(route));
            }
        }
        return changes;
    }

    /** The routers that share a route with another one. */
    static Set<Node> replaceable(TailnetImage image) {
        Set<Node> shared = new LinkedHashSet<>();
        candidates(image, image.nodes().values()).values().stream()
                .filter(nodes -> nodes.size() > 1)
                .forEach(shared::addAll);
        return shared;
    }

    /** What a node may be elected for: routes that are announced and approved, without default routes, and addresses of services. */
    private static List<IpPrefix> routesOf(TailnetImage image, Node node) {
        if (node.approvedRoutes().isEmpty() && node.offeredServices().isEmpty()
                || node.expired()
                || !image.isAuthorized(node)) {
            return List.of();
        }
        return Stream.concat(
                        node.approvedRoutes().stream()
                                .filter(route -> !route.isAll()
                                        && node.advertisedRoutes().contains(route)),
                        node.servedAddresses().stream())
                .distinct()
                .toList();
    }

    private static SortedMap<IpPrefix, List<Node>> candidates(TailnetImage image, Collection<Node> routers) {
        SortedMap<IpPrefix, List<Node>> candidates = new TreeMap<>();
        for (Node node : routers) {
            for (IpPrefix route : routesOf(image, node)) {
                candidates.computeIfAbsent(route, absent -> new ArrayList<>()).add(node);
            }
        }
        candidates.values().forEach(nodes -> nodes.sort(FIRST_CREATED));
        return candidates;
    }

    private static @Nullable NodeId elect(List<Node> candidates, @Nullable NodeId present) {
        Node known = candidates.stream()
                .filter(node -> node.id().equals(present))
                .findFirst()
                .orElse(null);
        if (known != null
                && (known.routerState() == RouterState.SERVING || known.routerState() == RouterState.UNKNOWN)) {
            return known.id();
        }
        NodeId serving = first(candidates, RouterState.SERVING);
        if (serving != null) {
            return serving;
        }
        return known != null && known.routerState() == RouterState.DOUBTFUL
                ? known.id()
                : first(candidates, RouterState.DOUBTFUL);
    }

    private static @Nullable NodeId first(List<Node> candidates, RouterState state) {
        return candidates.stream()
                .filter(node -> node.routerState() == state)
                .map(Node::id)
                .findFirst()
                .orElse(null);
    }
}
