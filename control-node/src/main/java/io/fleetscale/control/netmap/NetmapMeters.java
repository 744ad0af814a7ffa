package io.fleetscale.control.netmap;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What changes of nodes cost until sessions see them, under the names of headscale's node store: an operation is one change
 * that is taken in, a batch is what becomes one state, a snapshot is the state. Reads are not counted: they touch an
 * immutable state and cost nothing here. Source: headscale-surface 3.7.
 */
final class NetmapMeters {
    private static final double[] BATCH_SIZES = {1, 2, 5, 10, 20, 50, 100};
    private static final Duration[] BUCKETS = Stream.of(
                    10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 1_000_000)
            .map(micros -> Duration.ofNanos(micros * 1_000L))
            .toArray(Duration[]::new);

    private final Map<Operation, Counter> operations = new EnumMap<>(Operation.class);
    private final Map<Operation, Timer> operationTimes = new EnumMap<>(Operation.class);
    private final DistributionSummary batchSizes;
    private final Timer batches;
    private final Timer snapshots;
    private final Timer peers;

    enum Operation {
        PUT,
        UPDATE,
        DELETE
    }

    NetmapMeters(MeterRegistry registry) {
        for (Operation operation : Operation.values()) {
            String label = operation.name().toLowerCase(Locale.ROOT);
            operations.put(
                    operation,
                    Counter.builder("headscale.nodestore.operations")
                            .description("Changes of nodes")
                            .tag("operation", label)
                            .register(registry));
            operationTimes.put(
                    operation, timer(registry, "operation.duration", "Taking in one change", "operation", label));
        }
        batchSizes = DistributionSummary.builder("headscale.nodestore.batch.size")
                .description("Changes that became one state")
                .serviceLevelObjectives(BATCH_SIZES)
                .register(registry);
        batches = timer(registry, "batch.duration", "From the first change of a batch to its state");
        snapshots = timer(registry, "snapshot.build.duration", "Publishing a state");
        peers = timer(registry, "peers.calculation.duration", "Working out who is told of the changes of a batch");
    }

    private static Timer timer(MeterRegistry registry, String name, String help, String... tags) {
        return Timer.builder("headscale.nodestore." + name)
                .description(help)
                .tags(tags)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    void took(Operation operation, long nanos) {
        Counter counter = operations.get(operation);
        Timer timer = operationTimes.get(operation);
        if (counter != null && timer != null) {
            counter.increment();
            timer.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    /**
     * @param changes how many
     * @param takenNanos taking them in
     * @param publishedNanos publishing the state
     */
    void batch(int changes, long takenNanos, long publishedNanos) {
        batchSizes.record(changes);
        peers.record(takenNanos, TimeUnit.NANOSECONDS);
        snapshots.record(publishedNanos, TimeUnit.NANOSECONDS);
        batches.record(takenNanos + publishedNanos, TimeUnit.NANOSECONDS);
    }
}
