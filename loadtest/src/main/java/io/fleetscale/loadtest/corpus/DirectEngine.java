package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.policy.direct.DirectApprovals;
import io.fleetscale.control.policy.direct.DirectPolicy;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The pair-wise interpreter. */
public final class DirectEngine implements Engine {
    @Override
    public Optional<String> refusal(TailnetImage image, String policy) {
        return Verdicts.refusal(image, policy);
    }

    @Override
    public Collection<IpPrefix> autoApproved(TailnetImage image, Node node) {
        return new DirectApprovals(image, CapturedEnvironment.DOMAINS).approvedRoutes(node);
    }

    @Override
    public Answers compile(TailnetImage image, PolicyEnvironment environment) {
        return new DirectAnswers(DirectPolicy.of(image, environment));
    }

    private record DirectAnswers(DirectPolicy policy) implements Answers {
        @Override
        public List<FilterRule> filterOf(Node node) {
            return policy.filterOf(node);
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
            return policy.sees(viewer, peer);
        }

        @Override
        public List<IpAddress> addressesOf(Node viewer, Node peer) {
            return policy.addressesOf(viewer, peer);
        }

        @Override
        public PeerRoutes routesOf(Node viewer, Node peer) {
            return policy.routesOf(viewer, peer);
        }

        @Override
        public CapabilityMap peerCapabilities(Node viewer, Node peer) {
            return policy.peerCapabilities(viewer, peer);
        }
    }
}
