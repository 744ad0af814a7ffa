package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waiting for futures on virtual threads. */
final class Waits {
    private Waits() {}

    /** The result; a {@link ControlException} of the future is thrown as it is. */
    static <R> R join(CompletableFuture<R> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ControlException refused) {
                throw refused;
            }
            throw new ControlException(ErrorCode.INTERNAL, "internal server error", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(ErrorCode.UNAVAILABLE, "the server is stopping", e);
        }
    }
}
