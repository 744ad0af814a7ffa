package io.fleetscale.control.changelog;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A write that waits for its turn. All but the future is confined to the writer thread. */
final class Submission<R> {
    private static final Logger log = LoggerFactory.getLogger(Submission.class);

    private final HardWrite<R> write;
    private final Optional<Actor> actor = Actor.current();
    private final CompletableFuture<R> future = new CompletableFuture<>();
    private @Nullable Decision<R> decision;
    private @Nullable ControlException refusal;
    private long version;

    Submission(HardWrite<R> write) {
        this.write = write;
    }

    /** Who caused it. */
    Optional<Actor> actor() {
        return actor;
    }

    CompletableFuture<R> future() {
        return future;
    }

    /** The changes decided on; empty when there are none, or the write was refused. */
    List<Change> decide(TailnetImage image, DecisionContext context) {
        decision = null;
        refusal = null;
        version = image.version();
        try {
            Decision<R> made = write.decide(image, context);
            decision = made;
            return made.changes();
        } catch (ControlException e) {
            refusal = e;
        } catch (RuntimeException e) {
            log.error("A decision failed", e);
            refusal = new ControlException(ErrorCode.INTERNAL, "the write could not be decided: see the log", e);
        }
        return List.of();
    }

    void refuse(ControlException reason) {
        decision = null;
        refusal = reason;
    }

    void takeVersion(long newVersion) {
        version = newVersion;
    }

    /** Answers the caller; called after the commit. */
    void settle(ImageReplica replica) {
        if (refusal != null) {
            future.completeExceptionally(refusal);
            return;
        }
        Decision<R> made = decision;
        if (made == null) {
            throw new IllegalStateException("settled before it was decided");
        }
        var unused = replica.reached(version).whenComplete((image, failure) -> {
            if (failure == null) {
                future.complete(made.reply());
            } else {
                future.completeExceptionally(Unavailable.of(failure));
            }
        });
    }

    void fail(ControlException reason) {
        future.completeExceptionally(reason);
    }
}
