package io.fleetscale.control.api.registry;

import java.util.Set;

/**
 * One address of an API.
 *
 * @param method HTTP method, upper case
 * @param pattern where it lies
 * @param credentials what opens it; empty: anybody
 * @param operation name in descriptions, unique within the family, for example {@code ListUsers}
 */
public record Route(
        String method,
        PathPattern pattern,
        ApiFamily family,
        Set<CredentialKind> credentials,
        ErrorFormat errors,
        String operation) {

    public Route {
        credentials = Set.copyOf(credentials);
    }

    @Override
    public String toString() {
        return method + " " + pattern + " (" + family + " " + operation + ")";
    }
}
