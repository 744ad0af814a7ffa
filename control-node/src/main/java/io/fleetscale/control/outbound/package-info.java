/**
 * Requests to addresses that somebody else chose: webhooks, log streams, issuers of identity tokens. Starting point: {@link
 * io.fleetscale.control.outbound.OutboundHttp}, which keeps them away from the server's own networks.
 */
@NullMarked
package io.fleetscale.control.outbound;

import org.jspecify.annotations.NullMarked;
