package io.fleetscale.control.changelog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A caller's consent to be answered from this instance's image while PostgreSQL is away for all, and what came of it. The edge
 * that can tell the caller of it binds it for the call, only where nothing but reading happens; {@link Changelog#current} looks
 * for it, so that features need not know. Thread-safe.
 */
public final class StaleReads {
    /** Header of answers that are not known to be current: the number of the log that they are of. */
    public static final String HEADER = "Fleetscale-Stale";

    private static final ScopedValue<Optional<StaleReads>> CURRENT = ScopedValue.newInstance();

    @GuardedBy("this")
    private OptionalLong version = OptionalLong.empty();

    /** The consent that holds for what this thread does now. */
    public static Optional<StaleReads> current() {
        return CURRENT.isBound() ? CURRENT.get() : Optional.empty();
    }

    /** Whether what this thread has read under a consent may be stale. */
    public static boolean isStale() {
        return current()
                .flatMap(reads -> reads.version().stream().boxed().findFirst())
                .isPresent();
    }

    /** Does {@code call} without a consent: for what asks whether PostgreSQL is there. */
    public static <R, X extends Throwable> R never(ScopedValue.CallableOp<R, X> call) throws X {
        return ScopedValue.where(CURRENT, Optional.empty()).call(call);
    }

    /** Does {@code call} with this consent. */
    public void run(Runnable call) {
        ScopedValue.where(CURRENT, Optional.of(this)).run(call);
    }

    /** Does {@code call} with this consent. */
    public <R, X extends Throwable> R call(ScopedValue.CallableOp<R, X> call) throws X {
        return ScopedValue.where(CURRENT, Optional.of(this)).call(call);
    }

    /** Told by a log that answers from an image of which it does not know whether it is the newest. */
    public synchronized void answeredFrom(long imageVersion) {
        version = OptionalLong.of(version.isPresent() ? Math.min(version.getAsLong(), imageVersion) : imageVersion);
    }

    /** The oldest image that was answered from; empty: all that was read is current. */
    public synchronized OptionalLong version() {
        return version;
    }
}
