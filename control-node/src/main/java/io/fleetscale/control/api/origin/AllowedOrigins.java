package io.fleetscale.control.api.origin;

import io.fleetscale.control.changelog.StaleReads;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Lets pages of the configured origins, and of no others, call an API from a browser. A browser asks before such a call,
 * without credentials, so that question is answered before any key is asked for. Immutable, thread-safe. Source: the Fetch
 * standard, "CORS protocol".
 */
public final class AllowedOrigins {
    private static final String METHODS = "GET, POST, PUT, PATCH, DELETE";
    private static final String HEADERS = "Authorization, Content-Type, Accept, If-Match";
    private static final String READABLE = "ETag, X-Request-Id, " + StaleReads.HEADER;
    private static final String SECONDS_TO_REMEMBER = "600";

    private final Set<String> origins;

    /** @param origins in lower case, as browsers send them: {@code https://ui.example.com} */
    public AllowedOrigins(Collection<String> origins) {
        this.origins = Set.copyOf(origins);
    }

    /** The same route, for pages of these origins too. */
    public RouteHandler around(RouteHandler route) {
        return call -> {
            Optional<String> origin = call.header("Origin");
            if (isQuestion(call)) {
                return origin.filter(origins::contains)
                        .map(AllowedOrigins::permission)
                        .orElseGet(() -> HttpReply.empty(204).withHeader("Vary", "Origin"));
            }
            HttpReply reply = route.handle(call);
            return origin.filter(origins::contains)
                    .map(allowed -> named(reply, allowed).withHeader("Access-Control-Expose-Headers", READABLE))
                    .orElse(reply);
        };
    }

    private static boolean isQuestion(HttpCall call) {
        return call.method().equals("OPTIONS")
                && call.header("Origin").isPresent()
                && call.header("Access-Control-Request-Method").isPresent();
    }

    private static HttpReply permission(String origin) {
        return named(HttpReply.empty(204), origin)
                .withHeader("Access-Control-Allow-Methods", METHODS)
                .withHeader("Access-Control-Allow-Headers", HEADERS)
                .withHeader("Access-Control-Max-Age", SECONDS_TO_REMEMBER);
    }

    /** Caches must not show the answer to a page of another origin. */
    private static HttpReply named(HttpReply reply, String origin) {
        return reply.withHeader("Access-Control-Allow-Origin", origin).withHeader("Vary", "Origin");
    }
}
