package io.fleetscale.control.login;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The waiters of this instance. What is decided here is passed on to the others; what they decide comes in through {@link
 * #wake}. Thread-safe.
 */
public final class LocalLoginSignals implements LoginSignals {
    private final Map<AuthId, Set<LocalWatch>> watches = new ConcurrentHashMap<>();
    private final Consumer<AuthId> toOthers;

    /** @param toOthers tells the other instances; must not block */
    public LocalLoginSignals(Consumer<AuthId> toOthers) {
        this.toOthers = toOthers;
    }

    @Override
    public void decided(AuthId id) {
        wake(id);
        toOthers.accept(id);
    }

    /** Wakes the waiters of this instance. */
    public void wake(AuthId id) {
        watches.getOrDefault(id, Set.of()).forEach(watch -> watch.signal.release());
    }

    @Override
    public Watch watch(AuthId id) {
        LocalWatch watch = new LocalWatch(id);
        watches.compute(id, (key, present) -> {
            Set<LocalWatch> set = present == null ? ConcurrentHashMap.newKeySet() : present;
            set.add(watch);
            return set;
        });
        return watch;
    }

    private final class LocalWatch implements Watch {
        private final AuthId id;
        private final Semaphore signal = new Semaphore(0);

        LocalWatch(AuthId id) {
            this.id = id;
        }

        @Override
        public void await(long nanos) throws InterruptedException {
            if (signal.tryAcquire(nanos, TimeUnit.NANOSECONDS)) {
                signal.drainPermits();
            }
        }

        @Override
        public void close() {
            watches.computeIfPresent(id, (key, set) -> {
                set.remove(this);
                return set.isEmpty() ? null : set;
            });
        }
    }
}
