/**
 * What a process shows to those who watch it: metrics, liveness, readiness. Starting points: {@link
 * io.fleetscale.runtime.metrics.Metrics}, {@link io.fleetscale.runtime.metrics.MonitoringServer}.
 */
@NullMarked
package io.fleetscale.runtime.metrics;

import org.jspecify.annotations.NullMarked;
