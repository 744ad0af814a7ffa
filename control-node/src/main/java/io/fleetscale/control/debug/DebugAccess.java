package io.fleetscale.control.debug;

import io.fleetscale.runtime.metrics.MonitoringRoute;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.net.InetAddress;
import java.util.List;

/**
 * Who may look: this machine, the tailnet, and one address that the environment names; never through a proxy, which would
 * make everybody look local. Source: headscale-surface 3.6, tailscale tsweb.AllowDebugAccess.
 */
final class DebugAccess {
    private static final List<IpPrefix> TAILNET =
            List.of(IpPrefix.parse("100.64.0.0/10"), IpPrefix.parse("fd7a:115c:a1e0::/48"));

    private final String allowed;

    /** @param allowed one more address; empty: none */
    DebugAccess(String allowed) {
        this.allowed = allowed;
    }

    static DebugAccess ofProcess() {
        String address = System.getenv("TS_ALLOW_DEBUG_IP");
        return new DebugAccess(address == null ? "" : address);
    }

    boolean permits(MonitoringRoute.Request request) {
        if (request.headers().containsKey("x-forwarded-for")) {
            return false;
        }
        InetAddress peer = request.peer();
        if (peer.isLoopbackAddress()) {
            return true;
        }
        String text = peer.getHostAddress();
        int zone = text.indexOf('%');
        IpAddress address = IpAddress.parse(zone < 0 ? text : text.substring(0, zone));
        return address.toString().equals(allowed) || TAILNET.stream().anyMatch(prefix -> prefix.contains(address));
    }
}
