package io.fleetscale.control.policy;

/** A visibility class: nodes that see the same peers in the same way. Only the policy that made it can interpret it. */
public record ClassId(long value) {}
