package io.fleetscale.control.route;

import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Elects for each subnet route the router that serves it: of those that announce it and have it approved, the present one as
 * long as it is there, else the oldest that is online. A router that comes back takes nothing away. Nobody is left without a
 * router only because all of them are offline. Pure. Source: policy 4.3, 11.8; headscale-surface 6.9.
 */
public final class PrimaryElection {
    private PrimaryElection() {}

    /** What the election changes; empty: nothing. */
    public static List<Change> changes(TailnetImage image, Predicate<NodeId> online) {
        SortedMap<IpPrefix, List<Node>> candidates = candidates(image);
        List<Change> changes = new ArrayList<>();
        for (Map.Entry<IpPrefix, List<Node>> route : candidates.entrySet()) {
            NodeId present = image.primaries().get(route.getKey());
            NodeId elected = elect(route.getValue(), present, online);
            if (elected != null && !elected.equals(present)) {
                changes.add(new Change.PrimaryPut(route.getKey(), elected));
            }
        }
        for (IpPrefix route : image.primaries().keySet()) {
            if (!candidates.containsKey(route)) {
                changes.add(new Change.PrimaryRemoved(route));
            }
        }
        return changes;
    }

    /** The election as a write; the reply says which routes have another router now. */
    public static HardWrite<List<IpPrefix>> write(Predicate<NodeId> online) {
        return (image, context) -> {
            List<Change> changes = changes(image, online);
            return new Decision<>(
                    changes,
                    changes.stream()
                            .map(change -> change instanceof Change.PrimaryPut put
                                    ? put.route()
                                    : ((Change.PrimaryRemoved) change).route())
                            .toList());
        };
    }

    private static SortedMap<IpPrefix, List<Node>> candidates(TailnetImage image) {
        SortedMap<IpPrefix, List<Node>> candidates = new TreeMap<>();
        for (Node node : image.nodes().values()) {
            if (node.approvedRoutes().isEmpty() || node.expired()) {
                continue;
            }
            for (IpPrefix route : new TreeSet<>(node.approvedRoutes())) {
                if (!route.isAll() && node.advertisedRoutes().contains(route)) {
                    candidates
                            .computeIfAbsent(route, absent -> new ArrayList<>())
                            .add(node);
                }
            }
        }
        return candidates;
    }

    private static @Nullable NodeId elect(List<Node> candidates, @Nullable NodeId present, Predicate<NodeId> online) {
        boolean presentIsCandidate =
                candidates.stream().anyMatch(node -> node.id().equals(present));
        if (present != null && presentIsCandidate && online.test(present)) {
            return present;
        }
        for (Node node : candidates) {
            if (online.test(node.id())) {
                return node.id();
            }
        }
        return presentIsCandidate ? present : candidates.getFirst().id();
    }
}
