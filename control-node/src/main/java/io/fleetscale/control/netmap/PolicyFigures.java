package io.fleetscale.control.netmap;

import java.time.Duration;

/**
 * How the policy of this instance fares. Immutable.
 *
 * @param faults how often the policy could not follow a change and was compiled from nothing, or not at all
 * @param compileTime of the last time that it was compiled or changed
 * @param classes of nodes that it does not tell apart
 * @param problem why the netmaps stand at an older image; empty: they do not
 */
public record PolicyFigures(long faults, Duration compileTime, int classes, String problem) {}
