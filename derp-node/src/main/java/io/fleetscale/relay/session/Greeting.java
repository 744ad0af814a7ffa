package io.fleetscale.relay.session;

import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.LoopCounters;
import io.fleetscale.wire.derp.FrameException;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time before a node is admitted: until when it must have greeted and the verdict must be there, and what a verdict means.
 * Confined to the connection's event loop.
 */
final class Greeting {
    private static final Logger LOG = LoggerFactory.getLogger(Greeting.class);

    private final SessionServices services;
    private final EventExecutor loop;
    private final LoopCounters counters;
    private final Consumer<String> end;
    private @Nullable Future<?> deadline;

    /** @param end ends the connection, for a reason */
    Greeting(SessionServices services, EventExecutor loop, LoopCounters counters, Consumer<String> end) {
        this.services = services;
        this.loop = loop;
        this.counters = counters;
        this.end = end;
    }

    /** The node has been told the relay's key. */
    void awaited() {
        deadline(services.timers().greeting(), Counter.HANDSHAKE_TIMEOUTS, "no greeting in time");
    }

    /** The node has greeted. */
    void heard() {
        deadline(services.timers().admission(), Counter.ADMISSION_FAILURES, "no verdict in time");
    }

    /**
     * What the verdict says; null when the connection was ended for it.
     *
     * @throws FrameException if the node has not proven its key
     */
    Handshakes.@Nullable Accepted verdict(Handshakes.@Nullable Outcome outcome, @Nullable Throwable failure) {
        close();
        if (failure != null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            if (cause instanceof FrameException fault) {
                throw fault;
            }
            LOG.atWarn().setCause(cause).log("admission failed, the node is refused");
            return refused(Counter.ADMISSION_FAILURES, "admission failed");
        }
        return switch (Objects.requireNonNull(outcome, "outcome")) {
            case Handshakes.Accepted accepted -> accepted;
            case Handshakes.Refused refused -> refused(Counter.ADMISSION_REFUSALS, "not admitted");
            case Handshakes.Overloaded overloaded -> refused(Counter.HANDSHAKES_SHED, "too many greetings");
        };
    }

    /** No deadline is left. */
    void close() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    private Handshakes.@Nullable Accepted refused(Counter counter, String why) {
        counters.increment(counter);
        end.accept(why);
        return null;
    }

    private void deadline(Duration delay, Counter counter, String why) {
        close();
        deadline = loop.schedule(
                () -> {
                    counters.increment(counter);
                    end.accept(why);
                },
                delay.toNanos(),
                TimeUnit.NANOSECONDS);
    }
}
