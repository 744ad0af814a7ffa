package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import java.util.List;
import java.util.function.Predicate;

/** Postures, one of which a source must fulfil; none: no condition. Source: policy 9.1. */
record Condition(List<Predicate<Node>> postures) {
    static final Condition NONE = new Condition(List.of());

    Condition {
        postures = List.copyOf(postures);
    }

    boolean isNeeded() {
        return !postures.isEmpty();
    }

    boolean holds(Node node) {
        return postures.isEmpty() || postures.stream().anyMatch(posture -> posture.test(node));
    }
}
