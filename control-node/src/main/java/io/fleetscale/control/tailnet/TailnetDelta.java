package io.fleetscale.control.tailnet;

import java.util.List;

/**
 * The changes of one number of the log, in order.
 *
 * @param version the number that the image has after it; the image before has {@code version - 1}
 */
public record TailnetDelta(long version, List<Change> changes) {
    public TailnetDelta {
        changes = List.copyOf(changes);
    }
}
