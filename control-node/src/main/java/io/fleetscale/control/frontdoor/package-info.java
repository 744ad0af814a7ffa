/**
 * The main listener: who comes in, how far, and to whom. Starting point: {@link io.fleetscale.control.frontdoor.FrontDoor}.
 */
@NullMarked
package io.fleetscale.control.frontdoor;

import org.jspecify.annotations.NullMarked;
