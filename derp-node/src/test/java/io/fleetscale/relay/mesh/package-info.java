/** Relays that act as one. */
@NullMarked
package io.fleetscale.relay.mesh;

import org.jspecify.annotations.NullMarked;
