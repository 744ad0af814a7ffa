/**
 * Metrics of the front door and its rate-limited lines about malformed input.
 */
@NullMarked
package io.fleetscale.control.frontdoor.meter;

import org.jspecify.annotations.NullMarked;
