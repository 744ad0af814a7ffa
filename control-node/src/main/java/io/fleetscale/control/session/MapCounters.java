package io.fleetscale.control.session;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.atomic.LongAdder;

/** What map sessions have sent, under headscale's names. Thread-safe. Source: headscale-surface 3.7. */
public final class MapCounters implements MeterBinder {
    private static final String END_HELP = "Map streams that ended: cancelled by the client, done by this instance";

    final LongAdder fullMaps = new LongAdder();
    final LongAdder deltas = new LongAdder();
    final LongAdder keepAlives = new LongAdder();
    final LongAdder pings = new LongAdder();
    final LongAdder endpointUpdates = new LongAdder();
    final LongAdder endedByClient = new LongAdder();
    final LongAdder endedHere = new LongAdder();

    @Override
    public void bindTo(MeterRegistry registry) {
        generated(registry, "full", fullMaps);
        generated(registry, "patch", deltas);
        generated(registry, "ping", pings);
        counter(registry, "sent", "Keep-alives of map streams", keepAlives, "status", "ok", "type", "keepalive");
        counter(registry, "endpoint.updates", "Reports of endpoints without a map", endpointUpdates, "status", "ok");
        counter(registry, "ended", END_HELP, endedByClient, "reason", "cancelled");
        counter(registry, "ended", END_HELP, endedHere, "reason", "done");
    }

    private static void generated(MeterRegistry registry, String type, LongAdder value) {
        counter(
                registry,
                "generated",
                "Messages that were sent because something changed",
                value,
                "response_type",
                type);
    }

    private static void counter(MeterRegistry registry, String name, String help, LongAdder value, String... tags) {
        FunctionCounter unused = FunctionCounter.builder("headscale.mapresponse." + name, value, LongAdder::sum)
                .description(help)
                .tags(tags)
                .register(registry);
    }
}
