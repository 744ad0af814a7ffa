/**
 * Tailscale's API v2, {@code /api/v2}, on every instance. Starting points: {@link
 * io.fleetscale.control.api.tailscale.TailscaleApi} finds the operation and the caller, the classes named {@code ...Routes}
 * hold the operations of one group each. Source: tailscale-api-v2.
 */
@NullMarked
package io.fleetscale.control.api.tailscale;

import org.jspecify.annotations.NullMarked;
