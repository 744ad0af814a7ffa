package io.fleetscale.control.policy;

/** 128 bits that stand for a content: equal contents have equal ones on every instance, others practically never. */
public record Fingerprint(long high, long low) {}
