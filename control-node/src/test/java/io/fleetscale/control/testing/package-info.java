/** What tests of several features share. Starting point: {@link io.fleetscale.control.testing.TestDatabase}. */
@NullMarked
package io.fleetscale.control.testing;

import org.jspecify.annotations.NullMarked;
