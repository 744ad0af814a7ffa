package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.trust.Scopes;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * What an operation asks of its caller.
 *
 * @param scopes for {@link Mode#OPEN} and {@link Mode#ANY_CREDENTIAL} none
 */
record Access(Mode mode, List<String> scopes) {
    /** How the scopes are meant. */
    enum Mode {
        /** No credential. */
        OPEN,
        /** Any credential; the operation decides on the object that is asked for. */
        ANY_CREDENTIAL,
        /** Every scope. */
        ALL_OF,
        /** One of them; the operation decides which by what is asked for. */
        ANY_OF,
        /** Every scope, and a token that belongs to a person. */
        PERSON
    }

    static final Access OPEN = new Access(Mode.OPEN, List.of());
    static final Access ANY_CREDENTIAL = new Access(Mode.ANY_CREDENTIAL, List.of());

    Access {
        scopes = List.copyOf(scopes);
    }

    static Access scopes(String... scopes) {
        return new Access(Mode.ALL_OF, Arrays.asList(scopes));
    }

    static Access anyOf(String... scopes) {
        return new Access(Mode.ANY_OF, Arrays.asList(scopes));
    }

    static Access person(String... scopes) {
        return new Access(Mode.PERSON, Arrays.asList(scopes));
    }

    /** The first scope that is missing; empty: the caller may go on. */
    String missing(Collection<String> granted) {
        return switch (mode) {
            case OPEN, ANY_CREDENTIAL -> "";
            case ALL_OF, PERSON ->
                scopes.stream()
                        .filter(scope -> !Scopes.cover(granted, scope))
                        .findFirst()
                        .orElse("");
            case ANY_OF -> scopes.stream().anyMatch(scope -> Scopes.cover(granted, scope)) ? "" : scopes.getFirst();
        };
    }
}
