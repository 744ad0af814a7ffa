package io.fleetscale.control.changelog;

import io.fleetscale.control.tailnet.TailnetImage;

/**
 * Decides on a change of hard state. Pure: it may run several times (on retries after a serialisation failure), it does no
 * I/O and reads no clock but the context's. Called on the group-commit thread while the head is locked: it must not block.
 *
 * @param <R> what the caller is told after the commit
 */
@FunctionalInterface
public interface HardWrite<R> {
    /**
     * @param image the tailnet at exactly the head of the log, with all writes before this one
     * @throws io.fleetscale.control.ControlException to refuse; nothing is written then
     */
    Decision<R> decide(TailnetImage image, DecisionContext context);
}
