package io.fleetscale.control.policy.engine;

import java.util.Arrays;
import java.util.List;

/**
 * What an alias of the policy denotes.
 *
 * @param tokens of the questions that it asks of a node, see {@link Tokens}; for literals in the order in which they are printed
 */
record Selector(Kind kind, List<Integer> tokens) {
    enum Kind {
        /** {@code *}. */
        ANY,
        /** {@code autogroup:danger-all}. */
        DANGER_ALL,
        /** {@code autogroup:internet}. */
        INTERNET,
        /** Nodes, by owner or tag. */
        IDENTITY,
        /** Addresses as written. */
        LITERAL
    }

    static final Selector ANY = new Selector(Kind.ANY, List.of());
    static final Selector DANGER_ALL = new Selector(Kind.DANGER_ALL, List.of());
    static final Selector INTERNET = new Selector(Kind.INTERNET, List.of());
    static final Selector NOBODY = new Selector(Kind.IDENTITY, List.of());

    Selector {
        tokens = List.copyOf(tokens);
    }

    static Selector identity(int token) {
        return new Selector(Kind.IDENTITY, List.of(token));
    }

    static Selector literal(int... tokens) {
        return new Selector(Kind.LITERAL, Arrays.stream(tokens).boxed().toList());
    }
}
