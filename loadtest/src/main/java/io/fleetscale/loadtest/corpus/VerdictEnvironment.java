package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.Set;

/** What the verdict on a policy depends on beside the nodes: the domains of the captured tailnet. Source: policy 10.2. */
final class VerdictEnvironment implements PolicyEnvironment {
    @Override
    public CapabilityMap baseCapabilities(TailnetImage image, Node node) {
        return CapabilityMap.EMPTY;
    }

    @Override
    public boolean hasHttpsCertificates(TailnetImage image) {
        return false;
    }

    @Override
    public String serverUrl() {
        return "https://unused";
    }

    @Override
    public RouterState routerState(TailnetImage image, NodeId router) {
        return RouterState.SERVING;
    }

    @Override
    public Set<String> domains(TailnetImage image) {
        return CapturedEnvironment.DOMAINS;
    }
}
