/**
 * Browser pages of other origins that call the administration API. Starting point: {@link
 * io.fleetscale.control.api.origin.AllowedOrigins}.
 */
@NullMarked
package io.fleetscale.control.api.origin;

import org.jspecify.annotations.NullMarked;
