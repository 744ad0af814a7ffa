package io.fleetscale.control.address;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/** Where a new node's IPv4 address comes from when the tailnet does not give it out of its whole prefix. Pure. */
@FunctionalInterface
public interface IpPools {
    /** The whole prefix for everybody. */
    IpPools NONE = (image, node) -> List.of();

    /**
     * @param node without addresses yet
     * @return prefixes of IPv4, together the node's pool; empty: it has none of its own
     */
    List<IpPrefix> of(TailnetImage image, Node node);
}
