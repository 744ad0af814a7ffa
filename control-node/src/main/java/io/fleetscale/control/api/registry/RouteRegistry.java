package io.fleetscale.control.api.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The routes of all API families. Immutable after construction, thread-safe. A fixed word wins over a variable. */
public final class RouteRegistry {
    private final Branch root = new Branch();
    private final List<Route> routes;

    private RouteRegistry(Collection<Route> routes) {
        this.routes = List.copyOf(routes);
    }

    /**
     * Builds the table.
     *
     * @throws IllegalStateException if two routes share a method and an address, naming both
     */
    public static RouteRegistry of(Collection<Route> routes) {
        RouteRegistry registry = new RouteRegistry(routes);
        registry.routes.forEach(registry::add);
        return registry;
    }

    /** All routes in the order in which they were given: the source of every description document. */
    public List<Route> routes() {
        return routes;
    }

    /**
     * Finds the route of a request.
     *
     * @param segments of the decoded path, without the leading slash
     */
    public RouteMatch match(String method, List<String> segments) {
        List<Route> candidates = new ArrayList<>();
        collect(root, segments, 0, candidates);
        TreeSet<String> allowed = new TreeSet<>();
        for (Route route : candidates) {
            if (route.method().equals(method)) {
                return new RouteMatch.Found(route, variables(route.pattern(), segments));
            }
            allowed.add(route.method());
        }
        return allowed.isEmpty() ? new RouteMatch.Unknown() : new RouteMatch.WrongMethod(allowed);
    }

    private void add(Route route) {
        Branch branch = root;
        for (PathPattern.Segment segment : route.pattern().segments()) {
            branch = switch (segment) {
                case PathPattern.Literal(String word) -> branch.words.computeIfAbsent(word, ignored -> new Branch());
                case PathPattern.Variable ignored -> branch.variable();
            };
        }
        Route other = branch.routes.putIfAbsent(route.method(), route);
        if (other != null) {
            throw new IllegalStateException("two routes for one address: " + other + " and " + route);
        }
    }

    private static void collect(Branch branch, List<String> segments, int depth, List<Route> found) {
        if (depth == segments.size()) {
            found.addAll(branch.routes.values());
            return;
        }
        String segment = segments.get(depth);
        Branch word = branch.words.get(segment);
        if (word != null) {
            collect(word, segments, depth + 1, found);
        }
        if (branch.any != null && !segment.isEmpty()) {
            collect(branch.any, segments, depth + 1, found);
        }
    }

    private static Map<String, String> variables(PathPattern pattern, List<String> segments) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (int i = 0; i < segments.size(); i++) {
            if (pattern.segments().get(i) instanceof PathPattern.Variable(String name)) {
                variables.put(name, segments.get(i));
            }
        }
        return variables;
    }

    /** One segment deeper in the tree of paths. */
    private static final class Branch {
        private final Map<String, Branch> words = new HashMap<>();
        private final Map<String, Route> routes = new TreeMap<>();
        private @Nullable Branch any;

        Branch variable() {
            Branch branch = any;
            if (branch == null) {
                branch = new Branch();
                any = branch;
            }
            return branch;
        }
    }
}
