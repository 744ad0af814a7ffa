/**
 * What the relay counts, under the names that dashboards for the upstream relay use.
 *
 * <p>Starting point: {@link io.fleetscale.relay.metrics.RelayMetrics}.
 */
@NullMarked
package io.fleetscale.relay.metrics;

import org.jspecify.annotations.NullMarked;
