package io.fleetscale.loadtest.differential;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A server that adds next to nothing to a policy; the domain of its logins is that of the captured tailnet. */
public final class BareEnvironment implements PolicyEnvironment {
    private static final CapabilityMap BASE = CapabilityMap.of(Map.of("default-auto-update", List.of("true")));

    @Override
    public CapabilityMap baseCapabilities(TailnetImage image, Node node) {
        return BASE;
    }

    @Override
    public boolean hasHttpsCertificates(TailnetImage image) {
        return true;
    }

    @Override
    public String serverUrl() {
        return "https://control.example.com";
    }

    @Override
    public Set<String> domains(TailnetImage image) {
        return Set.of("example.com");
    }
}
