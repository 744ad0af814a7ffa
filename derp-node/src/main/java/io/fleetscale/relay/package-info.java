/**
 * The DERP relay as a library: passes opaque packets between nodes that know each other only by node key.
 *
 * <p>Starting points: {@link io.fleetscale.relay.DerpRelay} (the facade), {@link io.fleetscale.relay.RelayConfig},
 * {@link io.fleetscale.relay.RelayIdentity} (the key file).
 */
@NullMarked
package io.fleetscale.relay;

import org.jspecify.annotations.NullMarked;
