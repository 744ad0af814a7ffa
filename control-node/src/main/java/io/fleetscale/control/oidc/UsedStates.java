package io.fleetscale.control.oidc;

import java.time.Instant;

/** Which states came back already, on any instance. Thread-safe; blocks on the database. */
public interface UsedStates {
    /**
     * Takes a state for the first and only time.
     *
     * @param expires nobody asks for it afterwards
     * @return false when it was used before
     */
    boolean use(String state, Instant expires);
}
