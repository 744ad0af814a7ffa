package io.fleetscale.control.frontdoor.limit;

/** So many at once, so many per second on average. Thread-safe. */
final class TokenBucket {
    private static final double NANOS_PER_SECOND = 1e9;

    private final double perNano;
    private final double burst;
    private double tokens;
    private long refilledNanos;

    TokenBucket(Rate rate, long nowNanos) {
        this.perNano = rate.perSecond() / NANOS_PER_SECOND;
        this.burst = rate.burst();
        this.tokens = burst;
        this.refilledNanos = nowNanos;
    }

    synchronized boolean take(long nowNanos) {
        long elapsed = nowNanos - refilledNanos;
        if (elapsed > 0) {
            tokens = Math.min(burst, tokens + elapsed * perNano);
            refilledNanos = nowNanos;
        }
        if (tokens < 1) {
            return false;
        }
        tokens -= 1;
        return true;
    }
}
