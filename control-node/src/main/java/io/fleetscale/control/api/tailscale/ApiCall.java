package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A call whose operation and caller are known.
 *
 * @param variables of the path, decoded
 * @param image of the log's head when the call came
 */
record ApiCall(HttpCall http, Map<String, String> variables, Caller caller, TailnetImage image, Instant now) {
    String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the pattern of this operation has no {" + name + "}");
        }
        return value;
    }

    Optional<String> query(String name) {
        return http.query(name);
    }

    Map<String, List<String>> query() {
        return http.query();
    }

    /** The body as a JSON object. */
    Body body() {
        return Body.object(http.body());
    }

    /** The result of a write. */
    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof ControlException refused) {
                throw refused;
            }
            throw new ControlException(ErrorCode.INTERNAL, "the operation failed", e.getCause());
        }
    }
}
