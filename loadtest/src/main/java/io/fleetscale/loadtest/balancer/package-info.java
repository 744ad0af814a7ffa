/**
 * A small TCP balancer for trying a cluster where HAProxy is not installed; not for anything else. Starting point: {@link
 * io.fleetscale.loadtest.balancer.Balancer}.
 */
@NullMarked
package io.fleetscale.loadtest.balancer;

import org.jspecify.annotations.NullMarked;
