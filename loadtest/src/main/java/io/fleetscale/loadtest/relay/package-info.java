/**
 * Load on DERP relays: nodes that speak the relay's protocol, packets between them, and the same run against the upstream relay.
 * Starting points: {@link io.fleetscale.loadtest.relay.RelayCommand} and {@link io.fleetscale.loadtest.relay.RelayLoad}.
 */
@NullMarked
package io.fleetscale.loadtest.relay;

import org.jspecify.annotations.NullMarked;
