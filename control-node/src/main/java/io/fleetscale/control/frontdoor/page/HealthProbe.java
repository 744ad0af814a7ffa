package io.fleetscale.control.frontdoor.page;

/** Whether this instance can serve. Runs on a virtual thread. */
@FunctionalInterface
public interface HealthProbe {
    boolean passes();
}
