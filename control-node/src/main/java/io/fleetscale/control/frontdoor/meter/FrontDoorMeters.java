package io.fleetscale.control.frontdoor.meter;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.fleetscale.wire.ip.IpAddress;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what happens at the front door, and writes one line per source, reason and minute. Thread-safe. */
public final class FrontDoorMeters {
    private static final Logger LOG = LoggerFactory.getLogger("io.fleetscale.control.frontdoor");
    private static final Duration ONE_LINE_PER = Duration.ofMinutes(1);
    private static final int MAX_REMEMBERED_LINES = 10_000;
    private static final String HTTP_1 = "HTTP/1.1";
    private static final String HTTP_2 = "HTTP/2.0";
    private static final String NO_MATCH = "<no-match>";
    private static final Duration[] REQUEST_BUCKETS = IntStream.of(
                    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Timer handshakes;
    private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger noiseConnections = new AtomicInteger();
    private final AtomicInteger requestsAtWork = new AtomicInteger();
    private final AtomicInteger openRpcs = new AtomicInteger();
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
        inFlight(HTTP_1, requestsAtWork);
        inFlight(HTTP_2, openRpcs);
        this.lines = Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED_LINES)
                .expireAfterWrite(ONE_LINE_PER)
                .ticker(nanoTime::getAsLong)
                .build();
    }

    private void inFlight(String protocol, AtomicInteger value) {
        Gauge.builder("http.requests.inflight", value, AtomicInteger::get)
                .description("Requests that are not answered to the end")
                .tags("host", "", "proto", protocol)
                .register(registry);
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

    /** @param pattern of the route, never a path from the wire */
    public void requestTook(String method, String pattern, int status, long nanos) {
        record(method + " " + pattern, status, HTTP_1, nanos);
    }

    /** A request of which nothing from the wire may become a label. */
    public void unmatched(int status) {
        record(NO_MATCH, status, HTTP_1, 0);
    }

    /**
     * A call inside Noise was answered, or its stream of answers began.
     *
     * @param endpoint method and pattern of the RPC; empty: there is no such RPC
     */
    public void rpcAnswered(String endpoint, int status, long nanos) {
        record(endpoint.isEmpty() ? NO_MATCH : endpoint, status, HTTP_2, nanos);
    }

    /** Headscale's names and labels; it leaves the host empty, and so do we, since it comes from the wire. */
    private void record(String endpoint, int status, String protocol, long nanos) {
        Tags tags = Tags.of("host", "", "status", Integer.toString(status), "endpoint", endpoint, "proto", protocol);
        registry.counter("http.requests", tags).increment();
        Timer.builder("http.request.duration")
                .description("From the head of a request to its answer")
                .tags(tags)
                .serviceLevelObjectives(REQUEST_BUCKETS)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Handlers of HTTP requests that run now. */
    public AtomicInteger requestsAtWork() {
        return requestsAtWork;
    }

    /** Streams of Noise connections that are open now. */
    public AtomicInteger openRpcs() {
        return openRpcs;
    }

    public AtomicInteger connections() {
        return connections;
    }

    public AtomicInteger noiseConnections() {
        return noiseConnections;
    }
}
