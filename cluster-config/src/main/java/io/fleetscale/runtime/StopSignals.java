package io.fleetscale.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and SIGINT for a process with a {@link Lifecycle}: the first asks it to stop, after which the program ends with the
 * code that it chooses; the second ends the process at once, with 128 + the number of the signal.
 *
 * <p>A shutdown hook, the JDK's own way, hears nothing of a second signal. Thread-safe.
 */
public final class StopSignals {
    /** The signals that ask a process to end. */
    enum StopSignal {
        INT(2),
        TERM(15);

        private final int number;

        StopSignal(int number) {
            this.number = number;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);
    private static final int SIGNAL_EXIT_BASE = 128;

    private final Lifecycle lifecycle;
    private final IntConsumer halt;
    private final AtomicInteger received = new AtomicInteger();

    public StopSignals(Lifecycle lifecycle) {
        this(lifecycle, code -> Runtime.getRuntime().halt(code));
    }

    StopSignals(Lifecycle lifecycle, IntConsumer halt) {
        this.lifecycle = lifecycle;
        this.halt = halt;
    }

    /**
     * Takes the signals over from the JDK, for the rest of the life of the process.
     *
     * @throws IllegalStateException on a JDK without {@code sun.misc.Signal} (module {@code jdk.unsupported})
     */
    public void install() {
        for (StopSignal signal : StopSignal.values()) {
            ProcessSignals.handle(signal.name(), () -> receive(signal));
        }
    }

    void receive(StopSignal signal) {
        String name = "SIG" + signal.name();
        if (received.getAndIncrement() == 0) {
            LOG.atInfo().addKeyValue("signal", name).log("stopping; a second signal stops at once");
            lifecycle.requestStop(name);
        } else {
            LOG.atWarn().addKeyValue("signal", name).log("stopping at once");
            halt.accept(SIGNAL_EXIT_BASE + signal.number);
        }
    }
}
