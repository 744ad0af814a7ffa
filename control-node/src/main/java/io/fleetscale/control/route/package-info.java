/**
 * Subnet routes: which router serves a route, and which routes the policy approves by itself.
 *
 * <p>Starting points: {@link io.fleetscale.control.route.PrimaryElection}, {@link
 * io.fleetscale.control.route.RouteApprovals}.
 */
@NullMarked
package io.fleetscale.control.route;

import org.jspecify.annotations.NullMarked;
