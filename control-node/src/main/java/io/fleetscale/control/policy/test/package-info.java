/**
 * Whether a policy fits the tailnet that it is meant for: its own tests, and the domains that it names. Pure. Starting point:
 * {@code PolicyCheck}. Source: policy 8.
 */
@NullMarked
package io.fleetscale.control.policy.test;

import org.jspecify.annotations.NullMarked;
