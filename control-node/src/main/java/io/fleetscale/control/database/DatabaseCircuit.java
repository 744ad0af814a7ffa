package io.fleetscale.control.database;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an outage of PostgreSQL from piling up waiting work. Calls that fail because the connection is gone open the
 * circuit: then calls fail at once with {@code UNAVAILABLE} and its reason, until one that is let through a second later
 * succeeds. Serialisation failures and lost connections are tried again, a few times, with jitter. Thread-safe.
 */
public final class DatabaseCircuit {
    private static final int WINDOW_CALLS = 8;
    private static final int MIN_CALLS = 4;
    private static final float FAILURE_PERCENT = 50f;
    private static final Duration OPEN = Duration.ofSeconds(1);
    private static final int TRIAL_CALLS = 2;
    private static final int MAX_ATTEMPTS = 4;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(25);
    private static final double PAUSE_FACTOR = 2.5;
    private static final double JITTER = 0.5;

    private final CircuitBreaker breaker;
    private final Retry retry;
    private volatile String lastFailure = "";

    DatabaseCircuit() {
        breaker = CircuitBreaker.of(
                "postgres",
                CircuitBreakerConfig.custom()
                        .slidingWindowSize(WINDOW_CALLS)
                        .minimumNumberOfCalls(MIN_CALLS)
                        .failureRateThreshold(FAILURE_PERCENT)
                        .waitDurationInOpenState(OPEN)
                        .permittedNumberOfCallsInHalfOpenState(TRIAL_CALLS)
                        .automaticTransitionFromOpenToHalfOpenEnabled(false)
                        .recordException(t -> t instanceof SQLException e && DatabaseFaults.isConnectionLost(e))
                        .writableStackTraceEnabled(false)
                        .build());
        retry = Retry.of(
                "postgres",
                RetryConfig.custom()
                        .maxAttempts(MAX_ATTEMPTS)
                        .intervalFunction(
                                IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, PAUSE_FACTOR, JITTER))
                        .retryOnException(t -> t instanceof SQLException e
                                && (DatabaseFaults.isConnectionLost(e) || DatabaseFaults.isTransient(e)))
                        .build());
    }

    /** Work that may be run several times. */
    @FunctionalInterface
    public interface SqlWork<T extends @Nullable Object> {
        T run() throws SQLException;
    }

    /**
     * Runs {@code work}, again after a fault that may pass.
     *
     * @throws ControlException {@code UNAVAILABLE} while the circuit is open
     * @throws SQLException the last fault
     */
    public <T extends @Nullable Object> T call(SqlWork<T> work) throws SQLException {
        try {
            return retry.executeCheckedSupplier(() -> callOnce(work));
        } catch (SQLException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs {@code work} at most once. */
    public <T extends @Nullable Object> T callOnce(SqlWork<T> work) throws SQLException {
        try {
            return breaker.executeCheckedSupplier(work::run);
        } catch (CallNotPermittedException e) {
            throw unavailable(e);
        } catch (SQLException e) {
            lastFailure = DatabaseFaults.firstLine(e.getMessage());
            throw e;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether calls are refused at present. */
    public boolean isOpen() {
        return breaker.getState() == CircuitBreaker.State.OPEN
                || breaker.getState() == CircuitBreaker.State.FORCED_OPEN;
    }

    /** Why the last call failed; empty when none did. For operators only: server messages can name tables. */
    public String lastFailure() {
        return lastFailure;
    }

    private static ControlException unavailable(@Nullable Throwable cause) {
        return new ControlException(
                ErrorCode.UNAVAILABLE, "the database is away: reads go on, retry the write in a second", cause);
    }
}
