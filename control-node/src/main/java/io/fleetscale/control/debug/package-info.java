/**
 * Pages on the metrics listener that show what this instance holds, for people who look for a fault. Starting point: {@link
 * io.fleetscale.control.debug.DebugPages}. Source: headscale-surface 3.6.
 */
@NullMarked
package io.fleetscale.control.debug;

import org.jspecify.annotations.NullMarked;
