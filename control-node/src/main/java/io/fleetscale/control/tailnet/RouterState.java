package io.fleetscale.control.tailnet;

/**
 * What the instances have agreed on about a node that routes subnets; it is part of the log, so that each of them gives the same
 * router to the same viewer. Source: policy 4.3, 11.11.
 */
public enum RouterState {
    /** Nobody has heard of it yet: it keeps what it has and gets nothing. */
    UNKNOWN(0),
    SERVING(1),
    /** Its client has left or does not answer: it serves only what nobody else can. */
    DOUBTFUL(2),
    /** Offline. */
    AWAY(3);

    private final int number;

    RouterState(int number) {
        this.number = number;
    }

    /** As stored. */
    int number() {
        return number;
    }

    /** UNKNOWN for a number of a newer release. */
    static RouterState ofNumber(int number) {
        for (RouterState state : values()) {
            if (state.number == number) {
                return state;
            }
        }
        return UNKNOWN;
    }
}
