/**
 * The relay's own listeners, for a relay that is a program of its own: TLS with everything, and plain HTTP that sends
 * browsers to it.
 *
 * <p>Starting point: {@link io.fleetscale.relay.listener.RelayListener}.
 */
@NullMarked
package io.fleetscale.relay.listener;

import org.jspecify.annotations.NullMarked;
