package io.fleetscale.relay.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Sums the counters of all event loops when somebody asks. Thread-safe.
 *
 * <p>Counters are registered as gauges, because a Prometheus counter would get the suffix {@code _total} and the names
 * must stay those of the upstream relay, which public dashboards use. Source: tailscale derp/derpserver, ExpVar.
 */
public final class RelayMetrics {
    private final List<LoopCounters> loops = new CopyOnWriteArrayList<>();

    /** Registers every series, so that all exist from the start. */
    public void bindTo(MeterRegistry meters, RelayGauges relay) {
        for (Counter counter : Counter.values()) {
            Gauge.builder(counter.metricName(), this, metrics -> metrics.total(counter))
                    .tags(counter.tags())
                    .register(meters);
        }
        for (DropReason reason : DropReason.values()) {
            for (boolean disco : List.of(true, false)) {
                drops(meters, "derp_packets_dropped", reason, disco, loop -> loop.droppedPackets(reason, disco));
                drops(meters, "derp_bytes_dropped", reason, disco, loop -> loop.droppedBytes(reason, disco));
            }
        }
        gauge(meters, "derp_current_connections", relay, RelayGauges::connections);
        gauge(meters, "derp_current_home_connections", relay, RelayGauges::homeConnections);
        gauge(meters, "derp_current_notideal_connections", relay, RelayGauges::notIdealConnections);
        // As a counter, since a gauge would lose the end of its name.
        FunctionCounter.builder("derp_clients_total", relay, RelayGauges::regionPeers)
                .register(meters);
        gauge(meters, "derp_clients_local", relay, RelayGauges::localPeers);
        gauge(meters, "derp_clients_remote", relay, gauges -> gauges.regionPeers() - gauges.localPeers());
        gauge(meters, "derp_watchers", relay, RelayGauges::watchers);
        gauge(meters, "derp_current_dup_client_keys", relay, RelayGauges::duplicateKeys);
        gauge(meters, "derp_current_dup_client_conns", relay, RelayGauges::duplicateConnections);
        gauge(meters, "fleetscale_relay_queued_bytes", relay, RelayGauges::queuedBytes);
    }

    /** Counters for one more event loop. */
    public LoopCounters newLoop() {
        LoopCounters counters = new LoopCounters();
        loops.add(counters);
        return counters;
    }

    public long total(Counter counter) {
        return sum(loop -> loop.get(counter));
    }

    /** Dropped packets of both kinds. */
    public long dropped(DropReason reason) {
        return sum(loop -> loop.droppedPackets(reason, true) + loop.droppedPackets(reason, false));
    }

    private void drops(
            MeterRegistry meters, String name, DropReason reason, boolean disco, ToLongFunction<LoopCounters> cell) {
        Gauge.builder(name, this, metrics -> metrics.sum(cell))
                .tags("reason", reason.label(), "kind", disco ? "disco" : "other")
                .register(meters);
    }

    private static void gauge(
            MeterRegistry meters, String name, RelayGauges relay, ToDoubleFunction<RelayGauges> value) {
        Gauge.builder(name, relay, value).register(meters);
    }

    private long sum(ToLongFunction<LoopCounters> cell) {
        long total = 0;
        for (LoopCounters loop : loops) {
            total += cell.applyAsLong(loop);
        }
        return total;
    }
}
