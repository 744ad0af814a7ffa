/**
 * TLS material of the relay: a self-signed certificate that the DERP map pins, and the meta certificate that lets nodes
 * start fast.
 *
 * <p>Starting point: {@link io.fleetscale.relay.tls.RelayCertificate}.
 */
@NullMarked
package io.fleetscale.relay.tls;

import org.jspecify.annotations.NullMarked;
