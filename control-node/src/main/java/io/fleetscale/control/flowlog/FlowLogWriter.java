package io.fleetscale.control.flowlog;

import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings uploads into the database, those that wait together in one transaction. What waits is bounded: beyond that a client is
 * asked to come again. Thread-safe; one thread writes.
 */
public final class FlowLogWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FlowLogWriter.class);
    private static final int MAX_WAITING = 2_000;
    private static final long MAX_WAITING_CHARACTERS = 32L * 1024 * 1024;
    private static final int MAX_BATCH = 1_000;

    private final FlowLog log;
    private final InstantSource clock;
    private final BlockingQueue<Upload> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicLong characters = new AtomicLong();
    private final Thread thread = Thread.ofVirtual().name("flow-logs").unstarted(this::run);

    public FlowLogWriter(FlowLog log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    private record Upload(List<FlowRecord> records, long characters, CompletableFuture<Boolean> stored) {}

    public void start() {
        thread.start();
    }

    /** Completes with true when the records are stored, with false when there is no room for them now. */
    CompletableFuture<Boolean> store(List<FlowRecord> records) {
        long length = records.stream().mapToLong(one -> one.json().length()).sum();
        Upload upload = new Upload(records, length, new CompletableFuture<>());
        if (characters.addAndGet(length) > MAX_WAITING_CHARACTERS || !waiting.offer(upload)) {
            characters.addAndGet(-length);
            return CompletableFuture.completedFuture(false);
        }
        return upload.stored();
    }

    private void run() {
        List<Upload> batch = new ArrayList<>();
        while (!Thread.currentThread().isInterrupted()) {
            try {
                batch.clear();
                batch.add(waiting.take());
                waiting.drainTo(batch, MAX_BATCH - 1);
                write(batch);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void write(List<Upload> batch) {
        try {
            log.store(
                    batch.stream().flatMap(upload -> upload.records().stream()).toList(), clock.instant());
            batch.forEach(upload -> upload.stored().complete(true));
        } catch (SQLException | RuntimeException e) {
            LOG.atWarn()
                    .addKeyValue("uploads", batch.size())
                    .addKeyValue("reason", e.getMessage())
                    .log("flow logs were not stored, clients will send them again");
            batch.forEach(upload -> upload.stored().complete(false));
        } finally {
            batch.forEach(upload -> characters.addAndGet(-upload.characters()));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
