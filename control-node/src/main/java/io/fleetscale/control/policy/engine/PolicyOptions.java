package io.fleetscale.control.policy.engine;

/**
 * Settings of a policy that concern all nodes. Source: policy 6.1, 9.7.
 *
 * @param oneCgnatRoute {@code mac-always}, {@code mac-never} or empty
 * @param derpMap what is merged over the DERP map, standard JSON; empty: nothing
 */
record PolicyOptions(boolean randomizeClientPort, boolean disableIpv4, String oneCgnatRoute, String derpMap) {
    static final PolicyOptions NONE = new PolicyOptions(false, false, "", "");
}
