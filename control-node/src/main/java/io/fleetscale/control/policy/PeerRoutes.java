package io.fleetscale.control.policy;

import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/**
 * The routes of a peer as one viewer may use them.
 *
 * @param primary subnet routes that it serves, sorted
 * @param exit default routes, sorted
 */
public record PeerRoutes(List<IpPrefix> primary, List<IpPrefix> exit) {
    public static final PeerRoutes NONE = new PeerRoutes(List.of(), List.of());

    public PeerRoutes {
        primary = List.copyOf(primary);
        exit = List.copyOf(exit);
    }

    public static PeerRoutes of(List<IpPrefix> primary, List<IpPrefix> exit) {
        return primary.isEmpty() && exit.isEmpty() ? NONE : new PeerRoutes(primary, exit);
    }
}
