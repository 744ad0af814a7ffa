/**
 * Subnet routes: which routes the policy approves by itself, which router serves a route, and who notices that one is gone.
 *
 * <p>Starting points: {@link io.fleetscale.control.route.RoutingChangelog}, {@link
 * io.fleetscale.control.route.PrimaryElection}, {@link io.fleetscale.control.route.RouterWatch}.
 */
@NullMarked
package io.fleetscale.control.route;

import org.jspecify.annotations.NullMarked;
