package io.fleetscale.control.tailnet;

import java.time.Instant;

/** One stored version of the policy: the text exactly as it was written. */
public record Policy(long id, String text, Instant updatedAt) {}
