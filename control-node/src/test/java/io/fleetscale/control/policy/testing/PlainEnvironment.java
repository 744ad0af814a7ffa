package io.fleetscale.control.policy.testing;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.CapabilityMap;

/** A server that adds nothing to a policy. */
public final class PlainEnvironment implements PolicyEnvironment {
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
        return "https://control.example.com";
    }
}
