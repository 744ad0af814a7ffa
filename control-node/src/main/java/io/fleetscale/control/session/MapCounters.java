package io.fleetscale.control.session;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.atomic.LongAdder;

/** What map sessions have sent, under headscale's names. Thread-safe. Source: headscale-surface 3.7. */
public final class MapCounters implements MeterBinder {
    final LongAdder fullMaps = new LongAdder();
    final LongAdder deltas = new LongAdder();
    final LongAdder keepAlives = new LongAdder();
    final LongAdder ended = new LongAdder();

    @Override
    public void bindTo(MeterRegistry registry) {
        generated(registry, "full", fullMaps);
        generated(registry, "patch", deltas);
        counter(registry, "headscale.mapresponse.sent", "Messages of map streams", keepAlives, "type", "keepalive");
        counter(registry, "headscale.mapresponse.ended", "Map streams that ended", ended, "reason", "done");
    }

    private static void generated(MeterRegistry registry, String type, LongAdder value) {
        counter(
                registry,
                "headscale.mapresponse.generated",
                "Messages that were sent because something changed",
                value,
                "response_type",
                type);
    }

    private static void counter(
            MeterRegistry registry, String name, String help, LongAdder value, String tag, String tagValue) {
        FunctionCounter unused = FunctionCounter.builder(name, value, LongAdder::sum)
                .description(help)
                .tag(tag, tagValue)
                .register(registry);
    }
}
