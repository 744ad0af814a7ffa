package io.fleetscale.control.changelog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of the log for everyone who asks. One read is in flight; all who ask meanwhile share the next one, which
 * starts after they asked and so sees all that was committed before. Thread-safe.
 */
final class HeadReads {
    private final Database database;
    private final Executor executor;
    private final LongAdder reads = new LongAdder();
    private final Object lock = new Object();

    @GuardedBy("lock")
    private boolean inFlight;

    @GuardedBy("lock")
    private @Nullable CompletableFuture<LogHead> next;

    /** @param executor may block */
    HeadReads(Database database, Executor executor) {
        this.database = database;
        this.executor = executor;
    }

    /** Fails with {@code UNAVAILABLE}. */
    CompletableFuture<LogHead> read() {
        CompletableFuture<LogHead> mine;
        synchronized (lock) {
            if (next == null) {
                next = new CompletableFuture<>();
            }
            mine = next;
            if (inFlight) {
                return mine;
            }
            inFlight = true;
        }
        executor.execute(this::drain);
        return mine;
    }

    long count() {
        return reads.sum();
    }

    private void drain() {
        while (true) {
            CompletableFuture<LogHead> current;
            synchronized (lock) {
                current = next;
                next = null;
                if (current == null) {
                    inFlight = false;
                    return;
                }
            }
            try {
                reads.increment();
                current.complete(database.circuit().call(this::readOnce));
            } catch (SQLException | RuntimeException e) {
                current.completeExceptionally(Unavailable.of(e));
            }
        }
    }

    private LogHead readOnce() throws SQLException {
        try (Connection connection = database.read()) {
            return TailnetTables.head(connection);
        }
    }
}
