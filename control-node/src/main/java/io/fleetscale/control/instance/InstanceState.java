package io.fleetscale.control.instance;

import java.util.Locale;

/** What an instance says of itself in its row. */
public enum InstanceState {
    /** Not ready yet. */
    STARTING,
    READY,
    /** Ready, and something is wrong: a database that does not answer, a policy that cannot be read. */
    DEGRADED,
    /** Gives its sessions away. */
    DRAINING,
    /** Gave up its part in the cluster and tries to come back. */
    FENCED,
    /** Ended in order. */
    STOPPED;

    /** As the database and the API have it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What a newer release may write is taken for a state that serves. */
    static InstanceState parse(String text) {
        for (InstanceState state : values()) {
            if (state.text().equals(text)) {
                return state;
            }
        }
        return READY;
    }

    /** Whether its sessions are alive and others have to see it in the grid. */
    public boolean takesPart() {
        return this == READY || this == DEGRADED || this == DRAINING;
    }
}
