package io.fleetscale.control.boot;

import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.session.FirstMapGate;
import io.fleetscale.control.session.MapSessions;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;

/** What operators watch of one instance: sessions, nodes, the log and how far this instance is behind it, queues. */
record ControlMeters(
        PostgresChangelog changelog, Netmaps netmaps, MapSessions sessions, FirstMapGate gate, PresenceOverlay presence)
        implements MeterBinder {

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "fleetscale.map.sessions", "Map sessions of this instance", meters -> meters.sessions.count());
        sessions.counters().bindTo(registry);
        netmaps.measure(registry);
        gauge(
                registry,
                "headscale.nodestore.nodes",
                "Nodes of the tailnet",
                meters -> meters.changelog.image().nodes().size());
        gauge(
                registry,
                "headscale.nodestore.queue.depth",
                "Changes that wait for a state",
                meters -> meters.netmaps.queueLength());
        gauge(
                registry,
                "fleetscale.nodes",
                "Nodes of the tailnet",
                meters -> meters.changelog.image().nodes().size());
        gauge(
                registry,
                "fleetscale.users",
                "Users of the tailnet",
                meters -> meters.changelog.image().users().size());
        gauge(registry, "fleetscale.nodes.online", "Nodes that are online", ControlMeters::online);
        gauge(
                registry,
                "fleetscale.image.version",
                "Number of the log that this instance has applied",
                meters -> meters.changelog.image().version());
        gauge(
                registry,
                "fleetscale.netmap.queue",
                "Changes that wait to be told to clients",
                meters -> meters.netmaps.queueLength());
        gauge(
                registry,
                "fleetscale.netmap.unusable.nodes",
                "Nodes whose records cannot be shown to peers",
                meters -> meters.netmaps.unusableNodes().size());
        gauge(
                registry,
                "fleetscale.first.map.queue",
                "First maps that wait to be rendered",
                meters -> meters.gate.waiting());
        gauge(
                registry,
                "fleetscale.log.queue",
                "Writes that wait for a transaction",
                meters -> meters.changelog.figures().queued());
        gauge(
                registry,
                "fleetscale.log.commits",
                "Transactions of this instance",
                meters -> meters.changelog.figures().commits());
        gauge(
                registry,
                "fleetscale.log.writes",
                "Log records that this instance wrote",
                meters -> meters.changelog.figures().writes());
        gauge(
                registry,
                "fleetscale.log.stale.reads",
                "Reads that were answered while the database was away, and said so",
                meters -> meters.changelog.figures().staleReads());
        gauge(
                registry,
                "fleetscale.log.repairs",
                "Times that missing records were read from the database",
                meters -> meters.changelog.figures().repairs());
        gauge(
                registry,
                "fleetscale.log.reloads",
                "Times that a whole image was loaded again",
                meters -> meters.changelog.figures().reloads());
    }

    private double online() {
        return presence.all().values().stream().filter(Presence::online).count();
    }

    private void gauge(MeterRegistry registry, String name, String help, ToDoubleFunction<ControlMeters> value) {
        Gauge unused = Gauge.builder(name, this, value)
                .description(help)
                .strongReference(true)
                .register(registry);
    }
}
