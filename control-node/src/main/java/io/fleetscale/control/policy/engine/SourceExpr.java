package io.fleetscale.control.policy.engine;

import java.util.List;

/**
 * The source aliases of a rule, as a set. Rules with equal aliases share one.
 *
 * @param id its place in the program
 * @param name of the chunk that holds its rules; depends on the aliases only
 * @param any whether {@code *} is among them
 * @param danger whether {@code autogroup:danger-all} is among them, which leaves nothing of the others
 * @param tokens ascending
 * @param postures one of which a source node must fulfil, by place in the program; empty: no condition
 */
record SourceExpr(int id, String name, boolean any, boolean danger, List<Integer> tokens, List<Integer> postures) {
    SourceExpr {
        tokens = List.copyOf(tokens);
        postures = List.copyOf(postures);
    }

    boolean isConditional() {
        return !postures.isEmpty();
    }
}
