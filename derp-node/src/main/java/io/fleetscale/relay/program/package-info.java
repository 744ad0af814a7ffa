/**
 * The program {@code derp-node}: a relay that runs by itself, with listeners, TLS and metrics of its own.
 *
 * <p>Starting points: {@link io.fleetscale.relay.program.DerpNode} (the command line), {@link
 * io.fleetscale.relay.program.RelayNode} (what it is made of), {@link io.fleetscale.relay.program.RelaySettings} (its
 * configuration).
 */
@NullMarked
package io.fleetscale.relay.program;

import org.jspecify.annotations.NullMarked;
