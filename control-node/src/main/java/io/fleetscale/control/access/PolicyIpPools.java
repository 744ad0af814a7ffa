package io.fleetscale.control.access;

import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/**
 * The {@code ipPool} of the node attributes of the policy in force: a new node has the pools of all entries that it matches. A
 * target that names addresses matches none yet. Source: policy 9.8.
 */
public record PolicyIpPools(PolicyInForce policy) implements IpPools {
    @Override
    public List<IpPrefix> of(TailnetImage image, Node node) {
        return policy.of(image).nodeAttributes().stream()
                .filter(entry -> !entry.ipPool().isEmpty() && isTarget(entry, image, node))
                .flatMap(entry -> entry.ipPool().stream())
                .distinct()
                .toList();
    }

    private static boolean isTarget(PolicyDocument.NodeAttribute entry, TailnetImage image, Node node) {
        return entry.targets().stream().anyMatch(Alias.Any.class::isInstance)
                || Principals.anyDenotes(entry.targets(), image, node);
    }
}
