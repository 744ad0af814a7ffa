package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.http.PathTable.Match;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every HTTP route of the main listener, all API families in one table. Immutable, thread-safe.
 *
 * <p>Features register with a {@link Builder}; the same method and pattern twice is an {@link IllegalStateException}.
 */
public final class RouteTable {
    /** Body limit of a route that names none. */
    public static final int DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

    private final PathTable<Route> routes;
    private final SortedMap<String, Unmatched> unmatched; // longest prefix first

    private RouteTable(PathTable<Route> routes, SortedMap<String, Unmatched> unmatched) {
        this.routes = routes;
        this.unmatched = unmatched;
    }

    /** How an API family answers a path of its own that has no route. Runs on the event loop: no blocking. */
    @FunctionalInterface
    public interface Unmatched {
        /** @param allowed the methods that the path has; empty if it is unknown */
        HttpReply answer(String method, String path, Set<String> allowed);
    }

    public static Builder builder() {
        return new Builder();
    }

    Match<Route> match(String method, String path) {
        return routes.match(method, path);
    }

    HttpReply unmatched(String method, String path, Set<String> allowed) {
        for (Map.Entry<String, Unmatched> family : unmatched.entrySet()) {
            if (path.startsWith(family.getKey())) {
                return family.getValue().answer(method, path, allowed);
            }
        }
        return plain(allowed);
    }

    /** The answer to a path that cannot be one of ours: the family's for an unknown one, where a family has it. */
    HttpReply badPath(String method, String path) {
        boolean ofFamily = unmatched.keySet().stream().anyMatch(path::startsWith);
        return ofFamily ? unmatched(method, path, Set.of()) : HttpReply.text(400, "bad path\n");
    }

    /** 404 with Go's text, or 405 with the methods. */
    private static HttpReply plain(Set<String> allowed) {
        return allowed.isEmpty()
                ? HttpReply.text(404, "404 page not found\n")
                : HttpReply.empty(405).withHeader("Allow", String.join(", ", allowed));
    }

    /** Collects routes; used by one thread at start. */
    public static final class Builder {
        private final PathTable<Route> routes = new PathTable<>();
        private final SortedMap<String, Unmatched> unmatched = new TreeMap<>(Comparator.reverseOrder());

        private Builder() {}

        public Builder get(String pattern, RouteHandler handler) {
            return route("GET", pattern, handler);
        }

        public Builder post(String pattern, RouteHandler handler) {
            return route("POST", pattern, handler);
        }

        public Builder route(String method, String pattern, RouteHandler handler) {
            return route(method, pattern, DEFAULT_MAX_BODY_BYTES, handler);
        }

        /** @param method in capitals, or {@link PathTable#ANY_METHOD} */
        public Builder route(String method, String pattern, int maxBodyBytes, RouteHandler handler) {
            routes.add(method, pattern, new Route(handler, maxBodyBytes));
            return this;
        }

        /** Says how paths below {@code prefix} are answered that have no route; the longest prefix wins. */
        public Builder unmatched(String prefix, Unmatched answer) {
            if (unmatched.put(prefix, answer) != null) {
                throw new IllegalStateException("unmatched paths below " + prefix + " are registered twice");
            }
            return this;
        }

        public RouteTable build() {
            return new RouteTable(routes, Collections.unmodifiableSortedMap(new TreeMap<>(unmatched)));
        }
    }
}
