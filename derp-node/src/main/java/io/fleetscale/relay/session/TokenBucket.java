package io.fleetscale.relay.session;

/**
 * A bucket of tokens that refills with time. Time is monotonic, in nanoseconds. Confined to one thread.
 *
 * <p>{@link #charge} may overdraw the bucket: the debt is paid by waiting {@link #debtNanos}.
 */
final class TokenBucket {
    private static final double NANOS_PER_SECOND = 1e9;

    private final double tokensPerNano;
    private final double capacity;
    private double tokens;
    private long refilledAtNanos;

    TokenBucket(double tokensPerSecond, double capacity, long nowNanos) {
        this.tokensPerNano = tokensPerSecond / NANOS_PER_SECOND;
        this.capacity = capacity;
        this.tokens = capacity;
        this.refilledAtNanos = nowNanos;
    }

    /** Takes one token if there is one. */
    boolean tryTake(long nowNanos) {
        refill(nowNanos);
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }

    /** Takes tokens even when there are not enough. */
    void charge(long amount) {
        tokens -= amount;
    }

    /** How long until the debt is paid; 0 without debt. */
    long debtNanos(long nowNanos) {
        refill(nowNanos);
        return tokens >= 0 ? 0 : (long) Math.ceil(-tokens / tokensPerNano);
    }

    private void refill(long nowNanos) {
        tokens = Math.min(capacity, tokens + (nowNanos - refilledAtNanos) * tokensPerNano);
        refilledAtNanos = nowNanos;
    }
}
