/** The administration of a tailnet in memory. Starting point: {@link io.fleetscale.control.api.testing.MemoryAdministration}. */
@NullMarked
package io.fleetscale.control.api.testing;

import org.jspecify.annotations.NullMarked;
