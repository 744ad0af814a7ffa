package io.fleetscale.control.changelog;

import io.fleetscale.proto.grid.v1.LogRecord;
import java.util.function.Consumer;

/**
 * Carries committed records to the other instances faster than they would read them themselves. It may lose, repeat or
 * reorder records: every instance applies strictly in order and repairs gaps from the database.
 */
public interface LogFanout {
    /** Called after the commit on a thread of the log's own; a failure or delay here reaches no caller. */
    void publish(LogRecord record);

    /** {@code consumer} only enqueues, so it may be called from any thread. */
    void subscribe(Consumer<LogRecord> consumer);
}
