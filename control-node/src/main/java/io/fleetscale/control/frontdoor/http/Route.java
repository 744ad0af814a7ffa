package io.fleetscale.control.frontdoor.http;

/**
 * A handler and how long a body may be for it.
 *
 * @param maxBodyBytes a longer body is answered with 413
 */
record Route(RouteHandler handler, int maxBodyBytes) {}
