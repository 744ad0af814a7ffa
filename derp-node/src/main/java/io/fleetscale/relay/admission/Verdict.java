package io.fleetscale.relay.admission;

/** The answer to an {@link Admission} question. */
public enum Verdict {
    ADMITTED,
    REFUSED
}
