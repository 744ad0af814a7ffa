package io.fleetscale.control.changelog;

import io.fleetscale.control.tailnet.Change;
import java.util.List;

/**
 * What a write decided.
 *
 * @param changes in order; empty when nothing changes, then no number of the log is taken
 * @param reply what the caller is told once the changes are committed and in this instance's image
 */
public record Decision<R>(List<Change> changes, R reply) {
    public Decision {
        changes = List.copyOf(changes);
    }

    public static <R> Decision<R> unchanged(R reply) {
        return new Decision<>(List.of(), reply);
    }

    public static <R> Decision<R> of(R reply, Change... changes) {
        return new Decision<>(List.of(changes), reply);
    }
}
