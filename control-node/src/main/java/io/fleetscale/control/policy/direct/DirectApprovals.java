package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** Which advertised routes the policy of an image approves by itself. Confined to one thread. Source: policy 7.2. */
public final class DirectApprovals {
    private final Reading reading;

    /** @param domains of the tailnet itself */
    public DirectApprovals(TailnetImage image, Set<String> domains) {
        this.reading = DirectPolicy.reading(image, new Facts(image), domains, new TreeMap<>());
    }

    public List<IpPrefix> approvedRoutes(Node node) {
        return node.advertisedRoutes().stream()
                .filter(route -> approves(route, node))
                .toList();
    }

    private boolean approves(IpPrefix route, Node node) {
        if (route.isAll()) {
            return reading.words()
                    .approves(Words.texts(reading.section("autoApprovers").path("exitNode")), node);
        }
        return reading.section("autoApprovers").path("routes").properties().stream()
                .anyMatch(entry -> IpPrefix.parse(entry.getKey()).contains(route)
                        && reading.words().approves(Words.texts(entry.getValue()), node));
    }
}
