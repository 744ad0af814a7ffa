package io.fleetscale.control.policy.engine;

import java.util.List;

/**
 * Whom a grant with {@code via} sends through which routers. Source: policy 4.1, 4.3.
 *
 * @param tags tokens
 * @param atoms tokens of its literal destinations
 */
record ViaGrant(SourceExpr source, List<Integer> tags, List<Integer> atoms, boolean internet) {
    ViaGrant {
        tags = List.copyOf(tags);
        atoms = List.copyOf(atoms);
    }
}
