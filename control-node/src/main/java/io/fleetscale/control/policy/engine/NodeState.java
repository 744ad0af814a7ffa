package io.fleetscale.control.policy.engine;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import org.jspecify.annotations.Nullable;

/** A node and where it belongs. Immutable to its readers and thread-safe. */
final class NodeState {
    private final Node node;
    private final NodeClass nodeClass;
    private final long owner;
    private volatile @Nullable String text4;
    private volatile @Nullable String text6;

    /** @param owner number of the user of an untagged node, else 0 */
    NodeState(Node node, NodeClass nodeClass, long owner) {
        this.node = node;
        this.nodeClass = nodeClass;
        this.owner = owner;
    }

    Node node() {
        return node;
    }

    NodeClass nodeClass() {
        return nodeClass;
    }

    /** Its class, up to the owner where the class ends at the owner. */
    Numbering.Key key() {
        return new Numbering.Key(nodeClass.number(), nodeClass.isBoundToOwner() ? owner : 0);
    }

    long owner() {
        return owner;
    }

    /** The address of this family in the list that sources are printed from; null if it has none. */
    @Nullable
    String text(int family) {
        IpAddress address = family == NodeClass.IPV4 ? node.ipv4() : node.ipv6();
        if (address == null) {
            return null;
        }
        String known = family == NodeClass.IPV4 ? text4 : text6;
        if (known == null) {
            known = address.toString();
            if (family == NodeClass.IPV4) {
                text4 = known;
            } else {
                text6 = known;
            }
        }
        return known;
    }

    @Nullable
    IpAddress address(int family) {
        return family == NodeClass.IPV4 ? node.ipv4() : node.ipv6();
    }
}
