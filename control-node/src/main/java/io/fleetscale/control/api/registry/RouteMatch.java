package io.fleetscale.control.api.registry;

import java.util.Map;
import java.util.SortedSet;

/** What the registry knows about a request's address. */
public sealed interface RouteMatch {
    /** @param variables by name, decoded */
    record Found(Route route, Map<String, String> variables) implements RouteMatch {}

    /** The path is known, the method is not. */
    record WrongMethod(SortedSet<String> allowed) implements RouteMatch {}

    record Unknown() implements RouteMatch {}
}
