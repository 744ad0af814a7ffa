package io.fleetscale.control.access;

import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tags and their owners as the policy in force has them: owners of an owning tag own too; owner, admin and network admin of
 * the tailnet may assign every tag that exists. Source: policy 7.1.
 */
public record PolicyTagOwners(PolicyInForce policy) implements TagOwners {
    private static final Set<Role> MASTERS = EnumSet.of(Role.OWNER, Role.ADMIN, Role.NETWORK_ADMIN);

    @Override
    public boolean exists(TailnetImage image, String tag) {
        return policy.of(image).tagOwners().containsKey(tag);
    }

    @Override
    public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
        PolicyDocument document = policy.of(image);
        if (!document.tagOwners().containsKey(tag)) {
            return false;
        }
        if (user != null && MASTERS.contains(user.role())) {
            return true;
        }
        Node node = nodeWith(image, addresses);
        Set<String> seen = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(tag));
        while (!open.isEmpty()) {
            String next = open.pop();
            PolicyDocument.TagOwners owners = document.tagOwners().get(next);
            if (owners == null || !seen.add(next)) {
                continue;
            }
            for (Alias owner : owners.owners()) {
                if (user != null && Principals.denotes(owner, image, user)
                        || node != null && node.isTagged() && Principals.denotes(owner, image, node)) {
                    return true;
                }
                if (owner instanceof Alias.Tag other) {
                    open.push(other.text());
                }
            }
        }
        return false;
    }

    @Override
    public boolean ownedBy(TailnetImage image, String tag, Collection<String> owners) {
        PolicyDocument document = policy.of(image);
        Set<String> seen = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(tag));
        while (!open.isEmpty()) {
            String next = open.pop();
            PolicyDocument.TagOwners ownersOfNext = document.tagOwners().get(next);
            if (ownersOfNext == null || !seen.add(next)) {
                continue;
            }
            if (owners.contains(next)) {
                return true;
            }
            for (Alias owner : ownersOfNext.owners()) {
                if (owner instanceof Alias.Tag other) {
                    open.push(other.text());
                }
            }
        }
        return false;
    }

    private static @Nullable Node nodeWith(TailnetImage image, List<IpAddress> addresses) {
        for (IpAddress address : addresses) {
            Node node = image.nodeByAddress(address);
            if (node != null) {
                return node;
            }
        }
        return null;
    }
}
