package io.fleetscale.control.access;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.CapabilityMap;

/** What policies are told of this server. Immutable. */
public final class ServerEnvironment implements PolicyEnvironment {
    private final String serverUrl;
    private final CapabilityMap baseline;

    /** @param features what the configuration lets clients do; the same on all instances */
    public ServerEnvironment(String serverUrl, ClientFeatureConfig features) {
        this.serverUrl = serverUrl;
        this.baseline = AllowAllPolicy.baseline(features.taildrop(), features.autoUpdate());
    }

    @Override
    public String serverUrl() {
        return serverUrl;
    }

    @Override
    public CapabilityMap baseCapabilities(TailnetImage image, Node node) {
        return baseline;
    }

    /** Certificates for nodes are not offered. */
    @Override
    public boolean hasHttpsCertificates(TailnetImage image) {
        return false;
    }
}
