/**
 * The policy of the running tailnet (access control): setting it, reading it, what its words mean for users and nodes, and which text is in
 * force when a stored one cannot be used.
 *
 * <p>Starting points: {@link io.fleetscale.control.access.Policies} (for administrators), {@link
 * io.fleetscale.control.access.PolicyInForce} (for everything that compiles or asks).
 */
@NullMarked
package io.fleetscale.control.access;

import org.jspecify.annotations.NullMarked;
