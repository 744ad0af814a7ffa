/** A grid and a store in memory for tests of what stands on them. */
@NullMarked
package io.fleetscale.control.presence.testing;

import org.jspecify.annotations.NullMarked;
