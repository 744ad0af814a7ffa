package io.fleetscale.control.frontdoor.meter;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.fleetscale.wire.ip.IpAddress;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what happens at the front door, and writes one line per source, reason and minute. Thread-safe. */
public final class FrontDoorMeters {
    private static final Logger LOG = LoggerFactory.getLogger("io.fleetscale.control.frontdoor");
    private static final Duration ONE_LINE_PER = Duration.ofMinutes(1);
    private static final int MAX_REMEMBERED_LINES = 10_000;

    private final MeterRegistry registry;
    private final Timer handshakes;
    private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger noiseConnections = new AtomicInteger();
    private final Cache<LineKey, AtomicInteger> lines;

    private record LineKey(IpAddress source, Refusal reason) {}

    public FrontDoorMeters(MeterRegistry registry, LongSupplier nanoTime) {
        this.registry = registry;
        this.handshakes = Timer.builder("control.handshake")
                .description("CPU and waiting time of one Noise handshake on its thread")
                .publishPercentileHistogram()
                .register(registry);
        Arrays.stream(Refusal.values())
                .forEach(reason -> refused.put(
                        reason,
                        Counter.builder("control.frontdoor.refused")
                                .tag("reason", reason.label())
                                .register(registry)));
        Gauge.builder("control.frontdoor.connections", connections, AtomicInteger::get)
                .tag("kind", "all")
                .register(registry);
        Gauge.builder("control.frontdoor.connections", noiseConnections, AtomicInteger::get)
                .tag("kind", "noise")
                .register(registry);
        this.lines = Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED_LINES)
                .expireAfterWrite(ONE_LINE_PER)
                .ticker(nanoTime::getAsLong)
                .build();
    }

    /** Counts one refusal and, at most once a minute for a source and reason, writes why; no bytes of the peer. */
    public void refuse(Refusal reason, IpAddress source, String detail) {
        count(reason);
        AtomicInteger seen = lines.get(new LineKey(source, reason), key -> new AtomicInteger());
        if (seen.getAndIncrement() == 0) {
            LOG.atWarn()
                    .addKeyValue("reason", reason.label())
                    .addKeyValue("source", source)
                    .log("refused: {}", detail);
        }
    }

    public void count(Refusal reason) {
        Counter counter = refused.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    public double refused(Refusal reason) {
        Counter counter = refused.get(reason);
        return counter == null ? 0 : counter.count();
    }

    public void handshakeTook(long nanos) {
        handshakes.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** @param endpoint the pattern of the route, never a path from the wire */
    public void requestTook(String endpoint, int status, long nanos) {
        registry.timer("http.request.duration", "endpoint", endpoint, "status", status / 100 + "xx")
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** @param endpoint the pattern of the RPC */
    public void rpcAnswered(String endpoint, int status) {
        registry.counter("control.noise.requests", "endpoint", endpoint, "status", status / 100 + "xx")
                .increment();
    }

    public AtomicInteger connections() {
        return connections;
    }

    public AtomicInteger noiseConnections() {
        return noiseConnections;
    }
}
