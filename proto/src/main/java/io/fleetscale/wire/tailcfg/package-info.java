/**
 * The messages of the control protocol, JSON as tailscale's Go types read and write it. Requests: {@code RegisterRequest},
 * {@code MapRequest}, {@code Hostinfo} and the small ones in {@code SmallRequests}. Source: control-protocol 3.4, 4, 5, 6.
 */
@NullMarked
package io.fleetscale.wire.tailcfg;

import org.jspecify.annotations.NullMarked;
