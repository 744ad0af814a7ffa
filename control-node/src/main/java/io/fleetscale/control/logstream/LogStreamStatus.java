package io.fleetscale.control.logstream;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a log stream has done.
 *
 * @param lastActivity absent: nothing yet
 * @param lastError of the last request; empty: it succeeded
 * @param numSpoofedEntries that spoke for another than who wrote them, and were not sent
 */
public record LogStreamStatus(
        @Nullable Instant lastActivity,
        String lastError,
        long numBytesSent,
        long numEntriesSent,
        long numTotalRequests,
        long numFailedRequests,
        long numSpoofedEntries) {
    public static final LogStreamStatus NONE = new LogStreamStatus(null, "", 0, 0, 0, 0, 0);

    LogStreamStatus sent(Instant at, long bytes, long entries) {
        return new LogStreamStatus(
                at,
                "",
                numBytesSent + bytes,
                numEntriesSent + entries,
                numTotalRequests + 1,
                numFailedRequests,
                numSpoofedEntries);
    }

    LogStreamStatus failed(Instant at, String error) {
        return new LogStreamStatus(
                at,
                error,
                numBytesSent,
                numEntriesSent,
                numTotalRequests + 1,
                numFailedRequests + 1,
                numSpoofedEntries);
    }

    LogStreamStatus spoofed(long entries) {
        return new LogStreamStatus(
                lastActivity,
                lastError,
                numBytesSent,
                numEntriesSent,
                numTotalRequests,
                numFailedRequests,
                numSpoofedEntries + entries);
    }
}
