package io.fleetscale.relay.session;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes that all send queues of a relay may hold together. Thread-safe; touched only by congested connections. */
public final class QueueMemory {
    private final long maxBytes;
    private final AtomicLong usedBytes = new AtomicLong();

    public QueueMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    public long usedBytes() {
        return usedBytes.get();
    }

    boolean tryTake(int bytes) {
        if (usedBytes.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        giveBack(bytes);
        return false;
    }

    void giveBack(int bytes) {
        usedBytes.addAndGet(-bytes);
    }
}
