package io.fleetscale.control.route;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Collection;

/** Which announced routes of a node the policy of an image approves by itself. Pure. Source: policy 7.2. */
@FunctionalInterface
public interface RouteApprovers {
    Collection<IpPrefix> approved(TailnetImage image, Node node);
}
