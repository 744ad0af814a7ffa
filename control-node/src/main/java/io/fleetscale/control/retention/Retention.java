package io.fleetscale.control.retention;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseFaults;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Once a minute, on the instance that acts for all, each kind of old rows is deleted batch by batch: a transaction is short, others
 * get their turn between two, and a round is bounded, so that a backlog takes several. One thread.
 */
public final class Retention implements AutoCloseable, MeterBinder {
    static final int BATCH = 2_000;
    static final int MOST_BATCHES = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final Duration PERIOD = Duration.ofMinutes(1);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private final Database database;
    private final BooleanSupplier elected;
    private final Map<String, Sweep> sweeps;
    private final Map<String, LongAdder> deleted = new TreeMap<>();
    private final LongAdder failures = new LongAdder();
    private final Thread thread = Thread.ofVirtual().name("retention").unstarted(this::run);

    /**
     * @param elected whether this instance is the one; asked before each batch
     * @param sweeps by the name of what they delete, for metrics and the log
     */
    public Retention(Database database, BooleanSupplier elected, Map<String, Sweep> sweeps) {
        this.database = database;
        this.elected = elected;
        this.sweeps = Map.copyOf(sweeps);
        sweeps.keySet().forEach(kind -> deleted.put(kind, new LongAdder()));
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(PERIOD);
                round();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Each kind once; one that fails does not keep the others from their turn. */
    void round() throws InterruptedException {
        for (Map.Entry<String, Sweep> sweep : sweeps.entrySet()) {
            try {
                long rows = sweep(sweep.getValue());
                if (rows > 0) {
                    adder(sweep.getKey()).add(rows);
                    LOG.atInfo()
                            .addKeyValue("kind", sweep.getKey())
                            .addKeyValue("rows", rows)
                            .log("Old rows were deleted");
                }
            } catch (SQLException e) {
                failures.increment();
                LOG.atWarn()
                        .addKeyValue("kind", sweep.getKey())
                        .addKeyValue("reason", DatabaseFaults.reason(e))
                        .log("Old rows were not deleted, trying again in a minute");
            }
        }
    }

    private long sweep(Sweep sweep) throws SQLException, InterruptedException {
        long rows = 0;
        for (int i = 0; i < MOST_BATCHES && elected.getAsBoolean(); i++) {
            int batch = batch(sweep);
            rows += batch;
            if (batch < BATCH) {
                break;
            }
            Thread.sleep(PAUSE);
        }
        return rows;
    }

    private int batch(Sweep sweep) throws SQLException {
        try (Connection connection = database.write()) {
            try {
                int rows = sweep.delete(connection, BATCH);
                connection.commit();
                return rows;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        }
    }

    private LongAdder adder(String kind) {
        return deleted.computeIfAbsent(kind, unused -> new LongAdder());
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        deleted.forEach((kind, rows) -> FunctionCounter.builder("control.retention.deleted", rows, LongAdder::sum)
                .tag("kind", kind)
                .description("Rows that this instance deleted because they were old")
                .register(registry));
        FunctionCounter.builder("control.retention.failures", failures, LongAdder::sum)
                .description("Attempts to delete old rows that failed")
                .register(registry);
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            boolean unused = thread.join(STOP_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
