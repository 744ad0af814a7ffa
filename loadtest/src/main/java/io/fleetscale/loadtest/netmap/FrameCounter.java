package io.fleetscale.loadtest.netmap;

import io.fleetscale.loadtest.client.MapReceiver;
import org.jspecify.annotations.Nullable;

/**
 * Counts messages without looking into them: what it takes to hold very many sessions of a big tailnet open. The first
 * message longer than a keep-alive counts as the full map. Thread-safe.
 */
public final class FrameCounter implements MapReceiver {
    /** A keep-alive has some 60 bytes, a full map with its DERP map many hundreds. */
    private static final int MAX_KEEP_ALIVE_BYTES = 160;

    private boolean first = true;
    private long messages;
    private long bytes;

    @Override
    public boolean wantsContent() {
        return false;
    }

    @Override
    public synchronized void begin() {
        first = true;
    }

    @Override
    public synchronized Kind message(byte @Nullable [] json, int length, int frameBytes) {
        bytes += frameBytes;
        messages++;
        if (first && frameBytes > MAX_KEEP_ALIVE_BYTES) {
            first = false;
            return Kind.FULL;
        }
        return Kind.DELTA;
    }

    /** All messages, keep-alives included. */
    public synchronized long messages() {
        return messages;
    }

    public synchronized long bytes() {
        return bytes;
    }
}
