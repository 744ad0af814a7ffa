package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.List;

/** What a policy of the server says. */
public record CompiledAnswers(CompiledPolicy policy) implements Answers {
    @Override
    public List<FilterRule> filterOf(Node node) {
        return policy.filterOf(node).rules();
    }

    @Override
    public SshPolicy sshOf(Node node) {
        return policy.sshOf(node);
    }

    @Override
    public List<IpAddress> ownAddresses(Node node) {
        return policy.ownAddresses(node);
    }

    @Override
    public PeerRoutes ownRoutes(Node node) {
        return policy.ownRoutes(node);
    }

    @Override
    public CapabilityMap ownCapabilities(Node node) {
        return policy.ownCapabilities(node);
    }

    @Override
    public boolean sees(Node viewer, Node peer) {
        return !viewer.id().equals(peer.id()) && policy.sees(policy.classOf(viewer), policy.classOf(peer));
    }

    @Override
    public List<IpAddress> addressesOf(Node viewer, Node peer) {
        return policy.addressesOf(policy.classOf(viewer), peer);
    }

    @Override
    public PeerRoutes routesOf(Node viewer, Node peer) {
        return policy.routesOf(policy.classOf(viewer), peer);
    }

    @Override
    public CapabilityMap peerCapabilities(Node viewer, Node peer) {
        return policy.peerCapabilities(policy.classOf(viewer), peer);
    }
}
