package io.fleetscale.control.access;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.SortedMap;
import java.util.TreeMap;

/** What policies are told of this server. Immutable. */
public final class ServerEnvironment implements PolicyEnvironment {
    private final String serverUrl;
    private final boolean hasServices;
    private final CapabilityMap baseline;

    /** With services. */
    public ServerEnvironment(String serverUrl, ClientFeatureConfig features) {
        this(serverUrl, features, true);
    }

    /**
     * @param features what the configuration lets clients do; the same on all instances
     * @param hasServices whether services are offered at all; the same on all instances
     */
    public ServerEnvironment(String serverUrl, ClientFeatureConfig features, boolean hasServices) {
        this.serverUrl = serverUrl;
        this.hasServices = hasServices;
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

    @Override
    public SortedMap<String, VipService> services(TailnetImage image) {
        return hasServices ? VipService.KIND.all(image) : new TreeMap<>();
    }

    /** Certificates for nodes are not offered. */
    @Override
    public boolean hasHttpsCertificates(TailnetImage image) {
        return false;
    }
}
