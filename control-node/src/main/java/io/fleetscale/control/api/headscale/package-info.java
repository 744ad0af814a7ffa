/**
 * headscale's RPCs over the features. Starting points: {@link io.fleetscale.control.api.headscale.HeadscaleService}, {@link
 * io.fleetscale.control.api.headscale.NodePresenceView} for what the overlay of soft state shows. Source:
 * headscale-surface 1.
 */
@NullMarked
package io.fleetscale.control.api.headscale;

import org.jspecify.annotations.NullMarked;
