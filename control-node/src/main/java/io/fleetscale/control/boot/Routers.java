package io.fleetscale.control.boot;

import io.fleetscale.config.NodeConfig;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.presence.Presences;
import io.fleetscale.control.route.RouterProbes;
import io.fleetscale.control.route.RouterWatch;
import io.fleetscale.control.session.Pings;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.runtime.Lifecycle;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** What is seen of routers: their sessions, and whether they answer. */
record Routers(PresenceOverlay presence, Presences presences) {
    /** How long a router may be away that ended its session itself, before another one takes over. */
    private static final Duration CLIENT_GRACE = Duration.ofSeconds(2);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    /**
     * Follows routers from now on.
     *
     * @param elected whether this instance acts for all; each instance probes the routers that it serves
     */
    static void follow(
            Lifecycle lifecycle,
            BooleanSupplier elected,
            NodeStreams streams,
            Changelog changelog,
            Pings pings,
            NodeConfig config) {
        Routers routers = new Routers(streams.presence(), streams.presences());
        RouterWatch watch = new RouterWatch(changelog, routers::seen, elected);
        changelog.addListener(watch);
        lifecycle.add("routers", watch::start, watch::close, STOP_LIMIT);
        if (!config.probeInterval().isZero()) {
            RouterProbes probes = new RouterProbes(
                    changelog,
                    id -> streams.sessions().isAttached(id)
                            ? OptionalLong.of(routers.presence.get(id).epoch())
                            : OptionalLong.empty(),
                    pings::ping,
                    routers.presences::answered,
                    config.probeInterval(),
                    config.probeTimeout());
            lifecycle.add("router probes", probes::start, probes::close, STOP_LIMIT);
        }
    }

    private RouterState seen(NodeId id) {
        Presence known = presence.get(id);
        if (!known.online()) {
            return known.epoch() == 0 ? RouterState.UNKNOWN : RouterState.AWAY;
        }
        return known.unresponsive() || presences.hasLeftFor(id, CLIENT_GRACE)
                ? RouterState.DOUBTFUL
                : RouterState.SERVING;
    }
}
