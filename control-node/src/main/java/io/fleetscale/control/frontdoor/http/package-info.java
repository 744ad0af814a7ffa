/**
 * HTTP/1.1 of the main listener. Starting points: {@link io.fleetscale.control.frontdoor.http.RouteTable}, {@link io.fleetscale.control.frontdoor.http.RouteHandler}.
 */
@NullMarked
package io.fleetscale.control.frontdoor.http;

import org.jspecify.annotations.NullMarked;
