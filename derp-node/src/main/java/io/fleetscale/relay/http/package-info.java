/**
 * The HTTP side of the relay: the change from HTTP to frames, and the small pages beside it.
 *
 * <p>Starting points: {@link io.fleetscale.relay.http.UpgradeRequest}, {@link io.fleetscale.relay.http.RelayPages}.
 */
@NullMarked
package io.fleetscale.relay.http;

import org.jspecify.annotations.NullMarked;
