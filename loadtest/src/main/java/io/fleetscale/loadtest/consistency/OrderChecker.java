package io.fleetscale.loadtest.consistency;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides whether what several watchers saw of one register can be the same sequence of values, of which each saw some: no
 * value comes back, and the orders of all watchers together have no cycle.
 */
public final class OrderChecker {
    private OrderChecker() {}

    /**
     * @param watched for each watcher, the values in the order in which it saw them, each only when it was another than before
     * @return what is wrong; empty if there is one order for all
     */
    public static Optional<String> check(Collection<List<String>> watched) {
        Map<String, Set<String>> later = new LinkedHashMap<>();
        for (List<String> values : watched) {
            Set<String> seen = new HashSet<>();
            String before = "";
            boolean any = false;
            for (String value : values) {
                if (!seen.add(value)) {
                    return Optional.of("a watcher saw \"" + value + "\" come back");
                }
                later.computeIfAbsent(value, key -> new HashSet<>());
                if (any) {
                    later.computeIfAbsent(before, key -> new HashSet<>()).add(value);
                }
                before = value;
                any = true;
            }
        }
        return cycle(later);
    }

    /** Takes away what nothing comes before, until nothing is left, or only cycles and what follows them. */
    private static Optional<String> cycle(Map<String, Set<String>> later) {
        Map<String, Integer> before = new HashMap<>();
        later.keySet().forEach(value -> before.put(value, 0));
        later.values().forEach(values -> values.forEach(value -> before.merge(value, 1, Integer::sum)));
        Deque<String> free = new ArrayDeque<>();
        before.forEach((value, count) -> {
            if (count == 0) {
                free.add(value);
            }
        });
        int taken = 0;
        while (!free.isEmpty()) {
            taken++;
            for (String value : later.getOrDefault(free.remove(), Set.of())) {
                if (before.merge(value, -1, Integer::sum) == 0) {
                    free.add(value);
                }
            }
        }
        if (taken == later.size()) {
            return Optional.empty();
        }
        List<String> left = new ArrayList<>(before.keySet());
        left.removeIf(value -> before.getOrDefault(value, 0) <= 0);
        return Optional.of("watchers saw these in different orders: " + left.subList(0, Math.min(8, left.size())));
    }
}
