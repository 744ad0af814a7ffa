package io.fleetscale.control.frontdoor.limit;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that may be held at one time, all connections together. Thread-safe. */
public final class ByteBudget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    public ByteBudget(long limit) {
        this.limit = limit;
    }

    /** Takes {@code bytes}; false, and nothing taken, if they are not there. */
    public boolean take(long bytes) {
        if (used.addAndGet(bytes) > limit) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    public void giveBack(long bytes) {
        used.addAndGet(-bytes);
    }

    public long used() {
        return used.get();
    }
}
