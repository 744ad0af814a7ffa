package io.fleetscale.loadtest.consistency;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides whether the history of a set that only grows, with reads of the whole set, is linearizable. The reads must be a
 * chain; then the order of all operations is fixed but for those between two different reads, which do not depend on each
 * other, and placing each as early as it can be decides.
 */
public final class SetChecker {
    private SetChecker() {}

    /**
     * An element was added; elements are unique.
     *
     * @param returnedNanos {@link Operation#NEVER} when the outcome is unknown
     */
    public record Add(String element, long invokedNanos, long returnedNanos) {}

    /** The whole set was read. */
    public record Read(Set<String> elements, long invokedNanos, long returnedNanos) {
        public Read {
            elements = Set.copyOf(elements);
        }
    }

    /** The operations between the reads before and including one: adds that it is the first to see, and equal reads. */
    private record Step(List<Add> adds, List<Read> reads) {}

    /** What is wrong; empty if the history is linearizable. */
    public static Optional<String> check(List<Add> adds, List<Read> reads) {
        Map<String, Add> left = new HashMap<>();
        for (Add add : adds) {
            if (left.put(add.element(), add) != null) {
                throw new IllegalArgumentException(
                        "\"" + add.element() + "\" was added twice: elements must be unique");
            }
        }
        List<Read> chain = new ArrayList<>(reads);
        chain.sort(Comparator.comparingInt(read -> read.elements().size()));
        List<Step> steps = new ArrayList<>();
        Set<String> before = new HashSet<>();
        for (Read read : chain) {
            if (!read.elements().containsAll(before)) {
                Set<String> lost = new HashSet<>(before);
                lost.removeAll(read.elements());
                return Optional.of(lost + " was read and is missing in another read that has other elements");
            }
            if (read.elements().size() > before.size() || steps.isEmpty()) {
                Step step = new Step(new ArrayList<>(), new ArrayList<>());
                for (String element : read.elements()) {
                    if (before.add(element)) {
                        Add add = left.remove(element);
                        if (add == null) {
                            return Optional.of("\"" + element + "\" was read and never added");
                        }
                        step.adds().add(add);
                    }
                }
                steps.add(step);
            }
            steps.getLast().reads().add(read);
        }
        List<Add> unseen = left.values().stream()
                .filter(add -> add.returnedNanos() != Operation.NEVER)
                .toList();
        steps.add(new Step(unseen, List.of()));
        return place(steps);
    }

    private static Optional<String> place(List<Step> steps) {
        long earliest = Long.MIN_VALUE;
        for (Step step : steps) {
            long latest = earliest;
            for (Add add : step.adds()) {
                if (add.returnedNanos() < earliest) {
                    return Optional.of(
                            "\"" + add.element() + "\" was acknowledged before a read that does not have it");
                }
                latest = Math.max(latest, add.invokedNanos());
            }
            // what a step's reads see was added before them
            earliest = latest;
            for (Read read : step.reads()) {
                if (read.returnedNanos() < earliest) {
                    return Optional.of("a read of " + read.elements().size()
                            + " elements ended before another operation began that must come before it");
                }
                latest = Math.max(latest, read.invokedNanos());
            }
            earliest = latest;
        }
        return Optional.empty();
    }
}
