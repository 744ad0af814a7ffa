/**
 * One table of the routes of all API families: exact segment matching, and a start that fails on two routes for one
 * address. Starting points: {@link io.fleetscale.control.api.registry.RouteRegistry}, {@link
 * io.fleetscale.control.api.registry.Route}. Source: api-families 1-3.
 */
@NullMarked
package io.fleetscale.control.api.registry;

import org.jspecify.annotations.NullMarked;
