/** From the upgrade to an RPC: handshake, records, HTTP/2 inside. */
@NullMarked
package io.fleetscale.control.frontdoor.noise;

import org.jspecify.annotations.NullMarked;
