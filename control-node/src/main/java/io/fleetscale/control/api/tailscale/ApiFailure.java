package io.fleetscale.control.api.tailscale;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An answer other than success: an HTTP status, a text for callers, and for policies the tests that failed. */
final class ApiFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient @Nullable JsonNode data;

    ApiFailure(int status, String message) {
        this(status, message, null);
    }

    ApiFailure(int status, String message, @Nullable JsonNode data) {
        super(message, null, false, false);
        this.status = status;
        this.data = data;
    }

    static ApiFailure badRequest(String message) {
        return new ApiFailure(400, message);
    }

    static ApiFailure notFound(String what) {
        return new ApiFailure(404, what + " not found");
    }

    static ApiFailure missingScope(String scope) {
        return new ApiFailure(403, "token is missing the required scope " + scope);
    }

    int status() {
        return status;
    }

    String text() {
        String message = getMessage();
        return message == null ? "" : message;
    }

    @Nullable
    JsonNode data() {
        return data;
    }
}
