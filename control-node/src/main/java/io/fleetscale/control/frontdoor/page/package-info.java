/**
 * The routes that every control server has for anybody. Starting point: {@link io.fleetscale.control.frontdoor.page.PublicRoutes}.
 */
@NullMarked
package io.fleetscale.control.frontdoor.page;

import org.jspecify.annotations.NullMarked;
