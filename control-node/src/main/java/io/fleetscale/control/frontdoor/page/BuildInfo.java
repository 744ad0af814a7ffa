package io.fleetscale.control.frontdoor.page;

/**
 * What {@code GET /version} says.
 *
 * @param version parses as semantic version of at least 0.29.2: user interfaces choose features by it
 * @param buildTime ISO 8601, or empty
 */
public record BuildInfo(String version, String commit, String buildTime) {}
