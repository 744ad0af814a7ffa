package io.fleetscale.control.changelog.testing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.changelog.StaleReads;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Decides and applies at once, under one lock; {@link #setAway} plays a database that is gone. Thread-safe. */
public final class MemoryChangelog implements Changelog {
    private final List<ImageListener> listeners = new CopyOnWriteArrayList<>();
    private final InstantSource clock;
    private final Random random;
    private volatile TailnetImage image = TailnetImage.EMPTY;
    private volatile boolean away;
    private volatile boolean answersStale;

    @GuardedBy("this")
    private long version;

    public MemoryChangelog(InstantSource clock, long seed) {
        this.clock = clock;
        this.random = new Random(seed);
    }

    public void setAway(boolean away) {
        this.away = away;
    }

    /** Away, and reads that consent to it are answered from the image. */
    public void setAwayForAll(boolean forAll) {
        this.away = forAll;
        this.answersStale = forAll;
    }

    @Override
    public TailnetImage image() {
        return image;
    }

    @Override
    public synchronized <R> CompletableFuture<R> write(HardWrite<R> write) {
        if (away) {
            return gone();
        }
        try {
            Decision<R> decision =
                    write.decide(image, new DecisionContext(clock.instant().truncatedTo(ChronoUnit.MICROS), random));
            if (!decision.changes().isEmpty()) {
                TailnetDelta delta = new TailnetDelta(++version, decision.changes());
                TailnetImage before = image;
                image = before.apply(delta);
                listeners.forEach(listener -> listener.applied(before, delta, image));
            }
            return CompletableFuture.completedFuture(decision.reply());
        } catch (ControlException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletableFuture<TailnetImage> current() {
        if (!away) {
            return CompletableFuture.completedFuture(image);
        }
        Optional<StaleReads> consent = StaleReads.current();
        if (!answersStale || consent.isEmpty()) {
            return gone();
        }
        TailnetImage known = image;
        consent.get().answeredFrom(known.version());
        return CompletableFuture.completedFuture(known);
    }

    @Override
    public void addListener(ImageListener listener) {
        listeners.add(listener);
    }

    private static <R> CompletableFuture<R> gone() {
        return CompletableFuture.failedFuture(
                new ControlException(ErrorCode.UNAVAILABLE, "the database is away, try again"));
    }
}
