package io.fleetscale.control.policy.engine;

/**
 * Addresses that the policy writes down.
 *
 * @param text as it is printed
 */
record Atom(String text, Span span) {}
