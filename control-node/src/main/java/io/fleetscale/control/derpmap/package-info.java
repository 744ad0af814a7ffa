/**
 * The relays of the tailnet: the setting {@code derpmap}, put together from the embedded relay, URLs and files. Starting
 * points: {@code DerpMaps}, {@code DerpMapSettings}.
 */
@NullMarked
package io.fleetscale.control.derpmap;

import org.jspecify.annotations.NullMarked;
