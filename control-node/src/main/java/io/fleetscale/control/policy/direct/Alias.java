package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import java.util.List;
import java.util.function.Predicate;

/** What a word of the policy denotes. Source: policy 2. */
sealed interface Alias {
    /** {@code *}. */
    record Everything() implements Alias {}

    /** {@code autogroup:danger-all}. */
    record DangerAll() implements Alias {}

    /** {@code autogroup:internet}. */
    record Internet() implements Alias {}

    /** Nodes, by owner or tag. */
    record Identity(Predicate<Node> nodes) implements Alias {}

    /** @param texts addresses, prefixes and ranges as they are printed */
    record Literal(List<String> texts) implements Alias {
        public Literal {
            texts = List.copyOf(texts);
        }
    }
}
