package io.fleetscale.control.policy;

import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/**
 * The routes of a node in one entry of a map.
 *
 * @param primary the subnet routes that it serves for the viewer, sorted: {@code PrimaryRoutes}
 * @param allowed what {@code AllowedIPs} holds beside the node's addresses, sorted: for a viewer the primary routes, the default
 *     routes and the services that it uses there, in the own entry all approved routes and all services that it serves
 */
public record PeerRoutes(List<IpPrefix> primary, List<IpPrefix> allowed) {
    public static final PeerRoutes NONE = new PeerRoutes(List.of(), List.of());

    public PeerRoutes {
        primary = List.copyOf(primary);
        allowed = List.copyOf(allowed);
    }

    public static PeerRoutes of(List<IpPrefix> primary, List<IpPrefix> allowed) {
        return primary.isEmpty() && allowed.isEmpty() ? NONE : new PeerRoutes(primary, allowed);
    }

    public boolean hasExit() {
        return allowed.stream().anyMatch(IpPrefix::isAll);
    }
}
