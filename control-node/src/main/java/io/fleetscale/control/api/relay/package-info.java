/**
 * The administration of relays over gRPC and REST.
 *
 * <p>Starting point: {@link io.fleetscale.control.api.relay.RelayService}.
 */
@NullMarked
package io.fleetscale.control.api.relay;

import org.jspecify.annotations.NullMarked;
