package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the captured tailnet has whatever its policy says. Source: policy 6.2, 10.2, N8 of 10.6. */
final class CapturedEnvironment implements PolicyEnvironment {
    /** The tailnet's own domains. */
    static final Set<String> DOMAINS = Set.of("example.com");

    private static final Instant AUTO_UPDATE_SINCE = Instant.parse("2026-04-14T00:00:00Z");
    private static final List<String> ALWAYS = List.of(
            "https://tailscale.com/cap/file-sharing",
            "https://tailscale.com/cap/ssh",
            "https://tailscale.com/cap/tailnet-lock",
            "probe-udp-lifetime",
            "ssh-behavior-v1",
            "ssh-env-vars",
            "store-appc-routes");

    private final Capture capture;

    CapturedEnvironment(Capture capture) {
        this.capture = capture;
    }

    @Override
    public CapabilityMap baseCapabilities(TailnetImage image, Node node) {
        TreeMap<String, List<String>> capabilities = new TreeMap<>();
        ALWAYS.forEach(name -> capabilities.put(name, List.of()));
        capabilities.put("tailnet-display-name", List.of("\"odin@example.com\""));
        if (!capture.capturedAt().isBefore(AUTO_UPDATE_SINCE)) {
            capabilities.put("default-auto-update", List.of(Boolean.toString(capture.autoUpdates())));
        }
        if (!node.isTagged()) {
            capabilities.put("https://tailscale.com/cap/is-admin", List.of());
        }
        User user = registrar(image, node);
        if (user != null && user.role() == Role.OWNER) {
            capabilities.put("https://tailscale.com/cap/is-owner", List.of());
        }
        return CapabilityMap.of(capabilities);
    }

    /** Who owns the node or, if it is tagged, made the key that it registered with. */
    private static @Nullable User registrar(TailnetImage image, Node node) {
        PreAuthKeyId keyId = node.preAuthKeyId();
        PreAuthKey key = keyId == null ? null : image.preAuthKeys().get(keyId);
        UserId id = key == null ? node.userId() : key.userId();
        return id == null ? null : image.user(id);
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
    public Set<String> domains(TailnetImage image) {
        return DOMAINS;
    }

    @Override
    public RouterState routerState(TailnetImage image, NodeId router) {
        return RouterState.SERVING;
    }
}
