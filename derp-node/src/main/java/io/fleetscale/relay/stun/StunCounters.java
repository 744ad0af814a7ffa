package io.fleetscale.relay.stun;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/**
 * What became of datagrams. Thread-safe. Series are gauges for the sake of their names, see
 * {@link io.fleetscale.relay.metrics.RelayMetrics}.
 */
final class StunCounters {
    final LongAdder notStun = new LongAdder();
    final LongAdder readErrors = new LongAdder();
    final LongAdder writeErrors = new LongAdder();
    final LongAdder ipv4 = new LongAdder();
    final LongAdder ipv6 = new LongAdder();

    void bindTo(MeterRegistry meters) {
        Gauge.builder("stun_requests", this, StunCounters::success)
                .tag("disposition", "success")
                .register(meters);
        requests(meters, "not_stun", notStun);
        requests(meters, "read_error", readErrors);
        requests(meters, "write_error", writeErrors);
        family(meters, "ipv4", ipv4);
        family(meters, "ipv6", ipv6);
    }

    long success() {
        return ipv4.sum() + ipv6.sum();
    }

    private static void requests(MeterRegistry meters, String disposition, LongAdder counter) {
        Gauge.builder("stun_requests", counter, LongAdder::sum)
                .tag("disposition", disposition)
                .register(meters);
    }

    private static void family(MeterRegistry meters, String family, LongAdder counter) {
        Gauge.builder("stun_addrfamily", counter, LongAdder::sum)
                .tag("family", family)
                .register(meters);
    }
}
