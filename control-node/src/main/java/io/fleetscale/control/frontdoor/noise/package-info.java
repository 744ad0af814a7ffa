/**
 * From the upgrade to an RPC: handshake, records, HTTP/2 inside. Starting points: {@link io.fleetscale.control.frontdoor.noise.NoiseRoutes}, {@link io.fleetscale.control.frontdoor.noise.NoiseRpc}.
 */
@NullMarked
package io.fleetscale.control.frontdoor.noise;

import org.jspecify.annotations.NullMarked;
