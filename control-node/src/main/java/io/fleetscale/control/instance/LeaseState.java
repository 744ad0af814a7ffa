package io.fleetscale.control.instance;

/** Whether this instance may acknowledge hard writes. */
public enum LeaseState {
    /** Renewed in time. */
    HELD,
    /** Could not be renewed in time; nobody took it, and it is held again after the next renewal. */
    EXPIRED,
    /** This instance fenced itself, until it has joined the others again. */
    SUSPENDED,
    /** Another incarnation took it: final, the instance must fence itself. */
    SUPERSEDED
}
