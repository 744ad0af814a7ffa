package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.List;

/** What a compiled policy says about the nodes of its image, in the terms that both engines share. */
public interface Answers {
    List<FilterRule> filterOf(Node node);

    SshPolicy sshOf(Node node);

    List<IpAddress> ownAddresses(Node node);

    PeerRoutes ownRoutes(Node node);

    CapabilityMap ownCapabilities(Node node);

    boolean sees(Node viewer, Node peer);

    /** The three of a peer are asked for only if the viewer sees it. */
    List<IpAddress> addressesOf(Node viewer, Node peer);

    PeerRoutes routesOf(Node viewer, Node peer);

    CapabilityMap peerCapabilities(Node viewer, Node peer);
}
