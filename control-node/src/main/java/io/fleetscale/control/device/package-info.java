/**
 * Nodes as the API v2 changes them: approval, names, tags, addresses, routes and key expiry with Tailscale's own semantics, and
 * posture attributes. Starting points: {@link io.fleetscale.control.device.Devices}, {@link
 * io.fleetscale.control.device.PostureAttributes}. Source: tailscale-api-v2 8.1, 8.2.
 */
@NullMarked
package io.fleetscale.control.device;

import org.jspecify.annotations.NullMarked;
