/** Relays that register with the cluster. */
@NullMarked
package io.fleetscale.control.relay;

import org.jspecify.annotations.NullMarked;
