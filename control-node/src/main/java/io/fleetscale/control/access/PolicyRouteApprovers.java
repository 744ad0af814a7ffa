package io.fleetscale.control.access;

import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.route.RouteApprovers;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/** The {@code autoApprovers} of the policy in force. Source: policy 7.2. */
public record PolicyRouteApprovers(PolicyInForce policy) implements RouteApprovers {
    @Override
    public List<IpPrefix> approved(TailnetImage image, Node node) {
        PolicyDocument.AutoApprovers approvers = policy.of(image).autoApprovers();
        return node.advertisedRoutes().stream()
                .filter(route -> isApproved(approvers, image, node, route))
                .toList();
    }

    private static boolean isApproved(
            PolicyDocument.AutoApprovers approvers, TailnetImage image, Node node, IpPrefix route) {
        if (route.isAll()) {
            return Principals.anyDenotes(approvers.exitNode(), image, node);
        }
        return approvers.routes().stream()
                .anyMatch(entry ->
                        entry.prefix().contains(route) && Principals.anyDenotes(entry.approvers(), image, node));
    }
}
